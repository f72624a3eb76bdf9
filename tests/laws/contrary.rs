//! Wishes that contradict each other, or come and go with what they lead to: nothing that they concern
//! ever comes to rest. `docs/conformance.md` names a smallest cluster for each.

use std::collections::BTreeSet;

use quorate::model::{Role, Score};
use quorate::scheduler::constraint::colocation::ColocationRecord;
use quorate::scheduler::facts::{ResourceIx, Variant};

use crate::restless::End;
use crate::ring::{Wishes, top};

impl End<'_> {
    /// Whether what a resource wishes, or others wish of it, depends on what came of it.
    pub(crate) fn wishes_come_and_go(&self, resource: ResourceIx) -> bool {
        self.avoids_another_collective(resource)
            || self.is_wished_near_and_far(resource)
            || self.goes_with_the_unpromoted(resource)
            || self.is_pulled_only_while_it_is_down(resource)
            || self.avoids_what_carries_it(resource)
            || self.follows_a_start_that_cannot_be(resource)
    }

    /// Whether it takes room, or is tied to what does.
    pub(crate) fn wants_room(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let mut tied = BTreeSet::from([facts.topmost(resource)]);
        loop {
            let known = tied.len();
            for record in &self.placement.colocations {
                let ends = [record.dependent, record.primary].map(|end| facts.topmost(end));
                if ends.iter().any(|end| tied.contains(end)) {
                    tied.extend(ends);
                }
            }
            if tied.len() == known {
                break;
            }
        }
        let mut leaves = tied.into_iter().flat_map(|top| facts.leaves(top));
        leaves.any(|leaf| !facts.resource(leaf).utilization.is_empty())
    }

    /// A clone that must not be with another clone or a bundle, and has no other place: its instances change
    /// places, or numbers, with every plan.
    fn avoids_another_collective(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let top = facts.topmost(resource);
        facts.resource(top).variant.is_clone()
            && self.placement.colocations.iter().any(|record| {
                facts.topmost(record.dependent) == top
                    && record.score <= Score::MINUS_INFINITY
                    && matches!(
                        facts.resource(facts.topmost(record.primary)).variant,
                        Variant::Clone(_) | Variant::Bundle(_)
                    )
            })
    }

    /// Who must be with an unpromoted instance goes where the promoted one was, and takes its preference
    /// for that place along.
    fn goes_with_the_unpromoted(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let top = facts.topmost(resource);
        self.placement.colocations.iter().any(|record| {
            record.primary_role == Some(Role::Unpromoted)
                && record.score >= Score::INFINITY
                && [record.dependent, record.primary].iter().any(|side| facts.topmost(*side) == top)
        })
    }

    /// Two wishes of the same two contradict each other: one to be together, one to be apart.
    fn is_wished_near_and_far(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let top = facts.topmost(resource);
        let records = &self.placement.colocations;
        let pair =
            |record: &ColocationRecord| [record.dependent, record.primary].map(|end| facts.topmost(end));
        records
            .iter()
            .filter(|near| near.score > Score::ZERO && pair(near).contains(&top))
            .any(|near| records.iter().any(|far| far.score < Score::ZERO && pair(far) == pair(near)))
    }

    /// A wish without influence pulls what it is about only until that runs.
    fn is_pulled_only_while_it_is_down(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let top = facts.topmost(resource);
        let mut records = self.placement.colocations.iter();
        records.any(|record| record.is_explicit && !record.influence && facts.topmost(record.primary) == top)
    }

    /// Who must not be where the connection of a remote node is, and can only be on that node. What rules
    /// say of a remote node changes as it comes up, and the connection makes way for what runs there.
    fn avoids_what_carries_it(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let top = facts.topmost(resource);
        self.placement.colocations.iter().any(|record| {
            let carried = facts.resource(record.primary).connects;
            let is_there = |leaf: ResourceIx| {
                let mut places =
                    facts.resource(leaf).active_on.iter().chain(&self.placement.assigned[leaf.index()]);
                places.any(|node| Some(*node) == carried)
            };
            record.score < Score::ZERO
                && carried.is_some()
                && [record.dependent, record.primary].iter().any(|end| facts.topmost(*end) == top)
                && facts.leaves(record.dependent).into_iter().any(is_there)
        })
    }

    /// Who comes after a clone of which an instance should act and cannot, while others run: that asks for
    /// its start with every plan.
    fn follows_a_start_that_cannot_be(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let orders = Wishes::of_orders(facts, &facts.cluster.constraints);
        let is_stuck = |leaf: &ResourceIx| {
            let known = facts.resource(*leaf);
            known.is_blocked || self.is_held_back(&known.id)
        };
        let runs = |leaf: &ResourceIx| !facts.resource(*leaf).active_on.is_empty();
        facts.top.iter().any(|clone| {
            let leaves = facts.leaves(*clone);
            facts.resource(*clone).variant.is_clone()
                && orders.reach(&top(facts, resource), &facts.resource(*clone).id)
                && leaves.iter().any(is_stuck)
                && leaves.iter().any(|leaf| runs(leaf) && !is_stuck(leaf))
        })
    }
}
