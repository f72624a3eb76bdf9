//! Instances of clones and containers of bundles: who is placed first, and who goes where.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::agenda::Demand;
use super::choice::SavedTable;
use super::contribution::{Cause, Place};
use super::draft::{Draft, Finality, Progress};
use crate::model::Score;
use crate::scheduler::constraint::colocation::lists::Side;
use crate::scheduler::constraint::colocation::merge::Floor;
use crate::scheduler::facts::{NodeIx, ResourceIx};
use crate::scheduler::glib;
use crate::scheduler::variant::group;

/// How many instances there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) total: u32,
    pub(crate) per_node: u32,
}

/// Puts instances into the order in which they are placed.
pub(crate) fn sort(draft: &mut Draft<'_>, parent: ResourceIx, instances: &mut [ResourceIx]) {
    let mut scores = ColocatedScores::new();
    glib::merge_sort(instances, &mut |a, b| compare(draft, parent, (a, b), &mut scores));
}

/// What colocations say of instances on their nodes, kept while they are sorted.
pub(crate) type ColocatedScores = BTreeMap<ResourceIx, Score>;

/// Which of two instances is placed first.
pub(crate) fn compare(
    draft: &mut Draft<'_>,
    parent: ResourceIx,
    (a, b): (ResourceIx, ResourceIx),
    scores: &mut ColocatedScores,
) -> Ordering {
    let active = |instance: ResourceIx| draft.resource(instance).active_on.len();
    if active(a) > 0 && active(b) > 0 && active(a) != active(b) {
        return active(a).cmp(&active(b));
    }
    let current = |instance: ResourceIx| draft.facts.current_node(instance);
    let is_out = |instance: ResourceIx| {
        current(instance)
            .is_some_and(|node| draft.table(instance).score(node).is_none_or(|score| score < Score::ZERO))
    };
    let (out_a, out_b) = (is_out(a), is_out(b));
    let by_place = out_a.cmp(&out_b);
    let by_priority = by_place.then_with(|| draft.priority[b.index()].cmp(&draft.priority[a.index()]));
    if by_priority != Ordering::Equal {
        return by_priority;
    }
    let (node_a, node_b) = match (current(a).filter(|_| !out_a), current(b).filter(|_| !out_b)) {
        (None, None) => return Ordering::Equal,
        (Some(_), None) => return Ordering::Less,
        (None, Some(_)) => return Ordering::Greater,
        (Some(a), Some(b)) => (a, b),
    };
    let by_usability = draft.is_usable(node_b).cmp(&draft.is_usable(node_a));
    if by_usability != Ordering::Equal {
        return by_usability;
    }
    let count = |node: NodeIx| draft.table(parent).entry(node).map(|entry| entry.count);
    let by_count = match (count(node_a), count(node_b)) {
        (None, None) => return Ordering::Equal,
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(a), Some(b)) => a.cmp(&b),
    };
    let by_failure = by_count.then_with(|| is_failed(draft, a).cmp(&is_failed(draft, b)));
    if by_failure != Ordering::Equal {
        return by_failure;
    }
    let mut score =
        |instance, node| *scores.entry(instance).or_insert_with(|| colocated_score(draft, instance, node));
    let (score_a, score_b) = (score(a, node_a), score(b, node_b));
    score_b.cmp(&score_a).then_with(|| number(draft, a).cmp(&number(draft, b)))
}

fn is_failed(draft: &Draft<'_>, resource: ResourceIx) -> bool {
    let known = draft.resource(resource);
    known.is_failed || known.children.iter().any(|child| is_failed(draft, *child))
}

/// What colocations say of an instance on its node.
fn colocated_score(draft: &mut Draft<'_>, instance: ResourceIx, node: NodeIx) -> Score {
    let this_with = draft.effective_colocations(Side::ThisWith, instance);
    let mut with_this = draft.effective_colocations(Side::WithThis, instance);
    with_this.retain(|colocation| draft.has_influence_on(*colocation, instance));
    let this_with = this_with.into_iter().map(|colocation| (colocation, Side::ThisWith, Floor::None));
    let with_this = with_this.into_iter().map(|colocation| (colocation, Side::WithThis, Floor::Positive));
    let colocations: Vec<_> = this_with.chain(with_this).collect();
    draft.merged_score(instance, node, draft.facts.node(node).score, &colocations)
}

/// The number of an instance, after the last `:` or else the last `-` of its name.
fn number(draft: &Draft<'_>, instance: ResourceIx) -> u64 {
    let id = &draft.resource(instance).id;
    let number = id.rsplit_once(':').or_else(|| id.rsplit_once('-')).map(|(_, number)| number);
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Gives instances their nodes: first those that can stay, then the others.
pub(crate) fn distribute(
    draft: &mut Draft<'_>,
    parent: ResourceIx,
    instances: &[ResourceIx],
    limits: Limits,
) {
    for (_, entry) in draft.facts.resources[parent.index()].table.iter_mut() {
        entry.count = 0;
    }
    let usable = draft.table(parent).iter().filter(|(node, _)| draft.is_usable(*node)).count();
    let usable = u32::try_from(usable).unwrap_or(u32::MAX);
    let optimal = limits.total.checked_div(usable).unwrap_or(1).max(1);
    let mut assigned = 0;
    for instance in instances {
        if assigned < limits.total && draft.progress[instance.index()] == Progress::Waiting {
            let stays = stay(draft, parent, *instance, limits, optimal, limits.total - assigned);
            assigned += u32::from(stays);
        }
    }
    for instance in instances {
        if draft.progress[instance.index()] != Progress::Waiting {
            continue;
        }
        if assigned >= limits.total {
            draft.ban_everywhere(*instance, Cause::Siblings);
        } else {
            let demand = Demand::of(*instance);
            assigned += u32::from(attempt(draft, parent, demand, limits).is_some());
        }
    }
}

/// Tries to leave an instance where it is. If it would rather be elsewhere, that place may be
/// kept for another instance; up to `spare` times it is asked again what else it would like.
fn stay(
    draft: &mut Draft<'_>,
    parent: ResourceIx,
    instance: ResourceIx,
    limits: Limits,
    optimal: u32,
    spare: u32,
) -> bool {
    let Some(node) = staying_candidate(draft, parent, instance, optimal) else { return false };
    let counts: Vec<(NodeIx, u32)> =
        draft.table(parent).iter().map(|(node, entry)| (node, entry.count)).collect();
    let saved = save_tables(draft, instance);
    let demand = Demand { resource: instance, prefer: Some(node), finality: Finality::Tentative };
    let mut stays = false;
    for _ in 0..spare {
        let chosen = attempt(draft, parent, demand, limits);
        stays = chosen == Some(node);
        if stays {
            break;
        }
        let is_kept = chosen.is_some() && !draft.resource(instance).variant.is_primitive();
        if is_kept && !draft.facts.release.groups_are_taken_back() {
            break;
        }
        restore_tables(draft, &saved);
        release_all(draft, instance);
        if chosen.is_none() || !draft.facts.release.instances_stay() {
            break;
        }
    }
    let table = &mut draft.facts.resources[parent.index()].table;
    for (counted, count) in counts {
        if let Some(entry) = table.entry_mut(counted) {
            entry.count = count + u32::from(stays && counted == node);
        }
    }
    stays
}

/// The node on which an instance may be left, if any.
fn staying_candidate(
    draft: &Draft<'_>,
    parent: ResourceIx,
    instance: ResourceIx,
    optimal: u32,
) -> Option<NodeIx> {
    let node = draft.facts.current_node(instance)?;
    let known = draft.resource(instance);
    let is_fit = draft.is_usable(node) && draft.facts.node(node).score >= Score::ZERO;
    let has_room = draft.table(parent).entry(node).is_none_or(|entry| entry.count < optimal);
    let is_open = known.table.entry(node).is_some_and(|entry| draft.is_open(node, entry));
    (!known.is_failed && is_fit && has_room && is_open).then_some(node)
}

/// Assigns an instance to one of the nodes that have room for it.
fn attempt(draft: &mut Draft<'_>, parent: ResourceIx, demand: Demand, limits: Limits) -> Option<NodeIx> {
    let instance = demand.resource;
    if draft.progress[instance.index()] == Progress::Assigning {
        return None;
    }
    let has_room = |node: NodeIx| {
        let entry = draft.table(parent).entry(node);
        !draft.resource(instance).is_removed
            && draft.is_usable(node)
            && entry.is_some_and(|entry| entry.score >= Score::ZERO && entry.count < limits.per_node)
    };
    let full: Vec<NodeIx> =
        draft.table(instance).iter().map(|(node, _)| node).filter(|node| !has_room(*node)).collect();
    for part in std::iter::once(instance).chain(draft.resource(instance).children.clone()) {
        for node in &full {
            let Some(entry) = draft.table_mut(part).entry_mut(*node) else { continue };
            if entry.score > Score::MINUS_INFINITY {
                entry.score = Score::MINUS_INFINITY;
                draft.note(part, Place::Node(*node), Score::MINUS_INFINITY, Cause::Siblings);
            }
        }
    }
    draft.assign(demand);
    let chosen = node_of_instance(draft, instance)?;
    if let Some(entry) = draft.facts.resources[parent.index()].table.entry_mut(chosen) {
        entry.count += 1;
    }
    Some(chosen)
}

/// Where an instance was put: for a group, where its first placed member was.
fn node_of_instance(draft: &Draft<'_>, instance: ResourceIx) -> Option<NodeIx> {
    if draft.resource(instance).variant.is_primitive() {
        return draft.assigned[instance.index()];
    }
    let mut members = draft.resource(instance).children.iter();
    let placed = members.find_map(|member| draft.assigned[member.index()]);
    placed.filter(|_| group::is_colocated(draft, instance))
}

fn save_tables(draft: &Draft<'_>, instance: ResourceIx) -> Vec<(ResourceIx, SavedTable)> {
    let mut saved = vec![(instance, draft.save_table(instance))];
    for child in &draft.resource(instance).children {
        saved.extend(save_tables(draft, *child));
    }
    saved
}

fn restore_tables(draft: &mut Draft<'_>, saved: &[(ResourceIx, SavedTable)]) {
    for (resource, table) in saved {
        draft.take_back(*resource, table.clone());
    }
}

/// Takes an instance off its node; members that found no node are not asked again.
fn release_all(draft: &mut Draft<'_>, instance: ResourceIx) {
    for leaf in draft.facts.leaves(instance) {
        draft.release(leaf);
    }
    draft.progress[instance.index()] = Progress::Waiting;
}
