//! The present run of a resource on a node: with which parameters it began.
//!
//! The last one-time result replaces the one before. A promotion or demotion is called with the parameters
//! of now and changes nothing of those that the resource was started with. So the entry of the start is kept
//! beside it, until the resource is started again or has stopped.

use std::sync::Arc;

use super::entry::{self, Operation};
use crate::scheduler::Task;
use crate::status::{HistoryEntry, ResourceHistory, ResultCode, ResultStatus};

/// Puts a result in its place.
pub(super) fn put(history: &mut ResourceHistory, entry: HistoryEntry) {
    let last = entry::last_id(&history.id);
    if entry.id == last {
        if is_of(&entry, &[Task::Promote, Task::Demote]) {
            let known = history.entries.iter().find(|known| known.id == last);
            if let Some(beginning) = known.and_then(|known| beginning(&history.id, known)) {
                entry::put(history, beginning);
            }
        } else if is_of(&entry, &[Task::Start]) || entry.rc == Some(ResultCode::NOT_RUNNING) {
            let beginning = beginning_id(&history.id);
            history.entries.retain(|known| known.id != beginning);
        }
    }
    entry::put(history, entry);
}

/// Takes up what a reload renewed: the parameters of the run, and nothing of its role. Says whether it could;
/// else the reload is to stand for the start.
pub(super) fn renew(history: &mut ResourceHistory, reload: &HistoryEntry) -> bool {
    let last = entry::last_id(&history.id);
    let is_role = |entry: &&HistoryEntry| entry.id == last && is_of(entry, &[Task::Promote, Task::Demote]);
    if !history.entries.iter().any(|entry| is_role(&entry)) {
        return false;
    }
    let beginnings = [beginning_id(&history.id), Operation::once(&Task::MigrateFrom).key(&history.id)];
    let Some(known) = history.entries.iter_mut().find(|entry| beginnings.contains(&entry.id)) else {
        return false;
    };
    let before = known.op_digest.clone();
    take_digests(known, reload);
    // What has parameters of its own does not tell of those that were renewed.
    for entry in history.entries.iter_mut().filter(|entry| entry.id == last && entry.op_digest == before) {
        take_digests(entry, reload);
    }
    true
}

/// The id of the entry that remembers the start.
pub(super) fn beginning_id(resource: &str) -> Arc<str> {
    Operation::once(&Task::Start).key(resource)
}

/// What an entry says of how the run began: as a start, whose place the probe takes that found it running.
fn beginning(resource: &str, known: &HistoryEntry) -> Option<HistoryEntry> {
    let is_active = matches!(
        known.rc,
        Some(ResultCode::OK | ResultCode::PROMOTED | ResultCode::DEGRADED | ResultCode::DEGRADED_PROMOTED)
    );
    if !is_active || !is_of(known, &[Task::Start, Task::Monitor]) {
        return None;
    }
    let key = beginning_id(resource);
    let expected = ResultCode::OK.0;
    // ACTION:TRANSITION:EXPECTED:WRITER
    let mut parts = known.transition_key.as_deref()?.splitn(4, ':');
    let (action, transition, _, writer) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let transition_key = format!("{action}:{transition}:{expected}:{writer}");
    let magic = format!("{}:{expected};{transition_key}", ResultStatus::Done.number());
    Some(HistoryEntry {
        id: Arc::clone(&key),
        operation: Task::Start.as_str().into(),
        operation_key: Some(key),
        rc: Some(ResultCode::OK),
        status: Some(ResultStatus::Done),
        transition_key: Some(transition_key.into()),
        transition_magic: Some(magic.into()),
        ..known.clone()
    })
}

fn is_of(entry: &HistoryEntry, tasks: &[Task]) -> bool {
    tasks.iter().any(|task| *entry.operation == *task.as_str())
}

fn take_digests(entry: &mut HistoryEntry, from: &HistoryEntry) {
    entry.op_digest.clone_from(&from.op_digest);
    entry.op_force_restart.clone_from(&from.op_force_restart);
    entry.op_restart_digest.clone_from(&from.op_restart_digest);
    entry.op_secure_params.clone_from(&from.op_secure_params);
    entry.op_secure_digest.clone_from(&from.op_secure_digest);
}
