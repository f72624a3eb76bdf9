//! The messaging layer: how nodes talk, and who may act for the cluster.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::NodeName;

/// The messaging layer. What is unset is left to corosync's own defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Corosync {
    /// How long a silent node is waited for.
    pub token: Option<Duration>,
    /// What each node beyond the second adds to the token.
    pub token_coefficient: Option<Duration>,
    /// How long agreement on a new membership may take.
    pub consensus: Option<Duration>,
    /// `passive`, `active` or `rr`.
    pub link_mode: Option<Arc<str>>,
    /// Cipher, as corosync names it.
    pub cipher: Option<Arc<str>>,
    /// Hash, as corosync names it.
    pub hash: Option<Arc<str>>,
    /// Settings of links, first link first.
    pub links: Vec<Link>,
    /// Votes and quorum.
    pub quorum: Quorum,
    /// The witness.
    pub qdevice: Option<Qdevice>,
}

/// One link between the nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    /// Port.
    pub port: Option<u16>,
    /// Links of higher priority are used first.
    pub priority: Option<u32>,
    /// How often the link is tried.
    pub ping_interval: Option<Duration>,
    /// After which silence it is taken to be down.
    pub ping_timeout: Option<Duration>,
}

/// Votes and quorum.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quorum {
    /// How many votes there are.
    pub expected_votes: Option<u32>,
    /// Whether one of two nodes is enough.
    pub two_node: Option<bool>,
    /// Whether quorum first needs all nodes at once.
    pub wait_for_all: Option<bool>,
    /// Whether expected votes fall as nodes leave one by one.
    pub last_man_standing: Option<bool>,
    /// After which time they do.
    pub last_man_standing_window: Option<Duration>,
    /// Whether one of two even halves stays quorate.
    pub auto_tie_breaker: Option<bool>,
    /// Which half.
    pub auto_tie_breaker_node: Option<Arc<str>>,
}

/// A witness: a host outside the cluster with a vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Qdevice {
    /// The host.
    pub host: Arc<str>,
    /// Its port.
    pub port: Option<u16>,
    /// `ffsplit` or `lms`.
    pub algorithm: Option<Arc<str>>,
    /// `lowest`, `highest` or a node.
    pub tie_breaker: Option<NodeName>,
    /// `on`, `off` or `required`.
    pub tls: Option<Arc<str>>,
    /// How long it is waited for.
    pub timeout: Option<Duration>,
    /// How long it is waited for while membership changes.
    pub sync_timeout: Option<Duration>,
}

impl Corosync {
    /// Votes that the witness gives to a cluster of so many nodes; zero without a witness.
    pub fn witness_votes(&self, nodes: usize) -> usize {
        match &self.qdevice {
            None => 0,
            Some(qdevice) if qdevice.algorithm.as_deref() == Some("lms") => nodes.saturating_sub(1),
            Some(_) => 1,
        }
    }
}
