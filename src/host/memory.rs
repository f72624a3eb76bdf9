//! What services were started with. A service is stopped with the parameters it runs with, not with
//! those it should run with: the address to take down is the old one. And of a resource that is not
//! configured any more, nothing else tells.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::executor::ActionResult;
use crate::model::Table;
use crate::scheduler::{Action, Task};
use crate::status::{ResultCode, ResultStatus};

/// The parameters of what runs, by the name the agent is called by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Memory(BTreeMap<Arc<str>, Table>);

impl Memory {
    /// The action as its agent has to run it.
    pub(crate) fn apply(&self, action: &Action) -> Action {
        let mut action = action.clone();
        if action.task == Task::Stop
            && let Some(params) = action.resource.as_deref().and_then(|resource| self.params(resource))
        {
            action.params.clone_from(params);
        }
        action
    }

    /// The parameters that a resource runs with, if it runs.
    pub(crate) fn params(&self, resource: &str) -> Option<&Table> {
        self.0.get(resource)
    }

    /// Takes it that a resource runs with these.
    pub(crate) fn assume(&mut self, resource: &Arc<str>, params: &Table) {
        self.0.insert(Arc::clone(resource), params.clone());
    }

    /// Learns from the result of an action. What failed to start may still run with what it was given.
    pub(crate) fn learn(&mut self, action: &Action, result: &ActionResult) {
        let Some(resource) = &action.resource else { return };
        let is_expected = result.is_expected(action);
        let runs_with_these = match &action.task {
            Task::Start | Task::MigrateFrom => true,
            Task::Reload => is_expected,
            // A probe that finds a service active has found it with these.
            Task::Monitor => action.is_probe() && is_active(result) && !self.0.contains_key(resource),
            Task::Stop | Task::Delete => {
                if is_expected {
                    self.0.remove(resource);
                }
                false
            }
            Task::Promote
            | Task::Demote
            | Task::Cancel
            | Task::Notify
            | Task::MigrateTo
            | Task::ClearFailCount
            | Task::ClearHistory
            | Task::Shutdown
            | Task::FenceReboot
            | Task::FenceOff
            | Task::FenceOn
            | Task::Pseudo(_) => false,
        };
        if runs_with_these {
            self.assume(resource, &action.params);
        }
    }
}

fn is_active(result: &ActionResult) -> bool {
    result.status == ResultStatus::Done
        && matches!(result.undegraded(), ResultCode::OK | ResultCode::PROMOTED)
}
