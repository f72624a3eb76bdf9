//! The history of operations: what ran, when, with which result, from which parameters.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::AgentClass;

/// The history of one resource on one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourceHistory {
    /// The resource, or the instance of a clone, as it was called when it ran.
    pub id: Arc<str>,
    /// The agent's class at that time.
    pub class: AgentClass,
    /// The agent's provider at that time.
    pub provider: Option<Arc<str>>,
    /// The agent's type at that time.
    pub kind: Arc<str>,
    /// The container that launched it.
    pub container: Option<Arc<str>>,
    /// A lock to this node while it is shut down, since this moment (seconds since 1970).
    pub shutdown_lock: Option<i64>,
    /// What ran, in order of the source.
    pub entries: Vec<HistoryEntry>,
}

/// One result, or an operation in flight.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The entry's own id; `RSC_last_failure_0` marks the last failure.
    pub id: Arc<str>,
    /// What was run (`start`, `monitor`, ...).
    pub operation: Arc<str>,
    /// `RSC_OPERATION_INTERVAL`, where recorded.
    pub operation_key: Option<Arc<str>>,
    /// Zero for what runs once.
    pub interval: Duration,
    /// Rising with each call on the node; `None` while in flight.
    pub call_id: Option<i64>,
    /// What the agent answered; `None` if unreadable.
    pub rc: Option<ResultCode>,
    /// How the execution went; `None` if unreadable.
    pub status: Option<ResultStatus>,
    /// `action:transition:target-rc:uuid`.
    pub transition_key: Option<Arc<str>>,
    /// `status:rc;` and the transition key.
    pub transition_magic: Option<Arc<str>>,
    /// When the result last changed, seconds since 1970.
    pub last_rc_change: Option<i64>,
    /// How long it took.
    pub exec_time: Option<Duration>,
    /// How long it waited to be run.
    pub queue_time: Option<Duration>,
    /// The node it ran on, where recorded.
    pub on_node: Option<Arc<str>>,
    /// What the agent gave as reason for a failure.
    pub exit_reason: Option<Arc<str>>,
    /// Where a migration came from.
    pub migrate_source: Option<Arc<str>>,
    /// Where a migration went.
    pub migrate_target: Option<Arc<str>>,
    /// Digest of all parameters.
    pub op_digest: Option<Arc<str>>,
    /// Digest of the parameters that need a restart.
    pub op_restart_digest: Option<Arc<str>>,
    /// Digest without the secret parameters.
    pub op_secure_digest: Option<Arc<str>>,
    /// Names of the parameters that need a restart.
    pub op_force_restart: Option<Arc<str>>,
    /// Names of the secret parameters.
    pub op_secure_params: Option<Arc<str>>,
    /// Version of the rules under which the digests were made.
    pub feature_set: Option<Arc<str>>,
}

impl HistoryEntry {
    /// The answer that was expected (third part of the transition key); -1 where that is not known.
    pub fn expected_rc(&self) -> i64 {
        let third = || self.transition_key.as_deref()?.split(':').nth(2)?.parse().ok();
        third().unwrap_or(-1)
    }

    /// Whether it was a one-shot monitor.
    pub fn is_probe(&self) -> bool {
        &*self.operation == "monitor" && self.interval.is_zero()
    }
}

/// An agent's exit code (0 to 255), in OCF terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResultCode(pub u8);

impl ResultCode {
    /// Success.
    pub const OK: Self = Self(0);
    /// Unspecified error.
    pub const ERROR: Self = Self(1);
    /// Bad parameter on this node.
    pub const ARGS: Self = Self(2);
    /// The agent does not know the operation.
    pub const UNIMPLEMENTED: Self = Self(3);
    /// Not allowed.
    pub const PERM: Self = Self(4);
    /// Something it needs is not installed.
    pub const NOT_INSTALLED: Self = Self(5);
    /// Wrongly configured anywhere.
    pub const NOT_CONFIGURED: Self = Self(6);
    /// Cleanly stopped.
    pub const NOT_RUNNING: Self = Self(7);
    /// Running and promoted.
    pub const PROMOTED: Self = Self(8);
    /// Promoted, but failed.
    pub const FAILED_PROMOTED: Self = Self(9);
    /// Running, but not at its best.
    pub const DEGRADED: Self = Self(190);
    /// Promoted, but not at its best.
    pub const DEGRADED_PROMOTED: Self = Self(191);
    /// Not known (in flight).
    pub const UNKNOWN: Self = Self(193);

    /// Whether it says that all works, but not at its best.
    pub const fn is_degraded(self) -> bool {
        matches!(self, Self::DEGRADED | Self::DEGRADED_PROMOTED)
    }

    /// The code's name for people.
    pub const fn name(self) -> &'static str {
        match self.0 {
            0 => "ok",
            1 => "error",
            2 => "invalid parameter",
            3 => "unimplemented feature",
            4 => "insufficient privileges",
            5 => "not installed",
            6 => "not configured",
            7 => "not running",
            8 => "promoted",
            9 => "promoted (failed)",
            124 => "timed out",
            190 => "degraded",
            191 => "promoted (degraded)",
            193 => "unknown",
            _ => "error",
        }
    }
}

/// How the execution of an operation went, whatever the agent answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ResultStatus {
    /// Still in flight.
    Pending,
    /// Ran to its end.
    Done,
    /// Was cancelled; such entries say nothing.
    Cancelled,
    /// Took too long and was killed.
    TimedOut,
    /// The agent does not support it.
    NotSupported,
    /// Failed; may be tried again.
    Error,
    /// Failed; not to be tried on this node again.
    ErrorHard,
    /// Failed; not to be tried on any node again.
    ErrorFatal,
    /// The agent is not there.
    NotInstalled,
    /// The executor could not be reached.
    NotConnected,
    /// Was never possible.
    Invalid,
    /// No fence device for the target.
    NoFenceDevice,
    /// Secrets could not be read.
    NoSecrets,
}

impl ResultStatus {
    /// Every status with its number in a CIB (`op-status`).
    const NUMBERS: [(i64, Self); 13] = [
        (-1, Self::Pending),
        (0, Self::Done),
        (1, Self::Cancelled),
        (2, Self::TimedOut),
        (3, Self::NotSupported),
        (4, Self::Error),
        (5, Self::ErrorHard),
        (6, Self::ErrorFatal),
        (7, Self::NotInstalled),
        (8, Self::NotConnected),
        (9, Self::Invalid),
        (10, Self::NoFenceDevice),
        (11, Self::NoSecrets),
    ];

    /// The status with this number in a CIB.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::NUMBERS.iter().find(|(known, _)| *known == number).map(|(_, status)| *status)
    }

    /// The number in a CIB.
    pub fn number(self) -> i64 {
        Self::NUMBERS.iter().find(|(_, known)| *known == self).map_or(4, |(number, _)| *number)
    }
}
