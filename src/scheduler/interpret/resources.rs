//! Resources as configured: the tree of instances with what applies to each.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::definition::Definition;
use super::{Reading, Written};
use crate::model::constraint::Discovery;
use crate::model::{AgentClass, Group, Resource, Score, scalar};
use crate::scheduler::facts::{
    GroupFacts, NodeKind, ParamSource, PrimitiveFacts, ResourceFacts, ResourceIx, Unclean, Variant,
};
use crate::scheduler::node_table::{Entry, NodeTable};

/// Where a resource goes in the tree.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// What it is part of.
    pub(super) parent: Option<ResourceIx>,
    /// Number of the instance, in clones.
    pub(super) number: Option<u32>,
}

impl<'a> Reading<'a> {
    /// Makes all configured resources, and the connections that some of them imply.
    pub(super) fn read_resources(&mut self) {
        let cluster = self.facts.cluster;
        for resource in &cluster.resources {
            let made = match resource {
                Resource::Primitive(primitive) => {
                    self.define(primitive).map(|definition| self.add_primitive(&definition, Place::default()))
                }
                Resource::Group(group) => Some(self.add_whole_group(group)),
                Resource::Clone(clone) => self.add_clone(clone),
                Resource::Bundle(bundle) => self.add_bundle(bundle),
            };
            self.facts.top.extend(made);
        }
        self.add_guest_connections();
        let priorities: BTreeMap<ResourceIx, Score> =
            self.facts.top.iter().map(|top| (*top, self.facts.resource(*top).priority)).collect();
        self.facts.top.sort_by_key(|top| Reverse(priorities.get(top).copied()));
        self.link_launchers();
        self.link_connections();
    }

    /// Puts a resource into the arena.
    pub(super) fn push(&mut self, facts: ResourceFacts<'a>, written: Written<'a>) -> ResourceIx {
        let number = ResourceIx::at(self.facts.resources.len());
        self.by_name.entry(Arc::clone(&facts.id)).or_default().push(number);
        if let Some(parent) = facts.parent {
            self.resource_mut(parent).children.push(number);
        }
        self.facts.resources.push(facts);
        self.written.push(written);
        number
    }

    /// Makes a primitive.
    pub(super) fn add_primitive(&mut self, definition: &Definition<'a>, place: Place) -> ResourceIx {
        let mut params = vec![ParamSource { sets: definition.params.clone() }];
        let mut level = place.parent;
        while let Some(current) = level {
            params.push(ParamSource { sets: self.written[current.index()].params.clone() });
            level = self.facts.resource(current).parent;
        }
        params.retain(|source| !source.sets.is_empty());
        let primitive =
            PrimitiveFacts { agent: definition.agent.clone(), params, ops: definition.ops.clone() };
        let facts = new_facts(&definition.id, Variant::Primitive(primitive), place);
        let written = Written { meta: definition.meta.clone(), params: Cow::Borrowed(&[]) };
        let made = self.push(facts, written);
        self.resource_mut(made).meta = self.collect_meta(made, Some(&definition.agent));
        self.apply_meta(made);
        self.fill_table(made);
        let utilization = self.read_utilization(&definition.utilization);
        self.resource_mut(made).utilization = utilization;
        if definition.agent.class == AgentClass::Stonith {
            self.facts.properties.has_fence_device = true;
        }
        made
    }

    fn add_whole_group(&mut self, group: &'a Group) -> ResourceIx {
        let members: Vec<Definition<'a>> =
            group.members.iter().filter_map(|member| self.define(member)).collect();
        self.add_group(group, &members, Place::default())
    }

    /// Makes a group of the given members.
    pub(super) fn add_group(
        &mut self,
        group: &'a Group,
        members: &[Definition<'a>],
        place: Place,
    ) -> ResourceIx {
        let variant = Variant::Group(GroupFacts { is_colocated: true, is_ordered: true });
        let facts = new_facts(&group.id.to_shared(), variant, place);
        let written = Written { meta: Cow::Borrowed(&group.meta), params: Cow::Borrowed(&group.params) };
        let made = self.push(facts, written);
        let meta = self.collect_meta(made, None);
        let is = |name: &str| meta.get(name).and_then(|text| scalar::parse_boolean(text)) != Some(false);
        let shape = GroupFacts { is_colocated: is("collocated"), is_ordered: is("ordered") };
        let facts = self.resource_mut(made);
        facts.meta = meta;
        facts.variant = Variant::Group(shape);
        self.apply_meta(made);
        for member in members {
            self.add_primitive(member, Place { parent: Some(made), number: place.number });
        }
        self.fill_table(made);
        made
    }

    /// In a symmetric cluster every node may run it, unless it was given nodes of its own.
    pub(super) fn fill_table(&mut self, resource: ResourceIx) {
        self.resource_mut(resource).table = NodeTable::empty(self.facts.nodes.len());
        if !self.facts.properties.symmetric || self.facts.resource(resource).discovery_exclusive {
            return;
        }
        self.allow_everywhere(resource);
    }

    /// Puts every listed node into the resource's table. In an asymmetric cluster these are also the
    /// nodes inside containers, with the ban that they have for everything but what is inside.
    pub(super) fn allow_everywhere(&mut self, resource: ResourceIx) {
        for node in self.facts.node_numbers() {
            let facts = self.facts.node(node);
            let is_inside = facts.discovery == Discovery::Never;
            let is_open =
                if is_inside { !self.facts.properties.symmetric } else { self.is_listed[node.index()] };
            if is_open && self.facts.resource(resource).table.entry(node).is_none() {
                let entry = Entry { score: facts.score, discovery: facts.discovery, count: 0 };
                self.resource_mut(resource).table.insert(node, entry);
            }
        }
    }

    /// Joins what is launched by a container with that container.
    fn link_launchers(&mut self) {
        for index in 0..self.facts.resources.len() {
            let resource = ResourceIx::at(index);
            let facts = self.facts.resource(resource);
            if facts.launcher.is_some() {
                continue;
            }
            let Some(container) = facts.meta.get("container").cloned() else { continue };
            let launcher = self.by_name.get(&container).and_then(|named| named.first()).copied();
            if let Some(launcher) = launcher.filter(|launcher| *launcher != resource) {
                self.launch(launcher, resource);
            }
        }
    }

    /// Notes that one resource launches another.
    pub(super) fn launch(&mut self, launcher: ResourceIx, launched: ResourceIx) {
        self.resource_mut(launched).launcher = Some(launcher);
        let launcher = self.resource_mut(launcher);
        if !launcher.launched.contains(&launched) {
            launcher.launched.push(launched);
        }
    }

    /// Joins connections with the nodes they make.
    fn link_connections(&mut self) {
        for index in 0..self.facts.resources.len() {
            let resource = ResourceIx::at(index);
            if self.facts.resource(resource).is_connection() {
                self.link_connection(resource);
            }
        }
    }

    /// Joins a connection with its node. Nothing is known yet of a remote node: if that counts,
    /// it is unclean.
    pub(super) fn link_connection(&mut self, resource: ResourceIx) {
        let facts = self.facts.resource(resource);
        let is_guest = facts.meta.contains_key("container") || facts.launcher.is_some();
        let Some(node) = self.node_named(&facts.id.clone()) else { return };
        if self.facts.node(node).kind == NodeKind::Member {
            return;
        }
        self.resource_mut(resource).connects = Some(node);
        let startup_fencing = self.facts.properties.startup_fencing;
        let facts = &mut self.facts.nodes[node.index()];
        facts.connection = Some(resource);
        if is_guest {
            facts.kind = NodeKind::Guest;
            self.name_kind(node);
        } else if startup_fencing && facts.is_unseen {
            facts.unclean = Some(Unclean { because: None });
        }
    }
}

/// A resource without options, numbered if it is an instance.
pub(super) fn new_facts<'a>(id: &Arc<str>, variant: Variant<'a>, place: Place) -> ResourceFacts<'a> {
    let full_id = match place.number {
        Some(number) => format!("{id}:{number}").into(),
        None => Arc::clone(id),
    };
    let mut facts = ResourceFacts::new(full_id, variant);
    facts.base_id = Arc::clone(id);
    facts.parent = place.parent;
    facts
}
