//! What keeps a resource off a node, by what the scheduler added up.

use super::{Absence, Obstacle, consequence, failures_of, fatal_failure, is_halted, node_obstacle};
use crate::model::{NodeName, Role, Score};
use crate::plan::because::failed_because;
use crate::plan::relation::Relations;
use crate::scheduler::assign::{Cause, Placement, ScoreRow};
use crate::scheduler::constraint::colocation::ColocationRecord;
use crate::scheduler::facts::{FailedAction, MultipleActive, NodeFacts, NodeIx};
use crate::scheduler::operation::OnFail;
use crate::scheduler::{Facts, ResourceIx, ScorePool};

/// What keeps a resource off a node.
pub(in crate::plan) fn obstacle(
    placement: &Placement<'_>,
    relations: &Relations,
    resource: ResourceIx,
    node: NodeIx,
) -> Obstacle {
    let facts = &placement.facts;
    if let Some(obstacle) = node_obstacle(facts, facts.node(node)) {
        return obstacle;
    }
    if is_halted(facts, resource) {
        return Obstacle::Halted;
    }
    let id = &*facts.resource(resource).id;
    if let Some(missing) = relations.missing_ticket(id, &facts.status.tickets) {
        return Obstacle::Ticket { ticket: missing.ticket, is_standby: missing.is_standby };
    }
    let name = &facts.node(node).name;
    let banned = relations
        .preferences_of(id)
        .find(|preference| preference.node == *name && preference.score <= Score::MINUS_INFINITY);
    if let Some(preference) = banned {
        return Obstacle::Constraint { id: preference.constraint.clone() };
    }
    let sought = Sought { placement, relations, chain: chain(facts, resource), node };
    sought.by_history().or_else(|| sought.by_cause()).unwrap_or_else(|| sought.by_configuration())
}

/// The first primitive of a resource and all that is around it: scores are kept with each of them.
fn chain(facts: &Facts<'_>, resource: ResourceIx) -> Vec<ResourceIx> {
    let first = facts.leaves(resource).first().copied().unwrap_or(resource);
    std::iter::successors(Some(first), |inner| facts.resource(*inner).parent).collect()
}

/// Of what the obstacle on a node is sought.
struct Sought<'s, 'a> {
    placement: &'s Placement<'a>,
    relations: &'s Relations,
    chain: Vec<ResourceIx>,
    node: NodeIx,
}

impl Sought<'_, '_> {
    /// Failures, and being active too often.
    fn by_history(&self) -> Option<Obstacle> {
        let facts = &self.placement.facts;
        let primitive = *self.chain.first()?;
        let own = facts.resource(primitive);
        if own.multiple_active == MultipleActive::StopOnly && own.active_on.len() > 1 {
            let nodes = names(facts, &own.active_on);
            return Some(Obstacle::StoppedAsMultiple { nodes });
        }
        let ban = self.first_ban()?;
        if ban == Cause::MigrationThreshold {
            return Some(Obstacle::Failures);
        }
        if ban != Cause::History {
            return None;
        }
        if let Some(failed) = fatal_failure(facts, primitive) {
            let because = Box::new(failed_because(failed, &facts.node(failed.node).name));
            return Some(Obstacle::FailedForGood { because });
        }
        let is_cause = |failed: &FailedAction| {
            failed.node == self.node && consequence(facts, primitive, failed) != OnFail::Ignore
        };
        failures_of(facts, primitive).any(is_cause).then_some(Obstacle::Failures)
    }

    /// What first made the score minus infinity.
    fn first_ban(&self) -> Option<Cause> {
        let noted = self.chain.iter().filter_map(|one| self.placement.contributions.get(one.index()));
        let mut bans = noted.flatten().filter(|contribution| {
            contribution.score <= Score::MINUS_INFINITY && contribution.place.includes(self.node)
        });
        bans.next().map(|contribution| contribution.cause)
    }

    fn by_cause(&self) -> Option<Obstacle> {
        let cause = self.first_ban()?;
        let facts = &self.placement.facts;
        if cause == Cause::ShutdownLock {
            let lock = self.chain.iter().find_map(|one| facts.resource(*one).lock)?;
            return Some(Obstacle::Locked { node: facts.node(lock.node).name.clone() });
        }
        if cause == Cause::Discovery {
            return Some(Obstacle::NotOpened);
        }
        if cause == Cause::Connection {
            return Some(Obstacle::OtherPlaces);
        }
        if cause == Cause::Capacity {
            return Some(self.lacking_capacity());
        }
        if let Cause::Location(location) = cause {
            let record = self.placement.locations.get(location.index())?;
            return Some(match &record.id {
                Some(id) => Obstacle::Constraint { id: id.to_string() },
                None => Obstacle::Unhealthy,
            });
        }
        let Cause::Primary(colocation) = cause else { return None };
        self.company(self.placement.colocation(colocation)?)
    }

    /// What the configuration says, where no score tells.
    fn by_configuration(&self) -> Obstacle {
        let facts = &self.placement.facts;
        let is_certain = |record: &&ColocationRecord| {
            let is_apart = record.score <= Score::MINUS_INFINITY
                && record.dependent_role.is_none()
                && record.primary_role.is_none();
            record.score >= Score::INFINITY || is_apart && self.is_there(record.primary)
        };
        let mut records = self.placement.colocations.iter().filter(|record| {
            self.chain.contains(&record.dependent)
                && !self.chain.contains(&record.primary)
                && is_certain(record)
        });
        if let Some(company) = records.find_map(|record| self.company(record)) {
            return company;
        }
        let Some(primitive) = self.chain.first().map(|first| facts.resource(*first)) else {
            return Obstacle::Score { score: None };
        };
        if let Some(id) = self.relations.forbidding_rules_of(&primitive.id).next() {
            return Obstacle::Constraint { id: id.clone() };
        }
        let is_listed = || self.chain.iter().any(|one| facts.resource(*one).table.entry(self.node).is_some());
        if !facts.properties.symmetric && !is_listed() {
            Obstacle::NotAllowed
        } else {
            Obstacle::Score { score: primitive.table.score(self.node) }
        }
    }

    /// Why a colocation keeps it off the node.
    fn company(&self, record: &ColocationRecord) -> Option<Obstacle> {
        let facts = &self.placement.facts;
        let primary = facts.resource(record.primary);
        // Of instances of the same clone, the one that is meant.
        let is_sibling = facts.topmost(record.primary) == facts.topmost(record.dependent);
        let resource = if is_sibling { primary.id.to_string() } else { primary.base_id.to_string() };
        if record.score > Score::ZERO {
            return Some(match self.absence(record) {
                Some(absence) => Obstacle::Absent { resource, absence },
                None if self.is_there(record.primary) => return None,
                None => Obstacle::Company { resource },
            });
        }
        let attribute = record.node_attribute.as_ref().map(ToString::to_string);
        Some(Obstacle::Apart { resource, constraint: record.id.to_string(), attribute })
    }

    fn is_there(&self, resource: ResourceIx) -> bool {
        let mut leaves = self.placement.facts.leaves(resource).into_iter();
        leaves.any(|leaf| self.placement.assigned.get(leaf.index()).copied().flatten() == Some(self.node))
    }

    /// Why what it must be with is nowhere, or nowhere in the role that counts.
    fn absence(&self, record: &ColocationRecord) -> Option<Absence> {
        let facts = &self.placement.facts;
        let primary = facts.resource(record.primary);
        let leaves = facts.leaves(record.primary);
        let is_told = |resource: ResourceIx| facts.resource(resource).target_role == Some(Role::Stopped);
        if is_told(record.primary) || !leaves.is_empty() && leaves.iter().all(|leaf| is_told(*leaf)) {
            return Some(Absence::Stopped);
        }
        if self.placement.node_of(record.primary).is_none() {
            return Some(Absence::NoNode);
        }
        let is_promoted = |leaf: &ResourceIx| {
            self.placement.next_role.get(leaf.index()).is_some_and(|role| *role == Role::Promoted)
        };
        if record.primary_role != Some(Role::Promoted) || leaves.iter().any(is_promoted) {
            return None;
        }
        let ticket = self.relations.missing_ticket(&primary.id, &facts.status.tickets);
        let is_row = |row: &&ScoreRow| {
            row.pool == ScorePool::Promotion && facts.topmost(row.resource) == facts.topmost(record.primary)
        };
        let mut rows = self.placement.scores.iter().filter(is_row);
        Some(match ticket {
            Some(missing) => Absence::NoTicket { ticket: missing.ticket, is_standby: missing.is_standby },
            None if rows.all(|row| row.score < Score::ZERO) => Absence::NoPromotionScore,
            None => Absence::NotPromoted,
        })
    }

    /// Which attribute of capacity the node has too little of.
    fn lacking_capacity(&self) -> Obstacle {
        let facts = &self.placement.facts;
        let node: &NodeFacts<'_> = facts.node(self.node);
        let taken = |name: &str| -> i64 {
            let assigned = self.placement.assigned.iter().enumerate();
            let here = assigned.filter(|(_, place)| **place == Some(self.node));
            let amount = |index| facts.resource(ResourceIx::at(index)).utilization.get(name).copied();
            here.filter_map(|(index, _)| amount(index)).fold(0, i64::saturating_add)
        };
        let needs = self.chain.first().map(|first| &facts.resource(*first).utilization);
        let lacking = needs.into_iter().flatten().find_map(|(name, needed)| {
            let total = node.utilization.get(name).copied().unwrap_or(0);
            let left = total.saturating_sub(taken(name));
            (left < *needed).then(|| Obstacle::Capacity {
                attribute: name.to_string(),
                needed: *needed,
                left,
                total,
            })
        });
        lacking.unwrap_or(Obstacle::CapacityTogether)
    }
}

/// Names of nodes, for texts.
pub(in crate::plan) fn names(facts: &Facts<'_>, nodes: &[NodeIx]) -> Vec<NodeName> {
    nodes.iter().map(|node| facts.node(*node).name.clone()).collect()
}
