//! Who is there: members, views, quorum, and the moment of it all.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::NodeName;
pub use crate::model::moment::Moment;

/// Time since this host was booted: how long something took on it, whatever steps its clock made meanwhile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uptime(pub Duration);

impl Uptime {
    /// How long ago an earlier one was.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// Who a member is in the group. A daemon that starts again is another member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MemberId {
    /// Number of its node in the membership layer.
    pub node: u32,
    /// Number of its process there.
    pub process: u32,
}

/// A member of the group: a daemon on a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member {
    /// Who it is.
    pub id: MemberId,
    /// The node, as the desired cluster calls it.
    pub name: NodeName,
}

/// The group's membership from now on. All members see views and messages in one order, as far as
/// they see the same ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Who this daemon is in it.
    pub me: MemberId,
    /// Everyone there, this daemon included.
    pub members: Vec<Member>,
    /// Who was there until now, and why not any more.
    pub left: Vec<Departure>,
}

/// A member that is not there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// Who.
    pub member: Member,
    /// How it went.
    pub why: Parting,
}

/// How a member went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Parting {
    /// It left the group by itself.
    Left,
    /// Its process ended; the node is still there.
    ProcessDown,
    /// Its node cannot be reached any more.
    NodeDown,
}

/// What the membership layer says of quorum. It is to be told again whenever any of this changes: no
/// decision is made on a view that shows a node which `nodes` does not have, or the other way round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quorum {
    /// Whether this partition may act for the cluster.
    pub quorate: bool,
    /// Votes present.
    pub votes: u32,
    /// Votes expected.
    pub expected_votes: u32,
    /// Whether there is a witness that should vote and does not.
    pub is_witness_silent: bool,
    /// Nodes that the membership layer sees, with or without a daemon.
    pub nodes: Vec<NodeName>,
}
