//! Node criteria: what speaks for and against nodes before anything is assigned.

use super::contribution::{Cause, Place};
use super::draft::Draft;
use crate::model::constraint::Discovery;
use crate::model::{Score, scalar};
use crate::scheduler::facts::{Lock, NodeIx, ResourceIx};
use crate::scheduler::failures;
use crate::scheduler::request::Request;

impl Draft<'_> {
    /// Applies all criteria, in the order in which they count.
    pub(crate) fn apply_criteria(&mut self) {
        self.apply_shutdown_locks();
        self.apply_locations();
        self.apply_stickiness();
        for node in self.facts.node_numbers() {
            self.apply_migration_thresholds(node);
        }
        self.apply_exclusive_discovery();
    }

    /// Resources that went down with their node wait for it.
    fn apply_shutdown_locks(&mut self) {
        if !self.facts.properties.shutdown_lock {
            return;
        }
        for top in self.facts.top.clone() {
            if self.resource(top).variant.has_instances() {
                continue;
            }
            for leaf in self.facts.leaves(top) {
                self.apply_shutdown_lock(leaf);
            }
        }
    }

    fn apply_shutdown_lock(&mut self, resource: ResourceIx) {
        let known = self.resource(resource);
        if known.is_fence_device() || known.is_connection() {
            return;
        }
        let lock = match (known.lock, known.active_on.as_slice()) {
            (Some(lock), []) => Some(lock),
            (Some(lock), _) => {
                self.facts.requests.push(Request::ClearHistory { resource, node: lock.node });
                None
            }
            (None, [node]) => self.lock_to_leaving_node(*node),
            (None, _) => None,
        };
        self.facts.resources[resource.index()].lock = lock;
        let Some(lock) = lock else { return };
        for node in self.facts.node_numbers().filter(|node| *node != lock.node) {
            self.add(resource, node, Score::MINUS_INFINITY, Cause::ShutdownLock);
        }
        let limit = i64::try_from(self.facts.properties.shutdown_lock_limit.as_secs()).unwrap_or(i64::MAX);
        if limit > 0 {
            self.facts.recheck.note(lock.since.saturating_add(limit).saturating_add(1));
        }
    }

    /// A lock to a node that is going down in good order.
    fn lock_to_leaving_node(&self, node: NodeIx) -> Option<Lock> {
        let known = self.facts.node(node);
        if !known.is_shutting_down || known.unclean.is_some() {
            return None;
        }
        let since = known.attributes.get("shutdown").and_then(|text| scalar::parse_integer(text));
        Some(Lock { node, since: since.unwrap_or(self.facts.now) })
    }

    /// Managed resources like to stay on the one node where they are active.
    fn apply_stickiness(&mut self) {
        for leaf in self.primitives() {
            let known = self.resource(leaf);
            let [node] = known.active_on.as_slice() else { continue };
            let (node, stickiness) = (*node, known.stickiness);
            let is_allowed = self.facts.properties.symmetric || known.table.entry(node).is_some();
            if known.is_managed && stickiness > Score::ZERO && is_allowed {
                self.add(leaf, node, stickiness, Cause::Stickiness);
            }
        }
    }

    /// Primitives of all kinds, each top-level resource in its turn.
    fn primitives(&self) -> Vec<ResourceIx> {
        self.facts.top.iter().flat_map(|top| self.facts.leaves(*top)).collect()
    }

    /// Bans resources from a node where they failed too often.
    fn apply_migration_thresholds(&mut self, node: NodeIx) {
        for index in 0..self.facts.resources.len() {
            let resource = ResourceIx::at(index);
            let known = self.resource(resource);
            let is_leaf = known.variant.is_primitive();
            if !is_leaf || !self.has_reached_threshold(resource, node) {
                continue;
            }
            let banned =
                if self.resource(resource).is_unique { resource } else { self.facts.topmost(resource) };
            self.add(banned, node, Score::MINUS_INFINITY, Cause::MigrationThreshold);
        }
    }

    /// Whether a primitive failed on a node as often as it may.
    pub(crate) fn has_reached_threshold(&self, resource: ResourceIx, node: NodeIx) -> bool {
        let known = self.resource(resource);
        if known.is_failure_ignored
            || known.migration_threshold == Score::ZERO
            || self.facts.clearing.contains(&(resource, node))
        {
            return false;
        }
        let count = failures::count_with_launched(&self.facts, resource, node);
        count > Score::ZERO && count >= known.migration_threshold
    }

    /// Resources that may only be probed on certain nodes may only run there.
    fn apply_exclusive_discovery(&mut self) {
        for top in self.facts.top.clone() {
            self.restrict_discovery(top);
        }
    }

    fn restrict_discovery(&mut self, resource: ResourceIx) {
        let topmost = self.facts.topmost(resource);
        if !self.resource(resource).discovery_exclusive && !self.resource(topmost).discovery_exclusive {
            return;
        }
        for child in self.resource(resource).children.clone() {
            self.restrict_discovery(child);
        }
        let is_elsewhere =
            |entry: &crate::scheduler::node_table::Entry| entry.discovery != Discovery::Exclusive;
        let elsewhere: Vec<NodeIx> = self
            .table(resource)
            .iter()
            .filter(|(_, entry)| is_elsewhere(entry))
            .map(|(node, _)| node)
            .collect();
        for node in elsewhere {
            if let Some(entry) = self.table_mut(resource).entry_mut(node) {
                entry.score = Score::MINUS_INFINITY;
            }
            self.note(resource, Place::Node(node), Score::MINUS_INFINITY, Cause::Discovery);
        }
    }
}
