//! How a node is fenced, as plans tell it.

use serde::{Deserialize, Serialize};

use crate::scheduler::{ChangeKind, Task};

/// How a node is fenced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FencingMethod {
    /// It is reset, and may come back by itself.
    Reboot,
    /// It is switched off, and stays so.
    Off,
}

impl FencingMethod {
    /// The method's word, as `stonith-action` takes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reboot => "reboot",
            Self::Off => "off",
        }
    }

    /// How a task fences, if it does.
    pub(super) const fn of_task(task: &Task) -> Option<Self> {
        match task {
            Task::FenceReboot => Some(Self::Reboot),
            Task::FenceOff => Some(Self::Off),
            Task::Start
            | Task::Stop
            | Task::Promote
            | Task::Demote
            | Task::MigrateTo
            | Task::MigrateFrom
            | Task::Reload
            | Task::FenceOn
            | Task::Shutdown
            | Task::Monitor
            | Task::Cancel
            | Task::Notify
            | Task::Delete
            | Task::ClearFailCount
            | Task::ClearHistory
            | Task::Pseudo(_) => None,
        }
    }

    /// How a change of this kind fences, if it does.
    pub(super) const fn of_change(kind: &ChangeKind) -> Option<Self> {
        match kind {
            ChangeKind::Fence(task) => Self::of_task(task),
            ChangeKind::Start
            | ChangeKind::Stop
            | ChangeKind::Move
            | ChangeKind::Migrate
            | ChangeKind::Restart
            | ChangeKind::Recover
            | ChangeKind::Reload
            | ChangeKind::Promote
            | ChangeKind::Demote
            | ChangeKind::RePromote => None,
        }
    }
}
