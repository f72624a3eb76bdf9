//! The group of daemons: who is there, what they say to each other, and whether they may act.
//!
//! Everything above is written against [`Group`], and cannot tell whether it runs on corosync or
//! in one process with others (tests).

pub mod corosync;
mod fragment;
pub mod in_process;

use std::future::Future;

use crate::model::NodeName;

/// A group of daemons that hear the same messages in the same order.
pub trait Group: Send {
    /// The next thing to happen. Never ends: a lost group is looked for until it is found again.
    /// May be dropped at any time without losing an event.
    fn next(&mut self) -> impl Future<Output = Event> + Send;

    /// Sends to all members, to this one too. Messages of one sender keep their order; those that
    /// were not sent when the group is lost are forgotten.
    fn multicast(&mut self, message: &[u8]);

    /// Leaves the group of one's own will, as soon as everything is sent.
    fn leave(&mut self) -> impl Future<Output = ()> + Send;
}

/// A daemon in the group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The number of its node in the membership layer.
    pub node: u32,
    /// Tells this run of the daemon from others on its node (a process id).
    pub process: u32,
    /// The name of its node.
    pub name: NodeName,
}

/// Something that happened in the group. What concerns who is there comes in the order in which it
/// may be acted on: who is gone is told together with whether the others may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// This daemon has found the group; a view with it follows.
    Found {
        /// This daemon.
        me: Member,
    },
    /// The members are these now.
    View(View),
    /// Whether the nodes that see each other may act was counted anew.
    Quorum(Quorum),
    /// A member said something.
    Delivered {
        /// Who.
        from: Member,
        /// What.
        message: Vec<u8>,
    },
    /// The group cannot be reached (any more); it is looked for.
    Lost {
        /// Why, and what to do, for people.
        because: String,
    },
}

/// Who is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Number of the ring of nodes that this view is of; the same on all members, and higher for a
    /// younger ring.
    pub ring: u64,
    /// All members, by node.
    pub members: Vec<Member>,
    /// Who is here no more since the view before.
    pub left: Vec<(Member, Departure)>,
}

/// Why a member is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// It left by itself.
    Left,
    /// The daemon ended; its node is still there.
    ProcessDown,
    /// Its node cannot be reached.
    NodeDown,
}

/// Whether the nodes that see each other may act.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quorum {
    /// Whether they may.
    pub is_quorate: bool,
    /// The ring that was counted.
    pub ring: u64,
    /// The nodes that see each other, by number, whether a daemon runs there or not.
    pub nodes: Vec<(u32, NodeName)>,
    /// The votes, where they are known.
    pub votes: Option<Votes>,
}

/// The count behind quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Votes {
    /// Votes that there should be.
    pub expected: u32,
    /// Votes that there are.
    pub total: u32,
    /// Votes that are needed.
    pub needed: u32,
}
