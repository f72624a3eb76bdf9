//! What happens, as it is told to those who listen and as it is kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cluster::{Decision, Event, Parting};
use crate::executor::ActionResult;
use crate::model::{Generation, Moment, NodeName};
use crate::scheduler::Action;

/// One line of the stream of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Rises by one with each; begins anew with the daemon.
    pub position: u64,
    /// When it was told.
    pub at: Moment,
    /// What happened.
    #[serde(flatten)]
    pub tale: Tale,
}

/// Something that happened. What concerns decisions is told by the designated controller alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Tale {
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
    /// What was asked for on this node without quorum was not taken when it met the others again.
    Forgone {
        /// The overrides.
        overrides: Vec<String>,
        /// Whether decisions were paused.
        pause: bool,
    },
    /// Overrides or the pause changed.
    Overridden,
    /// Overrides ended by themselves.
    Lapsed {
        /// Which.
        overrides: Vec<String>,
    },
    /// The controller decided on something new.
    Decided {
        /// Its name in the history.
        id: DecisionId,
        /// The generation it serves.
        generation: Generation,
        /// What made it necessary.
        because: Vec<String>,
        /// How many actions it has.
        actions: usize,
    },
    /// The same was tried too often: it is tried again later.
    Held {
        /// When at the latest.
        until: Moment,
        /// How often the same was tried.
        attempts: u32,
    },
    /// An action was asked for.
    Started {
        /// Where it runs.
        worker: NodeName,
        /// What is run.
        action: Box<Action>,
    },
    /// An action ended, or a recurring monitor answered anew.
    Finished {
        /// Where it ran.
        worker: NodeName,
        /// What was run.
        action: Box<Action>,
        /// How it ended.
        result: ActionResult,
        /// Whether it was asked for; a recurring monitor was not.
        was_asked_for: bool,
    },
    /// A message of a member was refused.
    Refused {
        /// The number of its node.
        node: u32,
        /// Why.
        because: String,
    },
    /// Events that are not known any more were left out.
    Missed {
        /// How many.
        events: u64,
    },
    /// Something that a newer daemon tells.
    #[serde(other)]
    Unknown,
}

/// The name of a decision in the history of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct DecisionId {
    /// When it was made.
    pub at: Moment,
    /// The number of the transition; begins anew with each controller.
    pub transition: u64,
}

/// A text that is no name of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("decisions have names like 1764000000000-12")]
pub struct NoDecisionId;

impl DecisionId {
    /// The name of a decision.
    pub const fn of(decision: &Decision) -> Self {
        Self { at: decision.at, transition: decision.transition }
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.0, self.transition)
    }
}

impl From<DecisionId> for String {
    fn from(id: DecisionId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for DecisionId {
    type Error = NoDecisionId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for DecisionId {
    type Err = NoDecisionId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (at, transition) = text.split_once('-').ok_or(NoDecisionId)?;
        let at = Moment(at.parse().map_err(|_| NoDecisionId)?);
        Ok(Self { at, transition: transition.parse().map_err(|_| NoDecisionId)? })
    }
}

impl From<&Event> for Tale {
    fn from(event: &Event) -> Self {
        match event {
            Event::Settled { members, dc } => Self::Settled { members: members.clone(), dc: dc.clone() },
            Event::Gone { node, why } => Self::Gone { node: node.clone(), why: *why },
            Event::Quorum { quorate } => Self::Quorum { quorate: *quorate },
            Event::Forsaken { node } => Self::Forsaken { node: node.clone() },
            Event::ConfirmedDown { node, by } => Self::ConfirmedDown { node: node.clone(), by: by.clone() },
            Event::Condemned { because } => Self::Condemned { because: because.clone() },
            Event::InForce { generation, origin } => {
                Self::InForce { generation: *generation, origin: origin.clone() }
            }
            Event::Dropped { generation, origin } => {
                Self::Dropped { generation: *generation, origin: origin.clone() }
            }
            Event::Forgone { overrides, pause } => {
                Self::Forgone { overrides: overrides.iter().map(|id| id.0.clone()).collect(), pause: *pause }
            }
            Event::Overridden => Self::Overridden,
            Event::Lapsed(ids) => Self::Lapsed { overrides: ids.iter().map(|id| id.0.clone()).collect() },
            Event::Scheduled(decision) => Self::Decided {
                id: DecisionId::of(decision),
                generation: decision.generation,
                because: decision.because.clone(),
                actions: decision.schedule.transition.actions.len(),
            },
            Event::Held { until, attempts } => Self::Held { until: *until, attempts: *attempts },
            Event::Started(flight) => {
                Self::Started { worker: flight.worker.clone(), action: Box::new(flight.action.clone()) }
            }
            Event::Finished { call, worker, action, result, .. } => Self::Finished {
                worker: worker.clone(),
                action: action.clone(),
                result: result.clone(),
                was_asked_for: call.is_some(),
            },
            Event::Refused { from, because } => Self::Refused { node: from.node, because: because.clone() },
        }
    }
}
