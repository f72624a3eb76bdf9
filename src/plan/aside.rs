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
    /// The witness that should vote and does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witness>,
}

/// A witness that should vote and does not, and what votes there are without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// Votes present.
    pub present: u32,
    /// Votes expected.
    pub expected: u32,
}

impl Witness {
    /// How many votes it takes to act.
    pub const fn needed(self) -> u32 {
        self.expected / 2 + 1
    }

    /// How many more votes may be lost.
    pub const fn spare(self) -> u32 {
        self.present.saturating_sub(self.needed())
    }
}

/// A node on which nothing is done for now, and of which what was known last counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// Which.
    pub node: NodeName,
    /// Why.
    pub why: Freeze,
    /// When others take over what it ran, at the latest; seconds since 1970, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// Why nothing is done on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Freeze {
    /// It is not there any more; what it may still run is given the time to end.
    Lost,
    /// Its daemon does not answer; it is waited for.
    Silent,
    /// Its daemon left, and let what runs there run on.
    Detached,
}

/// Another command that is at work on the same cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtWork {
    /// Its process, and since when: `process 4711, since 2026-01-01T00:00:00Z`.
    pub holder: String,
}
