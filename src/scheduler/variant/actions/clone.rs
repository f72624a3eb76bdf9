//! What a clone means for actions.

use super::instance::{self, When};
use super::notice;
use crate::model::constraint::Discovery;
use crate::scheduler::act::draft::Effective;
use crate::scheduler::act::draft::{Ability, Draft, DraftIx, Need};
use crate::scheduler::act::link::Relations;
use crate::scheduler::act::verb::{Key, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{NodeIx, ResourceIx, Variant};

/// Adds the orderings between a clone's actions and its instances', and between its instances.
pub fn order_inside(work: &mut Work<'_, '_>, clone: ResourceIx) {
    let facts = work.resource(clone);
    let Variant::Clone(limits) = &facts.variant else { return };
    let is_promotable = facts.is_promotable;
    work.order_keys((clone, Verb::Stopped), (clone, Verb::Start), Relations::ORDERED);
    work.order_keys((clone, Verb::Start), (clone, Verb::Running), Relations::BLOCKS);
    work.order_keys((clone, Verb::Stop), (clone, Verb::Stopped), Relations::BLOCKS);
    if is_promotable {
        work.order_keys((clone, Verb::Demoted), (clone, Verb::Stop), Relations::ORDERED);
        work.order_keys((clone, Verb::Running), (clone, Verb::Promote), Relations::BLOCKS);
    }
    let instances = by_number(work, clone);
    for (position, instance) in instances.iter().copied().enumerate() {
        super::order_inside(work, instance);
        let shows = Relations::THEN_SHOWS_FIRST;
        work.order_keys((clone, Verb::Start), (instance, Verb::Start), Relations::BLOCKS | shows);
        work.order_keys((instance, Verb::Start), (clone, Verb::Running), Relations::FIRST_SHOWS_THEN);
        work.order_keys((clone, Verb::Stop), (instance, Verb::Stop), shows);
        work.order_keys((instance, Verb::Stop), (clone, Verb::Stopped), Relations::FIRST_SHOWS_THEN);
        if limits.is_ordered {
            for later in instances.iter().skip(position + 1) {
                work.order_keys((instance, Verb::Start), (*later, Verb::Start), Relations::ORDERED);
                work.order_keys((*later, Verb::Stop), (instance, Verb::Stop), Relations::ORDERED);
            }
        }
    }
    if is_promotable {
        order_restart(work, clone);
        order_promotions(work, clone, limits.is_ordered);
    }
}

/// The instances of a clone by number; placing them may have put them in another order.
fn by_number(work: &Work<'_, '_>, clone: ResourceIx) -> Vec<ResourceIx> {
    let mut instances = work.resource(clone).children.clone();
    instances.sort_unstable();
    instances
}

/// A collective goes all the way down before it comes up again.
pub fn order_restart(work: &mut Work<'_, '_>, collective: ResourceIx) {
    for (first, then) in [
        (Verb::Stopped, Verb::Start),
        (Verb::Stopped, Verb::Promote),
        (Verb::Demoted, Verb::Stop),
        (Verb::Demoted, Verb::Start),
        (Verb::Demoted, Verb::Promote),
        (Verb::Running, Verb::Promote),
        (Verb::Demote, Verb::Demoted),
    ] {
        work.order_keys((collective, first), (collective, then), Relations::ORDERED);
    }
}

fn order_promotions(work: &mut Work<'_, '_>, clone: ResourceIx, is_ordered: bool) {
    let mut previous = None;
    for instance in by_number(work, clone) {
        let ordered = Relations::ORDERED;
        work.order_keys((instance, Verb::Demote), (instance, Verb::Promote), ordered);
        work.order_keys((clone, Verb::Promote), (instance, Verb::Promote), ordered);
        work.order_keys((instance, Verb::Promote), (clone, Verb::Promoted), ordered);
        if let Some(previous) = previous.filter(|_| is_ordered) {
            work.order_keys((previous, Verb::Promote), (instance, Verb::Promote), ordered);
        }
        work.order_keys((clone, Verb::Demote), (instance, Verb::Demote), Relations::THEN_SHOWS_FIRST);
        work.order_keys((instance, Verb::Demote), (clone, Verb::Demoted), Relations::FIRST_SHOWS_THEN);
        if let Some(previous) = previous.filter(|_| is_ordered) {
            work.order_keys((instance, Verb::Demote), (previous, Verb::Demote), ordered);
        }
        previous = Some(instance);
    }
}

/// Creates the instances' actions, then the clone's own.
pub fn act(work: &mut Work<'_, '_>, clone: ResourceIx) {
    for instance in &work.resource(clone).children {
        super::act(work, *instance);
    }
    let kinds = Steps::of(work, clone);
    add_step(work, clone, Verb::Start, kinds.starting);
    let running = add_completion(work, clone, Verb::Running, kinds.starting);
    if !kinds.any_active && !kinds.starting {
        work.actions.draft_mut(running).ability = Ability::Blocked;
    }
    let stop = add_step(work, clone, Verb::Stop, kinds.stopping);
    work.actions.draft_mut(stop).is_migratable = !kinds.restarting;
    add_completion(work, clone, Verb::Stopped, kinds.stopping);
    notice::add_points(work, clone, &[Verb::Start, Verb::Stop]);
    if work.resource(clone).is_promotable {
        add_step(work, clone, Verb::Promote, kinds.promoting);
        add_completion(work, clone, Verb::Promoted, kinds.promoting);
        notice::add_points(work, clone, &[Verb::Promote]);
        add_step(work, clone, Verb::Demote, kinds.demoting);
        add_completion(work, clone, Verb::Demoted, kinds.demoting);
        notice::add_points(work, clone, &[Verb::Demote]);
    }
}

/// Takes over what the instances' actions came to, and tells them of each other.
pub fn complete(work: &mut Work<'_, '_>, clone: ResourceIx) {
    for draft in work.actions.of_resource(clone).into_iter().rev() {
        effective(work, clone, draft, None);
    }
    notice::tell(work, clone);
}

/// Adds a step of a collective.
pub fn add_step(work: &mut Work<'_, '_>, collective: ResourceIx, verb: Verb, is_required: bool) -> DraftIx {
    work.add_pseudo(Some(collective), Key::once(verb), Need::when(is_required))
}

/// Adds the completion of a step, which should not wait for anything else.
pub fn add_completion(
    work: &mut Work<'_, '_>,
    collective: ResourceIx,
    verb: Verb,
    is_required: bool,
) -> DraftIx {
    let completion = add_step(work, collective, verb, is_required);
    work.actions.draft_mut(completion).priority = 1_000_000;
    completion
}

/// What the leaves of a collective are about to do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Steps {
    /// Some leaf starts.
    pub starting: bool,
    /// Some leaf stops.
    pub stopping: bool,
    /// Some leaf does both.
    pub restarting: bool,
    /// Some leaf is promoted.
    pub promoting: bool,
    /// Some leaf is demoted.
    pub demoting: bool,
    /// Some leaf is active.
    pub any_active: bool,
}

impl Steps {
    /// Looks at all leaves of a collective.
    pub fn of(work: &Work<'_, '_>, collective: ResourceIx) -> Self {
        Self::of_leaves(work, work.facts.leaves(collective))
    }

    /// Looks at these leaves.
    pub fn of_leaves(work: &Work<'_, '_>, leaves: impl IntoIterator<Item = ResourceIx>) -> Self {
        let mut steps = Self::default();
        for leaf in leaves {
            let any = |verb: Verb, test: fn(&Draft) -> bool| {
                let drafts = work.actions.with_key(leaf, Key::once(verb)).iter();
                drafts.map(|draft| work.actions.draft(*draft)).any(|draft| draft.is_required() && test(draft))
            };
            let starts = any(Verb::Start, Draft::is_runnable);
            let stops = any(Verb::Stop, |stop| stop.is_runnable() || stop.is_pseudo);
            steps.starting |= starts;
            steps.stopping |= stops;
            steps.restarting |= starts && stops;
            steps.promoting |= any(Verb::Promote, |_| true);
            steps.demoting |= any(Verb::Demote, |_| true);
            steps.any_active |= work.is_active(leaf);
        }
        steps
    }
}

/// Creates the probes of a clone on a node: of every instance if they are told apart, else of the
/// one that is known, placed or first there.
pub fn probe(work: &mut Work<'_, '_>, clone: ResourceIx, node: NodeIx) -> bool {
    let facts = work.resource(clone);
    let discovery = facts.table.entry(node).map(|entry| entry.discovery);
    if facts.discovery_exclusive && discovery != Some(Discovery::Exclusive) {
        work.state_mut(clone).closed_on.push(node);
        return false;
    }
    if work.is_told_apart(clone) {
        return super::probe_all(work, &facts.children, node);
    }
    let is_known = |instance: &ResourceIx| {
        work.any_leaf(*instance, |leaf| work.resource(leaf).known_on.contains_key(&node))
    };
    let is_placed = |instance: &ResourceIx| instance::node_at(work, *instance, When::Next) == Some(node);
    let instances = &facts.children;
    let chosen = instances
        .iter()
        .find(|instance| is_known(instance))
        .or_else(|| instances.iter().find(|instance| is_placed(instance)))
        .or_else(|| instances.first());
    chosen.copied().is_some_and(|chosen| super::probe(work, chosen, node))
}

/// Where a clone's action stands in effect: required or runnable if it is for any instance. What
/// instances require is kept; asked about one node, being runnable on any is enough.
pub fn effective(
    work: &mut Work<'_, '_>,
    clone: ResourceIx,
    draft: DraftIx,
    node: Option<NodeIx>,
) -> Effective {
    let instances = work.resource(clone).children.clone();
    of_instances(work, &instances, draft, node)
}

/// As [`effective`], for the instances given.
pub fn of_instances(
    work: &mut Work<'_, '_>,
    instances: &[ResourceIx],
    draft: DraftIx,
    node: Option<NodeIx>,
) -> Effective {
    let anywhere = sum_up(work, instances, draft, None);
    let here = match node {
        Some(_) => {
            let here = sum_up(work, instances, draft, node);
            Effective { ability: here.ability.max(anywhere.ability), ..here }
        }
        None => anywhere,
    };
    let entry = work.actions.draft(draft);
    let need = entry.need.max(here.need);
    let ability = if node.is_none() { entry.ability.min(anywhere.ability) } else { entry.ability };
    work.actions.revise(draft, need, ability);
    here
}

fn sum_up(
    work: &mut Work<'_, '_>,
    instances: &[ResourceIx],
    draft: DraftIx,
    node: Option<NodeIx>,
) -> Effective {
    let entry = work.actions.draft(draft);
    let (key, is_migratable) = (entry.key, entry.is_migratable);
    // A notification stands where the step stands that it is about.
    let verb = key.notice.and_then(|notice| notice.about).unwrap_or(key.verb);
    let mut sum = Effective { need: Need::Optional, ability: Ability::Blocked, is_migratable };
    for instance in instances {
        let is_leaf = work.resource(*instance).primitive().is_some();
        let verb = if is_leaf { verb.step() } else { verb };
        let wanted = Key { verb, notice: None, ..key };
        if !is_leaf && node.is_some() && instance::node_at(work, *instance, When::Next) != node {
            continue;
        }
        let node = node.filter(|_| is_leaf);
        let drafts = work.actions.with_key(*instance, wanted).iter().rev().copied();
        let found =
            drafts.into_iter().find(|draft| node.is_none() || work.actions.draft(*draft).node == node);
        let Some(action) = found else { continue };
        let effective = super::effective(work, action, None);
        sum.need = sum.need.max(effective.need);
        sum.ability = sum.ability.max(effective.ability);
    }
    sum
}
