//! What an executor is told, and what it asks for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::result::ActionResult;
use crate::scheduler::ActionId;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The transition may begin.
    Begin,
    /// An action ended.
    Finished {
        /// Which.
        action: ActionId,
        /// How.
        result: ActionResult,
    },
    /// The time set by [`Command::SetTimer`] is over.
    TimerFired {
        /// Whose timer.
        action: ActionId,
    },
    /// Somebody wants the transition to end.
    Abort {
        /// Why.
        because: Arc<str>,
        /// How soon.
        urgency: Urgency,
    },
}

/// How soon a transition ends; the later ones are more urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Start nothing new, wait for what is in flight.
    Drain,
    /// Kill what is in flight, wait for that.
    Kill,
    /// At once: what is in flight goes on, and belongs to whoever plans next.
    HandOver,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Start an action. Its own timeout, if it has one, is for whoever runs it to enforce.
    Start(ActionId),
    /// Everything before a pseudo action is done.
    Reached(ActionId),
    /// Tell me when this much time has passed, unless the action has ended by then.
    SetTimer {
        /// Whose timer.
        action: ActionId,
        /// How long.
        after: Duration,
    },
    /// Kill an action and report how it ended.
    Cancel(ActionId),
    /// No answer came in time: kill the action if it can be reached, and record this result.
    Lost {
        /// Which.
        action: ActionId,
        /// What to record.
        result: ActionResult,
    },
    /// The transition is over; no more commands follow.
    Done(Outcome),
}

/// How a transition ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every action was done, with the expected answer.
    Complete,
    /// It was given up.
    Aborted {
        /// Why, first cause only.
        cause: Cause,
        /// What was never started.
        unstarted: Vec<ActionId>,
    },
    /// Nothing is in flight and nothing may start: the order contradicts itself.
    Blocked {
        /// What could not be started.
        unstarted: Vec<ActionId>,
    },
}

/// Why a transition was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// An action did not end as planned.
    Unexpected {
        /// Which.
        action: ActionId,
        /// How it ended.
        result: ActionResult,
    },
    /// Somebody asked for it, with this reason.
    Asked(Arc<str>),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexpected { action, result } => {
                write!(f, "action {} answered {}", action.0, result.rc.name())
            }
            Self::Asked(because) => f.write_str(because),
        }
    }
}
