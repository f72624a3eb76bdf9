//! How much may be in flight at once.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::NodeName;
use crate::scheduler::Transition;

/// How much may be in flight at once. Pseudo actions never count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Actions in the whole cluster; `None` is no limit.
    pub batch: Option<u32>,
    /// Migrations that one node takes part in; `None` is no limit.
    pub migrations: Option<u32>,
    /// Actions that one node runs; `None` is no limit.
    pub per_node: Option<u32>,
    /// Nodes with a limit of their own (loaded ones, small ones).
    pub of_node: BTreeMap<NodeName, u32>,
    /// How much longer than its timeout an action is waited for, before it counts as lost.
    pub grace: Duration,
}

impl Limits {
    /// The limits a transition asks for, and a grace of a minute.
    pub fn of(transition: &Transition) -> Self {
        let above_zero = |limit: u32| Some(limit).filter(|limit| *limit > 0);
        Self {
            batch: above_zero(transition.batch_limit),
            migrations: transition.migration_limit.and_then(above_zero),
            per_node: None,
            of_node: BTreeMap::new(),
            grace: Duration::from_secs(60),
        }
    }

    /// How many actions this node may run; `None` is no limit.
    pub fn on(&self, node: &NodeName) -> Option<u32> {
        self.of_node.get(node).copied().or(self.per_node)
    }
}
