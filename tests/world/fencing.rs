//! Fence devices: they take a while, switch hosts off and on, and may fail or lie on demand.

use std::time::Duration;

use quorate::executor::ActionResult;
use quorate::scheduler::{Action, Task};
use quorate::status::ResultCode;

use super::trace::Seen;
use super::{Item, World};

/// What fence devices do at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Device {
    /// Milliseconds that they take.
    pub(crate) latency: i64,
    pub(crate) answer: Answer,
}

impl Default for Device {
    fn default() -> Self {
        Self { latency: 2000, answer: Answer::Honest }
    }
}

/// How a fence device answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It does what it says.
    Honest,
    /// It does nothing, and says that it failed.
    Failure,
    /// It does what it should, and says that it failed.
    FalseFailure,
    /// It does nothing, and says that all went well.
    FalseSuccess,
}

impl World {
    /// How long a host takes from power to its first daemon's ring.
    const BOOT: i64 = 5000;

    pub(super) fn fence(&mut self, action: &Action, took: Duration) -> ActionResult {
        let Some(target) = self.host_named(action.node.as_ref()) else {
            return ActionResult::done(ResultCode::ERROR, took);
        };
        let is_effective = matches!(self.device.answer, Answer::Honest | Answer::FalseFailure);
        if is_effective && action.task != Task::FenceOn {
            self.crash(target);
            if action.task == Task::FenceReboot {
                self.plan(Self::BOOT, Item::Boot(target));
            }
        }
        if self.device.answer == Answer::FalseSuccess {
            self.see(Seen::Lied { host: target, resource: None });
        }
        let is_success = matches!(self.device.answer, Answer::Honest | Answer::FalseSuccess);
        ActionResult::done(if is_success { ResultCode::OK } else { ResultCode::ERROR }, took)
    }
}
