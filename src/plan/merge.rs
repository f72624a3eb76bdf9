//! What should be in force: what the manifest declares, and of what it does not declare
//! everything that nobody asked to delete.
//!
//! A declared thing is enforced as a whole. An undeclared thing stays where it is and is
//! reported; with [`Prune::Yes`] it goes. Overrides of operators and what the cluster itself
//! keeps are never touched.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::address::{Address, ObjectKind};
use super::outline::{COROSYNC, ISOLATION, Object, address_of, level_name, outline};
use super::relation::named_resources;
use super::rename::names;
use crate::model::resource::CloneChild;
use crate::model::{self, Cluster, Group, NameValue, OptionSet, Resource, ResourceId};

/// Whether undeclared things are deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prune {
    /// They stay, and are reported.
    #[default]
    No,
    /// They go.
    Yes,
}

/// An undeclared thing that stays in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leftover {
    /// What it is.
    pub address: Address,
    /// What it says on one line.
    pub headline: String,
    /// Why it stays.
    pub owner: Owner,
}

/// Whose an undeclared thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// Nobody's any more: `--prune` deletes it.
    Nobody,
    /// An operator's, set at run time (`cli-ban-...`).
    Operator,
    /// The cluster's own.
    Runtime,
}

/// Properties that a running cluster writes itself.
const RUNTIME_PROPERTIES: [&str; 8] = [
    "cluster-infrastructure",
    "cluster-name",
    "dc-version",
    "have-watchdog",
    "last-lrm-refresh",
    "stonith-watchdog-timeout",
    "fencing-watchdog-timeout",
    "feature-set",
];

/// What should be in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// All of it.
    pub cluster: Cluster,
    /// What of it the manifest does not declare.
    pub leftovers: Vec<Leftover>,
}

/// Joins what is declared with what is in force.
pub fn merge(in_force: &Cluster, declared: &Cluster, prune: Prune) -> Merged {
    let declared_outline = outline(declared);
    let in_force_outline = outline(in_force);
    let undeclared: Vec<&Object> = in_force_outline
        .iter()
        .filter(|object| !declared_outline.iter().any(|declared| declared.address == object.address))
        .filter(|object| !is_said_otherwise(object, &declared_outline))
        .collect();
    let kept: BTreeSet<&Address> = undeclared
        .iter()
        .filter(|object| prune == Prune::No || owner(&object.address) != Owner::Nobody)
        .map(|object| &object.address)
        .collect();
    let cluster = join(in_force, declared, &kept);
    let merged_outline = outline(&cluster);
    let leftovers = undeclared
        .into_iter()
        .filter(|object| merged_outline.iter().any(|merged| merged.address == object.address))
        .map(|object| Leftover {
            address: object.address.clone(),
            headline: object.headline.clone(),
            owner: owner(&object.address),
        })
        .collect();
    Merged { cluster, leftovers }
}

/// A constraint under another name that says the same is declared.
fn is_said_otherwise(object: &Object, declared: &[Object]) -> bool {
    object.address.kind.is_constraint() && declared.iter().any(|declared| declared.says_the_same_as(object))
}

fn owner(address: &Address) -> Owner {
    if address.kind.is_constraint() && address.name.starts_with("cli-") {
        Owner::Operator
    } else if address.kind == ObjectKind::Property && RUNTIME_PROPERTIES.contains(&address.name.as_str()) {
        Owner::Runtime
    } else {
        Owner::Nobody
    }
}

fn join(in_force: &Cluster, declared: &Cluster, kept: &BTreeSet<&Address>) -> Cluster {
    let is_kept = |kind: ObjectKind, name: &str| kept.contains(&Address::new(kind, name));
    let mut cluster = declared.clone();
    if cluster.name.is_none() {
        cluster.name.clone_from(&in_force.name);
    }
    if is_kept(ObjectKind::Cluster, COROSYNC) {
        cluster.corosync.clone_from(&in_force.corosync);
    }
    if is_kept(ObjectKind::Cluster, ISOLATION) {
        cluster.isolation.clone_from(&in_force.isolation);
    }
    keep(
        &mut cluster.nodes,
        &in_force.nodes,
        |node| node.name.as_str(),
        |name| is_kept(ObjectKind::Node, name),
    );
    for (sets, old, kind) in [
        (&mut cluster.properties, &in_force.properties, ObjectKind::Property),
        (&mut cluster.resource_defaults, &in_force.resource_defaults, ObjectKind::ResourceDefault),
        (&mut cluster.operation_defaults, &in_force.operation_defaults, ObjectKind::OperationDefault),
    ] {
        keep_settings(sets, old, |name| is_kept(kind, name));
    }
    keep(
        &mut cluster.templates,
        &in_force.templates,
        |template| template.id.as_str(),
        |name| is_kept(ObjectKind::Template, name),
    );
    keep_resources(&mut cluster, in_force, &|name| is_kept(ObjectKind::Resource, name));
    keep_rest(&mut cluster, in_force, kept);
    let known = known_names(&cluster);
    keep(
        &mut cluster.constraints,
        &in_force.constraints,
        |constraint| constraint.id().as_str(),
        |name| {
            in_force.constraints.iter().any(|constraint| {
                constraint.id().as_str() == name
                    && kept.contains(&address_of(constraint))
                    && named_resources(constraint).iter().all(|id| known.contains(id.as_str()))
            })
        },
    );
    cluster
}

fn keep_rest(cluster: &mut Cluster, in_force: &Cluster, kept: &BTreeSet<&Address>) {
    for level in &in_force.fencing_levels {
        if kept.contains(&Address::new(ObjectKind::Fencing, level_name(level))) {
            cluster.fencing_levels.push(level.clone());
        }
    }
    for (id, members) in &in_force.tags {
        if kept.contains(&Address::new(ObjectKind::Tag, id.as_str())) {
            cluster.tags.insert(id.clone(), members.clone());
        }
    }
    let is_kept = |kind: ObjectKind, name: &str| kept.contains(&Address::new(kind, name));
    keep(&mut cluster.alerts, &in_force.alerts, |alert| &alert.id, |name| is_kept(ObjectKind::Alert, name));
    keep(
        &mut cluster.acls.roles,
        &in_force.acls.roles,
        |role| &role.id,
        |name| is_kept(ObjectKind::AclRole, name),
    );
    for subject in &in_force.acls.subjects {
        let kind = if subject.is_group { "group" } else { "user" };
        if is_kept(ObjectKind::AclSubject, &format!("{kind}.{}", subject.name)) {
            cluster.acls.subjects.push(subject.clone());
        }
    }
}

/// Puts kept items of `old` into `new`, each after the neighbour it had.
fn keep<T: Clone>(new: &mut Vec<T>, old: &[T], name: impl Fn(&T) -> &str, is_kept: impl Fn(&str) -> bool) {
    for (index, item) in old.iter().enumerate() {
        if is_kept(name(item)) {
            let at = place(new, old, index, |item| name(item).to_owned());
            new.insert(at, item.clone());
        }
    }
}

/// After the nearest earlier item of `old` that is in `new`; else in front.
fn place<T, N: PartialEq>(new: &[T], old: &[T], index: usize, name: impl Fn(&T) -> N) -> usize {
    old.iter()
        .take(index)
        .rev()
        .find_map(|earlier| new.iter().position(|item| name(item) == name(earlier)))
        .map_or(0, |at| at + 1)
}

fn keep_settings(new: &mut Vec<OptionSet>, old: &[OptionSet], is_kept: impl Fn(&str) -> bool) {
    for (index, set) in old.iter().enumerate() {
        let address =
            |name: &str| if index == 0 { name.to_owned() } else { format!("{name}[{}]", index + 1) };
        let pairs: Vec<NameValue> =
            set.pairs.iter().filter(|pair| is_kept(&address(&pair.name))).cloned().collect();
        if pairs.is_empty() {
            continue;
        }
        match new.iter_mut().find(|new| new.rule.is_none() && set.rule.is_none()) {
            Some(first) => first.pairs.extend(pairs),
            None => new.push(OptionSet { pairs, ..set.clone() }),
        }
    }
}

fn keep_resources(cluster: &mut Cluster, in_force: &Cluster, is_kept: &dyn Fn(&str) -> bool) {
    keep_members(cluster, in_force, is_kept);
    let present: BTreeSet<String> = names(cluster).into_iter().map(|id| id.as_str().to_owned()).collect();
    let is_kept = |name: &str| is_kept(name) && !present.contains(name);
    for (index, resource) in in_force.resources.iter().enumerate() {
        if !is_kept(resource.id().as_str()) {
            continue;
        }
        if let Some(rest) = rest(resource, &present) {
            let name = |resource: &Resource| resource.id().clone();
            let at = place(&cluster.resources, &in_force.resources, index, name);
            cluster.resources.insert(at, rest);
        }
    }
}

/// A kept member of a group that is still declared stays in it, at its place.
fn keep_members(cluster: &mut Cluster, in_force: &Cluster, is_kept: &dyn Fn(&str) -> bool) {
    for resource in &in_force.resources {
        let old = match resource {
            Resource::Group(group) => group,
            Resource::Clone(clone) => match &clone.child {
                CloneChild::Group(group) => group,
                CloneChild::Primitive(_) => continue,
            },
            Resource::Primitive(_) | Resource::Bundle(_) => continue,
        };
        let new = cluster.resources.iter_mut().find_map(|resource| match resource {
            Resource::Group(group) => (group.id == old.id).then_some(group),
            Resource::Clone(clone) => match &mut clone.child {
                CloneChild::Group(group) => (group.id == old.id).then_some(group),
                CloneChild::Primitive(_) => None,
            },
            Resource::Primitive(_) | Resource::Bundle(_) => None,
        });
        if let Some(new) = new {
            keep(&mut new.members, &old.members, |member| member.id.as_str(), is_kept);
        }
    }
}

/// What is left of a resource in force without the members that have a place elsewhere now.
pub(super) fn rest(resource: &Resource, present: &BTreeSet<String>) -> Option<Resource> {
    let is_free = |id: &ResourceId| !present.contains(id.as_str());
    let rest_of_group = |group: &Group| {
        let mut group = group.clone();
        group.members.retain(|member| is_free(&member.id));
        (!group.members.is_empty()).then_some(group)
    };
    match resource {
        Resource::Primitive(primitive) => is_free(&primitive.id).then(|| resource.clone()),
        Resource::Group(group) => rest_of_group(group).map(Resource::Group),
        Resource::Clone(clone) => {
            let child = match &clone.child {
                CloneChild::Primitive(child) => is_free(&child.id).then(|| clone.child.clone()),
                CloneChild::Group(group) => rest_of_group(group).map(CloneChild::Group),
            };
            child.map(|child| Resource::Clone(model::Clone { child, ..clone.clone() }))
        }
        Resource::Bundle(bundle) => {
            let primitive = bundle.primitive.clone().filter(|child| is_free(&child.id));
            Some(Resource::Bundle(model::Bundle { primitive, ..bundle.clone() }))
        }
    }
}

/// Names that constraints may use.
fn known_names(cluster: &Cluster) -> BTreeSet<String> {
    names(cluster)
        .into_iter()
        .map(|id| id.as_str().to_owned())
        .chain(cluster.templates.iter().map(|template| template.id.as_str().to_owned()))
        .chain(cluster.tags.keys().map(|tag| tag.as_str().to_owned()))
        .collect()
}
