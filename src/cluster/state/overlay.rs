//! The desired cluster with everything on top of it.

use std::sync::Arc;

use super::Durable;
use crate::cluster::member::Moment;
use crate::cluster::request::{Override, Overriding};
use crate::model::constraint::{Discovery, Location, LocationPreference, LocationTarget};
use crate::model::resource::CloneChild;
use crate::model::{
    Cluster, Constraint, ConstraintId, NodeName, OptionSet, Resource, ResourceId, Role, Score,
};

/// What is to be brought about at some moment.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cluster) struct Effective {
    /// The desired cluster with overrides and lasting attributes.
    pub(in crate::cluster) cluster: Arc<Cluster>,
    /// When an override ends next.
    pub(in crate::cluster) lapses_at: Option<Moment>,
    revision: u64,
}

impl Effective {
    /// What `durable` asks for at a moment.
    pub(in crate::cluster) fn of(durable: &Durable, now: Moment) -> Self {
        let active: Vec<&Override> =
            durable.overrides.iter().filter(|over| over.until.is_none_or(|until| until > now)).collect();
        let lapses_at = active.iter().filter_map(|over| over.until).min();
        let cluster = if active.is_empty() && durable.attributes.is_empty() {
            Arc::clone(&durable.cluster)
        } else {
            let mut cluster = Cluster::clone(&durable.cluster);
            for (node, attributes) in &durable.attributes {
                let pairs = attributes.iter().map(|(name, value)| (Arc::clone(name), Arc::clone(value)));
                set_on_node(&mut cluster, node, OptionSet::of(pairs));
            }
            for over in active {
                apply(&mut cluster, over);
            }
            Arc::new(cluster)
        };
        Self { cluster, lapses_at, revision: durable.revision }
    }

    /// Whether it still is what `durable` asks for.
    pub(in crate::cluster) fn is_current(&self, durable: &Durable, now: Moment) -> bool {
        self.revision == durable.revision && self.lapses_at.is_none_or(|at| at > now)
    }
}

/// The value of a cluster property, by any of its names.
pub(in crate::cluster) fn property(cluster: &Cluster, names: &[&str]) -> Option<Arc<str>> {
    let pairs = cluster.properties.iter().flat_map(|set| &set.pairs);
    pairs.into_iter().find(|pair| names.contains(&&*pair.name)).map(|pair| pair.value.to_text())
}

fn apply(cluster: &mut Cluster, over: &Override) {
    match &over.what {
        Overriding::Standby(node) => set_on_node(cluster, node, OptionSet::of([("standby", "true")])),
        Overriding::Maintenance(Some(node)) => {
            set_on_node(cluster, node, OptionSet::of([("maintenance", "true")]));
        }
        Overriding::Maintenance(None) => {
            cluster.properties.insert(0, foremost(OptionSet::of([("maintenance-mode", "true")])));
        }
        Overriding::Ban { resource, node, role } => {
            cluster.constraints.push(location(over, resource, node, *role, Score::MINUS_INFINITY));
        }
        Overriding::Prefer { resource, node, role } => {
            cluster.constraints.push(location(over, resource, node, *role, Score::INFINITY));
        }
        Overriding::Unmanage(resource) => set_on(cluster, resource, &[("is-managed", "false")]),
        Overriding::TargetRole { resource, role } => {
            set_on(cluster, resource, &[("target-role", &role.to_string())]);
        }
    }
}

/// Before all others of its kind.
fn foremost(set: OptionSet) -> OptionSet {
    OptionSet { score: Score::INFINITY, ..set }
}

fn set_on_node(cluster: &mut Cluster, name: &NodeName, set: OptionSet) {
    if let Some(node) = cluster.nodes.iter_mut().find(|node| node.name.is(name.as_str())) {
        node.attributes.insert(0, foremost(set));
    }
}

fn set_on(cluster: &mut Cluster, id: &ResourceId, pairs: &[(&str, &str)]) {
    let meta = cluster.resources.iter_mut().find_map(|resource| meta_of(resource, id));
    if let Some(meta) = meta {
        meta.insert(0, foremost(OptionSet::of(pairs.iter().copied())));
    }
}

/// The meta-attributes of a resource or of one inside it.
fn meta_of<'a>(resource: &'a mut Resource, id: &ResourceId) -> Option<&'a mut Vec<OptionSet>> {
    if resource.id() == id {
        return Some(match resource {
            Resource::Primitive(primitive) => &mut primitive.meta,
            Resource::Group(group) => &mut group.meta,
            Resource::Clone(clone) => &mut clone.meta,
            Resource::Bundle(bundle) => &mut bundle.meta,
        });
    }
    let members = match resource {
        Resource::Primitive(_) => return None,
        Resource::Group(group) => group.members.as_mut_slice(),
        Resource::Bundle(bundle) => bundle.primitive.as_mut_slice(),
        Resource::Clone(clone) => return meta_of_child(&mut clone.child, id),
    };
    members.iter_mut().find(|member| member.id == *id).map(|member| &mut member.meta)
}

fn meta_of_child<'a>(child: &'a mut CloneChild, id: &ResourceId) -> Option<&'a mut Vec<OptionSet>> {
    let members = match child {
        CloneChild::Primitive(primitive) => std::slice::from_mut(primitive),
        CloneChild::Group(group) => {
            if group.id == *id {
                return Some(&mut group.meta);
            }
            group.members.as_mut_slice()
        }
    };
    members.iter_mut().find(|member| member.id == *id).map(|member| &mut member.meta)
}

fn location(
    over: &Override,
    resource: &ResourceId,
    node: &NodeName,
    role: Option<Role>,
    score: Score,
) -> Constraint {
    Constraint::Location(Location {
        id: ConstraintId::new(format!("override-{}", over.id.0)),
        target: LocationTarget { resource: Some(resource.clone()), ..LocationTarget::default() },
        preference: LocationPreference::Node { node: node.clone(), score },
        role,
        discovery: Discovery::Always,
    })
}
