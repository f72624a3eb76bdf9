//! A recurring monitor that stands: the same record in every embedded engine. When it runs, and what it
//! answered last, is for each engine to keep beside it.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::rename::{rename_instance, rename_key};
use crate::model::{NodeName, Rename, Table};
use crate::scheduler::{Action, ActionId, Task};

/// The operation of a recurring monitor. Engines flatten it into their durable records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Recurring {
    pub(super) resource: Arc<str>,
    pub(super) interval: Duration,
    pub(super) node: NodeName,
    instance: Option<Arc<str>>,
    #[serde(default)]
    router: Option<NodeName>,
    key: Arc<str>,
    timeout: Option<Duration>,
    expected_rc: Option<u8>,
    params: Table,
    meta: Table,
    id: ActionId,
}

impl Recurring {
    /// The operation that goes on after an action; `None` for anything but a recurring monitor.
    pub(super) fn of(action: &Action) -> Option<Self> {
        if !action.is_recurring() {
            return None;
        }
        Some(Self {
            resource: action.resource.clone()?,
            interval: action.interval,
            node: action.node.clone()?,
            instance: action.instance.clone(),
            router: action.router.clone(),
            key: Arc::clone(&action.key),
            timeout: action.timeout,
            expected_rc: action.expected_rc,
            params: action.params.clone(),
            meta: action.meta.clone(),
            id: action.id,
        })
    }

    /// The action that is done once more.
    pub(super) fn action(&self) -> Action {
        Action {
            id: self.id,
            instance: self.instance.clone(),
            router: self.router.clone(),
            interval: self.interval,
            key: Arc::clone(&self.key),
            timeout: self.timeout,
            expected_rc: self.expected_rc,
            params: self.params.clone(),
            meta: self.meta.clone(),
            ..Action::new(Task::Monitor, Arc::clone(&self.resource), self.node.clone())
        }
    }

    /// Whether this is the same operation on the same node.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.node == other.node && self.resource == other.resource && self.interval == other.interval
    }

    /// Goes on under another name.
    pub(super) fn rename(&mut self, renames: &[Rename]) {
        let old = std::mem::replace(&mut self.resource, Arc::from(""));
        self.resource = rename_instance(&old, renames);
        self.instance = self.instance.as_ref().map(|instance| rename_instance(instance, renames));
        self.key = rename_key(&self.key, &old, &self.resource);
    }
}
