//! Role steps: what a primitive does on its way from the role it has to the role it is to have.

use super::draft::{Ability, DraftIx, Need, next_step};
use super::link::Relations;
use super::verb::{Key, Verb};
use super::work::Work;
use super::{migration, unfencing};
use crate::model::Role;
use crate::scheduler::facts::{MultipleActive, NodeIx, ResourceIx};
use crate::scheduler::reason::Reason;

/// How far the role steps of one primitive have been decided.
#[derive(Debug, Clone, Copy)]
struct Steps {
    resource: ResourceIx,
    /// Where it goes.
    node: Option<NodeIx>,
    /// It has to stop, whatever comes after.
    must_stop: bool,
    /// It has to be promoted again.
    must_promote: bool,
}

/// Creates the actions that change a primitive's role or node. Says whether it migrates.
pub fn act(work: &mut Work<'_, '_>, resource: ResourceIx) -> bool {
    let facts = work.resource(resource);
    for source in &facts.dangling_sources {
        let stop = work.request_once(resource, Verb::Stop, Some(*source), Need::Required);
        work.actions.draft_mut(stop).ends_migration = true;
    }
    let (current, node) = (work.current_node(resource), work.assigned(resource));
    let next_role = work.state(resource).next_role;
    let is_moving = current.is_some() && node.is_some() && current != node && next_role >= Role::Started;
    let mut migrates = is_moving && migration::is_eligible(work, resource);
    let mut steps = Steps { resource, node, must_stop: is_moving, must_promote: false };
    if let Some(partial) = work.state(resource).partial_migration {
        let continues = migrates
            && facts.active_on.len() == 2
            && current == Some(partial.source)
            && node == Some(partial.target);
        if !continues {
            steps.must_stop = true;
            migrates = false;
            work.state_mut(resource).partial_migration = None;
        }
    } else if is_multiply_active(work, resource) {
        match facts.multiple_active {
            MultipleActive::StopStart => steps.must_stop = true,
            MultipleActive::StopUnexpected => {
                steps.must_stop = true;
                work.state_mut(resource).expected_on = node;
            }
            MultipleActive::StopOnly | MultipleActive::Block => {}
        }
    }
    if work.state(resource).is_start_pending && node.is_some() {
        let start = work.request_once(resource, Verb::Start, node, Need::Optional);
        work.actions.draft_mut(start).is_shown = true;
    }
    if !is_moving {
        judge_in_place(work, &mut steps, current);
    }
    restart(work, &steps);
    transit(work, &steps);
    migrates
}

/// Whether a resource runs more often than it should, on nodes that count.
pub fn is_multiply_active(work: &Work<'_, '_>, resource: ResourceIx) -> bool {
    let facts = work.resource(resource);
    if facts.needs_fencing() {
        facts.active_on.len() > 1
    } else {
        facts.active_on.iter().filter(|node| work.is_clean(**node)).count() > 1
    }
}

/// What stays where it is may have to stop in between.
fn judge_in_place(work: &mut Work<'_, '_>, steps: &mut Steps, current: Option<NodeIx>) {
    let facts = work.resource(steps.resource);
    let state = work.state(steps.resource);
    if state.is_failed {
        if state.stops_if_failed {
            steps.must_stop = true;
        } else if state.next_role == Role::Promoted {
            steps.must_promote = true;
        }
    } else if facts.is_blocked {
        steps.must_stop = true;
    } else if facts.current_role > Role::Started && current.is_some() && steps.node.is_some() {
        let start = work.request_once(steps.resource, Verb::Start, steps.node, Need::Optional);
        if work.actions.draft(start).is_required() {
            steps.must_stop = true;
        }
    }
}

/// Down to stopped and up to the present role: optional, unless something asks for a restart.
fn restart(work: &mut Work<'_, '_>, steps: &Steps) {
    let facts = work.resource(steps.resource);
    let mut role = facts.current_role;
    while let Some((verb, after)) = next_step(role, Role::Stopped) {
        step(work, steps, verb, Need::when(steps.must_stop), Pass::Restart);
        role = after;
    }
    if facts.current_role > work.state(steps.resource).next_role || facts.is_blocked {
        return;
    }
    while let Some((verb, after)) = next_step(role, facts.current_role) {
        let is_required = steps.must_stop || (verb == Verb::Promote && steps.must_promote);
        step(work, steps, verb, Need::when(is_required), Pass::Restart);
        role = after;
    }
}

/// From the present role to the next one: required.
fn transit(work: &mut Work<'_, '_>, steps: &Steps) {
    let mut role = work.resource(steps.resource).current_role;
    while let Some((verb, after)) = next_step(role, work.state(steps.resource).next_role) {
        step(work, steps, verb, Need::Required, Pass::Transition);
        role = after;
    }
}

/// Which of the two passes a step belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Restart,
    Transition,
}

fn step(work: &mut Work<'_, '_>, steps: &Steps, verb: Verb, need: Need, pass: Pass) {
    match (verb, steps.node) {
        (Verb::Stop, _) => stop(work, steps.resource, need, pass),
        (Verb::Demote, _) => demote(work, steps.resource, need),
        (Verb::Start, Some(node)) => start(work, steps.resource, node, need),
        (Verb::Promote, Some(node)) => promote(work, steps.resource, node, need),
        (_, _) => {}
    }
}

fn stop(work: &mut Work<'_, '_>, resource: ResourceIx, need: Need, pass: Pass) {
    let facts = work.resource(resource);
    for node in facts.active_on.iter().copied() {
        let state = work.state(resource);
        let is_expected = state.expected_on == Some(node);
        if is_expected && pass == Pass::Restart && state.next_role > Role::Stopped {
            continue;
        }
        let (has_expected, partial) = (state.expected_on.is_some(), state.partial_migration);
        if partial.is_some_and(|partial| partial.target == node) {
            continue;
        }
        let need = if partial.is_some() && partial.map(|partial| partial.source) != Some(node) {
            Need::Required
        } else {
            need
        };
        let stop = work.request_once(resource, Verb::Stop, Some(node), need);
        let is_assigned = work.assigned(resource).is_some();
        let draft = work.actions.draft_mut(stop);
        if !is_assigned {
            draft.reason = Some(Reason::NodeAvailability);
        } else if has_expected {
            draft.reason = Some(Reason::BeingMultiplyActive);
        }
        if !facts.is_managed {
            draft.ability = Ability::Blocked;
        }
        if unfencing::is_needed_by(work, resource) {
            let on = unfencing::request(work, node);
            work.actions.link_drafts(stop, on, Relations::THEN_REQUIRES_FIRST);
        }
    }
}

fn start(work: &mut Work<'_, '_>, resource: ResourceIx, node: NodeIx, need: Need) {
    let start = work.request_once(resource, Verb::Start, Some(node), Need::Optional);
    unfencing::order_after(work, start, node, Relations::FIRST_REQUIRES_THEN);
    let is_expected = work.state(resource).expected_on == Some(node);
    // Nobody starts what is not managed: who comes after it must not be restarted for its sake.
    let counts = work.resource(resource).is_managed || !work.facts.release.unmanaged_starts_are_optional();
    let draft = work.actions.draft_mut(start);
    if need == Need::Required && counts && draft.is_runnable() {
        draft.need = Need::Required;
    }
    if is_expected {
        draft.is_pseudo = true;
    }
}

fn promote(work: &mut Work<'_, '_>, resource: ResourceIx, node: NodeIx, need: Need) {
    let is_blocked = |start: DraftIx| !work.actions.draft(start).is_runnable();
    if work.actions.with_key_on(resource, Key::once(Verb::Start), node).any(is_blocked) {
        for promote in work.actions.with_key_on(resource, Key::once(Verb::Promote), node).collect::<Vec<_>>()
        {
            work.actions.draft_mut(promote).ability = Ability::Blocked;
        }
        return;
    }
    let promote = work.request_once(resource, Verb::Promote, Some(node), need);
    if work.state(resource).expected_on == Some(node) {
        work.actions.draft_mut(promote).is_pseudo = true;
    }
}

fn demote(work: &mut Work<'_, '_>, resource: ResourceIx, need: Need) {
    for node in work.resource(resource).active_on.iter().copied() {
        if work.state(resource).expected_on != Some(node) {
            work.request_once(resource, Verb::Demote, Some(node), need);
        }
    }
}
