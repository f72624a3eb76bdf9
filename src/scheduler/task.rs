//! What actions do, and what is asked of that: each question has its answer for every task here, and
//! nowhere else.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What an action does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Task {
    /// Start.
    Start,
    /// Stop.
    Stop,
    /// Promote.
    Promote,
    /// Demote.
    Demote,
    /// Monitor; a probe when its interval is zero.
    Monitor,
    /// Stop a recurring monitor.
    Cancel,
    /// Tell an agent what happens to its siblings.
    Notify,
    /// Send a live migration.
    MigrateTo,
    /// Receive a live migration.
    MigrateFrom,
    /// Take up changed parameters in place.
    Reload,
    /// Forget history on a node.
    Delete,
    /// Forget failures on a node.
    ClearFailCount,
    /// Forget a void shutdown lock.
    ClearHistory,
    /// Let a node shut down.
    Shutdown,
    /// Fence: reboot.
    FenceReboot,
    /// Fence: off.
    FenceOff,
    /// Unfence.
    FenceOn,
    /// A point in time such as `running` or `load_stopped_node1`.
    Pseudo(Arc<str>),
}

impl Task {
    /// The task's name in the field.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Promote => "promote",
            Self::Demote => "demote",
            Self::Monitor => "monitor",
            Self::Cancel => "cancel",
            Self::Notify => "notify",
            Self::MigrateTo => "migrate_to",
            Self::MigrateFrom => "migrate_from",
            Self::Reload => "reload-agent",
            Self::Delete => "delete",
            Self::ClearFailCount => "clear_failcount",
            Self::ClearHistory => "lrm_delete",
            Self::Shutdown => "do_shutdown",
            Self::FenceReboot => "reboot",
            Self::FenceOff => "off",
            Self::FenceOn => "on",
            Self::Pseudo(name) => name,
        }
    }
    /// Whether the service may be in another state afterwards, also when it did not come to its end.
    pub const fn changes_service(&self) -> bool {
        match self {
            Self::Start
            | Self::Stop
            | Self::Promote
            | Self::Demote
            | Self::MigrateTo
            | Self::MigrateFrom
            | Self::Reload => true,
            Self::Monitor
            | Self::Cancel
            | Self::Notify
            | Self::Delete
            | Self::ClearFailCount
            | Self::ClearHistory
            | Self::Shutdown
            | Self::FenceReboot
            | Self::FenceOff
            | Self::FenceOn
            | Self::Pseudo(_) => false,
        }
    }

    /// Whether an instance may be active, or promoted, by this.
    pub const fn may_activate(&self) -> bool {
        match self {
            Self::Start | Self::Promote | Self::MigrateTo | Self::MigrateFrom => true,
            Self::Stop
            | Self::Demote
            | Self::Monitor
            | Self::Cancel
            | Self::Notify
            | Self::Reload
            | Self::Delete
            | Self::ClearFailCount
            | Self::ClearHistory
            | Self::Shutdown
            | Self::FenceReboot
            | Self::FenceOff
            | Self::FenceOn
            | Self::Pseudo(_) => false,
        }
    }

    /// Whether an instance may end, or not be promoted any more, by this.
    pub const fn may_deactivate(&self) -> bool {
        match self {
            Self::Stop | Self::Demote | Self::MigrateTo | Self::MigrateFrom => true,
            Self::Start
            | Self::Promote
            | Self::Monitor
            | Self::Cancel
            | Self::Notify
            | Self::Reload
            | Self::Delete
            | Self::ClearFailCount
            | Self::ClearHistory
            | Self::Shutdown
            | Self::FenceReboot
            | Self::FenceOff
            | Self::FenceOn
            | Self::Pseudo(_) => false,
        }
    }

    /// Whether a service begins to run by this, with the parameters of this.
    pub const fn begins_life(&self) -> bool {
        match self {
            Self::Start | Self::MigrateFrom => true,
            Self::Stop
            | Self::Promote
            | Self::Demote
            | Self::Monitor
            | Self::Cancel
            | Self::Notify
            | Self::MigrateTo
            | Self::Reload
            | Self::Delete
            | Self::ClearFailCount
            | Self::ClearHistory
            | Self::Shutdown
            | Self::FenceReboot
            | Self::FenceOff
            | Self::FenceOn
            | Self::Pseudo(_) => false,
        }
    }

    /// What an agent calls so.
    pub fn of_agent(name: &str) -> Option<Self> {
        let known = [
            Self::Start,
            Self::Stop,
            Self::Promote,
            Self::Demote,
            Self::Monitor,
            Self::Notify,
            Self::MigrateTo,
            Self::MigrateFrom,
            Self::Reload,
        ];
        known.into_iter().find(|task| task.as_str() == name)
    }

    /// Whether it is one half of a live migration.
    pub const fn is_migration(&self) -> bool {
        match self {
            Self::MigrateTo | Self::MigrateFrom => true,
            Self::Start
            | Self::Stop
            | Self::Promote
            | Self::Demote
            | Self::Monitor
            | Self::Cancel
            | Self::Notify
            | Self::Reload
            | Self::Delete
            | Self::ClearFailCount
            | Self::ClearHistory
            | Self::Shutdown
            | Self::FenceReboot
            | Self::FenceOff
            | Self::FenceOn
            | Self::Pseudo(_) => false,
        }
    }

    /// Whether the recurring monitors of its resource end when it begins.
    pub const fn ends_monitors(&self) -> bool {
        match self {
            Self::Stop | Self::MigrateTo | Self::Delete => true,
            Self::Start
            | Self::Promote
            | Self::Demote
            | Self::Monitor
            | Self::Cancel
            | Self::Notify
            | Self::MigrateFrom
            | Self::Reload
            | Self::ClearFailCount
            | Self::ClearHistory
            | Self::Shutdown
            | Self::FenceReboot
            | Self::FenceOff
            | Self::FenceOn
            | Self::Pseudo(_) => false,
        }
    }

    /// Whether what an agent does once with these parameters shows what the service runs with.
    pub const fn shows_params(&self) -> bool {
        match self {
            Self::Start | Self::Promote | Self::Monitor | Self::MigrateFrom | Self::Reload => true,
            Self::Stop
            | Self::Demote
            | Self::Cancel
            | Self::Notify
            | Self::MigrateTo
            | Self::Delete
            | Self::ClearFailCount
            | Self::ClearHistory
            | Self::Shutdown
            | Self::FenceReboot
            | Self::FenceOff
            | Self::FenceOn
            | Self::Pseudo(_) => false,
        }
    }

    /// Whether an agent does it, when it is done to a resource; the rest is bookkeeping, or about nodes.
    pub const fn needs_agent(&self) -> bool {
        match self {
            Self::Start
            | Self::Stop
            | Self::Promote
            | Self::Demote
            | Self::Monitor
            | Self::Notify
            | Self::MigrateTo
            | Self::MigrateFrom
            | Self::Reload => true,
            Self::Cancel
            | Self::Delete
            | Self::ClearFailCount
            | Self::ClearHistory
            | Self::Shutdown
            | Self::FenceReboot
            | Self::FenceOff
            | Self::FenceOn
            | Self::Pseudo(_) => false,
        }
    }

    /// Whether a node is down after this.
    pub const fn takes_node_down(&self) -> bool {
        match self {
            Self::FenceReboot | Self::FenceOff => true,
            Self::Start
            | Self::Stop
            | Self::Promote
            | Self::Demote
            | Self::Monitor
            | Self::Cancel
            | Self::Notify
            | Self::MigrateTo
            | Self::MigrateFrom
            | Self::Reload
            | Self::Delete
            | Self::ClearFailCount
            | Self::ClearHistory
            | Self::Shutdown
            | Self::FenceOn
            | Self::Pseudo(_) => false,
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_agents_do_is_found_by_its_name() {
        for name in ["start", "migrate_from", "reload-agent", "monitor"] {
            assert!(Task::of_agent(name).is_some_and(|task| task.needs_agent() && task.as_str() == name));
        }
        assert_eq!(Task::of_agent("delete"), None);
    }
}
