//! Sources: what gives a part of a score.

use serde::{Deserialize, Serialize};

use super::company::{self, Bond, Companion, Root};
use super::past::{self, Past};
use super::promotion;
use crate::model::constraint::LocationPreference;
use crate::model::id::without_number;
use crate::model::{Cluster, Constraint, Role, Score};
use crate::plan::outline::rule_text;
use crate::scheduler::assign::{Cause, Contribution, Place, Placement};
use crate::scheduler::constraint::colocation::ColocationIx;
use crate::scheduler::constraint::location::LocationIx;
use crate::scheduler::facts::{FailedAction, NodeIx, Variant};
use crate::scheduler::{ResourceIx, failures};

/// What gives a part of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum Source {
    /// The node's own score.
    NodeScore,
    /// What happened to it.
    History {
        /// What.
        past: Past,
    },
    /// A location constraint.
    Location {
        /// Which.
        id: String,
        /// When it holds, if not always.
        rule: Option<String>,
        /// The role it is about, if it is about one only.
        role: Option<Role>,
    },
    /// The health of the node.
    Health {
        /// The attributes that tell of it, as `name: value`.
        attributes: Vec<String>,
    },
    /// It waits for a node that was shut down.
    ShutdownLock,
    /// It runs there, and sticks.
    Stickiness,
    /// It failed there as often as it may.
    Failures {
        /// How often it failed there.
        count: Score,
        /// Whether a stop failed there, which is for good.
        is_stop: bool,
        /// When that is forgotten by itself (`failure-timeout`), seconds since 1970.
        expires: Option<i64>,
    },
    /// It may only run where it may be probed.
    Discovery,
    /// A ticket is missing.
    Ticket {
        /// The constraint.
        id: String,
        /// The ticket.
        ticket: String,
        /// Whether the site has it, in standby.
        is_standby: bool,
    },
    /// Being with, or away from, a resource that was placed before it.
    With {
        /// The constraint, or what implied it.
        id: String,
        /// Whom, and where it is placed.
        other: Companion,
        /// Together or apart, and what counts as the same place.
        bond: Bond,
        /// What keeps the other from being placed at all.
        roots: Vec<Root>,
    },
    /// What is to be with it, or away from it, would like this.
    PulledBy {
        /// The constraint, or what implied it.
        id: String,
        /// Who.
        other: Companion,
        /// What keeps the other from this node.
        roots: Vec<Root>,
    },
    /// It is told to be stopped.
    TargetRole,
    /// Where a connection, a guest or what is in a bundle can be.
    Connection,
    /// The node has not enough capacity left.
    Capacity {
        /// What it has too little of even when it carries nothing else; none if there is enough then.
        lack: Option<Lack>,
    },
    /// How fit the instance is to be promoted there.
    PromotionScore,
    /// The same, of another instance on this node.
    OtherInstance {
        /// Which.
        instance: String,
    },
    /// No promotion score is set there.
    NoPromotionScore,
    /// It is told to have a lesser role.
    LesserRole {
        /// Which.
        role: Role,
    },
    /// Its role is settled, whatever scores say: it is unmanaged, or told what to be.
    SettledRole,
    /// It has no node to be promoted on.
    NoNode,
    /// As many of its siblings are there as may be on one node.
    Siblings {
        /// How many that is (`clone-node-max`), where a clone says so.
        limit: Option<u32>,
    },
    /// There are as many instances as there may be.
    EnoughInstances {
        /// How many that is (`clone-max`), where a clone says so.
        limit: Option<u32>,
    },
    /// Its clone may not be there, or nothing may.
    ClosedToAll,
    /// Scores of clone instances do not sink below 1 for the sake of others.
    Floor,
}

/// Capacity that a node has too little of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lack {
    /// The utilization attribute.
    pub attribute: String,
    /// How much is needed.
    pub needed: i64,
    /// How much the node has.
    pub capacity: i64,
}

/// What gives this part of a score.
pub(super) fn source(
    placement: &Placement<'_>,
    resource: ResourceIx,
    node: NodeIx,
    contribution: &Contribution,
) -> Source {
    match contribution.cause {
        Cause::NodeScore => Source::NodeScore,
        Cause::History => Source::History { past: past::past(placement, resource, node, contribution.score) },
        Cause::Location(location) => of_location(placement, location, node),
        Cause::ShutdownLock => Source::ShutdownLock,
        Cause::Stickiness => Source::Stickiness,
        Cause::MigrationThreshold => of_failures(placement, resource, node),
        Cause::Discovery => Source::Discovery,
        Cause::Ticket(number) => of_ticket(placement, number),
        Cause::Primary(colocation) => of_primary(placement, resource, node, colocation),
        Cause::Dependent(colocation) => {
            of_dependent(placement, resource, node, (colocation, contribution.score))
        }
        Cause::TargetRole => of_stop(placement, resource, node),
        Cause::Connection => Source::Connection,
        Cause::Capacity => Source::Capacity { lack: lack(placement, resource, node) },
        Cause::PromotionScore => Source::PromotionScore,
        Cause::Fitness(instance) => {
            Source::OtherInstance { instance: placement.facts.resource(instance).id.to_string() }
        }
        Cause::NoPromotionScore => Source::NoPromotionScore,
        Cause::SettledRole => match promotion::lesser_role(&placement.facts, resource) {
            Some(role) if contribution.score <= Score::MINUS_INFINITY => Source::LesserRole { role },
            Some(_) | None => Source::SettledRole,
        },
        Cause::NoNode => Source::NoNode,
        Cause::Siblings => of_siblings(placement, resource, contribution.place),
    }
}

/// What the other instances of a clone leave no room for; the ban of one node, or of all.
fn of_siblings(placement: &Placement<'_>, resource: ResourceIx, place: Place) -> Source {
    let facts = &placement.facts;
    let mut around = std::iter::successors(Some(resource), |part| facts.resource(*part).parent);
    let clone = around.find_map(|part| match &facts.resource(part).variant {
        Variant::Clone(limits) => Some((part, *limits)),
        Variant::Primitive(_) | Variant::Group(_) | Variant::Bundle(_) => None,
    });
    let Place::Node(node) = place else {
        return Source::EnoughInstances { limit: clone.map(|(_, limits)| limits.clone_max) };
    };
    let Some((clone, limits)) = clone else { return Source::Siblings { limit: None } };
    let is_there = |instance: &&ResourceIx| placement.node_of(**instance) == Some(node);
    let there = facts.resource(clone).children.iter().filter(is_there).count();
    if there > 0 { Source::Siblings { limit: Some(limits.clone_node_max) } } else { Source::ClosedToAll }
}

fn of_location(placement: &Placement<'_>, location: LocationIx, node: NodeIx) -> Source {
    let record = placement.locations.get(location.index());
    match record.and_then(|record| record.id.as_ref().map(|id| (id, record.role))) {
        Some((id, role)) => Source::Location {
            id: id.to_string(),
            rule: rule_of(placement.facts.cluster, id.as_str()),
            role: role.filter(|role| *role > Role::Started),
        },
        None => {
            let attributes = placement.facts.node(node).attributes.iter();
            let health =
                attributes.filter(|(name, value)| name.starts_with("#health") && &***value != "green");
            Source::Health { attributes: health.map(|(name, value)| format!("{name}: {value}")).collect() }
        }
    }
}

fn of_failures(placement: &Placement<'_>, resource: ResourceIx, node: NodeIx) -> Source {
    let facts = &placement.facts;
    // A clone is banned for what its instances did.
    let counted = facts.leaves(resource).into_iter().chain([resource]);
    let counts = counted.map(|leaf| (failures::count_with_launched(facts, leaf, node), leaf));
    let (count, leaf) = counts.max().unwrap_or((Score::ZERO, resource));
    let base = &facts.resource(leaf).base_id;
    let is_own_stop = |failed: &FailedAction| {
        *failed.task == *"stop" && failed.node == node && without_number(&failed.resource) == &**base
    };
    let timeout = failures::timeout(facts, leaf);
    let last = failures::last_failure(facts, leaf, node).filter(|_| timeout > 0);
    Source::Failures {
        count,
        is_stop: facts.failed_actions.iter().any(is_own_stop),
        expires: last.map(|at| at.saturating_add(timeout).saturating_add(1)),
    }
}

fn of_ticket(placement: &Placement<'_>, number: u32) -> Source {
    let constraint = placement.facts.cluster.constraints.get(number as usize);
    let ticket = match constraint {
        Some(Constraint::Ticket(known)) => known.ticket.to_string(),
        Some(Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Order(_)) | None => {
            String::new()
        }
    };
    let state = placement.facts.status.tickets.iter().find(|state| state.id.as_str() == ticket);
    Source::Ticket {
        id: constraint.map(|known| known.id().to_string()).unwrap_or_default(),
        is_standby: state.is_some_and(|state| state.granted && state.standby),
        ticket,
    }
}

fn of_primary(
    placement: &Placement<'_>,
    resource: ResourceIx,
    node: NodeIx,
    colocation: ColocationIx,
) -> Source {
    let Some(record) = placement.colocation(colocation) else { return Source::Connection };
    let other = company::companion(placement, record.primary, record.primary_role);
    let roots = match (other.nodes.is_empty() && !other.is_told_to_stop, other.role) {
        (false, _) => Vec::new(),
        (true, Some(Role::Promoted)) => company::roots_of_promotion(placement, record.primary),
        (true, _) => company::roots(placement, resource, record.primary, node),
    };
    Source::With { id: record.id.to_string(), other, bond: company::bond(placement, resource, record), roots }
}

fn of_dependent(
    placement: &Placement<'_>,
    resource: ResourceIx,
    node: NodeIx,
    (colocation, score): (ColocationIx, Score),
) -> Source {
    let Some(record) = placement.colocation(colocation) else { return Source::Connection };
    let forbids = score <= Score::MINUS_INFINITY;
    Source::PulledBy {
        id: record.id.to_string(),
        other: company::companion(placement, record.dependent, record.dependent_role),
        roots: if forbids { company::roots(placement, resource, record.dependent, node) } else { Vec::new() },
    }
}

/// Why something is to be stopped: it is told so, it failed, or has nobody to be with.
fn of_stop(placement: &Placement<'_>, resource: ResourceIx, node: NodeIx) -> Source {
    if placement.facts.resource(resource).target_role != Some(Role::Stopped)
        && let Some(past) = past::stopped_on_failure(&placement.facts, resource)
    {
        return Source::History { past };
    }
    match has_nobody_to_be_with(placement, resource) {
        Some(colocation) => of_primary(placement, resource, node, colocation),
        None => Source::TargetRole,
    }
}

/// By which colocation a resource that is to be stopped, and is not told so, has nobody to be with.
pub(super) fn has_nobody_to_be_with(placement: &Placement<'_>, resource: ResourceIx) -> Option<ColocationIx> {
    let facts = &placement.facts;
    if facts.resource(resource).target_role == Some(Role::Stopped)
        || past::stopped_on_failure(facts, resource).is_some()
    {
        return None;
    }
    let mut lineage = std::iter::successors(Some(resource), |part| facts.resource(*part).parent);
    let must_follow = |part: ResourceIx| {
        placement.colocations.iter().rev().position(|record| {
            let is_clone = facts.resource(record.primary).variant.has_instances();
            record.dependent == part && record.score >= Score::INFINITY && is_clone
        })
    };
    lineage.find_map(must_follow).and_then(|number| u32::try_from(number).ok()).map(ColocationIx)
}

/// What a node has too little of for a resource, even when it carries nothing else.
fn lack(placement: &Placement<'_>, resource: ResourceIx, node: NodeIx) -> Option<Lack> {
    let capacity = &placement.facts.node(node).utilization;
    placement.facts.resource(resource).utilization.iter().find_map(|(attribute, needed)| {
        let capacity = capacity.get(attribute).copied().unwrap_or(0);
        (*needed > capacity).then(|| Lack { attribute: attribute.to_string(), needed: *needed, capacity })
    })
}

/// The rule of a location constraint, in words.
fn rule_of(cluster: &Cluster, id: &str) -> Option<String> {
    let found = cluster.constraints.iter().find(|constraint| constraint.id().as_str() == id)?;
    let Constraint::Location(location) = found else { return None };
    match &location.preference {
        LocationPreference::Rule(preference) => Some(rule_text(&preference.rule)),
        LocationPreference::Node { .. } => None,
    }
}
