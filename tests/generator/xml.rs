//! A small tree of elements that can be written.

use std::fmt::{self, Write as _};

/// An element with its attributes and children.
#[derive(Clone, Debug)]
pub(crate) struct Xml {
    pub(crate) name: &'static str,
    pub(crate) attributes: Vec<(&'static str, String)>,
    pub(crate) children: Vec<Self>,
}

impl Xml {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.attributes.push((name, value.to_owned()));
        self
    }

    pub(crate) fn push(&mut self, child: Self) {
        self.children.push(child);
    }

    /// An element `name` with an id and an `nvpair` for each option.
    pub(crate) fn options<K: AsRef<str>, V: AsRef<str>>(
        name: &'static str,
        id: &str,
        options: &[(K, V)],
    ) -> Self {
        let mut block = Self::new(name).with("id", id);
        for (key, value) in options {
            let (key, value) = (key.as_ref(), value.as_ref());
            let id = format!("{id}-{}", key.replace(['#', ':'], "."));
            block.push(Self::new("nvpair").with("id", &id).with("name", key).with("value", value));
        }
        block
    }

    fn write(&self, out: &mut String, depth: usize) {
        let _ = write!(out, "{:depth$}<{}", "", self.name, depth = depth * 2);
        for (name, value) in &self.attributes {
            let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            let _ = write!(out, " {name}=\"{value}\"");
        }
        if self.children.is_empty() {
            out.push_str("/>\n");
            return;
        }
        out.push_str(">\n");
        for child in &self.children {
            child.write(out, depth + 1);
        }
        let _ = writeln!(out, "{:depth$}</{}>", "", self.name, depth = depth * 2);
    }
}

impl fmt::Display for Xml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text, 0);
        f.write_str(&text)
    }
}
