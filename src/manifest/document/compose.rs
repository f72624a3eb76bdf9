//! From parser events to the tree: places, duplicate keys, merge keys, limits.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::limit::{Budget, DEPTH_MAX};
use super::position::Positions;
use super::syntax::syntax_diagnostic;
use super::{Content, Document, Node, NodeIndex, Scalar, Style};
use crate::diagnostic::{Diagnostic, SourceId};

/// Reads one text. Whatever is wrong goes to `found`; the tree is what could be made of it,
/// which is nothing when the text is not YAML at all. Of equal keys, the one of this `rank` stays (zero is
/// the first), or the last where there are fewer.
pub(crate) fn compose(
    source: SourceId,
    text: &Arc<str>,
    rank: usize,
    budget: &mut Budget,
    found: &mut Vec<Diagnostic>,
) -> Document {
    let empty = Document {
        source,
        text: Arc::clone(text),
        nodes: Vec::new(),
        root: None,
        has_anchors: false,
        again: Vec::new(),
    };
    if let Err(diagnostic) = budget.take_text(source, text).and_then(|()| check_characters(source, text)) {
        found.push(diagnostic);
        return empty;
    }
    let mut composer = Composer {
        positions: Positions::new(text),
        document: empty,
        rank,
        budget,
        found,
        open: Vec::new(),
        anchors: BTreeMap::new(),
    };
    match composer.run(text) {
        Ok(()) => composer.document,
        Err(diagnostic) => {
            composer.found.push(*diagnostic);
            Document { nodes: Vec::new(), root: None, ..composer.document }
        }
    }
}

fn check_characters(source: SourceId, text: &str) -> Result<(), Diagnostic> {
    let is_bad = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    match text.char_indices().find(|(_, c)| is_bad(*c)) {
        None => Ok(()),
        Some((at, bad)) => Err(Diagnostic::error(
            "control-character",
            format!("control character U+{:04X} in the file", u32::from(bad)),
        )
        .at(source, at..at + bad.len_utf8(), "not allowed in YAML")
        .help("remove it; if the value needs it, write it as an escape in double quotes, such as \"\\x1b\"")),
    }
}

/// A collection whose end has not come yet.
pub(super) struct Open {
    index: NodeIndex,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<NodeIndex>,
    /// Nodes in it with aliases followed.
    expanded: u64,
}

#[derive(Clone, Copy)]
struct Anchor {
    index: NodeIndex,
    expanded: u64,
    is_complete: bool,
}

pub(super) struct Composer<'a> {
    pub(super) document: Document,
    pub(super) rank: usize,
    pub(super) budget: &'a mut Budget,
    pub(super) found: &'a mut Vec<Diagnostic>,
    positions: Positions<'a>,
    pub(super) open: Vec<Open>,
    anchors: BTreeMap<usize, Anchor>,
}

pub(super) type Step<T = ()> = Result<T, Box<Diagnostic>>;

impl Composer<'_> {
    fn run(&mut self, text: &str) -> Step {
        for item in Parser::new_from_str(text) {
            let (event, span) = item.map_err(|error| Box::new(self.syntax_error(&error)))?;
            self.take(event, self.bytes(span))?;
        }
        Ok(())
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        let start = self.positions.byte(span.start.index());
        start..self.positions.byte(span.end.index()).max(start)
    }

    fn take(&mut self, event: Event<'_>, span: Range<usize>) -> Step {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) if self.document.root.is_some() => Err(self.refuse(
                "several-documents",
                span,
                "a second document starts here",
                "put it into a file of its own; a directory of files is read as one manifest",
            )),
            Event::DocumentStart(_) => Ok(()),
            Event::Alias(id) => self.alias(id, span),
            Event::Scalar(text, style, anchor, tag) => {
                self.check_tag(tag.is_some(), &span)?;
                let content = Content::Scalar(Scalar { text: text.into(), style: style_of(style) });
                self.leaf(content, span, 1, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.is_some(), &span)?;
                self.start(Content::Sequence(Vec::new()), span, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.is_some(), &span)?;
                self.start(Content::Mapping(Vec::new()), span, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&span),
        }
    }

    fn check_tag(&self, is_tagged: bool, span: &Range<usize>) -> Step {
        if !is_tagged {
            return Ok(());
        }
        Err(self.refuse(
            "yaml-tag",
            span.clone(),
            "a YAML tag on this value",
            "write the value without a tag; quotes make text of it",
        ))
    }

    pub(super) fn refuse(
        &self,
        code: &'static str,
        span: Range<usize>,
        label: &str,
        help: &str,
    ) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(code, label).at(self.document.source, span, "").help(help))
    }

    pub(super) fn push(&mut self, node: Node) -> Step<NodeIndex> {
        let span = node.span.clone();
        let index = u32::try_from(self.document.nodes.len()).map(NodeIndex);
        let taken = self.budget.take_node();
        match (index, taken) {
            (Ok(index), Ok(())) => {
                self.document.nodes.push(node);
                Ok(index)
            }
            (_, _) => Err(self.refuse(
                "manifest-too-large",
                span,
                "the manifest has too many values",
                "two million values are the most that is read",
            )),
        }
    }

    fn leaf(&mut self, content: Content, span: Range<usize>, expanded: u64, anchor: usize) -> Step {
        let index = self.push(Node { span, key: None, content, is_flow: false })?;
        if anchor != 0 {
            self.document.has_anchors = true;
            self.anchors.insert(anchor, Anchor { index, expanded, is_complete: true });
        }
        self.attach(index, expanded)
    }

    fn alias(&mut self, id: usize, span: Range<usize>) -> Step {
        match self.anchors.get(&id).copied() {
            Some(anchor) if anchor.is_complete => {
                // The target of an alias to an alias is the anchored node itself.
                let target = match self.document.node(anchor.index).content {
                    Content::Alias(target) => target,
                    Content::Scalar(_) | Content::Sequence(_) | Content::Mapping(_) => anchor.index,
                };
                self.leaf(Content::Alias(target), span, anchor.expanded, 0)
            }
            _ => Err(self.refuse(
                "recursive-alias",
                span,
                "this alias stands inside the value that it names",
                "a value cannot contain itself",
            )),
        }
    }

    fn start(&mut self, content: Content, span: Range<usize>, anchor: usize) -> Step {
        if self.open.len() >= DEPTH_MAX {
            return Err(self.refuse(
                "nested-too-deep",
                span,
                "the nesting is too deep here",
                "a manifest needs fewer than ten levels; 64 are the most that is read",
            ));
        }
        let is_flow = self.document.text.get(span.clone()).is_some_and(|text| text.ends_with(['[', '{']));
        let index = self.push(Node { span, key: None, content, is_flow })?;
        if anchor != 0 {
            self.document.has_anchors = true;
            self.anchors.insert(anchor, Anchor { index, expanded: 0, is_complete: false });
        }
        self.open.push(Open { index, anchor, key: None, expanded: 1 });
        Ok(())
    }

    fn end(&mut self, span: &Range<usize>) -> Step {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        self.close_span(open.index, span);
        open.expanded = open.expanded.saturating_add(self.finish_mapping(open.index)?);
        if open.anchor != 0 {
            let anchor = Anchor { index: open.index, expanded: open.expanded, is_complete: true };
            self.anchors.insert(open.anchor, anchor);
        }
        self.attach(open.index, open.expanded)
    }

    /// A flow collection ends with its bracket, a block with its last child.
    fn close_span(&mut self, index: NodeIndex, span: &Range<usize>) {
        let node = self.document.node(index);
        let end = match &node.content {
            _ if node.is_flow => span.start + 1,
            Content::Sequence(items) => {
                items.last().map_or(node.span.end, |item| self.document.node(*item).span.end)
            }
            Content::Mapping(entries) => entries.last().map_or(node.span.end, |(key, value)| {
                self.document.node(*value).span.end.max(self.document.node(*key).span.end)
            }),
            Content::Scalar(_) | Content::Alias(_) => span.end,
        };
        if let Some(node) = self.document.nodes.get_mut(index.0 as usize) {
            node.span.end = end.max(node.span.start);
        }
    }

    /// Gives a finished node to the collection around it.
    fn attach(&mut self, index: NodeIndex, expanded: u64) -> Step {
        let Some(parent) = self.open.last_mut() else {
            self.document.root = Some(index);
            return self.budget.take_expanded(expanded).map_err(|()| self.bomb(index));
        };
        parent.expanded = parent.expanded.saturating_add(expanded);
        let parent_index = parent.index.0 as usize;
        let key = match self.document.nodes.get(parent_index).map(|node| &node.content) {
            Some(Content::Mapping(_)) => parent.key.take(),
            _ => None,
        };
        match self.document.nodes.get_mut(parent_index).map(|node| &mut node.content) {
            Some(Content::Sequence(items)) => items.push(index),
            Some(Content::Mapping(entries)) => match key {
                Some(key) => entries.push((key, index)),
                None => parent.key = Some(index),
            },
            Some(Content::Scalar(_) | Content::Alias(_)) | None => {}
        }
        if let (Some(_), Some(node)) = (key, self.document.nodes.get_mut(index.0 as usize)) {
            node.key = key;
        }
        Ok(())
    }

    pub(super) fn bomb(&self, root: NodeIndex) -> Box<Diagnostic> {
        let is_alias = |node: &&Node| matches!(node.content, Content::Alias(_));
        let last = self.document.nodes.iter().rev().find(is_alias);
        let span = last.map_or_else(|| self.document.mark(root), |node| node.span.clone());
        self.refuse(
            "alias-bomb",
            span,
            "the aliases of this file stand for too many values",
            "two million values are the most that is read; write the values out where they are needed",
        )
    }

    fn syntax_error(&self, error: &ScanError) -> Diagnostic {
        let at = self.positions.byte(error.marker().index());
        syntax_diagnostic(&self.document, at, error.info(), self.open.last().map(|open| open.index))
    }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    }
}
