//! Units: the services that must run somewhere, as people count them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::id::without_number;
use crate::model::{NodeName, Role};
use crate::plan::unplaced::should_run;
use crate::scheduler::facts::{BundleFacts, Variant};
use crate::scheduler::{Facts, ResourceIx};

/// What is really active, by name: where, and in which role.
pub type Seats = BTreeMap<Arc<str>, Vec<(NodeName, Role)>>;

/// A place where a resource is active.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seat {
    /// Which.
    pub resource: String,
    /// Where.
    pub node: NodeName,
    /// In which role.
    pub role: Role,
}

impl Seat {
    /// All of them, by name and node.
    pub fn list(seats: &Seats) -> Vec<Self> {
        let each = seats.iter().flat_map(|(resource, places)| {
            places.iter().map(|(node, role)| Self {
                resource: resource.to_string(),
                node: node.clone(),
                role: *role,
            })
        });
        each.collect()
    }
}

/// A service that must run somewhere. A clone is served by any of its instances, a bundle by any of
/// its replicas, a group only by all of its members, so that each of those counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name for people.
    pub name: String,
    /// The primitives that serve it, without instance numbers.
    pub members: BTreeSet<String>,
    /// Whether only the promoted role will do.
    pub wants_promoted: bool,
}

impl Unit {
    /// Whether it is served.
    pub fn is_served(&self, seats: &Seats) -> bool {
        self.places(seats).any(|(_, role)| self.counts(role))
    }

    /// Whether it is active in any role.
    pub fn is_active(&self, seats: &Seats) -> bool {
        self.places(seats).next().is_some()
    }

    /// The nodes that serve it.
    pub fn nodes(&self, seats: &Seats) -> BTreeSet<NodeName> {
        self.places(seats).filter(|(_, role)| self.counts(*role)).map(|(node, _)| node.clone()).collect()
    }

    /// Whether a primitive, numbered or not, serves it.
    pub fn has_member(&self, resource: &str) -> bool {
        self.members.contains(resource) || self.members.contains(without_number(resource))
    }

    /// Whether being active in this role is enough.
    pub fn counts(&self, role: Role) -> bool {
        role > Role::Stopped && (!self.wants_promoted || role == Role::Promoted)
    }

    fn places<'a>(&'a self, seats: &'a Seats) -> impl Iterator<Item = (&'a NodeName, Role)> {
        let mine = seats.iter().filter(|(resource, _)| self.has_member(resource));
        mine.flat_map(|(_, places)| places.iter().map(|(node, role)| (node, *role)))
    }
}

/// Everything that must run somewhere, in the order of the configuration. Fence devices are no
/// services: they can be used wherever they are allowed, running or not, and one that is kept off the
/// node it fences has nothing to do once that is the last one.
pub fn units(facts: &Facts<'_>) -> Vec<Unit> {
    let mut units = Vec::new();
    for top in facts.top.iter().copied() {
        match &facts.resource(top).variant {
            Variant::Primitive(_) => add(facts, top, [top], &mut units),
            Variant::Group(_) => {
                for member in &facts.resource(top).children {
                    add(facts, *member, [*member], &mut units);
                }
            }
            Variant::Clone(_) => add_clone(facts, top, &mut units),
            Variant::Bundle(bundle) => add(facts, top, serving(bundle), &mut units),
        }
    }
    units
}

/// A promotable clone is two services: one that anyone serves, and one that needs promotion.
fn add_clone(facts: &Facts<'_>, clone: ResourceIx, units: &mut Vec<Unit>) {
    let begin = units.len();
    add(facts, clone, facts.leaves(clone), units);
    let wants_promoted = facts.resource(clone).is_promotable
        && facts.resource(clone).target_role.is_none_or(|role| role == Role::Promoted);
    if wants_promoted && let Some(unit) = units.get(begin).cloned() {
        units.push(Unit { wants_promoted, ..unit });
    }
}

/// What of a bundle people come for.
fn serving(bundle: &BundleFacts) -> Vec<ResourceIx> {
    bundle.replicas.iter().map(|replica| replica.child.unwrap_or(replica.container)).collect()
}

/// The nodes that something launches, guests and bundles, each with what does so.
pub fn launchers(facts: &Facts<'_>) -> BTreeMap<NodeName, Arc<str>> {
    let launched = facts.nodes.iter().filter_map(|node| {
        let launcher = facts.resource(node.connection?).launcher?;
        Some((node.name.clone(), Arc::clone(&facts.resource(launcher).id)))
    });
    launched.collect()
}

fn add(
    facts: &Facts<'_>,
    whole: ResourceIx,
    parts: impl IntoIterator<Item = ResourceIx>,
    units: &mut Vec<Unit>,
) {
    let is_service = |part: &ResourceIx| !facts.resource(*part).is_fence_device();
    let parts = parts.into_iter().filter(is_service);
    let members: BTreeSet<String> = parts.map(|part| facts.resource(part).base_id.to_string()).collect();
    if should_run(facts, whole) && !members.is_empty() {
        units.push(Unit { name: facts.resource(whole).id.to_string(), members, wants_promoted: false });
    }
}
