//! The difference between two clusters, by meaning.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::address::{Address, ObjectKind};
use super::outline::{Attribute, Index, Object, outline};
use crate::manifest;
use crate::model::{Cluster, Rename};

/// One configured thing that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectChange {
    /// What it is about.
    pub address: Address,
    /// How it differs.
    pub kind: ObjectChangeKind,
    /// What it is, or was, on one line.
    pub headline: String,
    /// The attributes that differ.
    pub attributes: Vec<AttributeChange>,
}

/// How a configured thing differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectChangeKind {
    /// It is new.
    Add,
    /// Some of its attributes differ.
    Change,
    /// It goes away.
    Delete,
    /// It has another name, and perhaps other attributes.
    Rename {
        /// Its address until now.
        from: Address,
    },
}

/// One attribute that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeChange {
    /// Where it is, such as `params.ip`; empty when the thing has only a value.
    pub path: String,
    /// Its value until now, as it may be shown.
    pub before: Option<String>,
    /// Its value from now on, as it may be shown.
    pub after: Option<String>,
}

/// What differs between two clusters. Renames have been made in `before` already.
pub fn difference(before: &Cluster, after: &Cluster, renames: &[Rename]) -> Vec<ObjectChange> {
    if before == after && renames.is_empty() {
        return Vec::new();
    }
    let (before, after) = (&manifest::plain(before), &manifest::plain(after));
    let (old, new) = (outline(before), outline(after));
    let (old, new) = (Index::of(&old), Index::of(&new));
    let mut changes: Vec<ObjectChange> = Vec::new();
    for object in new.objects() {
        match old.at(&object.address) {
            Some(old) => changes.extend(change(old, object, renames)),
            None if is_adopted(object, &old, &new) => {}
            None => changes.push(added(object)),
        }
    }
    for object in old.objects() {
        if new.at(&object.address).is_none() && !is_adopted(object, &new, &old) {
            changes.push(deleted(object));
        }
    }
    changes.extend(reordered("resources", &resource_names(before), &resource_names(after)));
    changes.sort_by_key(|change| change.address.kind);
    changes
}

/// Whether a constraint without a namesake on the other side has one there that says the same
/// and has no namesake here: it is the same constraint under another name.
fn is_adopted(object: &Object, others: &Index<'_>, own: &Index<'_>) -> bool {
    others.saying_the_same(object).any(|other| own.at(&other.address).is_none())
}

fn change(old: &Object, new: &Object, renames: &[Rename]) -> Option<ObjectChange> {
    let renamed = renames
        .iter()
        .find(|rename| new.address.kind == ObjectKind::Resource && rename.to == *new.address.name);
    let attributes = attribute_changes(old, new);
    if attributes.is_empty() && renamed.is_none() {
        return None;
    }
    let kind = match renamed {
        Some(rename) => {
            ObjectChangeKind::Rename { from: Address::new(ObjectKind::Resource, rename.from.as_str()) }
        }
        None => ObjectChangeKind::Change,
    };
    Some(ObjectChange { address: new.address.clone(), kind, headline: new.headline.clone(), attributes })
}

fn attribute_changes(old: &Object, new: &Object) -> Vec<AttributeChange> {
    let mut changes = Vec::new();
    if old.attributes == new.attributes {
        return changes;
    }
    for attribute in &new.attributes {
        let before = old.attribute(&attribute.path);
        if before.is_none_or(|before| !before.means_the_same_as(attribute)) {
            changes.push(AttributeChange {
                path: attribute.shown_path(),
                before: before.map(Attribute::shown),
                after: Some(attribute.shown()),
            });
        }
    }
    for attribute in &old.attributes {
        if new.attribute(&attribute.path).is_none() {
            changes.push(AttributeChange {
                path: attribute.shown_path(),
                before: Some(attribute.shown()),
                after: None,
            });
        }
    }
    changes
}

fn added(object: &Object) -> ObjectChange {
    let attribute = |attribute: &Attribute| AttributeChange {
        path: attribute.shown_path(),
        before: None,
        after: Some(attribute.shown()),
    };
    ObjectChange {
        address: object.address.clone(),
        kind: ObjectChangeKind::Add,
        headline: object.headline.clone(),
        attributes: object.attributes.iter().map(attribute).collect(),
    }
}

fn deleted(object: &Object) -> ObjectChange {
    let attribute = |attribute: &Attribute| AttributeChange {
        path: attribute.shown_path(),
        before: Some(attribute.shown()),
        after: None,
    };
    ObjectChange {
        address: object.address.clone(),
        kind: ObjectChangeKind::Delete,
        headline: object.headline.clone(),
        attributes: object.attributes.iter().map(attribute).collect(),
    }
}

fn resource_names(cluster: &Cluster) -> Vec<&str> {
    cluster.resources.iter().map(|resource| resource.id().as_str()).collect()
}

/// The order of what both have matters too: of two equal choices, the first in the file is made first.
fn reordered(what: &str, before: &[&str], after: &[&str]) -> Option<ObjectChange> {
    let known_before: BTreeSet<&str> = before.iter().copied().collect();
    let known_after: BTreeSet<&str> = after.iter().copied().collect();
    let old: Vec<&str> = before.iter().copied().filter(|name| known_after.contains(name)).collect();
    let new: Vec<&str> = after.iter().copied().filter(|name| known_before.contains(name)).collect();
    (old != new).then(|| ObjectChange {
        address: Address::new(ObjectKind::Cluster, format!("cluster.order-of-{what}")),
        kind: ObjectChangeKind::Change,
        headline: String::new(),
        attributes: vec![AttributeChange {
            path: String::new(),
            before: Some(old.join(", ")),
            after: Some(new.join(", ")),
        }],
    })
}
