//! What came of an action.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::scheduler::{Action, Task};
use crate::status::{ResultCode, ResultStatus};

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionResult {
    /// What the agent answered.
    pub rc: ResultCode,
    /// How the execution went.
    pub status: ResultStatus,
    /// What the agent gave as reason.
    pub exit_reason: Option<Arc<str>>,
    /// How long it took.
    pub took: Duration,
}

impl ActionResult {
    /// The agent ran to its end and answered `rc`.
    pub const fn done(rc: ResultCode, took: Duration) -> Self {
        Self { rc, status: ResultStatus::Done, exit_reason: None, took }
    }

    /// The agent took longer than `timeout` and was killed.
    pub fn timed_out(timeout: Duration) -> Self {
        let why = format!("did not complete within {}", crate::model::period::format(timeout));
        Self {
            rc: ResultCode::ERROR,
            status: ResultStatus::TimedOut,
            exit_reason: Some(why.into()),
            took: timeout,
        }
    }

    /// Whether this is what the plan counted on. Degraded counts as well, and siblings may say
    /// what they like to a notification.
    pub fn is_expected(&self, action: &Action) -> bool {
        if action.task == Task::Notify {
            return true;
        }
        self.status == ResultStatus::Done && self.undegraded() == expected_rc(action)
    }

    /// The answer, with *degraded* read as healthy.
    pub const fn undegraded(&self) -> ResultCode {
        match self.rc {
            ResultCode::DEGRADED => ResultCode::OK,
            ResultCode::DEGRADED_PROMOTED => ResultCode::PROMOTED,
            other => other,
        }
    }
}

/// The answer that means success.
pub fn expected_rc(action: &Action) -> ResultCode {
    action.expected_rc.map_or(ResultCode::OK, ResultCode)
}
