//! The graph: which actions happen, and which of their links are real.

use std::collections::{BTreeMap, BTreeSet};

use super::render::{Renderer, task};
use crate::scheduler::act::draft::{Draft, DraftIx, Need};
use crate::scheduler::act::link::{Link, LinkIx, Relations};
use crate::scheduler::act::verb::Verb;
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::NodeIx;
use crate::scheduler::schedule::Stalled;
use crate::scheduler::transition::{Action, ActionId, Transition};
use crate::scheduler::variant::actions as variant;

/// Drops links by which something on a guest would wait for the guest's own launcher.
pub(super) fn drop_guest_links(work: &mut Work<'_, '_>) {
    for number in 0..work.actions.links.len() {
        let link = work.actions.links[number];
        let first = work.actions.draft(link.first);
        let launcher = launcher_below(work, first.node.filter(|_| first.resource.is_some()));
        if launcher.is_some()
            && work.actions.draft(link.then).resource == launcher
            && !link.relations.has(Relations::GUEST_ALLOWED)
        {
            work.actions.links[number].relations = Relations::NONE;
        }
    }
}

fn launcher_below(work: &Work<'_, '_>, node: Option<NodeIx>) -> Option<crate::scheduler::ResourceIx> {
    let connection = work.node(node?).connection?;
    work.resource(connection).launcher
}

/// Adds what depends on everything else being settled: what clones tell their instances, and
/// whether remote nodes are in maintenance.
pub(super) fn complete(work: &mut Work<'_, '_>) {
    for resource in &work.facts.top {
        variant::complete(work, *resource);
    }
    for draft in work.actions.draft_numbers() {
        if work.actions.draft(draft).join.is_some() {
            let stands_between = stands_between(work, draft);
            let joint = work.actions.draft_mut(draft);
            joint.need = Need::Optional;
            joint.is_shown = stands_between;
        }
    }
}

/// Whether something happens on both sides of a point, so that it is needed.
fn stands_between(work: &Work<'_, '_>, joint: DraftIx) -> bool {
    let happens = |draft: DraftIx| is_included(work, work.actions.draft(draft));
    let joint = work.actions.draft(joint);
    let mut after = joint.successors.iter().map(|link| work.actions.link(*link));
    relevant_inputs(work, joint).any(happens)
        && after.any(|link| !link.relations.is_empty() && happens(link.then))
}

/// Whether an action happens.
pub(super) fn is_included(work: &Work<'_, '_>, draft: &Draft) -> bool {
    if !draft.is_runnable() || !(draft.is_required() || draft.is_shown) {
        return false;
    }
    if let Some(resource) = draft.resource {
        let is_watch = draft.verb == Verb::Monitor || draft.key.is_recurring();
        if !work.resource(resource).is_managed && !is_watch {
            return false;
        }
    }
    let is_clusters = draft.is_pseudo || draft.verb.is_fencing();
    is_clusters
        || matches!(draft.verb, Verb::FenceOn | Verb::Shutdown)
        || draft.node.is_some_and(|node| draft.verb == Verb::ClearHistory || work.is_usable(node))
}

/// Whether an action really waits for the first action of a link.
pub(super) fn is_relevant(work: &Work<'_, '_>, link: &Link) -> bool {
    let relations = link.relations;
    if relations.is_empty() {
        return false;
    }
    let (first, then) = (work.actions.draft(link.first), work.actions.draft(link.then));
    if !first.is_runnable() {
        let weak = Relations::ORDERED | Relations::THEN_SHOWS_FIRST | Relations::FIRST_SHOWS_THEN;
        if relations.without(weak).is_empty() || relations.has_any(Relations::COUNTS | Relations::MIGRATES) {
            return false;
        }
    }
    if relations.has(Relations::UNLESS_MIGRATING) && first.is_migratable {
        return false;
    }
    if relations == Relations::ORDERED && first.is_migratable && first.key.verb == Verb::Stop {
        return false;
    }
    if relations == Relations::LOAD {
        return is_load_relevant(work, first, then);
    }
    if relations == Relations::SAME_NODE_IF_REQUIRED {
        let is_apart = first.node.is_some() && then.node.is_some() && first.node != then.node;
        return !is_apart && first.is_required();
    }
    if is_lost_stop(work, first, then) {
        return false;
    }
    first.is_required() || first.is_shown
}

fn is_load_relevant(work: &Work<'_, '_>, first: &Draft, then: &Draft) -> bool {
    if then.verb == Verb::MigrateTo {
        return first.node == then.resource.and_then(|resource| work.assigned(resource));
    }
    first.node == then.node && first.is_required()
}

/// A failed stop of something unmanaged does not hold up a clone.
fn is_lost_stop(work: &Work<'_, '_>, first: &Draft, then: &Draft) -> bool {
    let (Some(stopped), Some(waiting)) = (first.resource, then.resource) else { return false };
    first.verb == Verb::Stop
        && stopped != waiting
        && !work.resource(stopped).is_managed
        && work.state(stopped).is_failed
        && work.resource(waiting).variant.is_clone()
}

/// The inputs that an action really waits for.
pub(super) fn relevant_inputs<'w>(
    work: &'w Work<'_, '_>,
    draft: &'w Draft,
) -> impl Iterator<Item = DraftIx> + 'w {
    let links = draft.inputs.iter().map(|link: &LinkIx| work.actions.link(*link));
    links.filter(|link| is_relevant(work, link)).map(|link| link.first)
}

/// Draws the transition from the settled actions. What waits for itself is told apart from it.
pub(super) fn build(work: &Work<'_, '_>) -> (Transition, Vec<Stalled>) {
    let is_in: Vec<bool> = work.actions.drafts.iter().map(|draft| is_included(work, draft)).collect();
    let mut inputs: BTreeMap<DraftIx, Vec<DraftIx>> = BTreeMap::new();
    for number in work.actions.draft_numbers().filter(|draft| is_in[draft.index()]) {
        let draft = work.actions.draft(number);
        let mut list: Vec<_> = relevant_inputs(work, draft).filter(|first| is_in[first.index()]).collect();
        list.sort_unstable();
        list.dedup();
        inputs.insert(number, list);
    }
    let mut renderer = Renderer::new(work);
    let mut actions: Vec<Action> = Vec::with_capacity(inputs.len());
    let order = in_order(&inputs);
    let stalled = if order.len() < inputs.len() { stalled(work, &inputs, &order) } else { Vec::new() };
    for number in order {
        let after = inputs.get(&number).into_iter().flatten().map(|first| id_of(*first)).collect();
        actions.push(Action { after, ..renderer.render(id_of(number), number) });
    }
    let properties = &work.facts.properties;
    let transition = Transition {
        actions,
        batch_limit: properties.batch_limit,
        migration_limit: properties.migration_limit,
        start_failure_is_fatal: properties.start_failure_is_fatal,
    };
    (transition, stalled)
}

/// What was left out of the order, as it waits for itself.
fn stalled(work: &Work<'_, '_>, inputs: &BTreeMap<DraftIx, Vec<DraftIx>>, order: &[DraftIx]) -> Vec<Stalled> {
    let done: BTreeSet<&DraftIx> = order.iter().collect();
    let left: Vec<(DraftIx, &Vec<DraftIx>)> = inputs
        .iter()
        .filter(|(number, _)| !done.contains(number))
        .map(|(number, after)| (*number, after))
        .collect();
    let positions: BTreeMap<DraftIx, usize> =
        left.iter().enumerate().map(|(position, (number, _))| (*number, position)).collect();
    left.iter()
        .map(|(number, after)| {
            let draft = work.actions.draft(*number);
            Stalled {
                task: task(work, draft),
                resource: draft.resource.map(|resource| work.resource(resource).id.clone()),
                node: draft.node.map(|node| work.node(node).name.clone()),
                after: after.iter().filter_map(|first| positions.get(first).copied()).collect(),
            }
        })
        .collect()
}

fn id_of(draft: DraftIx) -> ActionId {
    ActionId(u32::try_from(draft.index() + 1).unwrap_or(u32::MAX))
}

/// The actions so that each comes after its inputs, else by number. Actions that wait for each
/// other in a circle can never happen, nor what waits for them: they are left out.
fn in_order(inputs: &BTreeMap<DraftIx, Vec<DraftIx>>) -> Vec<DraftIx> {
    let mut waiting: BTreeMap<DraftIx, usize> = BTreeMap::new();
    let mut successors: BTreeMap<DraftIx, Vec<DraftIx>> = BTreeMap::new();
    let mut ready = BTreeSet::new();
    for (draft, list) in inputs {
        waiting.insert(*draft, list.len());
        if list.is_empty() {
            ready.insert(*draft);
        }
        for first in list {
            successors.entry(*first).or_default().push(*draft);
        }
    }
    let mut order = Vec::with_capacity(inputs.len());
    while let Some(draft) = ready.pop_first() {
        order.push(draft);
        for then in successors.get(&draft).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(then) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(*then);
                }
            }
        }
    }
    order
}
