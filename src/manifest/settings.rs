//! What a manifest says beside the cluster itself: how it is run, and how it is held to the file.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::model::{NodeName, Rule, SecretName, TicketId};

/// Settings that are not part of the cluster's own model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Codes of checks that the manifest may fail.
    pub tolerated: Vec<Arc<str>>,
    /// The messaging layer, where the manifest says something of it.
    pub corosync: Option<Corosync>,
    /// What proves to a node that it is cut off, where the manifest says so.
    pub isolation: Option<Isolation>,
    /// How the cluster is held to the file.
    pub reconcile: Reconcile,
    /// Where nodes find the values of secrets.
    pub secrets: IndexMap<SecretName, SecretSource>,
    /// Tickets that are declared, with their descriptions.
    pub tickets: IndexMap<TicketId, Option<String>>,
    /// Renamings.
    pub moved: Vec<Moved>,
}

/// Where a node finds the value of a secret. A secret that is not declared is the file of its
/// name in the node's directory of secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretSource {
    /// A file that only root can read.
    File(Arc<str>),
    /// A variable of the node daemon's environment.
    Environment(Arc<str>),
}

/// A renaming: what was `from` is now `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The old path, such as `resources.apache`.
    pub from: Arc<str>,
    /// The new path.
    pub to: Arc<str>,
}

/// How the cluster is held to the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reconcile {
    /// Whether changes of the file are applied by themselves.
    pub mode: ReconcileMode,
    /// Whether deviations of the cluster are put right by themselves; unset means yes in mode
    /// auto.
    pub self_heal: Option<bool>,
    /// Whether what is not in the file is deleted from the cluster.
    pub prune: bool,
    /// Changes that interrupt a service wait until one of these rules holds; empty means always.
    pub windows: Vec<Rule>,
}

/// Whether changes of the file are applied by themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReconcileMode {
    /// They are.
    #[default]
    Auto,
    /// They wait for `apply`.
    Manual,
}

/// The messaging layer. What is unset is left to corosync's own defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// What proves to a node that it is cut off, where there is no fencing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
    /// Interfaces whose carrier must be up.
    pub carrier: Vec<Arc<str>>,
    /// Addresses that must answer.
    pub ping: Vec<Arc<str>>,
    /// A URL that must answer.
    pub arbiter: Option<Arc<str>>,
    /// Whether the witness's vote must be there.
    pub qdevice: bool,
    /// How much of the evidence must speak against the node.
    pub when: Evidence,
    /// Time within which a cut-off node has let go of its resources, for which the other side
    /// waits. Unset means 20 seconds.
    pub within: Option<Duration>,
}

/// How much of the evidence must speak against a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evidence {
    /// Any of it.
    Any,
    /// All of it.
    #[default]
    All,
}

impl Isolation {
    /// The bound that holds where the manifest gives none.
    pub const WITHIN_DEFAULT: Duration = Duration::from_secs(20);

    /// Time within which a cut-off node has let go of its resources.
    pub fn bound(&self) -> Duration {
        self.within.unwrap_or(Self::WITHIN_DEFAULT)
    }
}
