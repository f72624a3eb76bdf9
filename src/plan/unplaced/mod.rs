//! Resources that should run and have no node.

mod obstacle;

pub(super) use obstacle::{names, obstacle};
use serde::{Deserialize, Serialize};

use super::because::Because;
use super::explain::has_no_instances;
use super::relation::Relations;
use crate::model::constraint::LocationPreference;
use crate::model::id::without_number;
use crate::model::{Cluster, Constraint, NodeName, Role, Score};
use crate::scheduler::assign::Placement;
use crate::scheduler::facts::{FailedAction, NodeFacts, NodeIx, NodeKind, Variant};
use crate::scheduler::operation::{Lookup, OnFail};
use crate::scheduler::{Facts, ResourceIx};
use crate::status::ResultCode;

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
    /// Whether the plan starts what makes nodes of its own: guests, bundles, connections.
    #[serde(default)]
    pub has_guests: bool,
}

impl Unplaced {
    /// Whether what a plan does can give it a node: node attributes that agents set, or the place of
    /// what it must be with. Nodes that are not there, failures and plain constraints stay as they are.
    pub fn may_be_later(&self, cluster: &Cluster) -> bool {
        let is_rule = |id: &str| {
            cluster.constraints.iter().filter(|known| known.id().as_str() == id).any(|known| match known {
                Constraint::Location(location) => {
                    matches!(location.preference, LocationPreference::Rule(_))
                }
                Constraint::Colocation(_) | Constraint::Order(_) | Constraint::Ticket(_) => true,
            })
        };
        let is_open = |refusal: &Refusal| match &refusal.obstacle {
            Obstacle::Constraint { id } => is_rule(id),
            Obstacle::Unclean
            | Obstacle::Company { .. }
            | Obstacle::Apart { .. }
            | Obstacle::Capacity { .. }
            | Obstacle::CapacityTogether
            | Obstacle::Unhealthy
            | Obstacle::StoppedAsMultiple { .. }
            | Obstacle::OtherPlaces
            | Obstacle::Score { .. } => true,
            Obstacle::Absent { absence, .. } => match absence {
                Absence::NoNode | Absence::NotPromoted | Absence::NoPromotionScore => true,
                Absence::Stopped | Absence::NoTicket { .. } => false,
            },
            Obstacle::Offline
            | Obstacle::ShuttingDown
            | Obstacle::Standby
            | Obstacle::Maintenance
            | Obstacle::Ticket { .. }
            | Obstacle::Failures
            | Obstacle::FailedForGood { .. }
            | Obstacle::Halted
            | Obstacle::Locked { .. }
            | Obstacle::NotAllowed
            | Obstacle::NotOpened
            | Obstacle::StandbyAfterFailure { .. } => false,
        };
        // Guests come to be there once something else runs.
        self.has_guests || self.nodes.iter().any(is_open)
    }
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
        /// Whether it is granted, and in standby.
        #[serde(default)]
        is_standby: bool,
    },
    /// It failed there too often, or its start failed.
    Failures,
    /// It failed somewhere in a way that no other node would mend.
    FailedForGood {
        /// What failed.
        because: Box<Because>,
    },
    /// It is active more often than it should be, and is only stopped (`multiple-active: stop_only`).
    StoppedAsMultiple {
        /// Where.
        nodes: Vec<NodeName>,
    },
    /// It waits for a node that was shut down (`shutdown-lock`).
    Locked {
        /// Which.
        node: NodeName,
    },
    /// Health attributes of the node forbid it.
    Unhealthy,
    /// No constraint allows it, and nothing may run where none does (`symmetric-cluster: false`).
    NotAllowed,
    /// The node has too little of something left.
    Capacity {
        /// Of what.
        attribute: String,
        /// How much it needs.
        needed: i64,
        /// How much is left there.
        left: i64,
        /// How much there is at all.
        total: i64,
    },
    /// The node has too little left for it and all that must be with it.
    CapacityTogether,
    /// It is stopped everywhere since it failed (`on-fail: stop`).
    Halted,
    /// The node is in standby since something failed there (`on-fail: standby`).
    StandbyAfterFailure {
        /// What failed, where that is known.
        resource: Option<String>,
    },
    /// It must be with a resource that is elsewhere.
    Company {
        /// With which.
        resource: String,
    },
    /// It must be with a resource that is nowhere, or nowhere in the role that counts.
    Absent {
        /// With which.
        resource: String,
        /// Why that is nowhere.
        absence: Absence,
    },
    /// It must be apart from a resource that is there.
    Apart {
        /// From which.
        resource: String,
        /// The constraint that says so.
        constraint: String,
        /// Nodes of one value of this attribute count as the same.
        attribute: Option<String>,
    },
    /// Locations open other nodes to it, and only those (`resource-discovery: exclusive`).
    NotOpened,
    /// Connections, guests and bundled resources have places of their own.
    OtherPlaces,
    /// Something else gave the node a score below zero, or no score at all.
    Score {
        /// Which, if any.
        #[serde(default)]
        score: Option<Score>,
    },
}

/// Why a resource is nowhere, or nowhere in the role that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "absence", rename_all = "kebab-case")]
pub enum Absence {
    /// It is told to be stopped.
    Stopped,
    /// It has no node itself.
    NoNode,
    /// No instance of it is promoted.
    NotPromoted,
    /// No instance of it is promoted, as none has a promotion score.
    NoPromotionScore,
    /// No instance of it is promoted, as it needs a ticket that this site does not hold.
    NoTicket {
        /// Which.
        ticket: String,
        /// Whether it is granted, and in standby.
        is_standby: bool,
    },
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
            has_guests: facts.nodes.iter().any(|node| node.kind != NodeKind::Member),
            nodes: facts
                .node_numbers()
                .filter(|node| is_of_concern(facts, resource, *node))
                .map(|node| Refusal {
                    node: facts.node(node).name.clone(),
                    obstacle: obstacle(placement, relations, resource, node),
                })
                .collect(),
        })
        .collect()
}

/// Whether it says anything that a node cannot run a resource: a guest is there once something else runs,
/// and the nodes that containers make are for what is bundled with them.
fn is_of_concern(facts: &Facts<'_>, resource: ResourceIx, node: NodeIx) -> bool {
    let of_guest = facts.node(node);
    let is_listed = || {
        let first = facts.leaves(resource).first().copied();
        let mut chain =
            std::iter::successors(first.or(Some(resource)), |inner| facts.resource(*inner).parent);
        chain.any(|one| facts.resource(one).table.entry(node).is_some())
    };
    of_guest.kind != NodeKind::Guest || of_guest.is_online && (is_listed() || !facts.properties.symmetric)
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
pub(super) fn candidates(facts: &Facts<'_>, top: ResourceIx) -> Vec<ResourceIx> {
    match &facts.resource(top).variant {
        Variant::Group(_) => facts.resource(top).children.clone(),
        Variant::Primitive(_) | Variant::Clone(_) | Variant::Bundle(_) => vec![top],
    }
}

/// Whether a resource is meant to run, as far as its own settings and the cluster's go.
pub(super) fn should_run(facts: &Facts<'_>, index: ResourceIx) -> bool {
    let resource = facts.resource(index);
    let is_wanted = resource.target_role.is_none_or(|role| role > Role::Stopped);
    resource.is_managed
        && !resource.is_removed
        && !has_no_instances(facts, index)
        && is_wanted
        && !facts.properties.stop_all_resources
        && !facts.properties.maintenance_mode
}

/// Whether a resource is stopped everywhere since it, or something in it, failed (`on-fail: stop`).
pub(super) fn is_halted(facts: &Facts<'_>, resource: ResourceIx) -> bool {
    let table = |resource| &facts.resource(resource).table;
    let is_forbidden = |resource: ResourceIx| {
        let mut nodes = facts.node_numbers();
        nodes.all(|node| table(resource).score(node).is_none_or(|score| score <= Score::MINUS_INFINITY))
    };
    facts.leaves(resource).iter().any(|leaf| {
        (is_forbidden(*leaf) || is_forbidden(facts.topmost(*leaf))) && halted_by(facts, *leaf).is_some()
    })
}

/// The failure of a primitive after which it is not to be started again.
pub(super) fn halted_by<'f>(facts: &'f Facts<'_>, resource: ResourceIx) -> Option<&'f FailedAction> {
    failures_of(facts, resource).find(|failed| consequence(facts, resource, failed) == OnFail::Stop)
}

/// The failure of a primitive that bans it from every node: it is not configured well.
pub(super) fn fatal_failure<'f>(facts: &'f Facts<'_>, resource: ResourceIx) -> Option<&'f FailedAction> {
    failures_of(facts, resource).find(|failed| failed.rc == ResultCode::NOT_CONFIGURED)
}

/// What a failure leads to.
fn consequence(facts: &Facts<'_>, resource: ResourceIx, failed: &FailedAction) -> OnFail {
    let op = facts.find_operation(resource, &failed.task, failed.interval, Lookup::Any);
    let options = facts.operation_options(resource, &failed.task, failed.interval, op);
    facts.on_fail(resource, &failed.task, &options, false)
}

/// The failures of a primitive that are still remembered.
pub(super) fn failures_of<'f>(
    facts: &'f Facts<'_>,
    resource: ResourceIx,
) -> impl Iterator<Item = &'f FailedAction> {
    let own = facts.resource(resource);
    facts.remembered_failures().filter(move |failed| {
        // Instances that are told apart fail one by one.
        let is_numbered = own.is_unique && without_number(&failed.resource) != &*failed.resource;
        if is_numbered {
            failed.resource == own.id
        } else {
            without_number(&failed.resource) == &*own.base_id
        }
    })
}

/// A resource whose failure has put a node in standby.
fn standby_by(facts: &Facts<'_>, node: &NodeFacts<'_>) -> Option<String> {
    let mut failed = facts.remembered_failures().filter(|failed| facts.node(failed.node).name == node.name);
    failed.find_map(|failed| {
        let name = without_number(&failed.resource);
        let numbers = (0..facts.resources.len()).map(ResourceIx::at);
        let mut own = numbers.filter(|resource| &*facts.resource(*resource).base_id == name);
        let resource = own.find(|resource| facts.resource(*resource).primitive().is_some())?;
        (consequence(facts, resource, failed) == OnFail::Standby).then(|| name.to_owned())
    })
}

/// What keeps everything off a node.
pub(super) fn node_obstacle(facts: &Facts<'_>, node: &NodeFacts<'_>) -> Option<Obstacle> {
    // Without fencing a lost node is only taken to be down.
    if node.unclean.is_some() && (facts.properties.fencing_enabled || node.is_online) {
        Some(Obstacle::Unclean)
    } else if !node.is_online {
        Some(Obstacle::Offline)
    } else if node.is_shutting_down {
        Some(Obstacle::ShuttingDown)
    } else if node.is_standby_on_failure {
        Some(Obstacle::StandbyAfterFailure { resource: standby_by(facts, node) })
    } else if node.is_standby {
        Some(Obstacle::Standby)
    } else if node.in_maintenance {
        Some(Obstacle::Maintenance)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_plan_can_change_is_worth_trying() {
        let may = |obstacle| {
            let nodes = vec![Refusal { node: NodeName::from("n1"), obstacle }];
            let unplaced = Unplaced { resource: "A".to_owned(), nodes, is_later: false, has_guests: false };
            unplaced.may_be_later(&Cluster::default())
        };
        assert!(may(Obstacle::Score { score: None }) && may(Obstacle::Company { resource: "B".to_owned() }));
        assert!(!may(Obstacle::Failures) && !may(Obstacle::Offline) && !may(Obstacle::Halted));
        assert!(!may(Obstacle::Constraint { id: "ban".to_owned() }), "no rule: nothing can end it");
    }
}
