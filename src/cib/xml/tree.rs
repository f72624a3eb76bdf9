//! The tree: all elements in document order, each knowing where its subtree ends.

use std::borrow::Cow;
use std::ops::Range;

/// A parsed document. Never empty: the first element is the root.
#[derive(Debug, Default)]
pub struct Tree<'t> {
    pub(super) nodes: Vec<Node<'t>>,
    pub(super) attributes: Vec<Attribute<'t>>,
}

/// One element as stored.
#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) name: &'t str,
    /// Byte offset of its `<`.
    pub(super) start: u32,
    /// Where its attributes are.
    pub(super) attributes: Range<u32>,
    /// Index of the first element that is not inside it.
    pub(super) end: u32,
}

/// One attribute with its value, entities replaced.
#[derive(Debug)]
pub(super) struct Attribute<'t> {
    pub(super) name: &'t str,
    pub(super) value: Cow<'t, str>,
}

/// An element of a [`Tree`].
#[derive(Debug, Clone, Copy)]
pub struct Element<'t> {
    tree: &'t Tree<'t>,
    index: u32,
}

impl<'t> Tree<'t> {
    /// The outermost element; `None` only for a tree that no parser made.
    pub fn root(&'t self) -> Option<Element<'t>> {
        self.elements().next()
    }

    /// All elements in document order.
    pub fn elements(&'t self) -> impl Iterator<Item = Element<'t>> {
        (0..self.nodes.len())
            .map(|index| Element { tree: self, index: u32::try_from(index).unwrap_or(u32::MAX) })
    }
}

impl<'t> Element<'t> {
    fn node(self) -> &'t Node<'t> {
        &self.tree.nodes[self.index as usize]
    }

    /// The element's name.
    pub fn name(self) -> &'t str {
        self.node().name
    }

    /// Whether the element is called `name`.
    pub fn is(self, name: &str) -> bool {
        self.node().name == name
    }

    /// All attributes in order, as name and value.
    pub fn attributes(self) -> impl Iterator<Item = (&'t str, &'t str)> {
        let range = &self.node().attributes;
        self.tree
            .attributes
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
            .iter()
            .map(|attribute| (attribute.name, &*attribute.value))
    }

    /// The value of the attribute called `name`.
    pub fn attribute(self, name: &str) -> Option<&'t str> {
        self.attributes().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The elements directly inside, in order.
    pub fn children(self) -> Children<'t> {
        Children { tree: self.tree, next: self.index + 1, end: self.node().end }
    }

    /// The elements directly inside that are called `name`, in order.
    pub fn children_named(self, name: &str) -> impl Iterator<Item = Self> {
        self.children().filter(move |child| child.is(name))
    }

    /// The first element directly inside that is called `name`.
    pub fn child(self, name: &str) -> Option<Self> {
        self.children().find(|child| child.is(name))
    }

    /// The bytes of the source that open the element: `<name`.
    pub fn span(self) -> Range<usize> {
        let start = self.node().start as usize;
        start..start + 1 + self.node().name.len()
    }
}

/// Iterator over the elements directly inside another.
#[derive(Debug, Clone)]
pub struct Children<'t> {
    tree: &'t Tree<'t>,
    next: u32,
    end: u32,
}

impl<'t> Iterator for Children<'t> {
    type Item = Element<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let child = Element { tree: self.tree, index: self.next };
        self.next = child.node().end;
        Some(child)
    }
}
