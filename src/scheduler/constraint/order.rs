//! What an order between resources means for their actions.

use std::sync::Arc;

use super::lookup::Expansion;
use super::product::{self, Acting};
use crate::model::ResourceId;
use crate::model::constraint::{Order, OrderAction, OrderKind, OrderScope, ResourceSet};
use crate::scheduler::act::draft::{DraftIx, Minimum, Need};
use crate::scheduler::act::link::{Relations, Side};
use crate::scheduler::act::verb::{Key, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{ResourceIx, Variant};

/// Adds the orderings of an order that somebody wrote. Names that mean nothing void it.
pub fn apply(work: &mut Work<'_, '_>, order: &Order) {
    match &order.scope {
        OrderScope::Pair { first, then, first_action, then_action, require_all } => {
            let first_action = first_action.unwrap_or(OrderAction::Start);
            let ends = Ends { first_action, then_action: then_action.unwrap_or(first_action) };
            let strength = Strength::of(order);
            let lookup = &work.placement.lookup;
            match (lookup.expand(first), lookup.expand(then)) {
                (Expansion::Resource(first), Expansion::Resource(then)) => {
                    apply_pair(work, order, (first, then), ends, *require_all != Some(false), strength);
                }
                (Expansion::Unknown, _) | (_, Expansion::Unknown) => {}
                (
                    Expansion::Resource(_) | Expansion::Several(_),
                    Expansion::Resource(_) | Expansion::Several(_),
                ) => {
                    let side = |id: &ResourceId, action| ResourceSet {
                        resources: vec![id.clone()],
                        sequential: Some(false),
                        action: Some(action),
                        ..ResourceSet::default()
                    };
                    let sets = [side(first, ends.first_action), side(then, ends.then_action)];
                    apply_sets(work, &sets, strength);
                }
            }
        }
        OrderScope::Sets(sets) => apply_sets(work, sets, Strength::of(order)),
    }
}

/// How strong an order is, with defaults filled in.
#[derive(Debug, Clone, Copy)]
struct Strength {
    kind: OrderKind,
    is_symmetrical: bool,
}

/// The two actions that an order joins.
#[derive(Debug, Clone, Copy)]
struct Ends {
    first_action: OrderAction,
    then_action: OrderAction,
}

impl Strength {
    fn of(order: &Order) -> Self {
        let is_zero = order.score.is_some_and(|score| score.value() == 0);
        let default = if is_zero { OrderKind::Optional } else { OrderKind::Mandatory };
        Self::new(order.kind.unwrap_or(default), order.symmetrical)
    }

    fn new(kind: OrderKind, symmetrical: Option<bool>) -> Self {
        Self { kind, is_symmetrical: kind != OrderKind::Serialize && symmetrical != Some(false) }
    }

    /// Within one set, the set's own words come first.
    fn within(self, set: &Members) -> Self {
        let symmetrical = set.symmetrical.unwrap_or(self.is_symmetrical);
        Self::new(set.kind.unwrap_or(self.kind), Some(symmetrical))
    }

    fn forward(self, first_action: OrderAction) -> Relations {
        match self.kind {
            OrderKind::Optional => Relations::ORDERED,
            OrderKind::Serialize => Relations::SERIALIZES,
            OrderKind::Mandatory if !self.is_symmetrical => Relations::ORDERED | Relations::ASYMMETRICAL,
            OrderKind::Mandatory => {
                let is_upward = matches!(first_action, OrderAction::Start | OrderAction::Promote);
                Relations::ORDERED | Relations::FIRST_REQUIRES_THEN | Relations::BLOCKS.when(is_upward)
            }
        }
    }

    fn backward(self) -> Relations {
        match self.kind {
            OrderKind::Optional => Relations::ORDERED,
            OrderKind::Serialize => Relations::NONE,
            OrderKind::Mandatory => Relations::ORDERED | Relations::THEN_REQUIRES_FIRST,
        }
    }
}

/// The verb of an action that orders name.
pub fn verb_of(action: OrderAction) -> Verb {
    match action {
        OrderAction::Start => Verb::Start,
        OrderAction::Stop => Verb::Stop,
        OrderAction::Promote => Verb::Promote,
        OrderAction::Demote => Verb::Demote,
    }
}

fn apply_pair(
    work: &mut Work<'_, '_>,
    order: &Order,
    (first, then): (ResourceIx, ResourceIx),
    ends: Ends,
    needs_all: bool,
    strength: Strength,
) {
    let forward = strength.forward(ends.first_action);
    let (first_verb, then_verb) = (verb_of(ends.first_action), verb_of(ends.then_action));
    match needed_instances(work, first, needs_all) {
        Some(wanted) => {
            let key = Key::once(Verb::EnoughOfClone);
            let enough = add_minimum(work, key, order.id.to_shared(), wanted);
            for instance in work.resource(first).children.clone() {
                let relations = Relations::COUNTS | Relations::FIRST_SHOWS_THEN;
                work.order(Side::Key(instance, Key::once(first_verb)), Side::Draft(enough), relations);
            }
            let side = Side::Key(then, Key::once(then_verb));
            work.order(Side::Draft(enough), side, forward | Relations::BLOCKS);
        }
        None => work.order_keys((first, first_verb), (then, then_verb), forward),
    }
    if strength.is_symmetrical {
        order_back(work, (first, ends.first_action), (then, ends.then_action), strength);
    }
}

/// What undoes then comes before what undoes first.
fn order_back(
    work: &mut Work<'_, '_>,
    (first, first_action): (ResourceIx, OrderAction),
    (then, then_action): (ResourceIx, OrderAction),
    strength: Strength,
) {
    let then_end = (then, verb_of(then_action.inverse()));
    let first_end = (first, verb_of(first_action.inverse()));
    work.order_keys(then_end, first_end, strength.backward());
}

/// How many instances of a first clone suffice, if not all are needed.
fn needed_instances(work: &Work<'_, '_>, first: ResourceIx, needs_all: bool) -> Option<u32> {
    let Variant::Clone(clone) = &work.resource(first).variant else { return None };
    match clone.clone_min {
        Some(wanted) if wanted > 0 => Some(wanted),
        Some(_) | None => (!needs_all).then_some(1),
    }
}

fn add_minimum(work: &mut Work<'_, '_>, key: Key, name: Arc<str>, wanted: u32) -> DraftIx {
    let enough = work.add_pseudo(None, key, Need::Optional);
    let draft = work.actions.draft_mut(enough);
    draft.minimum = Some(Minimum { wanted, seen: 0 });
    draft.name = Some(name);
    enough
}

/// A set with its names resolved.
struct Members {
    id: Arc<str>,
    resources: Vec<ResourceIx>,
    sequential: Option<bool>,
    needs_all: bool,
    action: OrderAction,
    kind: Option<OrderKind>,
    symmetrical: Option<bool>,
}

fn resolve(work: &Work<'_, '_>, set: &ResourceSet) -> Option<Members> {
    let resources: Option<Vec<_>> = work.placement.lookup.members(&set.resources).into_iter().collect();
    let resources = resources?;
    Some(Members {
        id: set.id.clone().unwrap_or_else(|| Arc::from("")),
        resources,
        sequential: set.sequential,
        needs_all: set.require_all != Some(false),
        action: set.action.unwrap_or(OrderAction::Start),
        kind: set.kind,
        symmetrical: set.symmetrical,
    })
}

fn apply_sets(work: &mut Work<'_, '_>, sets: &[ResourceSet], strength: Strength) {
    let mut previous: Option<Members> = None;
    for set in sets {
        let Some(set) = resolve(work, set) else { return };
        order_within(work, &set, strength.within(&set));
        if let Some(previous) = previous {
            let relations = strength.forward(previous.action);
            order_between(
                work,
                (&previous, previous.action),
                (&set, set.action),
                relations,
                Direction::Forward,
            );
            if strength.is_symmetrical {
                let first = (&set, set.action.inverse());
                let then = (&previous, previous.action.inverse());
                order_between(work, first, then, strength.backward(), Direction::Backward);
            }
        }
        previous = Some(set);
    }
}

fn order_within(work: &mut Work<'_, '_>, set: &Members, strength: Strength) {
    let verb = verb_of(set.action);
    if strength.kind == OrderKind::Serialize {
        for (position, then) in set.resources.iter().enumerate() {
            for first in &set.resources[..position] {
                work.order_keys((*first, verb), (*then, verb), Relations::SERIALIZES);
            }
        }
        return;
    }
    if set.sequential == Some(false) {
        return;
    }
    for pair in set.resources.windows(2) {
        work.order_keys((pair[0], verb), (pair[1], verb), strength.forward(set.action));
    }
    if strength.is_symmetrical {
        for pair in set.resources.windows(2) {
            order_back(work, (pair[0], set.action), (pair[1], set.action), strength);
        }
    }
}

/// Whether sets are joined as written, or the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Backward,
}

/// Which of a set's members face another set: all, or the one at the end where the set is
/// explicitly sequential.
fn facing(set: &Members, is_last: bool) -> &[ResourceIx] {
    match (set.sequential, set.resources.as_slice()) {
        (Some(true), [.., last]) if is_last => std::slice::from_ref(last),
        (Some(true), [first, ..]) => std::slice::from_ref(first),
        (Some(_) | None, all) => all,
    }
}

fn order_between(
    work: &mut Work<'_, '_>,
    (first, first_action): (&Members, OrderAction),
    (then, then_action): (&Members, OrderAction),
    relations: Relations,
    direction: Direction,
) {
    let (first_verb, then_verb) = (verb_of(first_action), verb_of(then_action));
    if !first.needs_all && !first_verb.is_downward() {
        let enough = add_minimum(work, Key::once(Verb::EnoughOfSet), Arc::clone(&first.id), 1);
        for member in &first.resources {
            let counts = Relations::COUNTS | Relations::FIRST_SHOWS_THEN;
            work.order(Side::Key(*member, Key::once(first_verb)), Side::Draft(enough), counts);
        }
        for member in &then.resources {
            let side = Side::Key(*member, Key::once(then_verb));
            work.order(Side::Draft(enough), side, relations | Relations::BLOCKS);
        }
        return;
    }
    let is_forward = direction == Direction::Forward;
    let before = Acting { resources: facing(first, is_forward), verb: first_verb };
    let after = Acting { resources: facing(then, !is_forward), verb: then_verb };
    product::order_all(work, before, after, relations, &first.id);
}
