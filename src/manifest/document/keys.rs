//! The keys of a mapping: equal ones, sections that are there several times, and merge keys.

use std::collections::BTreeMap;

use super::compose::{Composer, Step};
use super::{Again, Content, Node, NodeIndex, Style};
use crate::diagnostic::Diagnostic;

/// Entries of a mapping while equal keys among them are looked for.
#[derive(Default)]
struct Keys {
    seen: BTreeMap<Box<str>, Seen>,
    kept: Vec<(NodeIndex, NodeIndex)>,
    /// Further values of sections, by the position of the first.
    parts: BTreeMap<usize, Vec<NodeIndex>>,
}

/// A key that was seen: where its entry is, and how often it came.
#[derive(Clone, Copy)]
struct Seen {
    position: usize,
    key: NodeIndex,
    count: usize,
}

/// What a mapping is a part of: sections of the same name are read as one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The whole document: its entries are sections.
    Root,
    /// A section that is there several times: its entries are things with names, or lists.
    Section,
    /// Anything else.
    Inner,
}

impl Composer<'_> {
    /// Reports equal keys, of which one stays, and resolves merge keys. Returns how many nodes merging added.
    pub(super) fn finish_mapping(&mut self, index: NodeIndex) -> Step<u64> {
        let Some(Content::Mapping(entries)) =
            self.document.nodes.get_mut(index.0 as usize).map(|node| &mut node.content)
        else {
            return Ok(0);
        };
        let entries = std::mem::take(entries);
        let is_root = self.open.is_empty();
        let mut keys = Keys::default();
        let mut merges = Vec::new();
        for (key, value) in entries {
            let (_, node) = self.document.resolved(key);
            match &node.content {
                Content::Scalar(scalar) if &*scalar.text == "<<" && scalar.style == Style::Plain => {
                    merges.push(value);
                }
                Content::Scalar(scalar) => {
                    let text = scalar.text.clone();
                    self.take_entry(
                        &mut keys,
                        text,
                        (key, value),
                        if is_root { Part::Root } else { Part::Inner },
                    );
                }
                Content::Sequence(_) | Content::Mapping(_) | Content::Alias(_) => {
                    self.found.push(*self.refuse(
                        "wrong-key",
                        self.document.mark(key),
                        "a collection as a key",
                        "keys are plain names",
                    ));
                }
            }
        }
        self.join(&mut keys, Part::Section)?;
        let added = self.merge(&merges, &mut keys)?;
        if let Some(node) = self.document.nodes.get_mut(index.0 as usize) {
            node.content = Content::Mapping(keys.kept);
        }
        Ok(added)
    }

    /// Takes an entry of a mapping; a key that is there already is reported.
    fn take_entry(&mut self, keys: &mut Keys, text: Box<str>, entry: (NodeIndex, NodeIndex), part: Part) {
        let (key, value) = entry;
        let Some(seen) = keys.seen.get_mut(&text) else {
            let position = keys.kept.len();
            keys.seen.insert(text, Seen { position, key, count: 1 });
            keys.kept.push(entry);
            return;
        };
        let Seen { position, key: first, count } = *seen;
        seen.count += 1;
        let kept = keys.kept.get(position).map_or(value, |(_, value)| *value);
        let is_joinable =
            match (&self.document.resolved(kept).1.content, &self.document.resolved(value).1.content) {
                (Content::Mapping(_), Content::Mapping(_)) => part == Part::Root,
                (Content::Sequence(_), Content::Sequence(_)) => part != Part::Inner,
                (_, _) => false,
            };
        if part != Part::Section || !is_joinable {
            self.found.push(self.duplicate(&text, key, first));
        }
        if is_joinable {
            keys.parts.entry(position).or_default().push(value);
            return;
        }
        let start = self.document.node(key).span.start;
        let end = self.document.node(value).span.end;
        self.document.again.push(Again { rank: count, span: start..end.max(start) });
        if count <= self.rank
            && let Some(slot) = keys.kept.get_mut(position)
        {
            *slot = entry;
        }
    }

    /// Makes one of sections that are there several times: what is in one of them may be named in another.
    fn join(&mut self, keys: &mut Keys, part: Part) -> Step {
        for (position, more) in std::mem::take(&mut keys.parts) {
            let Some((key, first)) = keys.kept.get(position).copied() else { continue };
            let mut items = Vec::new();
            let mut inner = Keys::default();
            let mut is_list = false;
            for value in std::iter::once(first).chain(more) {
                match self.document.resolved(value).1.content.clone() {
                    Content::Sequence(more) => {
                        is_list = true;
                        items.extend(more);
                    }
                    Content::Mapping(entries) => {
                        for entry in entries {
                            let Content::Scalar(scalar) = &self.document.resolved(entry.0).1.content else {
                                continue;
                            };
                            let text = scalar.text.clone();
                            self.take_entry(&mut inner, text, entry, part);
                        }
                    }
                    Content::Scalar(_) | Content::Alias(_) => {}
                }
            }
            self.join(&mut inner, Part::Inner)?;
            let content = if is_list { Content::Sequence(items) } else { Content::Mapping(inner.kept) };
            let Node { span, is_flow, .. } = self.document.node(first).clone();
            let joined = self.push(Node { span, key: Some(key), content, is_flow })?;
            if let Some(slot) = keys.kept.get_mut(position) {
                slot.1 = joined;
            }
        }
        Ok(())
    }

    fn duplicate(&self, text: &str, key: NodeIndex, first: NodeIndex) -> Diagnostic {
        let source = self.document.source;
        Diagnostic::error("duplicate-key", format!("`{text}` is given twice"))
            .at(source, self.document.mark(key), "given again here")
            .at(source, self.document.mark(first), "given here first")
            .help("a YAML reader would keep one of them silently: remove or rename one")
    }

    /// `<<: *a` and `<<: [*a, *b]`: their keys, where the mapping has none of that name.
    fn merge(&mut self, merges: &[NodeIndex], keys: &mut Keys) -> Step<u64> {
        let mut added = 0;
        for &merge in merges {
            let (_, node) = self.document.resolved(merge);
            let sources = match &node.content {
                Content::Sequence(items) => items.clone(),
                Content::Scalar(_) | Content::Mapping(_) | Content::Alias(_) => vec![merge],
            };
            for source in sources {
                let (_, node) = self.document.resolved(source);
                let Content::Mapping(entries) = &node.content else {
                    self.found.push(*self.refuse(
                        "wrong-key",
                        self.document.mark(source),
                        "`<<` merges mappings only",
                        "name the anchor of a mapping",
                    ));
                    continue;
                };
                let count = entries.len() as u64;
                for (key, value) in entries.clone() {
                    let (_, node) = self.document.resolved(key);
                    let Content::Scalar(scalar) = &node.content else { continue };
                    if !keys.seen.contains_key(&scalar.text) {
                        let seen = Seen { position: keys.kept.len(), key, count: 1 };
                        keys.seen.insert(scalar.text.clone(), seen);
                        keys.kept.push((key, value));
                    }
                }
                added += count;
                if self.budget.take_nodes(count).is_err() {
                    return Err(self.bomb(source));
                }
            }
        }
        Ok(added)
    }
}
