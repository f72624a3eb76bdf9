//! A transition: ordered actions, for machines.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::reason::Reason;
use crate::model::{NodeName, Table};

/// Actions and what each waits for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Transition {
    /// In an order that respects [`Action::after`].
    pub actions: Vec<Action>,
    /// How many actions may be in flight at once; zero is no limit.
    pub batch_limit: u32,
    /// How many migrations a node may take part in at once; `None` is no limit.
    pub migration_limit: Option<u32>,
    /// Whether a failed start bans its node for good.
    pub start_failure_is_fatal: bool,
}

/// Number of an action, unique within its transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionId(pub u32);

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Number.
    pub id: ActionId,
    /// Who does it.
    pub kind: ActionKind,
    /// What.
    pub task: Task,
    /// What the agent is called by: the configured name, or `NAME:N` in a unique clone.
    pub resource: Option<Arc<str>>,
    /// The instance, numbered also when instances are not told apart.
    pub instance: Option<Arc<str>>,
    /// Where it acts; the target for fencing.
    pub node: Option<NodeName>,
    /// The member that runs it, where `node` is reached through a connection.
    pub router: Option<NodeName>,
    /// Zero for what runs once.
    pub interval: Duration,
    /// Which notification this is, such as `pre-stop`.
    pub notify: Option<Arc<str>>,
    /// Key, unique within resource and node: `RSC_TASK_INTERVAL`.
    pub key: Arc<str>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// The answer that means success, where it is not zero.
    pub expected_rc: Option<u8>,
    /// Parameters for the agent.
    pub params: Table,
    /// Everything else the agent or the executor wants to know, by name without prefix.
    pub meta: Table,
    /// Higher first when not all can run at once.
    pub priority: i64,
    /// Why; not part of what travels between daemons.
    #[serde(skip)]
    pub reason: Option<Reason>,
    /// All of these must be done first.
    pub after: Vec<ActionId>,
}

/// Who does an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ActionKind {
    /// An agent on a node.
    Resource,
    /// The cluster itself.
    Cluster,
    /// A fence device.
    Fence,
    /// Nobody: a point in time that others wait for.
    Pseudo,
}

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
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Action {
    /// What an agent does once to a resource on a node, with nothing said but that.
    pub fn new(task: Task, resource: impl Into<Arc<str>>, node: NodeName) -> Self {
        let resource = resource.into();
        Self {
            id: ActionId(0),
            kind: ActionKind::Resource,
            key: format!("{resource}_{task}_0").into(),
            task,
            instance: Some(Arc::clone(&resource)),
            resource: Some(resource),
            node: Some(node),
            router: None,
            interval: Duration::ZERO,
            notify: None,
            timeout: None,
            expected_rc: None,
            params: Table::new(),
            meta: Table::new(),
            priority: 0,
            reason: None,
            after: Vec::new(),
        }
    }

    /// How its start delay is called among what is said of it.
    const START_DELAY: [&str; 2] = ["start_delay", "start-delay"];

    /// How long to wait before it is first run.
    pub fn start_delay(&self) -> Duration {
        let written = Self::START_DELAY.iter().find_map(|name| self.meta.get(*name));
        Duration::from_millis(written.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Has it run at once, whatever delay it was given.
    pub fn drop_start_delay(&mut self) {
        for name in Self::START_DELAY {
            self.meta.remove(name);
        }
    }

    /// How long its answer is waited for, `grace` longer than it may take; for ever, where it has no
    /// timeout.
    pub fn patience(&self, grace: Duration) -> Option<Duration> {
        self.timeout.map(|timeout| timeout + self.start_delay() + grace)
    }

    /// Whether it is a one-shot monitor that finds out what runs.
    pub fn is_probe(&self) -> bool {
        self.task == Task::Monitor && self.interval.is_zero()
    }
}
