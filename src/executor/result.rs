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

    /// Nobody knows what came of it: who would have heard the answer was gone. What was known of the
    /// resource does not hold any more, and nothing is said against it.
    pub fn unknown(because: impl Into<Arc<str>>) -> Self {
        Self {
            rc: ResultCode::UNKNOWN,
            status: ResultStatus::Cancelled,
            exit_reason: Some(because.into()),
            took: Duration::ZERO,
        }
    }

    /// It could not be carried out, for this reason.
    pub fn failed(status: ResultStatus, because: impl Into<Arc<str>>) -> Self {
        Self { rc: ResultCode::ERROR, status, exit_reason: Some(because.into()), took: Duration::ZERO }
    }

    /// Whether nobody knows what came of it.
    pub fn is_unknown(&self) -> bool {
        self.status == ResultStatus::Cancelled
    }

    /// Whether people would say that it went well: as the plan counted on, or, for a probe, that it
    /// found what is so, whatever that is.
    pub fn has_succeeded(&self, action: &Action) -> bool {
        let has_found = self.status == ResultStatus::Done
            && matches!(self.undegraded(), ResultCode::OK | ResultCode::NOT_RUNNING | ResultCode::PROMOTED);
        self.is_expected(action) || action.is_probe() && has_found
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
