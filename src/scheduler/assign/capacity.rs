//! Capacity: which nodes can carry a resource and all that must be with it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::contribution::Cause;
use super::draft::{Draft, Progress};
use crate::model::Score;
use crate::scheduler::constraint::colocation::gate::{Effect, Outlook};
use crate::scheduler::constraint::colocation::lists::Side;
use crate::scheduler::facts::{NodeIx, PlacementStrategy, ResourceIx};

/// Amounts by name.
pub(crate) type Amounts = BTreeMap<Arc<str>, i64>;

impl Draft<'_> {
    /// Bans nodes that cannot carry the resource. Gives the roomiest node, if none can carry all
    /// that must be in the same place.
    pub(crate) fn apply_capacity(&mut self, resource: ResourceIx) -> Option<NodeIx> {
        if self.facts.properties.placement_strategy == PlacementStrategy::Default {
            return None;
        }
        let set = self.colocated_set(resource);
        let required = self.required_capacity(&set);
        let open: Vec<NodeIx> = self
            .hash_ordered(self.table(resource))
            .into_iter()
            .filter(|node| self.table(resource).entry(*node).is_some_and(|entry| self.is_open(*node, entry)))
            .collect();
        let fits_all = open.iter().any(|node| self.covers(*node, &required));
        let mut roomiest: Option<NodeIx> = None;
        for node in &open {
            if roomiest.is_none_or(|best| self.compare_capacity(best, *node) == Ordering::Greater) {
                roomiest = Some(*node);
            }
        }
        let alone = self.resource(resource).utilization.clone();
        let demand = if fits_all { &required } else { &alone };
        let banned: Vec<NodeIx> = open.into_iter().filter(|node| !self.covers(*node, demand)).collect();
        for node in banned {
            self.add(resource, node, Score::MINUS_INFINITY, Cause::Capacity);
        }
        if fits_all { None } else { roomiest }
    }

    /// The node with more left comes first.
    pub(crate) fn compare_capacity(&self, a: NodeIx, b: NodeIx) -> Ordering {
        let (a, b) = (&self.loads[a.index()].remaining, &self.loads[b.index()].remaining);
        let amount = |amounts: &Amounts, name: &Arc<str>| amounts.get(name).copied().unwrap_or(0);
        let only_b = b.keys().filter(|name| !a.contains_key(*name));
        let balance =
            a.keys().chain(only_b).fold(0_i64, |balance, name| match amount(a, name).cmp(&amount(b, name)) {
                Ordering::Greater => balance + 1,
                Ordering::Less => balance - 1,
                Ordering::Equal => balance,
            });
        0.cmp(&balance)
    }

    fn covers(&self, node: NodeIx, required: &Amounts) -> bool {
        let remaining = &self.loads[node.index()].remaining;
        required.iter().all(|(name, amount)| *amount <= remaining.get(name).copied().unwrap_or(0))
    }

    /// Everything that must be where `start` is, `start` first.
    fn colocated_set(&self, start: ResourceIx) -> Vec<ResourceIx> {
        let mut set = Vec::new();
        let mut seen = vec![false; self.facts.resources.len()];
        let mut waiting = vec![start];
        while let Some(resource) = waiting.pop() {
            if std::mem::replace(&mut seen[resource.index()], true) {
                continue;
            }
            set.push(resource);
            let next = self.next_in_set(start, resource);
            waiting.extend(next.into_iter().rev());
        }
        set
    }

    /// What must be where `resource` is, one step on.
    fn next_in_set(&self, start: ResourceIx, resource: ResourceIx) -> Vec<ResourceIx> {
        if self.is_together_as_group(resource) {
            return self.resource(resource).children.clone();
        }
        let must = |record: &crate::scheduler::constraint::colocation::ColocationRecord| {
            record.score >= Score::INFINITY
        };
        let mut next = Vec::new();
        for colocation in self.effective_colocations(Side::ThisWith, resource) {
            let record = self.colocations.record(colocation);
            let is_back = record.primary == start;
            let effect = self.effect(resource, record.primary, colocation, Outlook::Preview);
            if must(record) && !is_back && effect == Effect::Location {
                next.push(record.primary);
            }
        }
        let is_clone = |resource: ResourceIx| self.resource(resource).variant.is_clone();
        for colocation in self.effective_colocations(Side::WithThis, resource) {
            let record = self.colocations.record(colocation);
            let is_back = record.dependent == start || (is_clone(resource) && !is_clone(record.dependent));
            let effect = self.effect(record.dependent, resource, colocation, Outlook::Preview);
            if must(record) && !is_back && effect == Effect::Location {
                next.push(record.dependent);
            }
        }
        next
    }

    /// What all unassigned resources of a set take together.
    fn required_capacity(&self, set: &[ResourceIx]) -> Amounts {
        let mut required = Amounts::new();
        for resource in set {
            if self.progress[resource.index()] != Progress::Assigned {
                self.add_required(*resource, set, &mut required);
            }
        }
        required
    }
}
