//! Mapping: which resource a history is of. Instances of anonymous clones take what is found.

use std::borrow::Cow;
use std::sync::Arc;

use super::Reading;
use super::clones::implied;
use super::definition::Definition;
use super::resources::Place;
use crate::model::id::without_number;
use crate::model::{Agent, Score};
use crate::scheduler::facts::{NodeIx, NodeKind, Requires, ResourceIx, Variant};
use crate::status::ResourceHistory;

impl<'a> Reading<'a> {
    /// Whether the history's resource is configured.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.named(name).is_some()
    }

    /// The resource that a history on a node is of. One that is not configured is made, only to
    /// be stopped and forgotten.
    pub(super) fn find_or_add(&mut self, node: NodeIx, history: &'a ResourceHistory) -> ResourceIx {
        let hit = self.named(&history.id);
        let found = match hit.map(|hit| (hit, self.anonymous_clone(hit))) {
            None => None,
            Some((hit, None)) => Some(hit),
            Some((hit, Some(clone))) => self.instance_for(hit, clone, node, &history.id),
        };
        let resource = found.unwrap_or_else(|| self.add_removed(history));
        if self.facts.resource(resource).id != history.id {
            self.set_history_name(resource, Arc::clone(&history.id));
        }
        resource
    }

    /// The primitive of this id or name in history; a numbered name may also mean an instance of
    /// an anonymous clone that has fewer of them now.
    fn named(&self, name: &str) -> Option<ResourceIx> {
        let first = |name: &str| self.by_name.get(name).and_then(|named| named.first()).copied();
        let hit = first(name).or_else(|| {
            let zeroth = format!("{}:0", without_number(name));
            first(&zeroth).filter(|hit| !self.facts.resource(*hit).is_unique)
        });
        hit.filter(|hit| self.facts.resource(*hit).primitive().is_some())
    }

    /// The anonymous clone that the resource is an instance of, or part of one.
    fn anonymous_clone(&self, resource: ResourceIx) -> Option<ResourceIx> {
        let top = self.facts.topmost(resource);
        let facts = self.facts.resource(top);
        match facts.variant {
            Variant::Clone(_) if !facts.is_unique => Some(top),
            Variant::Clone(_) | Variant::Primitive(_) | Variant::Group(_) | Variant::Bundle(_) => None,
        }
    }

    /// The instance that takes what was found on a node.
    fn instance_for(
        &mut self,
        hit: ResourceIx,
        clone: ResourceIx,
        node: NodeIx,
        name: &str,
    ) -> Option<ResourceIx> {
        if let Some(bundle) = self.facts.bundle_of(clone) {
            let Variant::Bundle(bundle) = &self.facts.resource(bundle).variant else { return None };
            return bundle.replicas.iter().find(|replica| replica.node == Some(node))?.child;
        }
        let base: Arc<str> = match hit {
            hit if *self.facts.resource(hit).base_id == *without_number(name) => {
                Arc::clone(&self.facts.resource(hit).base_id)
            }
            _ => without_number(name).into(),
        };
        let chosen =
            self.free_instance(clone, node, &base).filter(|chosen| self.may_take(*chosen, clone, node));
        if chosen.is_some() {
            return chosen;
        }
        let added = self.add_instance(clone)?;
        self.member(added, &base)
    }

    /// The instance already on the node, or else the first that is nowhere.
    fn free_instance(&self, clone: ResourceIx, node: NodeIx, base: &str) -> Option<ResourceIx> {
        let mut idle = None;
        let mut takes_idle = true;
        for instance in &self.facts.resource(clone).children {
            let nodes = self.located_on(*instance);
            if nodes.contains(&node) {
                let member = self.member(*instance, base);
                if member.is_some_and(|member| self.facts.resource(member).active_on.is_empty()) {
                    return member;
                }
                takes_idle = false;
                idle = None;
            } else if nodes.is_empty()
                && takes_idle
                && idle.is_none()
                && !self.facts.resource(*instance).is_blocked
            {
                idle = self.member(*instance, base);
            }
        }
        idle
    }

    /// Where an instance is active, or busy with anything but a probe.
    fn located_on(&self, instance: ResourceIx) -> Vec<NodeIx> {
        let mut nodes = Vec::new();
        for leaf in self.facts.leaves(instance) {
            let leaf = self.facts.resource(leaf);
            nodes.extend(leaf.active_on.iter().copied());
            nodes.extend(leaf.pending.iter().map(|pending| pending.node));
        }
        nodes
    }

    /// The primitive in an instance that is called so in the configuration.
    fn member(&self, instance: ResourceIx, base: &str) -> Option<ResourceIx> {
        self.facts.leaves(instance).into_iter().find(|leaf| *self.facts.resource(*leaf).base_id == *base)
    }

    /// What needs no fencing to recover need not be taken for active on a lost node, unless every
    /// node has its own instance anyway.
    fn may_take(&self, instance: ResourceIx, clone: ResourceIx, node: NodeIx) -> bool {
        let Variant::Clone(limits) = self.facts.resource(clone).variant else { return true };
        let on = self.facts.node(node);
        let is_lost = (!on.is_online || on.unclean.is_some()) && on.kind != NodeKind::Guest;
        let one_each = limits.clone_max as usize == self.facts.nodes.len();
        !is_lost || one_each || self.facts.resource(instance).requires >= Requires::Fencing
    }

    /// Notes the name under which history knows a resource.
    fn set_history_name(&mut self, resource: ResourceIx, name: Arc<str>) {
        self.forget_history_name(resource);
        let named = self.by_name.entry(Arc::clone(&name)).or_default();
        if let Err(place) = named.binary_search(&resource) {
            named.insert(place, resource);
        }
        self.resource_mut(resource).history_name = Some(name);
    }

    /// Forgets the name under which history knows a resource.
    pub(super) fn forget_history_name(&mut self, resource: ResourceIx) {
        let facts = self.resource_mut(resource);
        let Some(old) = facts.history_name.take() else { return };
        let id = Arc::clone(&facts.id);
        if old != id
            && let Some(named) = self.by_name.get_mut(&old)
        {
            named.retain(|other| *other != resource);
        }
    }

    /// Makes a resource that only history knows.
    fn add_removed(&mut self, history: &'a ResourceHistory) -> ResourceIx {
        let container = history.container.iter().map(|container| ("container", Arc::clone(container)));
        let definition = Definition {
            id: Arc::clone(&history.id),
            agent: Agent {
                class: history.class.clone(),
                provider: history.provider.clone(),
                kind: Arc::clone(&history.kind),
            },
            meta: implied(container.collect()),
            params: Cow::Borrowed(&[]),
            utilization: Cow::Borrowed(&[]),
            ops: Vec::new(),
        };
        let removed = self.add_primitive(&definition, Place::default());
        self.facts.top.push(removed);
        self.resource_mut(removed).is_removed = true;
        if self.facts.properties.stop_removed_resources {
            self.score_everywhere(removed, Score::MINUS_INFINITY);
        } else {
            self.resource_mut(removed).is_managed = false;
        }
        if self.facts.resource(removed).is_connection() {
            self.link_connection(removed);
            if let Some(node) = self.facts.resource(removed).connects {
                self.facts.nodes[node.index()].is_shutting_down = true;
            }
        }
        removed
    }

    /// Ties a removed resource to what launched it, once a node's whole history is read.
    pub(super) fn tie_removed(&mut self, history: &ResourceHistory) {
        let named = |name: &Arc<str>| self.by_name.get(name)?.first().copied();
        let launcher = history.container.as_ref().and_then(named);
        let removed = named(&history.id).filter(|removed| {
            let facts = self.facts.resource(*removed);
            facts.is_removed && facts.launcher.is_none()
        });
        if let (Some(launcher), Some(removed)) = (launcher, removed) {
            self.launch(launcher, removed);
        }
    }
}
