//! The working set of the last two phases: drafts, their links, and what changes meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::draft::{Ability, Draft, DraftIx, Effective, Need};
use super::link::{Link, LinkIx, Ordering, Relations};
use super::verb::{Key, NameIx, Verb};
use crate::model::Role;
use crate::scheduler::assign::Placement;
use crate::scheduler::facts::{Facts, Migration, NodeFacts, NodeIx, NodeKind, ResourceFacts, ResourceIx};

/// Actions before their relations are settled.
#[derive(Debug, Clone, Default)]
pub struct Actions {
    /// All drafts, in order of creation.
    pub drafts: Vec<Draft>,
    /// All links between drafts, in order of linking.
    pub links: Vec<Link>,
    /// What is still to become links, in order of creation.
    pub orderings: Vec<Ordering>,
    /// What changes about each resource.
    pub resources: Vec<ResourceWork>,
    /// What changes about each node.
    pub nodes: Vec<NodeWork>,
    /// Names of operations that have no verb of their own.
    pub names: Vec<Arc<str>>,
    /// What the parts of some collective do has changed its action.
    pub is_revised: bool,
    /// How often the drafts of each resource, or of its parts, may have changed.
    revisions: Vec<u32>,
    /// What each resource is part of.
    parents: Vec<Option<ResourceIx>>,
    /// Drafts of each resource by key, each list oldest first.
    by_key: Vec<Vec<(Key, Vec<DraftIx>)>>,
    /// Drafts of the cluster that concern one node, by what they do.
    by_node: BTreeMap<(Verb, NodeIx), DraftIx>,
    /// The relations by which drafts were linked, kept once there are too many links to look
    /// through.
    linked: Option<BTreeMap<(DraftIx, DraftIx), Relations>>,
}

/// What acting changes about a resource.
#[derive(Debug, Clone)]
pub struct ResourceWork {
    /// Role it is to have; lowered where quorum is missing.
    pub next_role: Role,
    /// Has a failure that calls for recovery.
    pub is_failed: bool,
    /// ... by stopping it.
    pub stops_if_failed: bool,
    /// A start of it is in flight, or as good as.
    pub is_start_pending: bool,
    /// Takes up changed parameters in place.
    pub reloads: bool,
    /// The half-done migration, while it may still be completed.
    pub partial_migration: Option<Migration>,
    /// Lost its place because what it needs has none.
    pub is_unplaced: bool,
    /// Nodes that probing found closed to it: it may only be where a constraint says so.
    pub closed_on: Vec<NodeIx>,
    /// The one node it may keep running on while it is stopped elsewhere.
    pub expected_on: Option<NodeIx>,
}

/// What acting changes about a node.
#[derive(Debug, Clone, Copy)]
pub struct NodeWork {
    /// Must be fenced.
    pub is_unclean: bool,
    /// Guest whose launcher must restart.
    pub needs_reset: bool,
}

/// The working set together with what it works from.
#[derive(Debug)]
pub struct Work<'p, 'a> {
    /// Where everything goes.
    pub placement: &'p Placement<'a>,
    /// What is known.
    pub facts: &'p Facts<'a>,
    /// What is to be done.
    pub actions: Actions,
}

impl Actions {
    /// An empty working set for a placement.
    pub fn new(placement: &Placement<'_>) -> Self {
        let facts = &placement.facts;
        let resources =
            facts.resources.iter().zip(&placement.next_role).map(|(resource, next_role)| ResourceWork {
                next_role: *next_role,
                is_failed: resource.is_failed,
                stops_if_failed: resource.stops_if_failed,
                is_start_pending: resource.is_start_pending,
                reloads: false,
                partial_migration: resource.partial_migration,
                is_unplaced: false,
                closed_on: Vec::new(),
                expected_on: None,
            });
        let nodes = facts
            .nodes
            .iter()
            .map(|node| NodeWork { is_unclean: node.unclean.is_some(), needs_reset: node.needs_reset });
        Self {
            resources: resources.collect(),
            nodes: nodes.collect(),
            by_key: vec![Vec::new(); facts.resources.len()],
            revisions: vec![0; facts.resources.len()],
            parents: facts.resources.iter().map(|resource| resource.parent).collect(),
            ..Self::default()
        }
    }

    /// The draft with this number.
    pub fn draft(&self, draft: DraftIx) -> &Draft {
        &self.drafts[draft.index()]
    }

    /// The draft with this number, to change it.
    pub fn draft_mut(&mut self, draft: DraftIx) -> &mut Draft {
        self.note_change(self.drafts[draft.index()].resource);
        &mut self.drafts[draft.index()]
    }

    /// What was found out about the resource, and the collective it is part of, no longer holds.
    fn note_change(&mut self, resource: Option<ResourceIx>) {
        let Some(resource) = resource else { return };
        for changed in [Some(resource), self.parents[resource.index()]].into_iter().flatten() {
            self.revisions[changed.index()] += 1;
        }
    }

    /// Rises whenever a draft of the resource or of one of its parts may have changed.
    pub fn revision(&self, resource: ResourceIx) -> u32 {
        self.revisions[resource.index()]
    }

    /// Keeps where a collective's action stands until it or its parts change.
    pub fn remember(&mut self, draft: DraftIx, resource: ResourceIx, effective: Effective) {
        self.drafts[draft.index()].memo = Some((self.revision(resource), effective));
    }

    /// The link with this number.
    pub fn link(&self, link: LinkIx) -> &Link {
        &self.links[link.index()]
    }

    /// The link with this number, to change it.
    pub fn link_mut(&mut self, link: LinkIx) -> &mut Link {
        &mut self.links[link.index()]
    }

    /// All draft numbers, oldest first.
    pub fn draft_numbers(&self) -> impl DoubleEndedIterator<Item = DraftIx> + use<> {
        (0..self.drafts.len()).map(DraftIx::at)
    }

    /// Adds a draft and finds it by its key from now on.
    pub fn add(&mut self, draft: Draft) -> DraftIx {
        let number = DraftIx::at(self.drafts.len());
        self.note_change(draft.resource);
        if let Some(resource) = draft.resource {
            let lists = &mut self.by_key[resource.index()];
            match lists.iter_mut().find(|(key, _)| *key == draft.key) {
                Some((_, list)) => list.push(number),
                None => lists.push((draft.key, vec![number])),
            }
        } else if let Some(node) = draft.node {
            self.by_node.entry((draft.key.verb, node)).or_insert(number);
        }
        self.drafts.push(draft);
        number
    }

    /// Drafts of a resource with a key, oldest first.
    pub fn with_key(&self, resource: ResourceIx, key: Key) -> &[DraftIx] {
        let lists = &self.by_key[resource.index()];
        lists.iter().find(|(known, _)| *known == key).map_or(&[], |(_, list)| list)
    }

    /// Drafts of a resource with a key on a node, oldest first.
    pub fn with_key_on(
        &self,
        resource: ResourceIx,
        key: Key,
        node: NodeIx,
    ) -> impl DoubleEndedIterator<Item = DraftIx> {
        self.with_key(resource, key)
            .iter()
            .copied()
            .filter(move |draft| self.draft(*draft).node == Some(node))
    }

    /// Every draft of a resource, oldest first.
    pub fn of_resource(&self, resource: ResourceIx) -> Vec<DraftIx> {
        let lists = &self.by_key[resource.index()];
        let mut all: Vec<_> = lists.iter().flat_map(|(_, list)| list.iter().copied()).collect();
        all.sort_unstable();
        all
    }

    /// The youngest draft of a resource that does `verb` once, on `node` if one is given.
    pub fn youngest(&self, resource: ResourceIx, verb: Verb, node: Option<NodeIx>) -> Option<DraftIx> {
        let on_node = |draft: &&DraftIx| node.is_none() || self.draft(**draft).node == node;
        self.with_key(resource, Key::once(verb)).iter().rev().find(on_node).copied()
    }

    /// What the cluster does to a node, if it was asked to.
    pub fn of_node(&self, verb: Verb, node: NodeIx) -> Option<DraftIx> {
        self.by_node.get(&(verb, node)).copied()
    }

    /// The verb for an operation's name; a new name gets a number.
    pub fn verb(&mut self, operation: &str) -> Verb {
        if let Some(verb) = Verb::of_operation(operation) {
            return verb;
        }
        let known = self.names.iter().position(|name| &**name == operation).unwrap_or_else(|| {
            self.names.push(operation.into());
            self.names.len() - 1
        });
        Verb::Other(NameIx(u16::try_from(known).unwrap_or(u16::MAX)))
    }

    /// Keeps what the parts of a collective do to its action.
    pub fn revise(&mut self, draft: DraftIx, need: Need, ability: Ability) {
        let entry = self.draft(draft);
        if entry.need != need || entry.ability != ability {
            let entry = self.draft_mut(draft);
            (entry.need, entry.ability) = (need, ability);
            self.is_revised = true;
        }
    }

    /// Links two drafts, unless they were already linked by one of the relations. Says whether it did.
    pub fn link_drafts(&mut self, first: DraftIx, then: DraftIx, relations: Relations) -> bool {
        if relations.is_empty() {
            return false;
        }
        if self.are_linked(first, then, relations) {
            return false;
        }
        if let Some(linked) = &mut self.linked {
            *linked.entry((first, then)).or_default() |= relations;
        }
        self.push_link(first, then, relations);
        true
    }

    /// Puts one draft before another once relations are settled, whatever links them already: a
    /// link that holds only on one node may have been made or dropped in its place.
    pub fn link_after_all(&mut self, first: DraftIx, then: DraftIx) {
        self.push_link(first, then, Relations::ORDERED);
    }

    fn push_link(&mut self, first: DraftIx, then: DraftIx, relations: Relations) {
        let number = LinkIx::at(self.links.len());
        self.links.push(Link { first, then, relations, made_as: relations });
        self.drafts[first.index()].successors.push(number);
        self.drafts[then.index()].inputs.push(number);
    }
}

impl Actions {
    /// Links that are looked through one by one; a draft with more calls for an index.
    const FEW_LINKS: usize = 32;

    /// Whether two drafts were already linked by one of the relations.
    fn are_linked(&mut self, first: DraftIx, then: DraftIx, relations: Relations) -> bool {
        let (successors, inputs) = (&self.draft(first).successors, &self.draft(then).inputs);
        let fewer = if successors.len() < inputs.len() { successors } else { inputs };
        if fewer.len() <= Self::FEW_LINKS {
            return fewer
                .iter()
                .map(|link| self.link(*link))
                .any(|link| link.first == first && link.then == then && link.made_as.has_any(relations));
        }
        let links = &self.links;
        let linked = self.linked.get_or_insert_with(|| {
            let mut linked: BTreeMap<(DraftIx, DraftIx), Relations> = BTreeMap::new();
            for link in links {
                *linked.entry((link.first, link.then)).or_default() |= link.made_as;
            }
            linked
        });
        linked.get(&(first, then)).is_some_and(|known| known.has_any(relations))
    }
}

impl<'p, 'a> Work<'p, 'a> {
    /// The working set for a placement, continued.
    pub fn new(placement: &'p Placement<'a>, actions: Actions) -> Self {
        Self { placement, facts: &placement.facts, actions }
    }

    /// What is known of a resource.
    pub fn resource(&self, resource: ResourceIx) -> &'p ResourceFacts<'a> {
        self.facts.resource(resource)
    }

    /// What changes about a resource.
    pub fn state(&self, resource: ResourceIx) -> &ResourceWork {
        &self.actions.resources[resource.index()]
    }

    /// What changes about a resource, to change it.
    pub fn state_mut(&mut self, resource: ResourceIx) -> &mut ResourceWork {
        &mut self.actions.resources[resource.index()]
    }

    /// What is known of a node.
    pub fn node(&self, node: NodeIx) -> &'p NodeFacts<'a> {
        self.facts.node(node)
    }

    /// The node a resource was assigned to.
    pub fn assigned(&self, resource: ResourceIx) -> Option<NodeIx> {
        self.placement.assigned[resource.index()].filter(|_| !self.state(resource).is_unplaced)
    }

    /// Whether a node must be fenced.
    pub fn is_unclean(&self, node: NodeIx) -> bool {
        self.actions.nodes[node.index()].is_unclean
    }

    /// Whether a node is online and need not be fenced.
    pub fn is_clean(&self, node: NodeIx) -> bool {
        self.node(node).is_online && !self.is_unclean(node)
    }

    /// Whether actions can be sent to a node: it is online and clean, or a guest that will be.
    pub fn is_usable(&self, node: NodeIx) -> bool {
        self.is_clean(node) || self.is_usable_guest(node)
    }

    /// Whether a node is a guest that need not be reset.
    pub fn is_usable_guest(&self, node: NodeIx) -> bool {
        self.node(node).kind == NodeKind::Guest && !self.actions.nodes[node.index()].needs_reset
    }

    /// The node a resource counts as running on.
    pub fn current_node(&self, resource: ResourceIx) -> Option<NodeIx> {
        let facts = self.resource(resource);
        let source = self.state(resource).partial_migration.map(|migration| migration.source);
        if let Some(source) = source.filter(|source| facts.active_on.contains(source)) {
            return Some(source);
        }
        if !facts.needs_fencing()
            && let Some(usable) = facts.active_on.iter().find(|node| self.is_clean(**node))
        {
            return Some(*usable);
        }
        facts.active_on.first().copied()
    }

    /// Whether some leaf at or below the resource has `test`.
    pub fn any_leaf(&self, resource: ResourceIx, test: impl Fn(ResourceIx) -> bool) -> bool {
        self.facts.find_leaf(resource, |leaf| test(leaf).then_some(())).is_some()
    }

    /// Whether `inner` is `outer` or inside it.
    pub fn is_within(&self, inner: ResourceIx, outer: ResourceIx) -> bool {
        let mut at = Some(inner);
        while let Some(resource) = at {
            if resource == outer {
                return true;
            }
            at = self.resource(resource).parent;
        }
        false
    }

    /// Whether a resource is a fence device.
    pub fn is_fence_device(&self, resource: ResourceIx) -> bool {
        self.resource(resource).is_fence_device()
    }

    /// Whether the instances of a clone are told apart.
    pub fn is_told_apart(&self, clone: ResourceIx) -> bool {
        self.facts.find_leaf(clone, |leaf| Some(self.resource(leaf).is_unique)).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests;
