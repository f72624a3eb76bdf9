//! The cluster as a manifest says it.

use std::sync::Arc;

use super::{ConstraintIds, constraint, operation, sets};
use crate::model::{Clone as ClonedResource, Cluster, NameValue, OptionSet, Resource, Score, Value, scalar};

/// Properties that a running cluster writes for people to see.
const WRITTEN_BY_CLUSTERS: [&str; 4] =
    ["dc-version", "cluster-infrastructure", "last-lrm-refresh", "feature-set"];

/// Brings the cluster into the form that a manifest has. What it does stays the same.
pub(super) fn fit(mut cluster: Cluster, ids: ConstraintIds) -> Cluster {
    fit_properties(&mut cluster);
    for resource in &mut cluster.resources {
        if let Resource::Clone(clone) = resource {
            fit_promotable(clone);
        }
    }
    sets::for_each_operation(&mut cluster, &mut operation::fit);
    sets::fit_all(&mut cluster);
    cluster.nodes.iter_mut().for_each(|node| put_switches_first(&mut node.attributes));
    for level in &mut cluster.fencing_levels {
        level.id = None;
    }
    fit_names_of_parts(&mut cluster);
    constraint::fit(&mut cluster, ids);
    cluster
}

/// The cluster's name has a place of its own, and what the cluster itself writes has none.
fn fit_properties(cluster: &mut Cluster) {
    let is_named = |set: &&mut OptionSet| set.pairs.iter().any(|pair| &*pair.name == "cluster-name");
    let mut named: Vec<&mut OptionSet> = cluster.properties.iter_mut().filter(is_named).collect();
    if let [only] = named.as_mut_slice()
        && only.rule.is_none()
        && cluster.name.is_none()
    {
        let name = only.pairs.iter().find(|pair| &*pair.name == "cluster-name");
        cluster.name = name.map(|pair| pair.value.to_text().to_string()).filter(|name| !name.is_empty());
        if cluster.name.is_some() {
            only.pairs.retain(|pair| &*pair.name != "cluster-name");
        }
    }
    for set in &mut cluster.properties {
        set.pairs.retain(|pair| {
            let is_off = || scalar::parse_boolean(&pair.value.to_text()) == Some(false);
            let is_idle = &*pair.name == "have-watchdog" && is_off();
            !WRITTEN_BY_CLUSTERS.contains(&&*pair.name) && !is_idle
        });
    }
    cluster.properties.retain(|set| !set.pairs.is_empty());
}

/// A former master says what it is in a set of its own that wins over all others.
fn fit_promotable(clone: &mut ClonedResource) {
    let is_former_master = |set: &OptionSet| {
        set.id.is_none()
            && set.score == Score::INFINITY
            && set.pairs == [NameValue::text("promotable", "true")]
    };
    let Some(at) = clone.meta.iter().position(is_former_master) else { return };
    let marker = clone.meta.remove(at);
    for set in &mut clone.meta {
        set.pairs.retain(|pair| &*pair.name != "promotable");
    }
    match clone.meta.as_mut_slice() {
        [only] if only.rule.is_none() => {
            only.pairs.splice(0..0, marker.pairs);
        }
        _ => clone.meta.insert(0, OptionSet { score: Score::ZERO, ..marker }),
    }
}

/// `standby` and `maintenance` are switches of a node, written first where they are on.
fn put_switches_first(attributes: &mut Vec<OptionSet>) {
    let [only] = attributes.as_mut_slice() else { return };
    if only.id.is_some() || only.rule.is_some() || only.score != Score::ZERO {
        return;
    }
    for name in ["maintenance", "standby"] {
        let Some(at) = only.pairs.iter().position(|pair| &*pair.name == name) else { continue };
        let Some(switch) = only.pairs.get(at).and_then(|pair| scalar::parse_boolean(&pair.value.to_text()))
        else {
            continue;
        };
        only.pairs.remove(at);
        if !switch {
            continue;
        }
        only.pairs.insert(0, NameValue { name: name.into(), value: Value::Text(switch.to_string().into()) });
    }
    attributes.retain(|set| !set.pairs.is_empty());
}

/// Ports and mounts are told apart by what they say. Ids of recipients and permissions that start
/// with their owner's name were made, not chosen.
fn fit_names_of_parts(cluster: &mut Cluster) {
    let forget = |id: &mut Option<Arc<str>>, owner: &str| {
        if id.as_deref().is_some_and(|id| id.starts_with(owner)) {
            *id = None;
        }
    };
    for resource in &mut cluster.resources {
        if let Resource::Bundle(bundle) = resource {
            bundle.network.iter_mut().flat_map(|network| &mut network.ports).for_each(|port| port.id = None);
            bundle.mounts.iter_mut().for_each(|mount| mount.id = None);
        }
    }
    for alert in &mut cluster.alerts {
        alert.recipients.iter_mut().for_each(|recipient| forget(&mut recipient.id, &alert.id));
    }
    for role in &mut cluster.acls.roles {
        role.permissions.iter_mut().for_each(|permission| forget(&mut permission.id, &role.id));
    }
}
