//! A resource's allowed nodes and their scores.

use super::facts::NodeIx;
use crate::model::constraint::Discovery;
use crate::model::score::Score;

/// What a resource thinks of one node. A node without entry cannot be chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Entry {
    /// How much the resource wants to be there.
    pub score: Score,
    /// Whether it may be probed there.
    pub discovery: Discovery,
    /// How many instances were put there so far (collectives only).
    pub count: u32,
}

/// Allowed nodes with their scores, indexed by node; iteration is in node-list order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeTable(Vec<Option<Entry>>);

impl NodeTable {
    /// A table without entries, for a cluster of `nodes` nodes.
    pub fn empty(nodes: usize) -> Self {
        Self(vec![None; nodes])
    }

    /// The entry for a node.
    pub fn entry(&self, node: NodeIx) -> Option<&Entry> {
        self.0.get(node.index()).and_then(Option::as_ref)
    }

    /// The entry for a node, to change it.
    pub fn entry_mut(&mut self, node: NodeIx) -> Option<&mut Entry> {
        self.0.get_mut(node.index()).and_then(Option::as_mut)
    }

    /// The score of a node, if it is allowed.
    pub fn score(&self, node: NodeIx) -> Option<Score> {
        self.entry(node).map(|entry| entry.score)
    }

    /// Sets or replaces the entry for a node.
    pub fn insert(&mut self, node: NodeIx, entry: Entry) {
        if self.0.len() <= node.index() {
            self.0.resize(node.index() + 1, None);
        }
        self.0[node.index()] = Some(entry);
    }

    /// Removes the entry for a node.
    pub fn remove(&mut self, node: NodeIx) {
        if let Some(slot) = self.0.get_mut(node.index()) {
            *slot = None;
        }
    }

    /// Adds `score` on a node; a node without entry gets one that starts at `start`.
    pub fn add(&mut self, node: NodeIx, score: Score, start: Score) {
        match self.entry_mut(node) {
            Some(entry) => entry.score = entry.score.plus(score),
            None => self.insert(node, Entry { score: start.plus(score), ..Entry::default() }),
        }
    }

    /// Whether no node is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// All entries, in node-list order.
    pub fn iter(&self) -> impl Iterator<Item = (NodeIx, &Entry)> {
        self.0.iter().enumerate().filter_map(|(index, entry)| Some((NodeIx::at(index), entry.as_ref()?)))
    }

    /// All entries, to change them, in node-list order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (NodeIx, &mut Entry)> {
        self.0.iter_mut().enumerate().filter_map(|(index, entry)| Some((NodeIx::at(index), entry.as_mut()?)))
    }
}
