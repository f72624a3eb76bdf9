//! Fencing in the simulated world.

use std::time::Duration;

use super::injection::Answer;
use super::world::World;
use crate::executor::ActionResult;
use crate::ledger::roster::Roster;
use crate::model::fencing::{Attempt, Reach, attempts};
use crate::model::{Cluster, ResourceId};
use crate::scheduler::{Action, Task};
use crate::status::{ResultCode, ResultStatus};

impl World {
    /// Fences a node as `cluster` says: level by level, or by any device that can.
    pub(super) fn fence(
        &mut self,
        cluster: &Cluster,
        roster: &Roster,
        action: &Action,
        took: Duration,
    ) -> ActionResult {
        let Some(target) = action.node.clone() else { return ActionResult::done(ResultCode::OK, took) };
        let can_fence = |attempt: &Attempt| {
            !attempt.trouble.is_empty()
                || attempt.devices.iter().all(|device| device.reach(&target) != Reach::Never)
        };
        let attempts: Vec<Attempt> = attempts(cluster, &target).into_iter().filter(can_fence).collect();
        if attempts.is_empty() {
            return failed(ResultStatus::NoFenceDevice, format!("no fence device can fence {target}"), took);
        }
        let mut trouble = String::new();
        for attempt in &attempts {
            if let Some(why) = attempt.trouble.first() {
                trouble.clone_from(why);
                continue;
            }
            match attempt.devices.iter().find(|device| !self.device_works(&device.id, action)) {
                None => {
                    if action.task != Task::FenceOn {
                        self.crash(&target, roster);
                    }
                    return ActionResult::done(ResultCode::OK, took);
                }
                Some(broken) => trouble = format!("fence device {} failed", broken.id),
            }
        }
        failed(ResultStatus::Error, trouble, took)
    }

    /// Whether a device does its work this time.
    fn device_works(&mut self, device: &ResourceId, action: &Action) -> bool {
        let applies = |injection: &super::injection::Injection| injection.applies_to_fencing(device, action);
        let Some(place) = self.injections.iter().position(applies) else { return true };
        let injection = self.injections[place].clone();
        if injection.is_single() {
            self.injections.remove(place);
        }
        match injection.answer {
            Answer::Code(rc) => rc == ResultCode::OK,
            Answer::Hang => false,
            Answer::Slow(_) => true,
        }
    }
}

fn failed(status: ResultStatus, why: String, took: Duration) -> ActionResult {
    ActionResult { rc: ResultCode::ERROR, status, exit_reason: Some(why.into()), took }
}
