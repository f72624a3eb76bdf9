//! Early demands: what reading status and placing resources already asked for.

use super::draft::{Ability, Draft, Need};
use super::link::Relations;
use super::recurring::milliseconds;
use super::verb::{Key, Verb};
use super::work::Work;
use crate::model::Score;
use crate::scheduler::facts::{NodeIx, NodeKind, ResourceIx};
use crate::scheduler::failures;
use crate::scheduler::request::Request;

/// Carries out what reading the status asked for, in order of asking.
pub fn carry_out(work: &mut Work<'_, '_>) {
    for request in &work.facts.requests {
        match request {
            Request::Fence { node, reason, may_delay } => {
                if work.node(*node).kind != NodeKind::Guest {
                    work.add_fencing(*node, reason.clone(), *may_delay);
                }
            }
            Request::ClearFailCount { resource, node, .. } => clear_fail_count(work, *resource, *node),
            Request::ClearHistory { resource, node } => {
                work.request_once(*resource, Verb::ClearHistory, Some(*node), Need::Required);
            }
            Request::Recurring { resource, node, task, interval, .. } => {
                let key = Key::every(work.actions.verb(task), milliseconds(*interval));
                work.request(*resource, key, Some(*node), Need::Optional);
            }
            Request::Stop { resource, node } => {
                work.request_once(*resource, Verb::Stop, *node, Need::Required);
            }
            Request::Demote { resource, node } => {
                work.request_once(*resource, Verb::Demote, Some(*node), Need::Required);
            }
            Request::StopIsMoot { resource, node } => {
                let stops = work.actions.with_key_on(*resource, Key::once(Verb::Stop), *node);
                for stop in stops.collect::<Vec<_>>() {
                    work.actions.draft_mut(stop).need = Need::Optional;
                }
            }
        }
    }
    order_clears_after_fencing(work);
}

/// The failures of a connection that is left alone for a while are forgotten after its node has
/// been fenced.
fn order_clears_after_fencing(work: &mut Work<'_, '_>) {
    for request in &work.facts.requests {
        if let Request::ClearFailCount { resource, node, .. } = request {
            clear_fail_count(work, *resource, *node);
        }
    }
}

/// Forgets the failures of a resource on a node.
pub fn clear_fail_count(work: &mut Work<'_, '_>, resource: ResourceIx, node: NodeIx) {
    let clear = work.request_once(resource, Verb::ClearFailCount, Some(node), Need::Required);
    work.actions.draft_mut(clear).set_meta("op_no_wait", "true");
    let facts = work.resource(resource);
    if work.facts.properties.fencing_enabled
        && facts.reconnect_interval.is_some()
        && let Some(fence) =
            facts.connects.and_then(|remote| work.actions.of_node(work.fencing_verb(), remote))
    {
        work.actions.link_drafts(fence, clear, Relations::FIRST_REQUIRES_THEN);
    }
}

/// What found no place stops where it was asked to, and starts nowhere.
pub fn drop_unassigned(work: &mut Work<'_, '_>) {
    for (number, is_unassigned) in work.placement.is_unassigned.iter().enumerate() {
        if *is_unassigned {
            drop_actions(work, ResourceIx::at(number));
        }
    }
}

/// Lets go of every action that needs the resource to have a node.
pub fn drop_actions(work: &mut Work<'_, '_>, resource: ResourceIx) {
    for draft in work.actions.of_resource(resource) {
        let draft = work.actions.draft_mut(draft);
        if draft.verb == Verb::Stop {
            draft.need = Need::Required;
        } else if draft.verb == Verb::Start || is_watch(draft) {
            draft.ability = Ability::Blocked;
        }
    }
}

/// Whether a recurring action expects the resource to run.
fn is_watch(draft: &Draft) -> bool {
    draft.key.is_recurring() && draft.expected_rc != Some(7)
}

/// What is no longer configured need not remember its failures.
pub fn forget_removed(work: &mut Work<'_, '_>) {
    if !work.facts.properties.stop_removed_resources {
        return;
    }
    for resource in &work.facts.top {
        if !work.resource(*resource).is_removed {
            continue;
        }
        for node in work.facts.node_numbers() {
            let has_failed = failures::effective_count(work.facts, *resource, node, None) > Score::ZERO;
            if work.node(node).is_online && has_failed {
                clear_fail_count(work, *resource, node);
                let relations = Relations::ORDERED;
                work.order_keys((*resource, Verb::ClearFailCount), (*resource, Verb::Stop), relations);
            }
        }
    }
}
