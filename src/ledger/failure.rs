//! Fail counts: node attributes that say how often an operation failed, and when last.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Performed;
use super::entry::{Operation, last_failure_id};
use crate::model::{NameValue, OptionSet, OptionSetId, Score, Value};
use crate::scheduler::Task;
use crate::status::NodeState;

/// Counts a failure. Probes, migrations and notifications do not count.
pub(super) fn count(state: &mut NodeState, done: &Performed<'_>, resource: &str) {
    let action = done.action;
    let is_fatal = match action.task {
        Task::Start => done.start_failure_is_fatal,
        Task::Stop => true,
        Task::Monitor if action.interval.is_zero() => return,
        Task::Monitor | Task::Promote | Task::Demote | Task::Reload => false,
        Task::MigrateTo
        | Task::MigrateFrom
        | Task::Cancel
        | Task::Notify
        | Task::Delete
        | Task::ClearFailCount
        | Task::ClearHistory
        | Task::Shutdown
        | Task::FenceReboot
        | Task::FenceOff
        | Task::FenceOn
        | Task::Pseudo(_) => return,
    };
    let operation = Operation::of(done);
    let suffix = format!("{resource}#{}_{}", operation.name, operation.interval.as_millis());
    let counter = format!("fail-count-{suffix}");
    let before = attribute(state, &counter).and_then(|text| Score::parse(&text)).unwrap_or_default();
    let after = if is_fatal { Score::INFINITY } else { before.plus(Score::new(1)) };
    set_attribute(state, &counter, &after.to_string());
    set_attribute(state, &format!("last-failure-{suffix}"), &done.at.to_string());
}

/// Forgets the failures of a resource on a node: the counts, and the entry of the last one.
pub(super) fn clear(state: &mut NodeState, resource: &str) {
    let prefixes = [format!("fail-count-{resource}#"), format!("last-failure-{resource}#")];
    for set in &mut state.attributes {
        set.pairs.retain(|pair| !prefixes.iter().any(|prefix| pair.name.starts_with(prefix.as_str())));
    }
    let failure = last_failure_id(resource);
    for history in state.resources.iter_mut().filter(|history| *history.id == *resource) {
        history.entries.retain(|entry| entry.id != failure);
    }
}

/// The resources that failed on a node, by their fail counts and last failures.
pub(super) fn failed_resources(state: &NodeState) -> BTreeSet<Arc<str>> {
    let pairs = state.attributes.iter().flat_map(|set| &set.pairs);
    let counted = pairs.into_iter().filter_map(|pair| {
        let (resource, _) = pair.name.strip_prefix("fail-count-")?.split_once('#')?;
        Some(Arc::from(resource))
    });
    let remembered = state.resources.iter().filter(|history| {
        let failure = last_failure_id(&history.id);
        history.entries.iter().any(|entry| entry.id == failure)
    });
    counted.chain(remembered.map(|history| Arc::clone(&history.id))).collect()
}

/// The text of a node attribute that lasts until the node leaves.
pub(super) fn attribute(state: &NodeState, name: &str) -> Option<Arc<str>> {
    let pairs = state.attributes.iter().flat_map(|set| &set.pairs);
    pairs.into_iter().find(|pair| *pair.name == *name).map(|pair| pair.value.to_text())
}

/// Sets a node attribute that lasts until the node leaves.
pub(super) fn set_attribute(state: &mut NodeState, name: &str, value: &str) {
    let pairs = state.attributes.iter_mut().flat_map(|set| &mut set.pairs);
    if let Some(known) = pairs.into_iter().find(|pair| *pair.name == *name) {
        known.value = Value::Text(value.into());
        return;
    }
    if state.attributes.is_empty() {
        let id = OptionSetId::new(format!("status-{}", state.id));
        state.attributes.push(OptionSet { id: Some(id), ..OptionSet::default() });
    }
    if let Some(set) = state.attributes.first_mut() {
        set.pairs.push(NameValue::text(name, value));
    }
}

/// Takes a node attribute away.
pub(super) fn remove_attribute(state: &mut NodeState, name: &str) {
    for set in &mut state.attributes {
        set.pairs.retain(|pair| *pair.name != *name);
    }
}
