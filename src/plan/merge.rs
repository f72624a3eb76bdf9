//! What should be in force: what the manifest declares, and of what it does not declare
//! everything that nobody asked to delete.
//!
//! A declared thing is enforced as a whole. An undeclared thing stays where it is and is
//! reported; with [`Prune::Yes`] it goes. Overrides of operators and what the cluster itself
//! keeps are never touched.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::address::{Address, ObjectKind};
use super::outline::{COROSYNC, ISOLATION, Index, Object, address_of, level_name, outline};
use super::relation::named_resources;
use super::retirement::retiring;
use crate::model::resource::CloneChild;
use crate::model::{self, Cluster, Constraint, Group, NameValue, OptionSet, Resource, ResourceId};

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
    /// Nobody's any more, and told to stop by a `--prune` that was cut off: another one deletes it.
    Retired,
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
    if std::ptr::eq(in_force, declared) || in_force == declared {
        return Merged { cluster: declared.clone(), leftovers: Vec::new() };
    }
    let (outlined, declared_outline) = (outline(in_force), outline(declared));
    let known = Index::of(&declared_outline);
    // A constraint under another name that says the same is declared.
    let is_said_otherwise = |object: &Object| known.saying_the_same(object).next().is_some();
    let undeclared: Vec<&Object> = outlined
        .iter()
        .filter(|object| known.at(&object.address).is_none() && !is_said_otherwise(object))
        .collect();
    let kept: BTreeSet<&Address> = undeclared
        .iter()
        .filter(|object| prune == Prune::No || owner(&object.address) != Owner::Nobody)
        .map(|object| &object.address)
        .collect();
    let cluster = join(in_force, declared, &kept);
    let merged_outline = if undeclared.is_empty() { Vec::new() } else { outline(&cluster) };
    let merged = Index::of(&merged_outline);
    let retiring = retiring(in_force);
    let is_retired =
        |address: &Address| address.kind == ObjectKind::Resource && retiring.contains(address.name.as_str());
    let leftovers = undeclared
        .into_iter()
        .filter(|object| merged.at(&object.address).is_some())
        .map(|object| Leftover {
            address: object.address.clone(),
            headline: object.headline.clone(),
            owner: if is_retired(&object.address) { Owner::Retired } else { owner(&object.address) },
        })
        .collect();
    Merged { cluster, leftovers }
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
    let keeps = |constraint: &Constraint| {
        kept.contains(&address_of(constraint))
            && named_resources(constraint).iter().all(|id| known.contains(id.as_str()))
    };
    let kept_constraint = |constraint: &Constraint| keeps(constraint).then(|| constraint.clone());
    weave(&mut cluster.constraints, &in_force.constraints, |one| one.id().as_str(), kept_constraint);
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
    weave(new, old, &name, |item| is_kept(name(item)).then(|| item.clone()));
}

/// Puts what is kept of each item of `old` into `new`: after the nearest earlier item of `old`
/// that is there; else in front.
fn weave<T>(new: &mut Vec<T>, old: &[T], name: impl Fn(&T) -> &str, kept: impl Fn(&T) -> Option<T>) {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, item) in new.iter().enumerate() {
        places.entry(name(item)).or_insert(index);
    }
    // What follows the item before it, by the place of that; place zero is in front of all.
    let mut followers: BTreeMap<usize, Vec<T>> = BTreeMap::new();
    let mut after = 0;
    for item in old {
        match kept(item) {
            Some(item) => followers.entry(after).or_default().push(item),
            None => after = places.get(name(item)).map_or(after, |place| place + 1),
        }
    }
    if followers.is_empty() {
        return;
    }
    let items = std::mem::take(new);
    new.extend(followers.remove(&0).into_iter().flatten());
    for (place, item) in (1..).zip(items) {
        new.push(item);
        new.extend(followers.remove(&place).into_iter().flatten());
    }
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
    let present: BTreeSet<String> =
        cluster.resource_ids().into_iter().map(|id| id.as_str().to_owned()).collect();
    let is_kept = |name: &str| is_kept(name) && !present.contains(name);
    let kept =
        |resource: &Resource| is_kept(resource.id().as_str()).then(|| rest(resource, &present)).flatten();
    weave(&mut cluster.resources, &in_force.resources, |resource| resource.id().as_str(), kept);
}

/// A kept member of a group that is still declared stays in it, at its place.
fn keep_members(cluster: &mut Cluster, in_force: &Cluster, is_kept: &dyn Fn(&str) -> bool) {
    let old_groups: BTreeMap<&ResourceId, &Group> =
        in_force.resources.iter().filter_map(group_of).map(|group| (&group.id, group)).collect();
    for resource in &mut cluster.resources {
        let new = match resource {
            Resource::Group(group) => group,
            Resource::Clone(clone) => match &mut clone.child {
                CloneChild::Group(group) => group,
                CloneChild::Primitive(_) => continue,
            },
            Resource::Primitive(_) | Resource::Bundle(_) => continue,
        };
        if let Some(old) = old_groups.get(&new.id) {
            keep(&mut new.members, &old.members, |member| member.id.as_str(), is_kept);
        }
    }
}

/// The group that a resource is or clones.
fn group_of(resource: &Resource) -> Option<&Group> {
    match resource {
        Resource::Group(group) => Some(group),
        Resource::Clone(clone) => match &clone.child {
            CloneChild::Group(group) => Some(group),
            CloneChild::Primitive(_) => None,
        },
        Resource::Primitive(_) | Resource::Bundle(_) => None,
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
    cluster
        .resource_ids()
        .into_iter()
        .map(|id| id.as_str().to_owned())
        .chain(cluster.templates.iter().map(|template| template.id.as_str().to_owned()))
        .chain(cluster.tags.keys().map(|tag| tag.as_str().to_owned()))
        .collect()
}
