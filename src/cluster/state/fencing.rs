//! What became of fencings.

use serde::{Deserialize, Serialize};

use super::Live;
use crate::cluster::call::Flight;
use crate::cluster::member::Moment;
use crate::executor::ActionResult;
use crate::model::NodeName;
use crate::scheduler::Task;

/// A fencing that ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fencing {
    /// Whom.
    pub target: NodeName,
    /// How.
    pub task: Task,
    /// Who did it.
    pub by: NodeName,
    /// What came of it.
    pub result: ActionResult,
    /// When it ended.
    pub at: Moment,
}

impl Fencing {
    /// How many are remembered.
    const KEPT: usize = 100;
}

impl Live {
    /// Remembers a fencing that ended.
    pub(super) fn remember_fencing(&mut self, flight: &Flight, result: &ActionResult, at: Moment) {
        let Some(target) = flight.action.node.clone() else { return };
        self.fencing.push(Fencing {
            target,
            task: flight.action.task.clone(),
            by: flight.worker.clone(),
            result: result.clone(),
            at,
        });
        let surplus = self.fencing.len().saturating_sub(Fencing::KEPT);
        self.fencing.drain(..surplus);
    }
}
