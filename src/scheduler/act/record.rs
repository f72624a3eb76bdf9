//! The record of a resource on a node, as far as it tells what runs now.

use crate::status::{HistoryEntry, ResultCode, ResultStatus};

/// Entries from the oldest to the newest.
pub fn sorted(entries: &[HistoryEntry]) -> Vec<&HistoryEntry> {
    let mut sorted: Vec<_> = entries.iter().rev().collect();
    sorted.sort_by_key(|entry| entry.call_id.unwrap_or(i64::MAX));
    sorted
}

/// Where in a sorted record the present run begins; `None` if nothing runs any more.
pub fn first_active(sorted: &[&HistoryEntry]) -> Option<usize> {
    let mut stop = None;
    let mut start = None;
    let mut role_change = None;
    let mut monitor = None;
    for (position, entry) in sorted.iter().enumerate() {
        match &*entry.operation {
            "stop" if entry.status == Some(ResultStatus::Done) => stop = Some(position),
            "start" | "migrate_from" => start = Some(position),
            "promote" | "demote" => role_change = Some(position),
            "monitor" if matches!(entry.rc, Some(ResultCode::OK | ResultCode::PROMOTED)) => {
                if monitor.is_none() || stop > monitor {
                    monitor = Some(position);
                }
            }
            _ => {}
        }
    }
    let start = start.or(role_change).or(monitor);
    if start < stop { None } else { Some(start.unwrap_or(0)) }
}
