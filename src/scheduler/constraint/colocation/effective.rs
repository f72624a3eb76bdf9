//! The colocations that count for a resource: its own, and those of what it is part of.

use super::ColocationIx;
use super::lists::Side;
use crate::model::Score;
use crate::scheduler::assign::draft::Draft;
use crate::scheduler::facts::{ResourceIx, Variant};
use crate::scheduler::variant::bundle;

impl Draft<'_> {
    /// The colocations that count for `resource`, first to honour first.
    pub(crate) fn effective_colocations(&self, side: Side, resource: ResourceIx) -> Vec<ColocationIx> {
        let mut list = Vec::new();
        self.contribute_colocations(side, resource, resource, &mut list);
        list
    }

    /// Whether the dependent's preferences pull the primary of a colocation.
    pub(crate) fn has_influence(&self, colocation: ColocationIx) -> bool {
        self.has_influence_on(colocation, self.colocations.record(colocation).primary)
    }

    /// ... judged with `primary` in the place of the configured one.
    pub(crate) fn has_influence_on(&self, colocation: ColocationIx, primary: ResourceIx) -> bool {
        let record = self.colocations.record(colocation);
        let primary = self.resource(primary);
        let is_settled = !primary.is_failed && primary.active_on.len() == 1;
        if is_settled && bundle::is_connection(self, record.dependent) {
            return false;
        }
        record.influence || primary.active_on.is_empty()
    }

    /// Adds what `contributor` (the resource itself or an ancestor) has to say about `resource`.
    fn contribute_colocations(
        &self,
        side: Side,
        contributor: ResourceIx,
        resource: ResourceIx,
        list: &mut Vec<ColocationIx>,
    ) {
        let own = self.colocations.own(side, contributor);
        match &self.resource(contributor).variant {
            Variant::Primitive(_) | Variant::Clone(_) => {
                self.join_colocations(side, list, own);
                self.contribute_from_parent(side, contributor, resource, list);
            }
            Variant::Group(group) => {
                let members = &self.resource(contributor).children;
                let spokesman = match side {
                    Side::ThisWith => members.first(),
                    Side::WithThis => members.last(),
                };
                if resource == contributor || spokesman == Some(&resource) {
                    self.join_colocations(side, list, own);
                    self.contribute_from_parent(side, contributor, resource, list);
                    let others = members.iter().filter(|member| group.is_colocated && **member != resource);
                    for colocation in others.flat_map(|member| self.colocations.own(side, *member)) {
                        let speaks = self.facts.release.members_speak();
                        if speaks && self.colocations.record(*colocation).is_explicit {
                            self.insert_colocation(side, list, *colocation);
                        }
                    }
                } else if side == Side::ThisWith && self.follows_unmanaged(members, resource) {
                    let must = |colocation: &&ColocationIx| {
                        self.colocations.record(**colocation).score >= Score::INFINITY
                    };
                    for colocation in own.iter().filter(must) {
                        self.insert_colocation(side, list, *colocation);
                    }
                }
            }
            Variant::Bundle(_) => {
                if bundle::speaks_for(self, contributor, resource) {
                    self.join_colocations(side, list, own);
                }
            }
        }
    }

    fn contribute_from_parent(
        &self,
        side: Side,
        contributor: ResourceIx,
        resource: ResourceIx,
        list: &mut Vec<ColocationIx>,
    ) {
        if let Some(parent) = self.resource(contributor).parent {
            self.contribute_colocations(side, parent, resource, list);
        }
    }

    /// Merges a whole list into another. Into a list that has entries already, only the first of
    /// the added ones goes, as often as there are added ones: expected results depend on it.
    fn join_colocations(&self, side: Side, list: &mut Vec<ColocationIx>, added: &[ColocationIx]) {
        if list.is_empty() {
            list.extend_from_slice(added);
        } else if let Some(first) = added.first() {
            for _ in added {
                self.insert_colocation(side, list, *first);
            }
        }
    }

    /// Whether a member before `member` is not managed.
    fn follows_unmanaged(&self, members: &[ResourceIx], member: ResourceIx) -> bool {
        members
            .iter()
            .take_while(|earlier| **earlier != member)
            .any(|earlier| !self.resource(*earlier).is_managed)
    }
}
