//! What actions do, and what is asked of that: one table answers each question for every task.

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

/// What can be true of a task; the questions of [`Task`] say what each means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trait {
    NeedsAgent,
    ChangesService,
    MayActivate,
    MayDeactivate,
    BeginsLife,
    Migrates,
    EndsMonitors,
    ShowsParams,
    TakesNodeDown,
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

    /// All that is asked of tasks; what a new task must answer, too.
    const fn traits(&self) -> &'static [Trait] {
        use Trait::*;
        match self {
            Self::Start => &[NeedsAgent, ChangesService, MayActivate, BeginsLife, ShowsParams],
            Self::Stop => &[NeedsAgent, ChangesService, MayDeactivate, EndsMonitors],
            Self::Promote => &[NeedsAgent, ChangesService, MayActivate, ShowsParams],
            Self::Demote => &[NeedsAgent, ChangesService, MayDeactivate],
            Self::Monitor => &[NeedsAgent, ShowsParams],
            Self::Notify => &[NeedsAgent],
            Self::MigrateTo => {
                &[NeedsAgent, ChangesService, MayActivate, MayDeactivate, Migrates, EndsMonitors]
            }
            Self::MigrateFrom => {
                &[NeedsAgent, ChangesService, MayActivate, MayDeactivate, Migrates, BeginsLife, ShowsParams]
            }
            Self::Reload => &[NeedsAgent, ChangesService, ShowsParams],
            Self::Delete => &[EndsMonitors],
            Self::FenceReboot | Self::FenceOff => &[TakesNodeDown],
            Self::Cancel
            | Self::ClearFailCount
            | Self::ClearHistory
            | Self::Shutdown
            | Self::FenceOn
            | Self::Pseudo(_) => &[],
        }
    }

    fn has(&self, asked: Trait) -> bool {
        self.traits().contains(&asked)
    }

    /// Whether an agent does it, when it is done to a resource; the rest is bookkeeping, or about nodes.
    pub fn needs_agent(&self) -> bool {
        self.has(Trait::NeedsAgent)
    }

    /// Whether the service may be in another state afterwards, also when it did not come to its end.
    pub fn changes_service(&self) -> bool {
        self.has(Trait::ChangesService)
    }

    /// Whether an instance may be active, or promoted, by this.
    pub fn may_activate(&self) -> bool {
        self.has(Trait::MayActivate)
    }

    /// Whether an instance may end, or not be promoted any more, by this.
    pub fn may_deactivate(&self) -> bool {
        self.has(Trait::MayDeactivate)
    }

    /// Whether a service begins to run by this, with the parameters of this.
    pub fn begins_life(&self) -> bool {
        self.has(Trait::BeginsLife)
    }

    /// Whether it is one half of a live migration.
    pub fn is_migration(&self) -> bool {
        self.has(Trait::Migrates)
    }

    /// Whether the recurring monitors of its resource end when it begins.
    pub fn ends_monitors(&self) -> bool {
        self.has(Trait::EndsMonitors)
    }

    /// Whether what an agent does once with these parameters shows what the service runs with.
    pub fn shows_params(&self) -> bool {
        self.has(Trait::ShowsParams)
    }

    /// Whether a node is down after this.
    pub fn takes_node_down(&self) -> bool {
        self.has(Trait::TakesNodeDown)
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
