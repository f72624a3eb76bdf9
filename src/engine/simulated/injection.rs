//! Answers forced upon simulated agents.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{NodeName, ResourceId};
use crate::scheduler::{Action, ActionKind};
use crate::status::ResultCode;

/// An answer forced upon an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Injection {
    /// Whose; for fencing, the device.
    pub resource: ResourceId,
    /// Where (for fencing, the target); `None` is everywhere.
    pub node: Option<NodeName>,
    /// To which operation, such as `start`; `monitor` is recurring, `probe` is not.
    pub operation: Arc<str>,
    /// What.
    pub answer: Answer,
    /// How often.
    pub repeat: Repeat,
}

/// What a forced answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// This exit code, without doing anything.
    Code(ResultCode),
    /// None at all, until the timeout.
    Hang,
    /// The true one, after this time.
    Slow(Duration),
}

/// How often an answer is forced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Repeat {
    /// The next time only.
    Once,
    /// Until it is cleared.
    Always,
}

impl Injection {
    /// Whether the answer is used up by one action.
    pub(super) fn is_single(&self) -> bool {
        self.repeat == Repeat::Once
    }

    /// Whether the answer is for this action of an agent on a node.
    pub(super) fn applies_to(&self, action: &Action) -> bool {
        let operation = if action.is_probe() { "probe" } else { action.task.as_str() };
        action.kind == ActionKind::Resource
            && *self.operation == *operation
            && action.resource.as_deref().is_some_and(|resource| self.names(resource))
            && self.is_at(action.node.as_ref())
    }

    /// Whether the answer is for a device that fences this node.
    pub(super) fn applies_to_fencing(&self, device: &ResourceId, fencing: &Action) -> bool {
        self.resource == *device
            && (*self.operation == *fencing.task.as_str() || *self.operation == *"fence")
            && self.is_at(fencing.node.as_ref())
    }

    /// Whether this is the resource meant, or an instance of it.
    fn names(&self, resource: &str) -> bool {
        let base = resource.rsplit_once(':').map_or(resource, |(base, _)| base);
        self.resource == *resource || self.resource == *base
    }

    fn is_at(&self, node: Option<&NodeName>) -> bool {
        let Some(wanted) = &self.node else { return true };
        node.is_some_and(|node| node.is(wanted.as_str()))
    }
}
