//! Resources that should run and have no node.

use serde::{Deserialize, Serialize};

use super::relation::Relations;
use crate::model::{NodeName, Role, Score};
use crate::scheduler::assign::Placement;
use crate::scheduler::facts::{NodeFacts, NodeKind, Variant};
use crate::scheduler::{Facts, ResourceIx};

/// A resource that should run and has no node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unplaced {
    /// Which.
    pub resource: String,
    /// Why not, node by node.
    pub nodes: Vec<Refusal>,
    /// Whether it comes to run once the steps of the plan are done, as rehearsing them says.
    #[serde(default)]
    pub is_later: bool,
}

/// Why a node cannot run a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which node.
    pub node: NodeName,
    /// Why not.
    pub obstacle: Obstacle,
}

/// What keeps a resource off a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum Obstacle {
    /// The node is not there.
    Offline,
    /// The node must be fenced first.
    Unclean,
    /// The node shuts down.
    ShuttingDown,
    /// The node is in standby.
    Standby,
    /// The node is in maintenance.
    Maintenance,
    /// A constraint forbids it.
    Constraint {
        /// Which.
        id: String,
    },
    /// It needs a ticket that this site does not hold.
    Ticket {
        /// Which.
        ticket: String,
    },
    /// It failed there too often, or its start failed.
    Failures,
    /// It must be with a resource that cannot be there.
    Company {
        /// With which.
        resource: String,
    },
    /// Something else gave the node a score of minus infinity, or no score at all.
    Score,
}

/// Everything that should run and has no node; collectives count when no part of them has one.
pub(super) fn unplaced(placement: &Placement<'_>, relations: &Relations) -> Vec<Unplaced> {
    let facts = &placement.facts;
    facts
        .top
        .iter()
        .copied()
        .flat_map(|top| candidates(facts, top))
        .filter(|resource| should_run(facts, *resource) && !has_place(placement, *resource))
        .map(|resource| Unplaced {
            resource: facts.resource(resource).id.to_string(),
            is_later: false,
            nodes: facts
                .nodes
                .iter()
                // A guest is there once something else runs.
                .filter(|node| node.is_online || node.kind != NodeKind::Guest)
                .map(|node| Refusal {
                    node: node.name.clone(),
                    obstacle: obstacle(placement, relations, resource, node),
                })
                .collect(),
        })
        .collect()
}

/// Whether a resource, or a part of it, has a node; of a bundle, a container.
fn has_place(placement: &Placement<'_>, resource: ResourceIx) -> bool {
    match &placement.facts.resource(resource).variant {
        Variant::Bundle(bundle) => {
            let mut containers = bundle.replicas.iter().map(|replica| replica.container);
            containers.any(|container| placement.node_of(container).is_some())
        }
        Variant::Primitive(_) | Variant::Group(_) | Variant::Clone(_) => {
            placement.node_of(resource).is_some()
        }
    }
}

/// Members of a group count each; clones and bundles as a whole.
fn candidates(facts: &Facts<'_>, top: ResourceIx) -> Vec<ResourceIx> {
    match &facts.resource(top).variant {
        Variant::Group(_) => facts.resource(top).children.clone(),
        Variant::Primitive(_) | Variant::Clone(_) | Variant::Bundle(_) => vec![top],
    }
}

/// Whether a resource is meant to run, as far as its own settings and the cluster's go.
pub(super) fn should_run(facts: &Facts<'_>, resource: ResourceIx) -> bool {
    let resource = facts.resource(resource);
    let is_wanted = resource.target_role.is_none_or(|role| role > Role::Stopped);
    resource.is_managed
        && !resource.is_removed
        && is_wanted
        && !facts.properties.stop_all_resources
        && !facts.properties.maintenance_mode
}

fn obstacle(
    placement: &Placement<'_>,
    relations: &Relations,
    resource: ResourceIx,
    node: &NodeFacts<'_>,
) -> Obstacle {
    if let Some(obstacle) = node_obstacle(node) {
        return obstacle;
    }
    let id = &*placement.facts.resource(resource).id;
    if let Some(ticket) = relations.missing_ticket(id, &placement.facts.status.tickets) {
        return Obstacle::Ticket { ticket };
    }
    let banned = relations
        .preferences_of(id)
        .find(|preference| preference.node == node.name && preference.score <= Score::MINUS_INFINITY);
    if let Some(preference) = banned {
        return Obstacle::Constraint { id: preference.constraint.clone() };
    }
    let base = &placement.facts.resource(resource).base_id;
    let failed = placement
        .facts
        .failed_actions
        .iter()
        .any(|failed| *failed.resource == **base && placement.facts.node(failed.node).name == node.name);
    if failed {
        return Obstacle::Failures;
    }
    let company = relations.primaries_of(id).find(|company| company.score >= Score::INFINITY);
    let rule = relations.forbidding_rules_of(id).next();
    match (company, rule) {
        (Some(company), _) => Obstacle::Company { resource: company.primary.to_string() },
        (None, Some(id)) => Obstacle::Constraint { id: id.clone() },
        (None, None) => Obstacle::Score,
    }
}

/// What keeps everything off a node.
pub(super) fn node_obstacle(node: &NodeFacts<'_>) -> Option<Obstacle> {
    if node.unclean.is_some() {
        Some(Obstacle::Unclean)
    } else if !node.is_online {
        Some(Obstacle::Offline)
    } else if node.is_shutting_down {
        Some(Obstacle::ShuttingDown)
    } else if node.is_standby || node.is_standby_on_failure {
        Some(Obstacle::Standby)
    } else if node.in_maintenance {
        Some(Obstacle::Maintenance)
    } else {
        None
    }
}
