//! Asides: what is known of a cluster beside what its nodes know.

use serde::{Deserialize, Serialize};

use super::Trouble;

/// What is known of a cluster beside what its nodes know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// Another command that is at work on it: what it has begun is not written down yet.
    pub at_work: Option<AtWork>,
    /// What no node can see, and only a simulation knows.
    pub unseen: Vec<Trouble>,
}

/// Another command that is at work on the same cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtWork {
    /// Its process, and since when: `process 4711, since 2026-01-01T00:00:00Z`.
    pub holder: String,
}
