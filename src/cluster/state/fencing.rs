//! What became of fencings.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Live;
use crate::cluster::call::Flight;
use crate::cluster::member::Moment;
use crate::executor::ActionResult;
use crate::model::NodeName;
use crate::scheduler::Task;
use crate::status::{ResultCode, ResultStatus};

/// What the history says where nobody but a person did anything.
pub(in crate::cluster) const CONFIRMED: &str = "confirmed by hand";

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
    /// When it was asked for.
    pub since: Moment,
    /// The life of its target that it was to end, by when that began; it says nothing of any other.
    #[serde(default)]
    pub target_life: Option<Moment>,
    /// When it ended.
    pub at: Moment,
}

impl Fencing {
    /// How many are remembered.
    const KEPT: usize = 100;
}

impl Live {
    /// The life of a node that was heard of last, by when it began.
    pub(in crate::cluster) fn life_of(&self, node: &NodeName) -> Option<Moment> {
        let known = self.heard.iter().find(|(name, _)| name.is(node.as_str()));
        known.map(|(_, heard)| heard.life)
    }

    /// Remembers that somebody made sure that a node is down.
    pub(super) fn remember_confirmation(&mut self, node: &NodeName, by: &NodeName, at: Moment) {
        let mut result = ActionResult::done(ResultCode::OK, Duration::ZERO);
        result.exit_reason = Some(CONFIRMED.into());
        let (target, by) = (node.clone(), by.clone());
        let target_life = self.life_of(node);
        self.keep_fencing(Fencing { target, task: Task::FenceOff, by, result, since: at, target_life, at });
    }

    /// Who last fenced this life of a node, if anybody did.
    pub(in crate::cluster) fn fencing_of(&self, node: &NodeName, life: Moment) -> Option<&Fencing> {
        self.fencing.iter().rev().find(|fencing| {
            fencing.target.is(node.as_str())
                && fencing.target_life == Some(life)
                && fencing.task.takes_node_down()
                && fencing.result.rc == ResultCode::OK
                && fencing.result.status == ResultStatus::Done
        })
    }

    /// Whether the target of a fencing has joined with another life than the one that it was to end: what it was to end is
    /// over, and what joined is what came back. If a life that did not come of a reboot is ended by it all
    /// the same, its departure is seen like any other.
    pub(super) fn is_outlived(&self, fencing: &Flight) -> bool {
        fencing.action.task.takes_node_down()
            && fencing.action.node.as_ref().is_some_and(|target| {
                let mut seats = self.members.iter().filter(|seat| seat.member.name.is(target.as_str()));
                seats.any(|seat| Some(seat.life) != fencing.target_life)
            })
    }

    /// Remembers a fencing that ended.
    pub(super) fn remember_fencing(&mut self, flight: &Flight, result: &ActionResult, at: Moment) {
        let Some(target) = flight.action.node.clone() else { return };
        self.keep_fencing(Fencing {
            target,
            task: flight.action.task.clone(),
            by: flight.worker.clone(),
            result: result.clone(),
            since: flight.since,
            target_life: flight.target_life,
            at,
        });
    }

    fn keep_fencing(&mut self, fencing: Fencing) {
        self.fencing.push(fencing);
        let surplus = self.fencing.len().saturating_sub(Fencing::KEPT);
        self.fencing.drain(..surplus);
    }
}
