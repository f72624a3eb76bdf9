//! The overlay: what was asked for on top of the desired state and apart from it, for a while.
//!
//! What should last belongs into the manifest. An overlay holds what a person at the cluster needs
//! now: a node in standby, a resource moved away, a pause; and the attributes that agents set for good.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::constraint::{Discovery, Location, LocationPreference, LocationTarget};
use super::resource::CloneChild;
use super::{
    Cluster, Constraint, ConstraintId, Moment, NodeName, OptionSet, Resource, ResourceId, Role, Score,
};

/// Everything on top of a desired state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlay {
    /// What deviates from it for now.
    #[serde(default)]
    pub overrides: Vec<Override>,
    /// Node attributes that last until they are taken away.
    #[serde(default)]
    pub attributes: BTreeMap<NodeName, BTreeMap<Arc<str>, Arc<str>>>,
    /// Whether decisions are paused.
    #[serde(default)]
    pub pause: Option<Pause>,
}

impl Overlay {
    /// An overlay with nothing in it.
    pub fn none() -> &'static Self {
        static NONE: Overlay = Overlay { overrides: Vec::new(), attributes: BTreeMap::new(), pause: None };
        &NONE
    }

    /// The overrides that are in force at a moment.
    pub fn active(&self, now: Moment) -> impl Iterator<Item = &Override> {
        self.overrides.iter().filter(move |over| over.is_active(now))
    }

    /// The pause, if there is one at a moment.
    pub fn pause_at(&self, now: Moment) -> Option<&Pause> {
        self.pause.as_ref().filter(|pause| pause.until.is_none_or(|until| until > now))
    }

    /// Until when everything on a node is left alone, by a pause or by maintenance; `None` where it is not.
    pub fn alone_until(&self, node: &NodeName, now: Moment) -> Option<Moment> {
        let is_meant = |over: &&Override| match &over.what {
            Overriding::Maintenance(meant) => meant.as_ref().is_none_or(|meant| meant.is(node.as_str())),
            Overriding::Standby(_)
            | Overriding::Ban { .. }
            | Overriding::Prefer { .. }
            | Overriding::Unmanage(_)
            | Overriding::TargetRole { .. } => false,
        };
        let maintenance = self.active(now).filter(is_meant).map(|over| over.until);
        let ends = maintenance.chain(self.pause_at(now).map(|pause| pause.until));
        ends.map(|until| until.unwrap_or(Moment(i64::MAX))).max()
    }

    /// When something of it ends by itself next.
    pub fn lapses_at(&self, now: Moment) -> Option<Moment> {
        let pause = self.pause_at(now).and_then(|pause| pause.until);
        self.active(now).filter_map(|over| over.until).chain(pause).min()
    }

    /// A desired cluster with everything on top of it, at a moment.
    pub fn over<'a>(&self, cluster: &'a Cluster, now: Moment) -> Cow<'a, Cluster> {
        if self.attributes.is_empty() && self.active(now).next().is_none() {
            return Cow::Borrowed(cluster);
        }
        let mut cluster = cluster.clone();
        for (node, attributes) in &self.attributes {
            let pairs = attributes.iter().map(|(name, value)| (Arc::clone(name), Arc::clone(value)));
            set_on_node(&mut cluster, node, OptionSet::of(pairs));
        }
        for over in self.active(now) {
            apply(&mut cluster, over);
        }
        Cow::Owned(cluster)
    }

    /// Adds an override; one of the same name is replaced.
    pub fn put(&mut self, over: Override) {
        self.overrides.retain(|known| known.id != over.id);
        self.overrides.push(over);
    }

    /// Takes an override away; whether there was one of that name.
    pub fn take_away(&mut self, id: &OverrideId) -> bool {
        let before = self.overrides.len();
        self.overrides.retain(|known| known.id != *id);
        self.overrides.len() != before
    }

    /// Forgets what has ended by itself.
    pub fn drop_lapsed(&mut self, now: Moment) {
        self.overrides.retain(|over| over.is_active(now));
        self.pause = self.pause_at(now).cloned();
    }
}

impl Override {
    /// Whether it is in force at a moment.
    pub fn is_active(&self, now: Moment) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// Name of an override.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OverrideId(pub String);

/// A deviation from the desired state that somebody asked for, on top of it and apart from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Its name; one of the same name is replaced.
    pub id: OverrideId,
    /// What is different.
    pub what: Overriding,
    /// When it ends by itself.
    pub until: Option<Moment>,
    /// Since when.
    pub since: Moment,
    /// Who asked for it, for people.
    pub origin: String,
}

/// What an override changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overriding {
    /// A node runs nothing.
    Standby(NodeName),
    /// What is on a node is left alone; `None` means everywhere.
    Maintenance(Option<NodeName>),
    /// A resource must not run on a node.
    Ban {
        /// Which resource.
        resource: ResourceId,
        /// Where.
        node: NodeName,
        /// Only in this role.
        role: Option<Role>,
    },
    /// A resource runs on a node before all others.
    Prefer {
        /// Which resource.
        resource: ResourceId,
        /// Where.
        node: NodeName,
        /// Only in this role.
        role: Option<Role>,
    },
    /// A resource is left alone.
    Unmanage(ResourceId),
    /// A resource is to have this role at most.
    TargetRole {
        /// Which resource.
        resource: ResourceId,
        /// Its role.
        role: Role,
    },
}

/// Nothing is decided for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When it ends by itself.
    pub until: Option<Moment>,
    /// Who asked for it, for people.
    pub origin: String,
}

impl Overriding {
    /// The resource it is about.
    pub const fn resource(&self) -> Option<&ResourceId> {
        match self {
            Self::Standby(_) | Self::Maintenance(_) => None,
            Self::Ban { resource, .. }
            | Self::Prefer { resource, .. }
            | Self::Unmanage(resource)
            | Self::TargetRole { resource, .. } => Some(resource),
        }
    }

    /// The same, to be given another name.
    pub const fn resource_mut(&mut self) -> Option<&mut ResourceId> {
        match self {
            Self::Standby(_) | Self::Maintenance(_) => None,
            Self::Ban { resource, .. }
            | Self::Prefer { resource, .. }
            | Self::Unmanage(resource)
            | Self::TargetRole { resource, .. } => Some(resource),
        }
    }

    /// The node it is about.
    pub const fn node(&self) -> Option<&NodeName> {
        match self {
            Self::Standby(node) | Self::Ban { node, .. } | Self::Prefer { node, .. } => Some(node),
            Self::Maintenance(node) => node.as_ref(),
            Self::Unmanage(_) | Self::TargetRole { .. } => None,
        }
    }
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
