//! Relations: together without order, colocations without effect.

use std::collections::BTreeMap;

use super::Lint;
use super::role::Actors;
use crate::model::constraint::{Colocation, ColocationScope, Constraint, OrderScope, ResourceSet};
use crate::model::resource::CloneChild;
use crate::model::{Resource, ResourceId, Score};

/// Which names are joined by some chain of constraints.
pub(super) struct Joined<'c> {
    numbers: BTreeMap<&'c str, usize>,
    parents: Vec<usize>,
    top: BTreeMap<&'c str, &'c str>,
}

impl<'c> Joined<'c> {
    fn new(resources: &'c [Resource]) -> Self {
        let mut top = BTreeMap::new();
        for resource in resources {
            let id = resource.id().as_str();
            top.extend(resource.primitives().into_iter().map(|primitive| (primitive.id.as_str(), id)));
            if let Resource::Clone(clone) = resource
                && let CloneChild::Group(group) = &clone.child
            {
                top.insert(group.id.as_str(), id);
            }
        }
        Self { numbers: BTreeMap::new(), parents: Vec::new(), top }
    }

    fn number(&mut self, id: &'c ResourceId) -> usize {
        let name = self.top.get(id.as_str()).copied().unwrap_or(id.as_str());
        let next = self.parents.len();
        let number = *self.numbers.entry(name).or_insert(next);
        if number == next {
            self.parents.push(next);
        }
        number
    }

    fn root(&mut self, mut number: usize) -> usize {
        while let Some(&parent) = self.parents.get(number)
            && parent != number
        {
            let grandparent = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parents.get_mut(number) {
                *slot = grandparent;
            }
            number = parent;
        }
        number
    }

    fn join(&mut self, one: &'c ResourceId, other: &'c ResourceId) {
        let (one, other) = (self.number(one), self.number(other));
        let (one, other) = (self.root(one), self.root(other));
        if let Some(parent) = self.parents.get_mut(one) {
            *parent = other;
        }
    }

    fn join_sets(&mut self, sets: &'c [ResourceSet]) {
        let all: Vec<&ResourceId> = sets.iter().flat_map(|set| &set.resources).collect();
        for pair in all.windows(2) {
            if let [one, other] = pair {
                self.join(one, other);
            }
        }
    }

    pub(super) fn is_joined(&mut self, one: &'c ResourceId, other: &'c ResourceId) -> bool {
        let (one, other) = (self.number(one), self.number(other));
        self.root(one) == self.root(other)
    }
}

impl Lint<'_, '_> {
    pub(super) fn check_relations(self) {
        let mut ordered = Joined::new(&self.cluster.resources);
        let mut colocated = Joined::new(&self.cluster.resources);
        for constraint in &self.cluster.constraints {
            match constraint {
                Constraint::Order(order) => match &order.scope {
                    OrderScope::Pair { first, then, .. } => ordered.join(first, then),
                    OrderScope::Sets(sets) => ordered.join_sets(sets),
                },
                Constraint::Colocation(colocation) => match &colocation.scope {
                    ColocationScope::Pair { dependent, primary, .. } => colocated.join(dependent, primary),
                    ColocationScope::Sets(sets) => colocated.join_sets(sets),
                },
                Constraint::Location(_) | Constraint::Ticket(_) => {}
            }
        }
        self.check_contradictions();
        self.check_roles();
        let actors = Actors::of(self.cluster);
        for (number, constraint) in self.cluster.constraints.iter().enumerate() {
            match constraint {
                Constraint::Colocation(colocation) => self.check_colocation(number, colocation, &mut ordered),
                Constraint::Order(order) => self.check_order(number, order, &actors, &mut colocated),
                Constraint::Location(_) | Constraint::Ticket(_) => {}
            }
        }
    }

    /// Pairs that must run together and must not.
    fn check_contradictions(self) {
        type Ends<'c> = (&'c ResourceId, &'c ResourceId, Option<&'c str>);
        let mut together: BTreeMap<Ends<'_>, usize> = BTreeMap::new();
        let mut apart: BTreeMap<Ends<'_>, usize> = BTreeMap::new();
        for (number, constraint) in self.cluster.constraints.iter().enumerate() {
            let Constraint::Colocation(Colocation { score: Some(score), scope, .. }) = constraint else {
                continue;
            };
            let ColocationScope::Pair {
                dependent,
                primary,
                dependent_role: None,
                primary_role: None,
                node_attribute,
            } = scope
            else {
                continue;
            };
            let ends = (dependent.min(primary), dependent.max(primary), node_attribute.as_deref());
            if *score == Score::INFINITY {
                together.entry(ends).or_insert(number);
            } else if *score == Score::MINUS_INFINITY {
                apart.entry(ends).or_insert(number);
            }
        }
        for (ends, apart) in apart {
            let Some(together) = together.get(&ends) else { continue };
            let (first, second) = (apart.min(*together), apart.max(*together));
            let (one, other, _) = ends;
            self.findings
                .warning(
                    "colocation-contradiction",
                    self.constraint_place(second),
                    format!("`{one}` and `{other}` must run together, and must not"),
                )
                .here("says the opposite")
                .label(self.constraint_place(first), "of this")
                .help("no node can run one of them while the other runs: remove one of the two constraints")
                .report();
        }
    }

    fn check_colocation<'c>(self, number: usize, colocation: &'c Colocation, ordered: &mut Joined<'c>) {
        let place = self.constraint_place(number);
        let has_set_score = match &colocation.scope {
            ColocationScope::Pair { .. } => false,
            ColocationScope::Sets(sets) => sets.iter().any(|set| set.score.is_some()),
        };
        if colocation.score.unwrap_or(Score::ZERO) == Score::ZERO && !has_set_score {
            self.findings
                .warning("colocation-without-effect", place, "a colocation with score 0 has no effect")
                .here("no score")
                .help(
                    "write `score: INFINITY` for always together, `-INFINITY` for never, a number for a wish",
                )
                .report();
            return;
        }
        let ColocationScope::Pair { dependent, primary, .. } = &colocation.scope else { return };
        if colocation.score == Some(Score::INFINITY) && !ordered.is_joined(dependent, primary) {
            self.findings
                .warning(
                    "colocation-without-order",
                    place,
                    format!("`{dependent}` must run with `{primary}`, but may start before it"),
                )
                .here("together, in no order")
                .help(format!(
                    "if it needs the other, add to `order`: `- {{first: {primary}, then: {dependent}}}`"
                ))
                .report();
        }
    }
}
