//! Company: the resource that another is to be with or away from, and what keeps it where it is.

use serde::{Deserialize, Serialize};

use super::source::{Source, has_nobody_to_be_with, source};
use crate::model::{NodeName, Role, Score, scalar};
use crate::scheduler::ResourceIx;
use crate::scheduler::assign::{Cause, Placement};
use crate::scheduler::constraint::colocation::{ColocationIx, ColocationRecord};
use crate::scheduler::facts::{NodeIx, Variant};

/// A resource that another is to be with, or away from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Companion {
    /// Which.
    pub resource: String,
    /// The role it is wanted in; any if none.
    pub role: Option<Role>,
    /// Where it, or an instance of it in that role, is placed.
    pub nodes: Vec<NodeName>,
    /// Whether it is told to stop.
    pub is_told_to_stop: bool,
}

/// What two resources are to each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bond {
    /// They keep apart.
    pub is_apart: bool,
    /// Nodes count as the same place where their values of this attribute are equal.
    pub node_attribute: Option<String>,
    /// Each instance of the one goes with a single instance of the other.
    pub is_paired: bool,
    /// The instance of the other that it goes with.
    pub partner: Option<Partner>,
}

/// An instance that another goes with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    /// Which.
    pub instance: String,
    /// Where.
    pub node: NodeName,
}

/// What keeps another resource from a node, and so this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// The other.
    pub resource: String,
    /// What keeps it.
    pub source: Source,
}

pub(super) fn bond(placement: &Placement<'_>, resource: ResourceIx, record: &ColocationRecord) -> Bond {
    let is_paired = is_paired(placement, record);
    Bond {
        is_apart: record.score < Score::ZERO,
        node_attribute: record.node_attribute.as_ref().map(ToString::to_string),
        is_paired,
        partner: is_paired.then(|| partner(placement, resource, record.primary)).flatten(),
    }
}

/// Whether instances go with instances one by one.
fn is_paired(placement: &Placement<'_>, record: &ColocationRecord) -> bool {
    let facts = &placement.facts;
    let dependent = facts.resource(record.dependent);
    if facts.resource(record.primary).variant.is_bundle() {
        return dependent.variant.has_instances();
    }
    let asks = dependent.meta.get("interleave").and_then(|text| scalar::parse_boolean(text));
    asks == Some(true) && facts.resource(record.primary).variant.is_clone()
}

/// The instance, or the container, that is where a resource is.
fn partner(placement: &Placement<'_>, resource: ResourceIx, primary: ResourceIx) -> Option<Partner> {
    let facts = &placement.facts;
    let node = placement.node_of(resource)?;
    let instances: Vec<ResourceIx> = match &facts.resource(primary).variant {
        Variant::Bundle(bundle) => bundle.replicas.iter().map(|replica| replica.container).collect(),
        Variant::Primitive(_) | Variant::Group(_) | Variant::Clone(_) => facts.leaves(primary),
    };
    let there = instances.into_iter().find(|instance| placement.node_of(*instance) == Some(node))?;
    Some(Partner { instance: facts.resource(there).id.to_string(), node: facts.node(node).name.clone() })
}

/// The other resource of a colocation, as it was placed.
pub(super) fn companion(placement: &Placement<'_>, other: ResourceIx, role: Option<Role>) -> Companion {
    let facts = &placement.facts;
    let mut nodes: Vec<NodeIx> = Vec::new();
    for node in places(placement, other, role) {
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    let own = facts.resource(other);
    Companion {
        resource: own.id.to_string(),
        role: role.filter(|role| *role > Role::Started),
        nodes: nodes.into_iter().map(|node| facts.node(node).name.clone()).collect(),
        is_told_to_stop: own.target_role == Some(Role::Stopped),
    }
}

/// Where a resource is placed in a role; what is in a bundle counts where its container is.
fn places(placement: &Placement<'_>, other: ResourceIx, role: Option<Role>) -> Vec<NodeIx> {
    let facts = &placement.facts;
    let role = role.filter(|role| *role > Role::Started);
    let fits = |leaf: &ResourceIx| {
        let next = placement.next_role.get(leaf.index());
        role.is_none() || next.copied() == role
    };
    let node_of = |resource: ResourceIx| placement.assigned.get(resource.index()).copied().flatten();
    match &facts.resource(other).variant {
        Variant::Bundle(bundle) => {
            let replicas = bundle.replicas.iter();
            let fitting =
                replicas.filter(|replica| role.is_none() || replica.child.as_ref().is_some_and(fits));
            fitting.filter_map(|replica| node_of(replica.container)).collect()
        }
        Variant::Primitive(_) | Variant::Group(_) | Variant::Clone(_) => {
            facts.leaves(other).into_iter().filter(fits).filter_map(node_of).collect()
        }
    }
}

/// What keeps `other` from a node, for its own sake or for that of those it goes with.
pub(super) fn roots(
    placement: &Placement<'_>,
    resource: ResourceIx,
    other: ResourceIx,
    node: NodeIx,
) -> Vec<Root> {
    let mut seen = vec![resource];
    let mut roots = Vec::new();
    seek(placement, other, node, &mut seen, &mut roots);
    roots
}

fn seek(
    placement: &Placement<'_>,
    other: ResourceIx,
    node: NodeIx,
    seen: &mut Vec<ResourceIx>,
    roots: &mut Vec<Root>,
) {
    for part in std::iter::once(other).chain(placement.facts.leaves(other)) {
        if seen.contains(&part) {
            continue;
        }
        seen.push(part);
        let noted = placement.contributions.get(part.index()).map(Vec::as_slice).unwrap_or_default();
        let bans = noted.iter().filter(|it| it.place.includes(node) && it.score <= Score::MINUS_INFINITY);
        for ban in bans {
            if let Some(next) = followed(placement, part, ban.cause) {
                seek(placement, next, node, seen, roots);
                continue;
            }
            let resource = placement.facts.resource(part).id.to_string();
            let root = Root { resource, source: source(placement, part, node, ban) };
            if !roots.iter().any(|known| known.source == root.source) {
                roots.push(root);
            }
        }
    }
}

/// Whom a ban was taken over from.
fn followed(placement: &Placement<'_>, part: ResourceIx, cause: Cause) -> Option<ResourceIx> {
    let record = |colocation: ColocationIx| placement.colocation(colocation);
    match cause {
        Cause::Dependent(colocation) => Some(record(colocation)?.dependent),
        Cause::Primary(colocation) => {
            let record = record(colocation)?;
            (record.score > Score::ZERO).then_some(record.primary)
        }
        Cause::TargetRole => Some(record(has_nobody_to_be_with(placement, part)?)?.primary),
        Cause::NodeScore
        | Cause::History
        | Cause::Location(_)
        | Cause::ShutdownLock
        | Cause::Stickiness
        | Cause::MigrationThreshold
        | Cause::Discovery
        | Cause::Ticket(_)
        | Cause::Connection
        | Cause::Capacity
        | Cause::PromotionScore
        | Cause::Fitness(_)
        | Cause::NoPromotionScore
        | Cause::SettledRole
        | Cause::NoNode
        | Cause::Siblings => None,
    }
}

/// What keeps any instance of a promotable resource from being promoted.
pub(super) fn roots_of_promotion(placement: &Placement<'_>, clone: ResourceIx) -> Vec<Root> {
    let mut roots: Vec<Root> = Vec::new();
    for (index, promotion) in placement.promotions.iter().enumerate() {
        let instance = ResourceIx::at(index);
        let Some(promotion) = promotion else { continue };
        if placement.facts.resource(instance).parent != Some(clone) {
            continue;
        }
        let Some(node) = placement.node_of(instance) else { continue };
        for part in promotion.parts.iter().filter(|part| part.score <= Score::MINUS_INFINITY) {
            if followed(placement, instance, part.cause).is_none() {
                let resource = placement.facts.resource(clone).id.to_string();
                let root = Root { resource, source: source(placement, instance, node, part) };
                if !roots.contains(&root) {
                    roots.push(root);
                }
            }
        }
    }
    roots
}
