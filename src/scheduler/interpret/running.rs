//! Running: what one resource's history on one node amounts to.

use std::cmp::Ordering;
use std::sync::Arc;

use super::Reading;
use crate::model::Role;
use crate::scheduler::calendar::whole_seconds;
use crate::scheduler::facts::{Lock, NodeIx, ResourceIx};
use crate::scheduler::glib;
use crate::scheduler::operation::OnFail;
use crate::scheduler::request::Request;
use crate::status::{HistoryEntry, ResourceHistory, ResultCode, ResultStatus};

/// What is known so far, while the entries of one history are read.
#[derive(Debug)]
pub(super) struct Course<'a> {
    pub(super) resource: ResourceIx,
    pub(super) node: NodeIx,
    pub(super) history: &'a ResourceHistory,
    /// What it does there; `None` while unknown.
    pub(super) role: Option<Role>,
    /// The worst that its failures lead to.
    pub(super) reaction: OnFail,
    /// The last failure that nothing has made up for.
    pub(super) last_failure: Option<&'a HistoryEntry>,
}

impl<'a> Reading<'a> {
    /// Reads one resource's history on one node.
    pub(super) fn read_history(&mut self, node: NodeIx, history: &'a ResourceHistory) {
        let may_lock = self.facts.properties.shutdown_lock;
        if history.entries.is_empty() && !(may_lock && self.is_known(&history.id)) {
            return;
        }
        let resource = self.find_or_add(node, history);
        self.resource_mut(resource).histories.push((node, history));
        if may_lock {
            self.read_lock(resource, node, history);
        }
        let sorted = sort(&history.entries);
        let mut course =
            Course { resource, node, history, role: None, reaction: OnFail::Ignore, last_failure: None };
        for entry in &sorted {
            self.read_entry(&mut course, entry);
        }
        self.request_recurring(&course, &sorted);
        self.conclude(&course);
    }

    /// A lock to a node that was shut down holds until its limit.
    fn read_lock(&mut self, resource: ResourceIx, node: NodeIx, history: &ResourceHistory) {
        let Some(since) = history.shutdown_lock.filter(|since| *since != 0) else { return };
        let limit = whole_seconds(self.facts.properties.shutdown_lock_limit);
        if limit > 0 {
            let end = since.saturating_add(limit);
            if self.facts.now > end {
                self.facts.requests.push(Request::ClearHistory { resource, node });
                return;
            }
            self.facts.recheck.note(end.saturating_add(1));
        }
        self.resource_mut(resource).lock = Some(Lock { node, since });
    }

    /// Recurring operations that still run there.
    fn request_recurring(&mut self, course: &Course<'a>, sorted: &[&'a HistoryEntry]) {
        if !self.facts.node(course.node).is_online {
            return;
        }
        let (start, stop) = (start_position(sorted), stop_position(sorted));
        let first = match (start, stop) {
            (start, Some(stop)) if start.is_none_or(|start| start < stop) => stop + 1,
            (start, _) => start.unwrap_or(0),
        };
        for entry in sorted.iter().skip(first) {
            if entry.interval.is_zero() || entry.status == Some(ResultStatus::Pending) {
                continue;
            }
            self.facts.requests.push(Request::Recurring {
                resource: course.resource,
                node: course.node,
                task: Arc::clone(&entry.operation),
                interval: entry.interval,
                key: Arc::clone(entry.operation_key.as_ref().unwrap_or(&entry.id)),
            });
        }
    }
}

/// The last stop that succeeded.
pub(in crate::scheduler) fn stop_position(sorted: &[&HistoryEntry]) -> Option<usize> {
    sorted.iter().rposition(|entry| &*entry.operation == "stop" && entry.status == Some(ResultStatus::Done))
}

/// Where the current run began: the last start; else the last change of role; else the first
/// monitor that found it running since it was last stopped.
pub(in crate::scheduler) fn start_position(sorted: &[&HistoryEntry]) -> Option<usize> {
    let last = |tasks: [&str; 2]| sorted.iter().rposition(|entry| tasks.contains(&&*entry.operation));
    last(["start", "migrate_from"]).or_else(|| last(["promote", "demote"])).or_else(|| {
        let mut found: Option<usize> = None;
        let mut stopped: Option<usize> = None;
        for (place, entry) in sorted.iter().enumerate() {
            let is_monitor = &*entry.operation == "monitor";
            if &*entry.operation == "stop" && entry.status == Some(ResultStatus::Done) {
                stopped = Some(place);
            } else if is_monitor && matches!(entry.rc, Some(ResultCode::OK | ResultCode::PROMOTED)) {
                let is_first_since = found.is_none_or(|found| stopped.is_some_and(|stop| stop > found));
                found = if is_first_since { Some(place) } else { found };
            }
        }
        found
    })
}

/// The entries, oldest first; of two that cannot be told apart, the earlier one in the source
/// comes last and so decides.
pub(in crate::scheduler) fn sort(entries: &[HistoryEntry]) -> Vec<&HistoryEntry> {
    let mut sorted: Vec<&HistoryEntry> = entries.iter().rev().collect();
    glib::merge_sort(&mut sorted, &mut compare_age);
    sorted
}

/// Which entry is older (less). This is no total order.
pub(super) fn compare_age(a: &HistoryEntry, b: &HistoryEntry) -> Ordering {
    let is_same_node = a.on_node == b.on_node;
    let (call_a, call_b) = (a.call_id.unwrap_or(-1), b.call_id.unwrap_or(-1));
    if is_same_node && a.id == b.id || call_a == -1 && call_b == -1 {
        return Ordering::Equal;
    }
    if is_same_node && call_a >= 0 && call_a < call_b {
        return Ordering::Less;
    }
    if is_same_node && call_b >= 0 && call_b < call_a {
        return Ordering::Greater;
    }
    if call_a >= 0 && call_b >= 0 {
        let both = a.last_rc_change.zip(b.last_rc_change);
        return both.map_or(Ordering::Equal, |(a, b)| a.cmp(&b));
    }
    compare_transitions(a, b, call_a == -1)
}

/// One of the two is in flight: the transitions tell which is older.
fn compare_transitions(a: &HistoryEntry, b: &HistoryEntry, is_a_in_flight: bool) -> Ordering {
    let (Some((number_a, uuid_a)), Some((number_b, uuid_b))) = (transition_of(a), transition_of(b)) else {
        return Ordering::Equal;
    };
    if uuid_a != uuid_b || number_a == number_b {
        return if is_a_in_flight { Ordering::Greater } else { Ordering::Less };
    }
    match (number_a, number_b) {
        (-1, _) => Ordering::Greater,
        (_, -1) => Ordering::Less,
        (a, b) => a.cmp(&b),
    }
}

/// Number of the transition and its graph's identity.
fn transition_of(entry: &HistoryEntry) -> Option<(i64, &str)> {
    let (_, key) = entry.transition_magic.as_deref()?.split_once(';')?;
    let mut parts = key.splitn(4, ':');
    let _action = parts.next()?;
    let transition = parts.next()?.parse().ok()?;
    let _target = parts.next()?;
    Some((transition, parts.next()?))
}
