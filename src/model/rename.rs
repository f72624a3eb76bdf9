//! Renames: a resource under a new name is the same resource, and need not stop.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::constraint::{ColocationScope, LocationTarget, OrderScope, ResourceSet, TicketScope};
use super::id::without_number;
use super::resource::CloneChild;
use super::{Cluster, Constraint, Overlay, Override, Primitive, Resource, ResourceId};

/// A resource that has another name from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rename {
    /// Its name until now.
    pub from: ResourceId,
    /// Its name from now on.
    pub to: ResourceId,
}

/// The renames that apply: the old name is in force, the new one is not.
pub fn applicable(renames: &[Rename], in_force: &Cluster) -> Vec<Rename> {
    let names: BTreeSet<&ResourceId> = in_force.resource_ids().into_iter().collect();
    renames
        .iter()
        .filter(|rename| names.contains(&rename.from) && !names.contains(&rename.to))
        .cloned()
        .collect()
}

/// Renames resources in a cluster and in every constraint that names them.
pub fn rename_in_cluster(cluster: &mut Cluster, renames: &[Rename]) {
    if renames.is_empty() {
        return;
    }
    for resource in &mut cluster.resources {
        rename_resource(resource, renames);
    }
    for constraint in &mut cluster.constraints {
        rename_constraint(constraint, renames);
    }
    for level in &mut cluster.fencing_levels {
        rename_all(&mut level.devices, renames);
    }
    for members in cluster.tags.values_mut() {
        rename_all(members, renames);
    }
}

/// Renames resources in what was asked for on top of what should be.
pub fn in_overlay<'a>(overlay: &'a Overlay, renames: &[Rename]) -> Cow<'a, Overlay> {
    let is_concerned =
        |over: &Override| renames.iter().any(|rename| over.what.resource() == Some(&rename.from));
    if !overlay.overrides.iter().any(is_concerned) {
        return Cow::Borrowed(overlay);
    }
    let mut overlay = overlay.clone();
    for over in &mut overlay.overrides {
        if let Some(resource) = over.what.resource_mut() {
            rename_one(resource, renames);
        }
    }
    Cow::Owned(overlay)
}

/// The new name of a resource, or of an instance of it.
pub fn rename_instance(name: &Arc<str>, renames: &[Rename]) -> Arc<str> {
    let base = without_number(name);
    match renames.iter().find(|rename| rename.from == *base) {
        Some(rename) => format!("{}{}", rename.to, name.get(base.len()..).unwrap_or_default()).into(),
        None => Arc::clone(name),
    }
}

/// A key `RESOURCE_OPERATION_INTERVAL` under the new name.
pub fn rename_key(key: &Arc<str>, old: &str, new: &str) -> Arc<str> {
    match key.strip_prefix(old) {
        Some(rest) if old != new => format!("{new}{rest}").into(),
        Some(_) | None => Arc::clone(key),
    }
}

fn rename_one(id: &mut ResourceId, renames: &[Rename]) {
    if let Some(rename) = renames.iter().find(|rename| rename.from == *id) {
        *id = rename.to.clone();
    }
}

fn rename_all(ids: &mut [ResourceId], renames: &[Rename]) {
    for id in ids {
        rename_one(id, renames);
    }
}

fn rename_resource(resource: &mut Resource, renames: &[Rename]) {
    let rename_primitive = |primitive: &mut Primitive| rename_one(&mut primitive.id, renames);
    match resource {
        Resource::Primitive(primitive) => rename_primitive(primitive),
        Resource::Group(group) => {
            rename_one(&mut group.id, renames);
            group.members.iter_mut().for_each(rename_primitive);
        }
        Resource::Clone(clone) => {
            rename_one(&mut clone.id, renames);
            match &mut clone.child {
                CloneChild::Primitive(primitive) => rename_primitive(primitive),
                CloneChild::Group(group) => {
                    rename_one(&mut group.id, renames);
                    group.members.iter_mut().for_each(rename_primitive);
                }
            }
        }
        Resource::Bundle(bundle) => {
            rename_one(&mut bundle.id, renames);
            bundle.primitive.iter_mut().for_each(rename_primitive);
        }
    }
}

fn rename_constraint(constraint: &mut Constraint, renames: &[Rename]) {
    let rename_sets = |sets: &mut [ResourceSet]| {
        for set in sets {
            rename_all(&mut set.resources, renames);
        }
    };
    match constraint {
        Constraint::Location(location) => {
            let LocationTarget { resource, pattern: _, sets } = &mut location.target;
            resource.iter_mut().for_each(|id| rename_one(id, renames));
            rename_sets(sets);
        }
        Constraint::Colocation(colocation) => match &mut colocation.scope {
            ColocationScope::Pair { dependent, primary, .. } => {
                rename_one(dependent, renames);
                rename_one(primary, renames);
            }
            ColocationScope::Sets(sets) => rename_sets(sets),
        },
        Constraint::Order(order) => match &mut order.scope {
            OrderScope::Pair { first, then, .. } => {
                rename_one(first, renames);
                rename_one(then, renames);
            }
            OrderScope::Sets(sets) => rename_sets(sets),
        },
        Constraint::Ticket(ticket) => match &mut ticket.scope {
            TicketScope::Resource { resource, .. } => rename_one(resource, renames),
            TicketScope::Sets(sets) => rename_sets(sets),
        },
    }
}
