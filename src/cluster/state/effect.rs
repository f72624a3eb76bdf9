//! What follows from a message, for those who have to act on it.

use crate::cluster::call::{Call, Flight};
use crate::cluster::event::Event;
use crate::cluster::member::MemberId;
use crate::cluster::request::{Accepted, Leave, OverrideId, Refusal};
use crate::executor::ActionResult;
use crate::model::{NodeName, Rename};

/// What follows from a message.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cluster) enum Effect {
    /// An action is to be begun by its worker.
    Begun(Box<Flight>),
    /// An action ended.
    Ended { call: Call, result: ActionResult },
    /// A worker should kill a run.
    Kill { call: Call, worker: NodeName },
    /// A decision may differ now.
    Changed(String),
    /// What is durable changed.
    Durable,
    /// Resources have other names from now on.
    Renamed(Vec<Rename>),
    /// What is known of a node changed.
    Touched(NodeName),
    /// A word of a member was taken in.
    Heard { from: MemberId, seq: u64, answer: Result<Accepted, Refusal> },
    /// A member may go.
    Parted { node: NodeName, how: Leave },
    /// The others are down for certain.
    Acquitted,
    /// Something was asked for on top of the desired state, without quorum.
    Alone(Solo),
    /// Watchers want to know.
    Tell(Event),
}

/// What was asked for without quorum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cluster) enum Solo {
    /// An override.
    Override(OverrideId),
    /// A pause.
    Pause,
}
