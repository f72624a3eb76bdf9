//! Recurring monitors that run in the simulated world.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::NodeName;
use crate::plan::Rename;
use crate::plan::rename::{rename_instance, rename_key};
use crate::scheduler::facts::Table;
use crate::scheduler::{Action, ActionId, ActionKind, Task};
use crate::status::ResultCode;

/// A recurring monitor that runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StandingMonitor {
    pub(super) node: NodeName,
    pub(super) resource: Arc<str>,
    pub(super) interval: Duration,
    /// When it runs next, in the world's milliseconds.
    pub(super) due: u64,
    /// What it answered last.
    pub(super) last: ResultCode,
    instance: Option<Arc<str>>,
    router: Option<NodeName>,
    key: Arc<str>,
    timeout: Option<Duration>,
    expected_rc: Option<u8>,
    params: Table,
    meta: Table,
    id: ActionId,
}

impl StandingMonitor {
    /// Goes on under another name.
    pub(super) fn rename(&mut self, renames: &[Rename]) {
        let old = std::mem::replace(&mut self.resource, Arc::from(""));
        self.resource = rename_instance(&old, renames);
        self.instance = self.instance.as_ref().map(|instance| rename_instance(instance, renames));
        self.key = rename_key(&self.key, &old, &self.resource);
    }

    /// What goes on after the first answer of a recurring monitor; `None` for anything else.
    pub(super) fn after(action: &Action, rc: ResultCode, clock: u64) -> Option<Self> {
        if action.task != Task::Monitor || action.interval.is_zero() {
            return None;
        }
        let mut monitor = Self {
            node: action.node.clone()?,
            resource: action.resource.clone()?,
            interval: action.interval,
            due: clock,
            last: rc,
            instance: action.instance.clone(),
            router: action.router.clone(),
            key: Arc::clone(&action.key),
            timeout: action.timeout,
            expected_rc: action.expected_rc,
            params: action.params.clone(),
            meta: action.meta.clone(),
            id: action.id,
        };
        monitor.postpone(clock);
        Some(monitor)
    }

    /// Puts the next run one interval after `clock`.
    pub(super) fn postpone(&mut self, clock: u64) {
        let interval = u64::try_from(self.interval.as_millis()).unwrap_or(u64::MAX).max(1);
        self.due = clock.saturating_add(interval);
    }

    /// Leaves out the runs before `moment`.
    pub(super) fn skip_to(&mut self, moment: u64) {
        let interval = u64::try_from(self.interval.as_millis()).unwrap_or(u64::MAX).max(1);
        let runs = moment.saturating_sub(self.due).div_ceil(interval);
        self.due = self.due.saturating_add(runs.saturating_mul(interval));
    }

    /// Whether this is the same operation on the same node.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.node == other.node && self.resource == other.resource && self.interval == other.interval
    }

    /// The action that is done once more.
    pub(super) fn action(&self) -> Action {
        Action {
            id: self.id,
            kind: ActionKind::Resource,
            task: Task::Monitor,
            resource: Some(Arc::clone(&self.resource)),
            instance: self.instance.clone(),
            node: Some(self.node.clone()),
            router: self.router.clone(),
            interval: self.interval,
            notify: None,
            key: Arc::clone(&self.key),
            timeout: self.timeout,
            expected_rc: self.expected_rc,
            params: self.params.clone(),
            meta: self.meta.clone(),
            priority: 0,
            reason: None,
            after: Vec::new(),
        }
    }
}
