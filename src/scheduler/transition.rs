//! A transition: ordered actions, for machines.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::reason::Reason;
use super::task::Task;
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

    /// Whether two are the same thing to do, each in a plan of its own. Instances that are not told apart
    /// may have other numbers, and so other keys, in each.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let is_same_call = match (&self.resource, &other.resource) {
            (Some(one), Some(two)) => {
                one == two && self.interval == other.interval && self.notify == other.notify
            }
            (Some(_), None) | (None, Some(_)) => false,
            (None, None) => self.key == other.key,
        };
        self.kind == other.kind && self.task == other.task && self.node == other.node && is_same_call
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
    /// Whether it is a monitor that goes on until it is cancelled or its service ends.
    pub fn is_recurring(&self) -> bool {
        self.task == Task::Monitor && !self.interval.is_zero()
    }

    /// Whether it is done by an agent, and not by whoever keeps the books.
    pub fn runs_agent(&self) -> bool {
        self.kind == ActionKind::Resource && self.task.needs_agent()
    }

    /// Whether a recurring monitor of a resource, on the same node, ends when this begins: because its
    /// service does, because it is cancelled, or because it is begun anew.
    pub fn ends_monitor(&self, resource: &str, interval: Duration) -> bool {
        let is_this = self.task == Task::Cancel || self.is_recurring();
        self.resource.as_deref() == Some(resource)
            && (self.task.ends_monitors() || is_this && self.interval == interval)
    }

    /// Whether its record says which parameters only a restart can change.
    pub fn shows_reloadable(&self) -> bool {
        self.interval.is_zero() && self.task.shows_params()
    }
}
