//! Definition changes: what ran with parameters or operations that are no longer configured.

use std::collections::BTreeMap;
use std::time::Duration;

use super::draft::{Draft, Need};
use super::link::{Relations, Side};
use super::recurring::{self, milliseconds};
use super::verb::{Key, Verb};
use super::work::Work;
use super::{early, unfencing};
use crate::model::{Role, Score};
use crate::scheduler::digest::{self, DefinitionChange};
use crate::scheduler::facts::{Facts, NodeIx, ResourceIx};
use crate::scheduler::failures;
use crate::scheduler::interpret::running;
use crate::scheduler::operation::Lookup;
use crate::scheduler::reason::Reason;
use crate::status::{HistoryEntry, ResourceHistory};

/// Compares what ran on each node with what is configured, and asks for what follows.
pub fn act(work: &mut Work<'_, '_>) {
    let by_name = primitives_by_name(work.facts);
    for node in work.facts.node_numbers() {
        let facts = work.node(node);
        if !(is_available(work, node) || facts.in_maintenance) {
            continue;
        }
        let Some(state) = facts.state else { continue };
        for record in state.resources.iter().filter(|record| !record.entries.is_empty()) {
            let known = by_name.get(&*record.id).map_or(&[] as &[_], Vec::as_slice);
            for resource in known.iter().copied() {
                check_record(work, resource, node, record);
            }
        }
    }
}

/// Whether the node could run something before anything is done: a remote node as far as its
/// connection is up already, even if that gets no place and takes the node along.
fn is_available(work: &Work<'_, '_>, node: NodeIx) -> bool {
    let facts = work.node(node);
    let is_up = |resource: ResourceIx| {
        let facts = work.resource(resource);
        facts.current_role >= Role::Started && !facts.is_failed
    };
    let is_reached = facts
        .connection
        .is_none_or(|connection| is_up(connection) && work.resource(connection).launcher.is_none_or(is_up));
    let is_leaving = facts.connection.map_or(facts.is_shutting_down, |connection| {
        facts.is_shutdown_requested() || work.resource(connection).next_role == Some(Role::Stopped)
    });
    work.is_clean(node) && !is_leaving && !facts.is_standby && !facts.in_maintenance && is_reached
}

/// Primitives by name and by the name that history has for them.
fn primitives_by_name<'f>(facts: &'f Facts<'_>) -> BTreeMap<&'f str, Vec<ResourceIx>> {
    let mut by_name: BTreeMap<&str, Vec<ResourceIx>> = BTreeMap::new();
    for leaf in facts.top.iter().flat_map(|top| facts.leaves(*top)) {
        let resource = facts.resource(leaf);
        by_name.entry(&resource.id).or_default().push(leaf);
        if let Some(name) = &resource.history_name
            && *name != resource.id
        {
            by_name.entry(name).or_default().push(leaf);
        }
    }
    by_name
}

fn check_record(work: &mut Work<'_, '_>, resource: ResourceIx, node: NodeIx, record: &ResourceHistory) {
    let facts = work.resource(resource);
    if facts.is_removed {
        let top = work.resource(work.facts.topmost(resource));
        let is_anonymous = top.variant.is_clone() && !top.is_unique;
        if !is_anonymous {
            clean_up(work, resource, node);
        }
        return;
    }
    let has_same_agent = facts.primitive().is_none_or(|primitive| {
        let agent = &primitive.agent;
        agent.class == record.class && agent.provider == record.provider && agent.kind == record.kind
    });
    if !facts.active_on.contains(&node) {
        if !has_same_agent {
            clean_up(work, resource, node);
        }
        return;
    }
    if !has_same_agent {
        work.request_once(resource, Verb::Stop, Some(node), Need::Required);
        work.state_mut(resource).is_start_pending = true;
        clean_up(work, resource, node);
    }
    check_entries(work, resource, node, record);
}

fn check_entries(work: &mut Work<'_, '_>, resource: ResourceIx, node: NodeIx, record: &ResourceHistory) {
    let sorted = running::sort(&record.entries);
    let (start, stop) = (running::start_position(&sorted), running::stop_position(&sorted));
    if stop.is_some() && start < stop {
        return;
    }
    let first = start.unwrap_or(0);
    let in_maintenance = work.resource(resource).in_maintenance || work.node(node).in_maintenance;
    for entry in sorted.into_iter().skip(first) {
        let is_recurring = !entry.interval.is_zero();
        if is_recurring && in_maintenance {
            cancel_known(work, resource, node, entry);
            continue;
        }
        let is_compared =
            is_recurring || matches!(&*entry.operation, "monitor" | "start" | "promote" | "migrate_from");
        if is_compared && check_entry(work, resource, node, entry) {
            let count = failures::effective_count(work.facts, resource, node, Some(entry));
            if count > Score::ZERO {
                early::clear_fail_count(work, resource, node);
            }
        }
    }
}

/// Says whether the operation changed since it ran.
fn check_entry(work: &mut Work<'_, '_>, resource: ResourceIx, node: NodeIx, entry: &HistoryEntry) -> bool {
    let is_recurring = !entry.interval.is_zero();
    if is_recurring {
        let op = work.facts.find_operation(resource, &entry.operation, entry.interval, Lookup::EnabledOnly);
        if op.is_none() {
            if work.facts.properties.cancel_removed_actions {
                cancel_known(work, resource, node, entry);
            }
            return true;
        }
    }
    let change = digest::compare_public(work.facts, resource, node, entry);
    let task = match &*entry.operation {
        "monitor" | "promote" | "migrate_from" if !is_recurring => "start",
        task => task,
    };
    let verb = work.actions.verb(task);
    match change {
        DefinitionChange::Same => false,
        DefinitionChange::NeedsRestart => {
            restart(work, (resource, node), verb, entry.interval);
            true
        }
        DefinitionChange::Unknown | DefinitionChange::Changed => {
            if is_recurring {
                let key = Key::every(verb, milliseconds(entry.interval));
                let action = work.request(resource, key, Some(node), Need::Optional);
                work.actions.draft_mut(action).is_rescheduled = true;
            } else if entry.op_restart_digest.is_some() {
                unfence_for(work, resource, node, Some("reload"));
                reload(work, resource, node);
            } else {
                restart(work, (resource, node), verb, entry.interval);
            }
            true
        }
    }
}

/// The action itself is required; where it is a start, the stop before it follows.
fn restart(work: &mut Work<'_, '_>, (resource, node): (ResourceIx, NodeIx), verb: Verb, interval: Duration) {
    unfence_for(work, resource, node, None);
    let key = Key::every(verb, milliseconds(interval));
    let action = work.request(resource, key, None, Need::Required);
    work.actions.draft_mut(action).reason = Some(Reason::DefinitionChange);
}

fn unfence_for(work: &mut Work<'_, '_>, device: ResourceIx, node: NodeIx, how: Option<&'static str>) {
    if unfencing::is_in_force(work) && work.is_fence_device(device) {
        unfencing::demand(work, node, Reason::DeviceParametersChanged(how));
    }
}

/// Takes up changed parameters in place, unless a start is due anyway.
fn reload(work: &mut Work<'_, '_>, resource: ResourceIx, node: NodeIx) {
    let facts = work.resource(resource);
    if !facts.is_managed || work.state(resource).is_failed {
        return;
    }
    if work.state(resource).is_start_pending {
        work.request_once(resource, Verb::Stop, Some(node), Need::Required);
        return;
    }
    work.state_mut(resource).reloads = true;
    let reload = work.request_once(resource, Verb::Reload, Some(node), Need::Required);
    work.actions.draft_mut(reload).give_reason(Reason::DefinitionChange);
    let relations = Relations::ORDERED | Relations::CANCELS;
    for verb in [Verb::Stop, Verb::Demote] {
        work.order(Side::Draft(reload), Side::Key(resource, Key::once(verb)), relations);
    }
}

/// Forgets what a node remembers of a resource.
fn clean_up(work: &mut Work<'_, '_>, resource: ResourceIx, node: NodeIx) {
    if work.state(resource).is_failed || !work.is_clean(node) {
        return;
    }
    work.request_once(resource, Verb::Delete, Some(node), Need::Required);
    work.order_keys((resource, Verb::Stop), (resource, Verb::Delete), Relations::ORDERED);
    work.order_keys((resource, Verb::Delete), (resource, Verb::Start), Relations::ORDERED);
}

/// Cancels a recurring action that history knows.
fn cancel_known(work: &mut Work<'_, '_>, resource: ResourceIx, node: NodeIx, entry: &HistoryEntry) {
    let key = Key::every(work.actions.verb(&entry.operation), milliseconds(entry.interval));
    let cancel = recurring::cancel(work, resource, key, node);
    let draft: &mut Draft = work.actions.draft_mut(cancel);
    if let Some(call) = entry.call_id {
        draft.set_meta("call_id", call.to_string());
    }
    let stop = Side::Key(resource, Key::once(Verb::Stop));
    work.order(stop, Side::Draft(cancel), Relations::ORDERED);
}
