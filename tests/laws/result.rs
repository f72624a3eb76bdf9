//! Laws about where things are placed, and about the orders that were asked for.

use std::collections::{BTreeMap, BTreeSet};

use quorate::model::Score;
use quorate::model::constraint::{Constraint, Order, OrderAction, OrderKind, OrderScope};
use quorate::scheduler::facts::{Facts, ResourceIx, Variant};
use quorate::scheduler::{Action, ActionId, ActionKind, Task};

use crate::Case;
use crate::ring::{Wishes, top};

/// What is managed is never placed on a node that a constraint forbids. What goes where something else
/// is goes there whatever it would like itself: what lives in a container, and later members of a group
/// of which one is left as it is.
pub(crate) fn respects_locations(case: &Case<'_>) -> Option<String> {
    let facts = &case.placement.facts;
    let wishes = Wishes::of_place(case);
    for location in case.placement.locations.iter().filter(|location| location.role.is_none()) {
        for (node, score) in &location.nodes {
            let banned = facts.leaves(location.resource).into_iter().find(|leaf| {
                *score <= Score::MINUS_INFINITY
                    && facts.resource(*leaf).is_managed
                    && !lives_in_a_container(facts, *leaf)
                    && !follows_what_is_left_alone(case, *leaf)
                    && !is_given_a_place_by_a_ring(case, &wishes, *leaf)
                    && case.placement.assigned[leaf.index()] == Some(*node)
            });
            if let Some(leaf) = banned {
                return Some(format!("{} on {}", facts.resource(leaf).id, facts.node(*node).name));
            }
        }
    }
    None
}

/// Whether its place is that of a container or a machine.
fn lives_in_a_container(facts: &Facts<'_>, leaf: ResourceIx) -> bool {
    let known = facts.resource(leaf);
    let inside = |parent| matches!(facts.resource(parent).variant, Variant::Bundle(_));
    known.launcher.is_some()
        || known.parent.is_some_and(|parent| inside(parent) || lives_in_a_container(facts, parent))
}

/// A member of a group that is in a ring of wishes may get its place before the group does. It is not
/// started there.
fn is_given_a_place_by_a_ring(case: &Case<'_>, wishes: &Wishes, leaf: ResourceIx) -> bool {
    let facts = &case.placement.facts;
    let id = Some(&*facts.resource(leaf).id);
    let starts = |action: &Action| action.task == Task::Start && action.instance.as_deref() == id;
    wishes.ring_through(&top(facts, leaf)) && !case.schedule.transition.actions.iter().any(starts)
}

/// Whether an earlier member of its group is not managed.
fn follows_what_is_left_alone(case: &Case<'_>, leaf: ResourceIx) -> bool {
    let facts = &case.placement.facts;
    let parent = facts.resource(leaf).parent.map(|parent| facts.resource(parent));
    let group = parent.filter(|parent| matches!(parent.variant, Variant::Group(_)));
    let members = group.map_or(&[][..], |group| &group.children);
    members.iter().take_while(|member| **member != leaf).any(|member| !facts.resource(*member).is_managed)
}

/// Plain primitives that must share a node do, and that must not do not. Where the wishes form a ring,
/// who is placed first cannot know where the other will go, and nothing is promised.
pub(crate) fn respects_colocations(case: &Case<'_>) -> Option<String> {
    let facts = &case.placement.facts;
    let is_plain = |resource: ResourceIx| {
        let known = facts.resource(resource);
        matches!(known.variant, Variant::Primitive(_))
            && known.is_managed
            && !lives_in_a_container(facts, resource)
    };
    let wishes = Wishes::of_place(case);
    let plain = case.placement.colocations.iter().filter(|record| {
        record.score.is_mandatory()
            && record.node_attribute.is_none()
            && record.dependent_role.is_none()
            && record.primary_role.is_none()
            && is_plain(record.dependent)
            && is_plain(record.primary)
            && facts.resource(record.dependent).parent.is_none()
            && facts.resource(record.primary).parent.is_none()
            && !wishes.reach(&top(facts, record.primary), &top(facts, record.dependent))
    });
    for record in plain {
        let node_of = |resource: ResourceIx| case.placement.assigned[resource.index()];
        let (here, there) = (node_of(record.dependent), node_of(record.primary));
        let is_wrong = if record.score >= Score::INFINITY {
            here.is_some() && here != there
        } else {
            here.is_some() && here == there
        };
        if is_wrong {
            return Some(format!("{}: {here:?} and {there:?}", record.id));
        }
    }
    None
}

/// A start that must wait for another comes after it, where both happen. Left out are clones of which
/// some instances suffice, what is to run inside what waits for it, which cannot be, and a collective
/// that only begins to start where a weaker order of the same two is written first: of two links that
/// both order, the first stands (specification of actions, section 11.1).
pub(crate) fn respects_orders(case: &Case<'_>) -> Option<String> {
    let actions = &case.schedule.transition.actions;
    let by_id: BTreeMap<ActionId, &Action> = actions.iter().map(|action| (action.id, action)).collect();
    let start = |id: &str| {
        let is_start =
            |action: &&Action| action.task == Task::Start && action.instance.as_deref() == Some(id);
        actions.iter().find(is_start)
    };
    let is_mandatory =
        |order: &Order| order.score.is_none() && order.kind.is_none_or(|kind| kind == OrderKind::Mandatory);
    let constraints = &case.cib.cluster.constraints;
    for (number, constraint) in constraints.iter().enumerate() {
        let Constraint::Order(order) = constraint else { continue };
        let OrderScope::Pair { first, then, first_action, then_action, .. } = &order.scope else { continue };
        let is_start =
            |action: &Option<OrderAction>| action.is_none_or(|action| action == OrderAction::Start);
        if !is_mandatory(order) || !is_start(first_action) || !is_start(then_action) {
            continue;
        }
        let ids = [first, then];
        let (Some(first), Some(then)) = (start(first.as_str()), start(then.as_str())) else { continue };
        if some_suffice(case, first) || is_inside(case, first, then) {
            continue;
        }
        let is_weaker = |earlier: &Constraint| {
            let Constraint::Order(earlier) = earlier else { return false };
            let OrderScope::Pair { first, then, first_action, then_action, .. } = &earlier.scope else {
                return false;
            };
            let is_of_both = [first, then] == ids && is_start(first_action) && is_start(then_action);
            is_of_both && !is_mandatory(earlier)
        };
        if !completes(case, first) && constraints.iter().take(number).any(is_weaker) {
            continue;
        }
        if !comes_before(first.id, then, &by_id) {
            return Some(format!("{} does not wait for {}", then.key, first.key));
        }
    }
    None
}

/// Whether what starts will have started: for a collective that is a point of its own.
fn completes(case: &Case<'_>, start: &Action) -> bool {
    let is_completion =
        |action: &Action| action.instance == start.instance && action.task == Task::Pseudo("running".into());
    start.kind != ActionKind::Pseudo || case.schedule.transition.actions.iter().any(is_completion)
}

fn some_suffice(case: &Case<'_>, first: &Action) -> bool {
    let clones = case.placement.facts.resources.iter().filter_map(|resource| match &resource.variant {
        Variant::Clone(clone) => Some((&resource.id, clone.clone_min)),
        Variant::Primitive(_) | Variant::Group(_) | Variant::Bundle(_) => None,
    });
    clones.into_iter().any(|(id, least)| least.is_some() && Some(id) == first.instance.as_ref())
}

/// Whether the first is on a node that the other launches.
fn is_inside(case: &Case<'_>, first: &Action, then: &Action) -> bool {
    let facts = &case.placement.facts;
    let node = first.node.as_ref().and_then(|node| facts.node_named(node.as_str()));
    let connection = node.and_then(|node| facts.node(node).connection);
    let launcher = connection.and_then(|connection| facts.resource(connection).launcher);
    launcher.is_some_and(|launcher| Some(&facts.resource(launcher).id) == then.instance.as_ref())
}

fn comes_before(first: ActionId, then: &Action, by_id: &BTreeMap<ActionId, &Action>) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = then.after.clone();
    while let Some(id) = open.pop() {
        if id == first {
            return true;
        }
        if let Some(action) = by_id.get(&id).filter(|_| seen.insert(id)) {
            open.extend(&action.after);
        }
    }
    false
}
