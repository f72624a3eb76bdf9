//! What is known of one node: membership, attributes and history.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::history::ResourceHistory;
use crate::model::{NodeId, NodeName, OptionSet};

/// What is known of one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeState {
    /// Identity in membership.
    pub id: NodeId,
    /// Name, where the source gives it.
    pub name: Option<NodeName>,
    /// Whether it is a member of the corosync ring (`in_ccm`).
    pub member: Presence,
    /// Whether its daemon takes part in the process group (`crmd`).
    pub process: ProcessState,
    /// How far it has joined the designated controller (`join`).
    pub join: JoinState,
    /// Whether it should be up (`expected` is `member`).
    pub expected_up: bool,
    /// A remote node that has been fenced (`node_fenced` is not zero).
    pub is_fenced: bool,
    /// A remote node known to be in maintenance.
    pub in_maintenance: bool,
    /// Attributes that last until the node leaves.
    pub attributes: Vec<OptionSet>,
    /// Capacity that lasts as long; it does not replace what is configured.
    pub utilization: Vec<OptionSet>,
    /// What resources did there, in order of the source.
    pub resources: Vec<ResourceHistory>,
}

/// Whether a node is a member of the ring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    /// Nothing was heard of it.
    #[default]
    Unknown,
    /// It is not.
    Absent,
    /// It is, since some time.
    Present,
    /// It is, since this moment (seconds since 1970, above 1).
    Since(i64),
}

/// Whether a node's daemon takes part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProcessState {
    /// It does not.
    #[default]
    Offline,
    /// It does.
    Online,
    /// It does, since this moment (seconds since 1970, above 1).
    Since(i64),
}

impl ProcessState {
    /// Whether it takes part.
    pub const fn is_online(self) -> bool {
        !matches!(self, Self::Offline)
    }
}

/// How far a node has joined the designated controller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum JoinState {
    /// Not at all.
    #[default]
    Down,
    /// On its way.
    Pending,
    /// Fully.
    Member,
    /// Refused (`banned`).
    Banned,
    /// Something else.
    Other(String),
}

impl NodeState {
    /// A node called `name` that is a full, healthy member without history.
    pub fn online(name: &str) -> Self {
        Self {
            member: Presence::Present,
            process: ProcessState::Online,
            join: JoinState::Member,
            expected_up: true,
            ..Self::unseen(name)
        }
    }

    /// A node called `name` of which nothing is known.
    pub fn unseen(name: &str) -> Self {
        Self {
            id: NodeId::new(name),
            name: Some(NodeName::new(name)),
            member: Presence::Unknown,
            process: ProcessState::Offline,
            join: JoinState::Down,
            expected_up: false,
            is_fenced: false,
            in_maintenance: false,
            attributes: Vec::new(),
            utilization: Vec::new(),
            resources: Vec::new(),
        }
    }
}

/// The node attribute in which a node says that its clock is not the controller's, as long as that is so.
pub const CLOCK: &str = "quorate-clock";

/// How far a node's clock is from the controller's: `10800 n1` is three hours ahead of that of `n1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockDifference {
    /// The controller's node.
    pub of: NodeName,
    /// By how many seconds the node's own clock is ahead; less than zero where it is behind.
    pub ahead: i64,
}

impl ClockDifference {
    /// As the attribute has it; `None` for any other text.
    pub fn read(text: &str) -> Option<Self> {
        let (ahead, of) = text.split_once(' ')?;
        Some(Self { of: NodeName::new(of), ahead: ahead.parse().ok()? })
    }
}

impl fmt::Display for ClockDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.ahead, self.of)
    }
}
