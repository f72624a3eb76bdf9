//! Asides: what is known of a cluster beside what its nodes know.

use serde::{Deserialize, Serialize};

use super::Trouble;
use crate::model::NodeName;

/// The node attribute in which a node says what keeps its manifest file from being in force, until it is
/// or the node leaves.
pub const MANIFEST: &str = "quorate-manifest";

/// What is known of a cluster beside what its nodes know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// Another command that is at work on it: what it has begun is not written down yet.
    pub at_work: Option<AtWork>,
    /// What no node can see, and only a simulation knows.
    pub unseen: Vec<Trouble>,
    /// Nodes on which nothing is done for now, and what was known last counts.
    #[serde(default)]
    pub frozen: Vec<Frozen>,
}

/// A node on which nothing is done for now, and of which what was known last counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// Which.
    pub node: NodeName,
    /// Why.
    pub why: Freeze,
}

/// Why nothing is done on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Freeze {
    /// Its daemon does not answer; it is waited for.
    Silent,
    /// Its daemon left, and let what runs there run on.
    Detached,
}

impl Frozen {
    /// Of nodes whose daemon is waited for, and of those that were left running.
    pub fn all(silent: &[NodeName], detached: &[NodeName]) -> Vec<Self> {
        let of = |nodes: &[NodeName], why| -> Vec<Self> {
            nodes.iter().map(|node| Self { node: node.clone(), why }).collect()
        };
        [of(silent, Freeze::Silent), of(detached, Freeze::Detached)].concat()
    }
}

/// Another command that is at work on the same cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtWork {
    /// Its process, and since when: `process 4711, since 2026-01-01T00:00:00Z`.
    pub holder: String,
}
