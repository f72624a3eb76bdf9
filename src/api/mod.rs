//! The words of the API: what a daemon and those who talk to it say to each other, as JSON.
//!
//! Paths begin with [`VERSION`]. Within a version, fields are only added.
//!
//! | request | answer |
//! |---|---|
//! | `GET /v1/observation` | [`Sighting`]: what should be and what is, with stand-ins for secrets; `?secrets=plain` tells them to whoever may change the cluster |
//! | `POST /v1/changes` with a [`Change`](crate::cluster::Change) | [`Granted`] |
//! | `GET /v1/events?since=N&wait=MS` | one [`Told`] per line |
//! | `GET /v1/history` | the last [`Told`] that were kept, one per line |
//! | `GET /v1/history/ID` | the recording of one decision |
//! | `GET /v1/resources/R` | 200 where R is active, 503 where it is not |
//! | `GET /metrics` | figures in the form of Prometheus |
//!
//! What goes wrong is a [`Complaint`].

mod aside;
mod tale;
mod unhonoured;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use aside::aside;
pub use tale::{DecisionId, Tale, Told};
pub use unhonoured::{unhonoured, unhonoured_settings};

use crate::cluster::{Fencing, Flight, Vigil};
use crate::model::{Cluster, Generation, Moment, NodeName, Overlay};
use crate::status::ClusterStatus;

/// The beginning of all paths.
pub const VERSION: &str = "/v1";

/// Where a daemon listens, unless told otherwise.
pub const SOCKET: &str = "/run/quorate.sock";

/// Longest body of a request, in bytes: desired states of large clusters.
pub const LONGEST_BODY: usize = 16 << 20;

/// What one daemon knows at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// Version of this document; minor versions add.
    pub format_version: String,
    /// The daemon's node.
    pub node: NodeName,
    /// When.
    pub now: Moment,
    /// Whether members agree on a state and this daemon is one of them.
    pub is_settled: bool,
    /// The designated controller's node.
    pub dc: Option<NodeName>,
    /// Nodes with a daemon that takes part, longest there first.
    pub members: Vec<NodeName>,
    /// What the membership layer says.
    pub quorum: Votes,
    /// Generation in force.
    pub generation: Generation,
    /// Where it came from.
    pub origin: String,
    /// What should be.
    pub desired: Arc<Cluster>,
    /// What was asked for on top of it.
    pub overlay: Overlay,
    /// What is.
    pub status: ClusterStatus,
    /// What is being done.
    pub in_flight: Vec<Flight>,
    /// Nodes whose daemon died, as long as it is waited for.
    pub awaited: Vec<NodeName>,
    /// The same with what is waited for, and how long.
    #[serde(default)]
    pub vigils: Vec<Vigil>,
    /// Nodes that left with their resources running.
    pub detached: Vec<NodeName>,
    /// The last fencings, oldest first.
    pub fencing: Vec<Fencing>,
    /// Number of the last event that is part of this; those after it may be, too.
    pub position: u64,
}

impl Sighting {
    /// Version of the document.
    pub const FORMAT_VERSION: &str = "1.0";
}

/// What the membership layer says of quorum.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Votes {
    /// Whether this partition may act for the cluster.
    pub quorate: bool,
    /// Votes present.
    pub present: u32,
    /// Votes expected.
    pub expected: u32,
    /// Whether there is a witness that should vote and does not.
    #[serde(default)]
    pub is_witness_silent: bool,
    /// Nodes that the membership layer sees, with or without a daemon.
    pub nodes: Vec<NodeName>,
}

/// A change that came in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// The generation in force after it.
    pub generation: Generation,
    /// Number of an event before all that follows from it.
    pub position: u64,
}

/// Why a request was not fulfilled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// What kind of trouble, for machines.
    pub code: Code,
    /// What it is, for people.
    pub message: String,
    /// In a conflict: the generation that was planned on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<Generation>,
    /// In a conflict: the generation in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<Generation>,
    /// In a conflict: where what is in force came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<String>,
}

/// Kinds of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The request cannot be understood.
    Malformed,
    /// Who asks may not.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// Another desired state came in force meanwhile.
    Conflict,
    /// It makes no sense for this cluster.
    Refused,
    /// The daemon is leaving or has no cluster.
    Unavailable,
    /// The cluster has no quorum where the daemon is, and what was asked for needs it.
    NoQuorum,
    /// The daemon failed.
    Internal,
    /// A kind that a newer daemon knows.
    #[serde(other)]
    Unknown,
}

impl Complaint {
    /// Trouble of a kind.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), planned: None, actual: None, in_force: None }
    }
}

impl Code {
    /// The status of HTTP that says the same.
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Refused => 422,
            Self::Unavailable | Self::NoQuorum => 503,
            Self::Internal | Self::Unknown => 500,
        }
    }
}
