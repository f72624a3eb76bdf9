//! What failed while a cluster reacted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::NodeName;
use crate::scheduler::Action;

/// Something that failed, perhaps several times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What was tried, such as `start` or `fence`.
    pub operation: String,
    /// With which resource; none for nodes.
    pub resource: Option<String>,
    /// Where; for fencing, the target.
    pub node: Option<NodeName>,
    /// What was answered, in words.
    pub answer: String,
    /// What was said to it.
    pub exit_reason: Option<String>,
    /// How often.
    pub times: u32,
}

/// Everything that failed while a cluster reacted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failures {
    by_goal: BTreeMap<(Option<String>, Option<NodeName>, String), Failure>,
}

impl Failures {
    /// Notes one.
    pub fn take(&mut self, action: &Action, answer: &str, exit_reason: Option<&str>) {
        let operation = if action.task.takes_node_down() && action.resource.is_none() {
            "fence".to_owned()
        } else {
            action.task.as_str().to_owned()
        };
        let resource = action.resource.as_ref().map(ToString::to_string);
        let key = (resource.clone(), action.node.clone(), operation.clone());
        let failure = self.by_goal.entry(key).or_insert_with(|| Failure {
            operation,
            resource,
            node: action.node.clone(),
            answer: String::new(),
            exit_reason: None,
            times: 0,
        });
        answer.clone_into(&mut failure.answer);
        failure.exit_reason = exit_reason.filter(|text| !text.is_empty()).map(ToOwned::to_owned);
        failure.times += 1;
    }

    /// Whether nothing failed.
    pub fn is_empty(&self) -> bool {
        self.by_goal.is_empty()
    }

    /// What failed more than once; nodes that could not be fenced come first.
    pub fn recurring(&self) -> impl Iterator<Item = &Failure> {
        self.by_goal.values().filter(|failure| failure.times > 1)
    }
}
