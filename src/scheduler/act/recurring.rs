//! Recurring actions: monitors that run as long as a resource keeps its role, and where it must
//! not run.

use std::time::Duration;

use super::draft::{Ability, DraftIx, Need};
use super::link::{Relations, Side};
use super::verb::{Key, Verb};
use super::work::Work;
use crate::model::{Operation, Role};
use crate::scheduler::facts::{NodeIx, ResourceIx};

/// A configured operation that recurs.
#[derive(Debug, Clone, Copy)]
struct Recurring {
    resource: ResourceIx,
    key: Key,
    /// The role it is for.
    role: Option<Role>,
}

/// Milliseconds as keys count them.
pub fn milliseconds(interval: Duration) -> u32 {
    u32::try_from(interval.as_millis()).unwrap_or(u32::MAX)
}

/// Creates or cancels the recurring actions of a primitive.
pub fn act(work: &mut Work<'_, '_>, resource: ResourceIx) {
    let facts = work.resource(resource);
    let node = work.assigned(resource);
    let node_rests = node.is_some_and(|node| work.node(node).in_maintenance);
    if facts.is_blocked || facts.in_maintenance || (node_rests && work.facts.release.maintenance_spreads()) {
        return;
    }
    let Some(primitive) = facts.primitive() else { return };
    let wants_start = work.state(resource).next_role != Role::Stopped || !facts.is_managed;
    let start =
        node.filter(|_| wants_start).map(|_| work.request_once(resource, Verb::Start, node, Need::Optional));
    for op in &primitive.ops {
        if !can_recur(op) || is_ambiguous(primitive.ops.iter().map(AsRef::as_ref), op) {
            continue;
        }
        let written = work.facts.operation_options(resource, &op.name, op.interval, Some(op));
        if written.role.is_none() && written.meta.contains_key("role") {
            continue;
        }
        let key = Key::every(work.actions.verb(&op.name), milliseconds(op.interval));
        let recurring = Recurring { resource, key, role: written.role };
        if recurring.role == Some(Role::Stopped) {
            let is_gone = facts.is_removed && work.facts.release.removed_are_not_watched();
            if facts.is_unique && !is_gone {
                watch_inactive(work, recurring, node);
            }
        } else if let Some(start) = start.filter(|_| !node_rests) {
            watch_active(work, recurring, start, node);
        }
    }
}

fn can_recur(op: &Operation) -> bool {
    let is_step = matches!(
        &*op.name,
        "stop" | "start" | "demote" | "promote" | "reload-agent" | "reload" | "migrate_to" | "migrate_from"
    );
    !op.interval.is_zero() && !is_step && op.is_enabled()
}

/// Two operations of one name and interval cannot be told apart; neither counts.
fn is_ambiguous<'o>(ops: impl Iterator<Item = &'o Operation>, op: &Operation) -> bool {
    ops.filter(|other| other.name == op.name && other.interval == op.interval).count() > 1
}

/// A recurring action where the resource runs, in the role that the action is for.
fn watch_active(work: &mut Work<'_, '_>, recurring: Recurring, start: DraftIx, node: Option<NodeIx>) {
    let Recurring { resource, key, role } = recurring;
    let Some(node) = node else { return };
    let next_role = work.state(resource).next_role;
    let is_kept = {
        let mut known = work.actions.with_key_on(resource, key, node).peekable();
        !work.actions.draft(start).is_required()
            && known.peek().is_some()
            && known.all(|draft| !work.actions.draft(draft).is_rescheduled)
    };
    let fits = role.map_or(next_role != Role::Promoted, |role| role == next_role);
    if !fits {
        if is_kept {
            cancel_for_role(work, recurring, node);
        }
        return;
    }
    let action = work.request(resource, key, Some(node), Need::when(!is_kept));
    let can_start = work.actions.draft(start).is_runnable();
    let can_run = can_start && work.is_usable(node);
    let draft = work.actions.draft_mut(action);
    if !can_run {
        draft.ability = Ability::Blocked;
    }
    if next_role == Role::Promoted {
        draft.expected_rc = Some(8);
    }
    if !work.resource(resource).is_managed {
        return;
    }
    let follow = Relations::FIRST_REQUIRES_THEN | Relations::BLOCKS;
    let side = |verb| Side::Key(resource, Key::once(verb));
    work.order(side(Verb::Start), Side::Draft(action), follow);
    work.order(side(Verb::Reload), Side::Draft(action), follow);
    let turn = Relations::ORDERED | Relations::BLOCKS;
    if next_role == Role::Promoted {
        work.order(side(Verb::Promote), Side::Draft(action), turn);
    } else if work.resource(resource).current_role == Role::Promoted {
        work.order(side(Verb::Demote), Side::Draft(action), turn);
    }
}

/// The role changes away from what the action is for: it is cancelled before that.
fn cancel_for_role(work: &mut Work<'_, '_>, recurring: Recurring, node: NodeIx) {
    let Recurring { resource, key, .. } = recurring;
    let cancel = cancel(work, resource, key, node);
    let current_role = work.resource(resource).current_role;
    let step = match (current_role, work.state(resource).next_role) {
        (Role::Started | Role::Unpromoted, Role::Promoted) => Verb::Promote,
        (Role::Started | Role::Unpromoted, Role::Stopped) => Verb::Stop,
        (Role::Promoted, _) => Verb::Demote,
        (Role::Stopped | Role::Started | Role::Unpromoted, _) => return,
    };
    work.order(Side::Draft(cancel), Side::Key(resource, Key::once(step)), Relations::BLOCKS);
}

/// Turns a recurring action on a node, known or not, into its own end.
pub fn cancel(work: &mut Work<'_, '_>, resource: ResourceIx, key: Key, node: NodeIx) -> DraftIx {
    let cancel = work.request(resource, key, Some(node), Need::Required);
    let operation = key.verb.task(&work.actions.names);
    let draft = work.actions.draft_mut(cancel);
    draft.verb = Verb::Cancel;
    draft.set_meta("operation", operation.as_str());
    cancel
}

/// A recurring action that watches every node where the resource must not run.
fn watch_inactive(work: &mut Work<'_, '_>, recurring: Recurring, assigned: Option<NodeIx>) {
    let Recurring { resource, key, .. } = recurring;
    // Its history is forgotten with every plan, and a result would only be forgotten again.
    if work.resource(resource).is_removed {
        return;
    }
    let is_inside = |node: NodeIx| {
        let connection = work.facts.node(node).connection;
        let connection = connection.filter(|_| work.facts.release.guests_do_not_watch_their_holder());
        connection.and_then(|connection| work.facts.resource(connection).launcher) == Some(resource)
    };
    let elsewhere: Vec<NodeIx> = work.facts.node_numbers().filter(|node| !is_inside(*node)).collect();
    for node in elsewhere {
        let is_known = work.actions.with_key_on(resource, key, node).next().is_some();
        if assigned == Some(node) {
            if is_known {
                let cancel = cancel(work, resource, key, node);
                if matches!(work.state(resource).next_role, Role::Started | Role::Unpromoted) {
                    let start = Side::Key(resource, Key::once(Verb::Start));
                    work.order(Side::Draft(cancel), start, Relations::BLOCKS);
                }
            }
            continue;
        }
        let action = work.request(resource, key, Some(node), Need::when(!is_known));
        work.actions.draft_mut(action).expected_rc = Some(7);
        if work.resource(resource).is_managed {
            order_watch(work, resource, action, node);
        }
        // Not on a guest that is not up either.
        if !work.is_clean(node) || is_inside_what_rests(work, node) {
            work.actions.draft_mut(action).ability = Ability::Blocked;
        }
    }
}

/// Whether a node is a guest of something that is to run nowhere.
fn is_inside_what_rests(work: &Work<'_, '_>, node: NodeIx) -> bool {
    let connection = work.node(node).connection;
    let launcher = connection.and_then(|connection| work.resource(connection).launcher);
    launcher.is_some_and(|launcher| work.assigned(launcher).is_none())
}

fn order_watch(work: &mut Work<'_, '_>, resource: ResourceIx, action: DraftIx, node: NodeIx) {
    for probe in work.actions.with_key_on(resource, Key::once(Verb::Monitor), node).collect::<Vec<_>>() {
        work.actions.link_drafts(probe, action, Relations::BLOCKS);
    }
    for stop in work.actions.with_key_on(resource, Key::once(Verb::Stop), node).collect::<Vec<_>>() {
        if !work.actions.draft(stop).is_runnable() {
            work.actions.draft_mut(action).ability = Ability::Blocked;
        }
        let relations = Relations::FIRST_REQUIRES_THEN | Relations::BLOCKS;
        work.actions.link_drafts(stop, action, relations);
    }
}
