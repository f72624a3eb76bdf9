//! What is: the observed cluster.
//!
//! The same facts a Pacemaker CIB keeps in its `status` section: membership and quorum, node
//! attributes that live as long as the cluster, and per node the history of operations with
//! their results. What the history *means* is for `scheduler::interpret` to say.

pub mod history;
pub mod node;
pub mod rename;
pub mod ticket;

pub use history::{HistoryEntry, ResourceHistory, ResultCode, ResultStatus};
pub use node::{JoinState, NodeState, Presence, ProcessState};
pub use ticket::TicketState;

use serde::{Deserialize, Serialize};

use crate::model::NodeId;

/// An observed cluster at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClusterStatus {
    /// Whether this partition may act for the cluster.
    pub has_quorum: bool,
    /// Whether this partition is a node that takes itself to be cut off (`isolation`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut_off: bool,
    /// Whether a partition without quorum may fence itself (`no-quorum-panic`).
    pub has_quorum_panic: bool,
    /// The designated controller's node.
    pub dc: Option<NodeId>,
    /// When the observation was made, seconds since 1970, where the source says so.
    pub observed_at: Option<i64>,
    /// Version of the rules under which the source wrote its digests.
    pub feature_set: Option<String>,
    /// Tickets and whether this site holds them.
    pub tickets: Vec<TicketState>,
    /// Nodes that were seen, in order of the source.
    pub nodes: Vec<NodeState>,
}

impl ClusterStatus {
    /// The state of the node with this id, or else of this name.
    pub fn node(&self, id_or_name: &str) -> Option<&NodeState> {
        self.nodes.iter().find(|node| node.id.as_str().eq_ignore_ascii_case(id_or_name)).or_else(|| {
            self.nodes.iter().find(|node| node.name.as_ref().is_some_and(|name| name.is(id_or_name)))
        })
    }
}
