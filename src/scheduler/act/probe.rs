//! Probes: finding out what runs on nodes where nobody has looked yet.

use super::draft::{DraftIx, Need};
use super::link::{Relations, Side};
use super::probe_walk::{self, Walk};
use super::unfencing;
use super::verb::{Key, Verb};
use super::work::Work;
use crate::model::Role;
use crate::model::constraint::Discovery;
use crate::scheduler::facts::{NodeIx, NodeKind, ResourceIx};
use crate::scheduler::variant::actions as variant;

/// Creates the probes that are missing, node by node.
pub fn act(work: &mut Work<'_, '_>) {
    let top = &work.facts.top;
    for node in work.facts.node_numbers() {
        let facts = work.node(node);
        if !facts.is_online {
            super::remote::fence_unreachable(work, node);
            continue;
        }
        if work.is_unclean(node) || !facts.probes_allowed {
            continue;
        }
        variant::probe_all(work, top, node);
    }
}

/// Creates the probe of a primitive on a node, if nobody has looked there and somebody may.
pub fn probe_primitive(work: &mut Work<'_, '_>, resource: ResourceIx, node: NodeIx) -> bool {
    if !may_probe(work, resource, node) {
        return false;
    }
    let facts = work.resource(resource);
    let probe = work.request_once(resource, Verb::Monitor, Some(node), Need::Required);
    work.actions.draft_mut(probe).need = Need::Required;
    unfencing::order_after(work, probe, node, Relations::ORDERED);
    let is_active_here = facts.active_on.contains(&node);
    let draft = work.actions.draft_mut(probe);
    if !is_active_here {
        draft.expected_rc = Some(7);
    } else if facts.current_role == Role::Promoted {
        draft.expected_rc = Some(8);
    }
    let can_run = draft.is_runnable();
    let top = work.facts.topmost(resource);
    let is_clone = work.resource(top).variant.is_clone();
    let subject = if is_clone { top } else { resource };
    let guards = !can_run && !work.any_leaf(subject, |leaf| work.is_active(leaf));
    let side = |verb| Side::Key(subject, Key::once(verb));
    let before_start = Relations::ORDERED | Relations::BLOCKS.when(guards);
    work.order(Side::Draft(probe), side(Verb::Start), before_start);
    work.order(Side::Draft(probe), side(Verb::Reload), Relations::ORDERED);
    true
}

fn may_probe(work: &mut Work<'_, '_>, resource: ResourceIx, node: NodeIx) -> bool {
    let facts = work.resource(resource);
    let is_connection = facts.connects.is_some();
    if !work.facts.properties.enable_startup_probes || facts.is_removed || facts.known_on.contains_key(&node)
    {
        return false;
    }
    if facts.launcher.is_some() && !is_connection {
        return false;
    }
    if work.node(node).is_remote() && (work.is_fence_device(resource) || is_connection) {
        return false;
    }
    let launches_guest = facts.launched.iter().any(|launched| work.resource(*launched).connects.is_some());
    if work.node(node).kind == NodeKind::Guest && launches_guest {
        return false;
    }
    let top = work.facts.topmost(resource);
    let is_exclusive = facts.discovery_exclusive || work.resource(top).discovery_exclusive;
    let discovery = facts.table.entry(node).map_or(work.node(node).discovery, |entry| entry.discovery);
    if discovery == Discovery::Never || (is_exclusive && discovery != Discovery::Exclusive) {
        return false;
    }
    work.node(node).kind != NodeKind::Guest || super::remote::may_probe_guest(work, resource, node)
}

/// Links probes to whatever must not happen before their answer is known, beyond the start of
/// their own resource. What is returned links the rest, once relations are settled.
pub fn link_beyond(work: &mut Work<'_, '_>) -> Walk {
    for (leaf, probes) in all_probes(work) {
        for probe in probes {
            probe_walk::guard_inactive(work, probe, leaf);
        }
    }
    let walk = Walk::new(work);
    link_stops(work);
    walk
}

/// The probes of each primitive that has any.
pub(super) fn all_probes(work: &Work<'_, '_>) -> Vec<(ResourceIx, Vec<DraftIx>)> {
    let leaves = work.facts.top.iter().flat_map(|top| work.facts.leaves(*top));
    let probes = leaves.map(|leaf| (leaf, work.actions.with_key(leaf, Key::once(Verb::Monitor)).to_vec()));
    probes.filter(|(_, probes)| !probes.is_empty()).collect()
}

/// What waits for a stop also waits for the probes of what is stopped.
fn link_stops(work: &mut Work<'_, '_>) {
    for ordering in work.actions.orderings.clone() {
        if work.side_key(ordering.first) != Key::once(Verb::Stop) {
            continue;
        }
        let (Some(stopped), waiting) =
            (work.side_resource(ordering.first), work.side_resource(ordering.then))
        else {
            continue;
        };
        let probes = work.actions.with_key(stopped, Key::once(Verb::Monitor)).to_vec();
        if probes.is_empty() || waiting == Some(stopped) {
            continue;
        }
        let is_own_launcher = waiting.is_some() && waiting == work.resource(stopped).launcher;
        if is_own_launcher && work.side_key(ordering.then) == Key::once(Verb::Stop) {
            continue;
        }
        let relations = probe_relations(ordering.relations);
        let waiters = match ordering.then {
            Side::Draft(draft) => vec![draft],
            Side::Key(resource, key) => work.actions.with_key(resource, key).to_vec(),
        };
        for probe in probes {
            for waiter in &waiters {
                if waits(work, probe, *waiter) {
                    work.actions.link_drafts(probe, *waiter, relations);
                }
            }
        }
    }
}

fn probe_relations(relations: Relations) -> Relations {
    if relations == Relations::SAME_NODE_IF_REQUIRED || relations == Relations::LOAD {
        return relations;
    }
    let kept = |relation| if relations.has(relation) { relation } else { Relations::NONE };
    Relations::ORDERED | kept(Relations::UNLESS_MIGRATING) | kept(Relations::SAME_NODE)
}

fn waits(work: &Work<'_, '_>, probe: DraftIx, waiter: DraftIx) -> bool {
    let (probe, waiter) = (work.actions.draft(probe), work.actions.draft(waiter));
    if waiter.verb == Verb::FenceOn {
        waiter.node != probe.node
    } else {
        waiter.verb != Verb::Shutdown || waiter.node == probe.node
    }
}
