//! YAML text as a tree of nodes that know their places.
//!
//! The tree is an arena: a node is an index. An alias is a node of its own that points at the
//! anchored one, so it has its own place and costs nothing until somebody walks through it.

mod compose;
mod keys;
mod limit;
mod position;
mod syntax;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, SourceId, Sources};

pub(super) use compose::compose;
pub(crate) use limit::BYTES_MAX;
pub(super) use limit::Budget;
pub(super) use position::Positions;

/// Index of a node in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeIndex(pub(super) u32);

/// A node of one of the documents: the place that findings point at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Which document.
    pub(super) source: u32,
    /// Which node of it.
    pub(super) node: u32,
}

impl Place {
    /// The place of a value that was never text.
    pub(super) const NOWHERE: Self = Self { source: u32::MAX, node: u32::MAX };

    pub(super) const fn to_bits(self) -> u64 {
        (self.source as u64) << 32 | self.node as u64
    }

    #[expect(clippy::cast_possible_truncation, reason = "the two halves are 32 bits each")]
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self { source: (bits >> 32) as u32, node: bits as u32 }
    }
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// Bytes of the text.
    pub(super) span: Range<usize>,
    /// The key that this is the value of.
    pub(super) key: Option<NodeIndex>,
    /// What it holds.
    pub(super) content: Content,
    /// Whether a collection is written with brackets or braces.
    pub(super) is_flow: bool,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// Text.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<NodeIndex>),
    /// Keys with values, in order; merge keys are already resolved.
    Mapping(Vec<(NodeIndex, NodeIndex)>),
    /// Stands for another node.
    Alias(NodeIndex),
}

/// A scalar as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scalar {
    /// The text without quotes and escapes.
    pub(super) text: Box<str>,
    /// How it is written.
    pub(super) style: Style,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// As a block (`|` or `>`).
    Block,
}

impl Scalar {
    /// Whether it stands for "nothing".
    pub(super) fn is_null(&self) -> bool {
        self.style == Style::Plain && matches!(&*self.text, "" | "~" | "null" | "Null" | "NULL")
    }
}

/// One document: the tree of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) source: SourceId,
    pub(super) text: Arc<str>,
    pub(super) nodes: Vec<Node>,
    /// `None` when the text holds nothing but comments.
    pub(super) root: Option<NodeIndex>,
    /// Whether any value is anchored, and so perhaps used elsewhere.
    pub(super) has_anchors: bool,
    /// Entries whose key was there already.
    pub(super) again: Vec<Again>,
}

/// An entry whose key was there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Again {
    /// How many entries of that key are before it.
    pub(super) rank: usize,
    /// The bytes of key and value.
    pub(super) span: Range<usize>,
}

static NOTHING: Node = Node { span: 0..0, key: None, content: Content::Sequence(Vec::new()), is_flow: false };

impl Document {
    /// The node itself, alias or not.
    pub(super) fn node(&self, index: NodeIndex) -> &Node {
        self.nodes.get(index.0 as usize).unwrap_or(&NOTHING)
    }

    /// The node that is meant: aliases followed.
    pub(super) fn resolved(&self, index: NodeIndex) -> (NodeIndex, &Node) {
        let node = self.node(index);
        match node.content {
            // An alias never points at another alias: compose() sees to it.
            Content::Alias(target) => (target, self.node(target)),
            Content::Scalar(_) | Content::Sequence(_) | Content::Mapping(_) => (index, node),
        }
    }

    /// The bytes to underline for a node: all of a scalar or one-line collection, the key or
    /// first key of a block.
    pub(super) fn mark(&self, index: NodeIndex) -> Range<usize> {
        let node = self.node(index);
        let is_one_line = || !self.text.get(node.span.clone()).unwrap_or("").contains('\n');
        match &node.content {
            Content::Scalar(scalar) if scalar.style == Style::Block => self.key_or(node),
            Content::Scalar(scalar) if scalar.text.is_empty() && scalar.style == Style::Plain => {
                self.key_or(node)
            }
            Content::Scalar(_) | Content::Alias(_) => self.first_line(node.span.clone()),
            Content::Sequence(_) | Content::Mapping(_) if node.is_flow && is_one_line() => node.span.clone(),
            Content::Sequence(items) => match (node.key, items.first()) {
                (None, Some(first)) => self.mark(*first),
                (_, _) => self.key_or(node),
            },
            Content::Mapping(entries) => match (node.key, entries.first()) {
                (None, Some((key, _))) => self.node(*key).span.clone(),
                (_, _) => self.key_or(node),
            },
        }
    }

    fn key_or(&self, node: &Node) -> Range<usize> {
        let span = node.key.map_or_else(|| node.span.clone(), |key| self.node(key).span.clone());
        self.first_line(span)
    }

    fn first_line(&self, span: Range<usize>) -> Range<usize> {
        let text = self.text.get(span.clone()).unwrap_or("");
        let line = text.split('\n').next().unwrap_or("").trim_end();
        span.start..span.start + line.len()
    }

    /// The bytes of the text behind bytes of a scalar's value; the whole scalar where the two
    /// cannot be matched.
    pub(super) fn inner(&self, index: NodeIndex, within: Range<usize>) -> Range<usize> {
        let (_, node) = self.resolved(index);
        let Content::Scalar(scalar) = &node.content else { return self.mark(index) };
        let raw = self.text.get(node.span.clone()).unwrap_or("");
        position::inner(raw, scalar, &within).map_or_else(
            || self.mark(index),
            |range| node.span.start + range.start..node.span.start + range.end,
        )
    }
}

/// The documents of all sources, by source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Documents(Vec<Document>);

impl Documents {
    /// Reads all sources; what is not YAML is reported and left out.
    pub(super) fn parse(sources: &Sources, found: &mut Vec<Diagnostic>) -> Self {
        Self::parse_rank(sources, 0, found)
    }

    /// Reads all sources, and keeps of equal keys not the first but, as far as there are so many, the one
    /// that so many come before.
    pub(super) fn parse_rank(sources: &Sources, rank: usize, found: &mut Vec<Diagnostic>) -> Self {
        let mut budget = Budget::default();
        let documents = sources
            .iter()
            .enumerate()
            .map(|(index, source)| compose(SourceId(index), &source.text, rank, &mut budget, found))
            .collect();
        Self(documents)
    }

    /// How many equal keys come before the one that most of them come before.
    pub(super) fn rank_max(&self) -> usize {
        self.0.iter().flat_map(|document| &document.again).map(|again| again.rank).max().unwrap_or(0)
    }

    /// Whether bytes are part of an entry whose key was there already.
    pub(super) fn is_again(&self, source: SourceId, span: &Range<usize>) -> bool {
        let entries = self.0.get(source.0).into_iter().flat_map(|document| &document.again);
        entries.into_iter().any(|again| again.span.start <= span.start && span.end <= again.span.end)
    }

    /// All documents, in the order of the sources.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Document> {
        self.0.iter()
    }

    /// The document and node of a place; `None` for a value that was never text.
    pub(super) fn at(&self, place: Place) -> Option<(&Document, NodeIndex)> {
        let document = self.0.get(usize::try_from(place.source).ok()?)?;
        Some((document, NodeIndex(place.node)))
    }
}
