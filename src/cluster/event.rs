//! What a daemon has to tell those who watch it.

use crate::cluster::call::{Call, Flight};
use crate::cluster::member::{MemberId, Moment, Parting};
use crate::cluster::request::OverrideId;
use crate::executor::ActionResult;
use crate::model::{Generation, NodeName};
use crate::scheduler::{Action, Schedule};

/// Something worth telling: for subscribers, the log and the history. All but [`Event::Scheduled`]
/// and [`Event::Held`] are told by every member.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The members agree on one state.
    Settled {
        /// Who is there, longest member first.
        members: Vec<NodeName>,
        /// The designated controller.
        dc: NodeName,
    },
    /// A node is not there any more.
    Gone {
        /// Which.
        node: NodeName,
        /// How it went.
        why: Parting,
    },
    /// The partition gained or lost quorum.
    Quorum {
        /// Whether it has it now.
        quorate: bool,
    },
    /// The daemon of a node died and did not come back in time.
    Forsaken {
        /// Which node.
        node: NodeName,
    },
    /// Somebody made sure that a node is down.
    ConfirmedDown {
        /// Which node.
        node: NodeName,
        /// Where it was said.
        by: NodeName,
    },
    /// This node was fenced and lives: it stops everything and leaves.
    Condemned {
        /// By whom, for people.
        because: String,
    },
    /// Another desired state is in force.
    InForce {
        /// Its generation.
        generation: Generation,
        /// Where it came from.
        origin: String,
    },
    /// This node had a desired state that the cluster did not take.
    Dropped {
        /// Its generation.
        generation: Generation,
        /// Where it came from.
        origin: String,
    },
    /// What was asked for here on top of the desired state was not taken by the cluster: another partition had
    /// quorum, or the newer desired state.
    Forgone {
        /// The overrides.
        overrides: Vec<OverrideId>,
        /// Whether decisions were paused.
        pause: bool,
    },
    /// Overrides or the pause changed.
    Overridden,
    /// Overrides ended by themselves.
    Lapsed(Vec<OverrideId>),
    /// A new schedule is carried out (told by the controller).
    Scheduled(Box<Decision>),
    /// The same was tried too often: it is tried again later (told by the controller).
    Held {
        /// When at the latest.
        until: Moment,
        /// How often the same was tried.
        attempts: u32,
    },
    /// An action was asked for.
    Started(Box<Flight>),
    /// An action ended.
    Finished {
        /// Which run; `None` for an answer of a recurring monitor.
        call: Option<Call>,
        /// Where it ran.
        worker: NodeName,
        /// What was run.
        action: Box<Action>,
        /// How it ended.
        result: ActionResult,
        /// When.
        at: Moment,
    },
    /// A message was refused.
    Refused {
        /// Whose.
        from: MemberId,
        /// Why.
        because: String,
    },
}

/// One decision of the controller, with what it was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Number of the transition.
    pub transition: u64,
    /// When.
    pub at: Moment,
    /// The generation it serves.
    pub generation: Generation,
    /// What made it necessary.
    pub because: Vec<String>,
    /// What was decided.
    pub schedule: Schedule,
    /// What it was decided from, so that it can be decided again: the desired cluster with overrides ...
    pub cluster: crate::model::Cluster,
    /// ... and what was known.
    pub status: crate::status::ClusterStatus,
}
