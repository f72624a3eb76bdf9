//! Wishes that contradict each other because they form a ring: each wants the other first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quorate::model::ResourceId;
use quorate::model::constraint::{Constraint, OrderScope};
use quorate::scheduler::Facts;
use quorate::scheduler::facts::{ResourceFacts, ResourceIx};

use crate::Case;

/// Who depends on whom, by the names of what stands alone.
pub(crate) struct Wishes(BTreeMap<Arc<str>, BTreeSet<Arc<str>>>);

impl Wishes {
    /// Who wishes to be with or without whom.
    pub(crate) fn of_place(case: &Case<'_>) -> Self {
        let facts = &case.placement.facts;
        let pairs = case.placement.colocations.iter();
        Self::of(pairs.map(|record| (top(facts, record.dependent), top(facts, record.primary))))
    }

    /// Who comes after whom; in sets, whoever is named later.
    pub(crate) fn of_order(case: &Case<'_>) -> Self {
        Self::of_orders(&case.placement.facts, &case.cib.cluster.constraints)
    }

    /// As [`Self::of_order`], by these constraints.
    pub(crate) fn of_orders(facts: &Facts<'_>, constraints: &[Constraint]) -> Self {
        let mut pairs = Vec::new();
        for constraint in constraints {
            let Constraint::Order(order) = constraint else { continue };
            let named: Vec<&str> = match &order.scope {
                OrderScope::Pair { first, then, .. } => vec![first.as_str(), then.as_str()],
                OrderScope::Sets(sets) => {
                    sets.iter().flat_map(|set| &set.resources).map(ResourceId::as_str).collect()
                }
            };
            let tops: Vec<Arc<str>> = named.into_iter().filter_map(|name| top_named(facts, name)).collect();
            for (number, then) in tops.iter().enumerate() {
                pairs.extend(tops.iter().take(number).map(|first| (Arc::clone(then), Arc::clone(first))));
            }
        }
        Self::of(pairs.into_iter())
    }

    fn of(pairs: impl Iterator<Item = (Arc<str>, Arc<str>)>) -> Self {
        let mut wishes: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
        for (dependent, primary) in pairs.filter(|(dependent, primary)| dependent != primary) {
            wishes.entry(dependent).or_default().insert(primary);
        }
        Self(wishes)
    }

    /// Whether the first depends on the second, directly or through others.
    pub(crate) fn reach(&self, dependent: &Arc<str>, primary: &Arc<str>) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![dependent];
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(self.0.get(next).into_iter().flatten());
            }
        }
        dependent != primary && seen.contains(primary)
    }

    /// Whether anything depends on itself.
    pub(crate) fn form_a_ring(&self) -> bool {
        let mut pairs =
            self.0.iter().flat_map(|(dependent, own)| own.iter().map(move |own| (own, dependent)));
        pairs.any(|(primary, dependent)| self.reach(primary, dependent))
    }

    /// Whether this one depends on another that depends on it.
    pub(crate) fn ring_through(&self, id: &Arc<str>) -> bool {
        self.0.get(id).is_some_and(|primaries| primaries.iter().any(|primary| self.reach(primary, id)))
    }

    /// Whether anybody wants to come after or go with this one.
    pub(crate) fn name(&self, id: &Arc<str>) -> bool {
        self.0.iter().any(|(dependent, primaries)| dependent == id || primaries.contains(id))
    }
}

/// The name of what a resource is in the end part of.
pub(crate) fn top(facts: &Facts<'_>, resource: ResourceIx) -> Arc<str> {
    Arc::clone(&topmost(facts, facts.resource(resource)).id)
}

fn top_named(facts: &Facts<'_>, name: &str) -> Option<Arc<str>> {
    let found = facts.resources.iter().find(|known| *known.id == *name || *known.base_id == *name)?;
    Some(Arc::clone(&topmost(facts, found).id))
}

fn topmost<'f, 'a>(facts: &'f Facts<'a>, inner: &'f ResourceFacts<'a>) -> &'f ResourceFacts<'a> {
    let outer = |known: &&'f ResourceFacts<'a>| known.parent.map(|parent| facts.resource(parent));
    std::iter::successors(Some(inner), outer).last().unwrap_or(inner)
}
