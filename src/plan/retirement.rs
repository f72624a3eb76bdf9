//! Retirement: resources that are to be deleted stop first, in the order that still joins them.
//!
//! Once a resource is deleted, nothing says any more what must stop before it. So where several
//! go at once, a state is held first in which they are all still there, told to stop.

use std::collections::BTreeSet;

use super::merge::rest;
use super::relation::named_resources;
use crate::model::{Cluster, Constraint, OptionSet, Resource, Score};

/// The state to hold before `merged` comes in force; none where at most one service goes, as
/// there is no order to keep then.
pub fn retirement(in_force: &Cluster, merged: &Cluster) -> Option<Cluster> {
    let staying: BTreeSet<String> =
        merged.resource_ids().into_iter().map(|id| id.as_str().to_owned()).collect();
    let going: Vec<Resource> = in_force
        .resources
        .iter()
        .filter(|resource| !staying.contains(resource.id().as_str()))
        .filter_map(|resource| rest(resource, &staying))
        .collect();
    if going.iter().map(|resource| resource.primitives().len()).sum::<usize>() < 2 {
        return None;
    }
    let mut cluster = merged.clone();
    for template in &in_force.templates {
        if !cluster.templates.iter().any(|kept| kept.id == template.id) {
            cluster.templates.push(template.clone());
        }
    }
    cluster.constraints.extend(orders_among(&going, in_force));
    cluster.resources.extend(going.into_iter().map(stopped));
    Some(cluster)
}

/// Orders that join only resources that go. One that also names a resource that stays would
/// make it wait for, or stop with, what is deleted.
fn orders_among(going: &[Resource], in_force: &Cluster) -> Vec<Constraint> {
    let names: BTreeSet<&str> = going
        .iter()
        .flat_map(|resource| {
            resource
                .primitives()
                .into_iter()
                .map(|primitive| primitive.id.as_str())
                .chain([resource.id().as_str()])
        })
        .collect();
    let joins_them = |constraint: &&Constraint| match constraint {
        Constraint::Order(_) => named_resources(constraint).iter().all(|id| names.contains(id.as_str())),
        Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Ticket(_) => false,
    };
    in_force.constraints.iter().filter(joins_them).cloned().collect()
}

/// The names of resources that were told to stop as they are to be deleted, and of what is in them.
pub(super) fn retiring(cluster: &Cluster) -> BTreeSet<&str> {
    let is_told = |meta: &[OptionSet]| meta.iter().flat_map(|set| &set.pairs).any(|pair| &*pair.name == MARK);
    let mut names = BTreeSet::new();
    for resource in &cluster.resources {
        let parts = resource.primitives();
        if is_told(resource.meta()) || parts.iter().any(|primitive| is_told(&primitive.meta)) {
            names.insert(resource.id().as_str());
            names.extend(parts.into_iter().map(|primitive| primitive.id.as_str()));
        }
    }
    names
}

/// The meta-attribute of a resource that was told to stop because it is to be deleted: nothing else tells, once
/// the command has ended that was to delete it.
const MARK: &str = "quorate-retiring";

/// The resource, told to stop. One that was told already goes on with that.
fn stopped(mut resource: Resource) -> Resource {
    let alone = Cluster { resources: vec![resource.clone()], ..Cluster::default() };
    if !retiring(&alone).is_empty() {
        return resource;
    }
    let pairs = [("target-role", "Stopped"), (MARK, "true")];
    let told = OptionSet { score: Score::INFINITY, ..OptionSet::of(pairs) };
    match &mut resource {
        Resource::Primitive(primitive) => primitive.meta.push(told),
        Resource::Group(group) => {
            for member in &mut group.members {
                member.meta.push(told.clone());
            }
        }
        Resource::Clone(clone) => clone.meta.push(told),
        Resource::Bundle(bundle) => bundle.meta.push(told),
    }
    resource
}
