//! Nodes as configured.

use serde::{Deserialize, Serialize};

use super::id::{NodeId, NodeName};
use super::option_set::OptionSet;
use super::score::Score;

/// A configured node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Identity in membership and status.
    pub id: NodeId,
    /// What users call it.
    pub name: NodeName,
    /// Full member or remote.
    pub kind: NodeKind,
    /// Score that every resource starts with on this node.
    pub score: Score,
    /// Addresses for cluster traffic, first link first.
    pub addresses: Vec<String>,
    /// Permanent node attributes; `standby` and `maintenance` are among them.
    pub attributes: Vec<OptionSet>,
    /// Capacity the node offers.
    pub utilization: Vec<OptionSet>,
}

/// What part a node takes in the cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeKind {
    /// A full member with a vote.
    #[default]
    Member,
    /// Runs resources through a connection that another node holds.
    Remote,
}

impl Node {
    /// A full member called `name`, with nothing else said of it.
    pub fn member(name: &str) -> Self {
        Self {
            id: NodeId::new(name),
            name: NodeName::new(name),
            kind: NodeKind::Member,
            score: Score::ZERO,
            addresses: Vec::new(),
            attributes: Vec::new(),
            utilization: Vec::new(),
        }
    }
}
