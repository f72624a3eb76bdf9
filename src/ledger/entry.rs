//! Entries of history.

use std::sync::Arc;
use std::time::Duration;

use super::{FEATURE_SET, Performed, digest, run};
use crate::executor::expected_rc;
use crate::model::NodeName;
use crate::model::id::without_number;
use crate::scheduler::{Action, Task};
use crate::status::{HistoryEntry, NodeState, ResourceHistory, ResultCode, ResultStatus};

/// An operation as history knows it.
pub(super) struct Operation {
    pub(super) name: Arc<str>,
    pub(super) interval: Duration,
}

impl Operation {
    /// The operation an action counts as. A reload stands for the start whose parameters it renews; one that
    /// failed found the resource in trouble, as a monitor does.
    pub(super) fn of(done: &Performed<'_>) -> Self {
        let action = done.action;
        let task = match (&action.task, done.result.is_expected(action)) {
            (Task::Reload, true) => &Task::Start,
            (Task::Reload, false) => &Task::Monitor,
            (task, _) => task,
        };
        Self { name: task.as_str().into(), interval: action.interval }
    }

    /// One that is run once.
    pub(super) fn once(task: &Task) -> Self {
        Self { name: task.as_str().into(), interval: Duration::ZERO }
    }

    /// `RSC_OPERATION_INTERVAL`.
    pub(super) fn key(&self, resource: &str) -> Arc<str> {
        format!("{resource}_{}_{}", self.name, self.interval.as_millis()).into()
    }
}

/// The operation that a cancel ends.
pub(super) fn cancelled(cancel: &Action) -> Operation {
    let name = cancel.meta.get("operation").cloned();
    Operation { name: name.unwrap_or_else(|| "monitor".into()), interval: cancel.interval }
}

/// The number of the next call on a node.
pub(super) fn next_call(state: &NodeState) -> i64 {
    let calls = state.resources.iter().flat_map(|history| &history.entries).filter_map(|entry| entry.call_id);
    calls.max().unwrap_or(0) + 1
}

/// What a result leaves behind. The last result of what runs once is kept under one id, so that
/// each replaces the one before; recurring operations have ids of their own; the last failure is
/// kept apart, and a failure that was recurring or of a reload only there. Migrations have ids of their own and nothing else,
/// as both ends are judged by the only entry that tells of a migration.
pub(super) fn entries_for(
    done: &Performed<'_>,
    transition: u64,
    writer: &str,
    node: &NodeName,
) -> Vec<HistoryEntry> {
    let action = done.action;
    let Some(resource) = action.resource.as_deref() else { return Vec::new() };
    let operation = Operation::of(done);
    let key = operation.key(resource);
    let is_migration = action.task.is_migration();
    let own_id =
        if is_migration || !operation.interval.is_zero() { Arc::clone(&key) } else { last_id(resource) };
    let has_failed = !done.result.is_expected(action);
    let mut ids: Vec<Arc<str>> = Vec::new();
    if has_failed && !is_migration {
        ids.push(last_failure_id(resource));
    }
    if !has_failed || operation.interval.is_zero() && action.task != Task::Reload {
        ids.push(own_id);
    }
    let transition_key = format!("{}:{transition}:{}:{writer}", action.id.0, expected_rc(action).0);
    let magic = format!("{}:{};{transition_key}", done.result.status.number(), recorded_rc(done).0);
    let mut entry = HistoryEntry {
        operation: operation.name,
        operation_key: Some(key),
        interval: operation.interval,
        rc: Some(recorded_rc(done)),
        status: Some(recorded_status(done)),
        transition_key: Some(transition_key.into()),
        transition_magic: Some(magic.into()),
        last_rc_change: Some(done.at),
        exec_time: Some(done.result.took),
        queue_time: Some(Duration::ZERO),
        on_node: Some(node.to_shared()),
        exit_reason: recorded_reason(done),
        migrate_source: action.meta.get("migrate_source").filter(|_| is_migration).cloned(),
        migrate_target: action.meta.get("migrate_target").filter(|_| is_migration).cloned(),
        feature_set: Some(FEATURE_SET.into()),
        ..HistoryEntry::default()
    };
    digest::seal(&mut entry, done);
    ids.into_iter().map(|id| HistoryEntry { id, ..entry.clone() }).collect()
}

/// What an action leaves behind while it is in flight. It stands last, where the one before stood.
pub(super) fn pending_entry(
    done: &Performed<'_>,
    transition: u64,
    writer: &str,
    node: &NodeName,
) -> Option<HistoryEntry> {
    let failure = last_failure_id(done.action.resource.as_deref()?);
    entries_for(done, transition, writer, node).into_iter().find(|entry| entry.id != failure)
}

/// The id of the entry that remembers the last result of what runs once.
pub(super) fn last_id(resource: &str) -> Arc<str> {
    format!("{resource}_last_0").into()
}

/// The id of the entry that remembers the last failure.
pub(super) fn last_failure_id(resource: &str) -> Arc<str> {
    format!("{resource}_last_failure_0").into()
}

/// That an agent is missing, or dislikes its parameters, says of a probe that nothing runs. Of a failed reload,
/// which counts as a monitor, it does not.
fn recorded_rc(done: &Performed<'_>) -> ResultCode {
    let is_failed_reload = done.action.task == Task::Reload && !done.result.is_expected(done.action);
    let is_masking = matches!(done.result.rc, ResultCode::NOT_INSTALLED | ResultCode::ARGS);
    if is_failed_reload && is_masking { ResultCode::ERROR } else { done.result.rc }
}

/// What is said of a failure; of a reload's, that it was one.
fn recorded_reason(done: &Performed<'_>) -> Option<Arc<str>> {
    let reason = done.result.exit_reason.as_deref();
    if done.action.task != Task::Reload || done.result.is_expected(done.action) {
        return reason.map(Arc::from);
    }
    Some(reason.map_or_else(|| "the reload failed".into(), |reason| format!("reload: {reason}").into()))
}

/// Done, with an answer nobody asked for, is an error.
fn recorded_status(done: &Performed<'_>) -> ResultStatus {
    let is_wrong_answer = done.result.status == ResultStatus::Done
        && !done.result.is_expected(done.action)
        && !done.action.is_probe();
    if is_wrong_answer { ResultStatus::Error } else { done.result.status }
}

/// Puts an entry in the place of the one with its id, or last.
pub(super) fn put(history: &mut ResourceHistory, entry: HistoryEntry) {
    match history.entries.iter_mut().find(|known| known.id == entry.id) {
        Some(known) => *known = entry,
        None => history.entries.push(entry),
    }
}

/// Forgets one recurring operation, but not that it failed: the resource may be stopping for that.
pub(super) fn erase_recurring(state: &mut NodeState, resource: &str, operation: &Operation) {
    let key = operation.key(resource);
    for history in state.resources.iter_mut().filter(|history| *history.id == *resource) {
        history.entries.retain(|entry| entry.id != key);
    }
}

/// Calls a resource by its own name from now on that was once known as one of several numbered
/// instances, as happens when a clone's instances cease to be told apart. The key of an action still
/// has the numbered name.
pub(super) fn unnumber(state: &mut NodeState, resource: &str, key: &str) {
    if state.resources.iter().any(|history| *history.id == *resource) {
        return;
    }
    let mut histories = state.resources.iter_mut();
    let Some(history) = histories.find(|history| is_numbered(&history.id, resource, key)) else { return };
    let old = std::mem::replace(&mut history.id, resource.into());
    for entry in &mut history.entries {
        if let Some(rest) = entry.id.strip_prefix(&*old) {
            entry.id = format!("{resource}{rest}").into();
        }
    }
}

/// The numbered name that the key of an action uses, where the resource is known by its own name too:
/// two instances that were once told apart ran here, and each keeps a history of its own.
pub(super) fn numbered_beside(state: &NodeState, resource: &str, key: &str) -> Option<Arc<str>> {
    let numbered = state.resources.iter().find(|history| is_numbered(&history.id, resource, key))?;
    Some(Arc::clone(&numbered.id))
}

/// Whether a history is that of a numbered instance of a resource, and the one that a key names.
fn is_numbered(history: &str, resource: &str, key: &str) -> bool {
    let is_named = key.strip_prefix(history).is_some_and(|rest| rest.starts_with('_'));
    is_named && history != resource && without_number(history) == resource
}

/// Forgets what a successful stop makes meaningless: recurring operations end with the resource, and
/// no migration from or to here can be half done any more.
pub(super) fn erase_what_stopped(state: &mut NodeState, resource: &str) {
    let (failure, beginning) = (last_failure_id(resource), run::beginning_id(resource));
    let is_migration = |entry: &HistoryEntry| {
        [Task::MigrateTo, Task::MigrateFrom].iter().any(|task| *entry.operation == *task.as_str())
    };
    for history in state.resources.iter_mut().filter(|history| *history.id == *resource) {
        history.entries.retain(|entry| {
            let is_of_the_run = entry.id == beginning || !entry.interval.is_zero() || is_migration(entry);
            entry.id == failure || !is_of_the_run
        });
    }
}
