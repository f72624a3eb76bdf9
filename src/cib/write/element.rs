//! Elements that are yet to become text.

use std::fmt::Display;
use std::sync::Arc;

/// An element with what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: &'static str,
    pub(super) id: Id,
    pub(super) attributes: Vec<(Arc<str>, String)>,
    pub(super) children: Vec<Element>,
}

/// How an element is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Id {
    /// Not at all.
    None,
    /// As the model says.
    Given(String),
    /// As we like; this is a proposal.
    Made(String),
    /// It stands for another element of this id.
    Reference(String),
}

impl Element {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, id: Id::None, attributes: Vec::new(), children: Vec::new() }
    }

    /// An element with the id that the model has for it.
    pub(super) fn named(name: &'static str, id: impl Display) -> Self {
        Self { id: Id::Given(id.to_string()), ..Self::new(name) }
    }

    /// An element with the id that the model has for it, or one like the proposal.
    pub(super) fn maybe_named(name: &'static str, id: Option<impl Display>, proposal: String) -> Self {
        let id = id.map_or(Id::Made(proposal), |id| Id::Given(id.to_string()));
        Self { id, ..Self::new(name) }
    }

    /// An element whose id nobody cares for.
    pub(super) fn nameless(name: &'static str, proposal: String) -> Self {
        Self { id: Id::Made(proposal), ..Self::new(name) }
    }

    /// Adds an attribute.
    pub(super) fn with(mut self, name: &str, value: impl Display) -> Self {
        self.attributes.push((name.into(), value.to_string()));
        self
    }

    /// Adds an attribute if there is a value for it.
    pub(super) fn with_some(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds children.
    pub(super) fn holding(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    pub(super) fn push(&mut self, child: Self) {
        self.children.push(child);
    }

    pub(super) fn extend(&mut self, children: impl IntoIterator<Item = Self>) {
        self.children.extend(children);
    }

    /// The document of which this is the root.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.write(&mut text, 0);
        text
    }

    fn write(&self, text: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        text.push_str(&indent);
        text.push('<');
        text.push_str(self.name);
        match &self.id {
            Id::None => {}
            Id::Given(id) | Id::Made(id) => write_attribute(text, "id", id),
            Id::Reference(id) => write_attribute(text, "id-ref", id),
        }
        self.attributes.iter().for_each(|(name, value)| write_attribute(text, name, value));
        if self.children.is_empty() {
            text.push_str("/>\n");
            return;
        }
        text.push_str(">\n");
        self.children.iter().for_each(|child| child.write(text, depth + 1));
        text.push_str(&indent);
        text.push_str("</");
        text.push_str(self.name);
        text.push_str(">\n");
    }
}

fn write_attribute(text: &mut String, name: &str, value: &str) {
    text.push(' ');
    text.push_str(name);
    text.push_str("=\"");
    for c in value.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            // Readers turn plain ones into blanks.
            '\t' => text.push_str("&#9;"),
            '\n' => text.push_str("&#10;"),
            '\r' => text.push_str("&#13;"),
            // XML has no way to write these.
            c if c.is_ascii_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                text.push(char::REPLACEMENT_CHARACTER);
            }
            c => text.push(c),
        }
    }
    text.push('"');
}
