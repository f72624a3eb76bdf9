//! The hands of an engine: whatever performs single actions, in this process, on this host or in a
//! simulated world.

use std::sync::Arc;
use std::time::Duration;

use super::{BoxFuture, EngineError};
use crate::executor::{ActionResult, Urgency};
use crate::ledger::{AgentTraits, Ledger};
use crate::model::Agent;
use crate::scheduler::{Action, ActionId};

/// Performs single actions and tells how they ended.
pub trait Hands: Send {
    /// The present moment, seconds since 1970.
    fn now(&self) -> i64;

    /// Puts into the ledger what can be seen without running an agent: membership, quorum, node
    /// attributes. Called before each decision.
    ///
    /// # Errors
    /// When it cannot be seen.
    fn look(&mut self, ledger: &mut Ledger) -> Result<(), EngineError>;

    /// Begins an action and enforces its timeout. Its end comes from [`Hands::next`]. A recurring
    /// monitor goes on by itself after its first answer, until it is cancelled or its resource
    /// stops; when its answer changes, that is [`Happening::Observed`]. `agent` is `None` for what no
    /// agent runs.
    ///
    /// # Errors
    /// Only what makes all further work senseless; else the action ends with a result.
    fn begin(&mut self, action: &Action, agent: Option<&Agent>) -> Result<(), EngineError>;

    /// A pseudo action is reached; most hands have nothing to do with that.
    fn reached(&mut self, action: &Action) {
        let _ = action;
    }

    /// Kills an action. Its end still comes from [`Hands::next`].
    fn kill(&mut self, action: ActionId);

    /// Lets [`Happening::TimerFired`] come after this time, unless the action ended before.
    fn set_timer(&mut self, action: ActionId, after: Duration);

    /// Waits for the next thing to happen.
    ///
    /// # Errors
    /// When nothing can happen any more.
    fn next(&mut self) -> BoxFuture<'_, Result<Happening, EngineError>>;

    /// Lets time pass between two futile attempts.
    fn pause(&mut self, length: Duration) -> BoxFuture<'_, ()>;

    /// Puts into the ledger what agents told while they ran. Called before it is kept.
    fn gather(&mut self, ledger: &mut Ledger) {
        let _ = ledger;
    }

    /// Makes the ledger durable, after each result. Hands whose state is saved as a whole do nothing.
    ///
    /// # Errors
    /// When it cannot be written.
    fn keep(&mut self, ledger: &Ledger) -> Result<(), EngineError> {
        let _ = ledger;
        Ok(())
    }

    /// What an agent says of its parameters.
    fn traits(&self, agent: &Agent) -> AgentTraits {
        let _ = agent;
        AgentTraits::default()
    }

    /// How many actions one node may run at once; `None` is no limit.
    fn jobs_per_node(&self) -> Option<u32> {
        None
    }

    /// Whether somebody asked the loop to end after the present transition.
    fn is_interrupted(&self) -> bool {
        false
    }
}

/// Something that happened while actions are in flight.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// An action ended.
    Finished {
        /// Which.
        action: ActionId,
        /// How.
        result: ActionResult,
    },
    /// The time set for an action is over.
    TimerFired {
        /// Which.
        action: ActionId,
    },
    /// A recurring monitor answered something else than the last time.
    Observed {
        /// The monitor.
        action: Box<Action>,
        /// What it answered.
        result: ActionResult,
    },
    /// The plan may no longer fit.
    Changed {
        /// Why.
        because: Arc<str>,
        /// How soon a new one is wanted. Embedded loops cannot hand over, so that
        /// [`Urgency::HandOver`] is for daemons only.
        urgency: Urgency,
    },
}
