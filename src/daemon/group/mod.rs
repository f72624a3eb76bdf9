//! The group of daemons: who is there, what they say to each other, and whether they may act.
//!
//! Everything above is written against [`Group`], and cannot tell whether it runs on corosync or
//! in one process with others (tests).

pub mod corosync;
mod fragment;
pub mod in_process;
pub mod nowhere;

use std::future::Future;

use crate::cluster::{MemberId, Quorum, View};

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

/// Something that happened in the group. What concerns who is there comes in the order in which it
/// may be acted on: who is gone is told together with whether the others may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The members are these now. The first view after the beginning, or after a loss, has this
    /// daemon in it.
    View(View),
    /// Whether the nodes that see each other may act was counted anew.
    Quorum(Quorum),
    /// A member said something.
    Delivered {
        /// Who.
        from: MemberId,
        /// What.
        message: Vec<u8>,
    },
    /// The group cannot be reached (any more); it is looked for.
    Lost {
        /// Why, and what to do, for people.
        because: String,
    },
}
