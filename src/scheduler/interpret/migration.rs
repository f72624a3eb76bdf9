//! Migrations: where a resource is after a migration that may be half done.
//!
//! Entries are looked up by the resource's own id; a lookup that finds several finds nothing.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Reading;
use super::running::{Course, compare_age};
use crate::model::Role;
use crate::scheduler::facts::{Migration, NodeIx, ResourceIx};
use crate::status::{HistoryEntry, ResourceHistory, ResultCode, ResultStatus};

/// Both ends of a migration and what is recorded of it.
struct Journey<'a> {
    source: Arc<str>,
    target: Arc<str>,
    to: Option<&'a HistoryEntry>,
    from: Option<&'a HistoryEntry>,
}

impl<'a> Reading<'a> {
    /// A migration was sent successfully. The resource is on its target, unless something newer
    /// or the other half says otherwise.
    pub(super) fn follow_migration(&mut self, course: &mut Course<'a>, entry: &'a HistoryEntry) {
        let Some(journey) = self.journey_to(course, entry) else { return };
        let resource = course.resource;
        let has_acted = self.has_acted_since(resource, &journey.source, entry);
        if journey.from.is_some() && has_acted {
            return;
        }
        let is_newer_on_target = self.has_newer_state(resource, &journey.target, &journey);
        if has_acted && is_newer_on_target {
            return;
        }
        if journey.from.is_some_and(is_success) {
            course.role = Some(Role::Stopped);
            self.add_dangling(resource, course.node);
            return;
        }
        course.role = Some(Role::Started);
        let target = self.node_named(&journey.target);
        let target = target.filter(|target| self.facts.node(*target).is_online);
        let arrived = target.filter(|_| !is_newer_on_target);
        let is_pending = journey.from.is_none_or(|from| from.status == Some(ResultStatus::Pending));
        if !is_pending {
            match arrived {
                Some(target) => self.add_active(resource, target, course.role, true),
                None => self.break_migration(resource),
            }
            return;
        }
        if target.is_some() && self.is_unknown_on(resource, &journey.target) {
            return;
        }
        if let Some(target) = arrived {
            self.add_active(resource, target, course.role, false);
            if self.facts.node(course.node).is_online {
                let migration = Migration { source: course.node, target };
                self.resource_mut(resource).partial_migration = Some(migration);
            }
        } else if !has_acted {
            self.break_migration(resource);
        }
    }

    /// A migration could not be sent: the resource may yet have arrived.
    pub(super) fn fail_migrate_to(&mut self, course: &mut Course<'a>, entry: &'a HistoryEntry) {
        let Some(mut journey) = self.journey_to(course, entry) else { return };
        let resource = course.resource;
        course.role = Some(Role::Started);
        journey.from = journey.from.filter(|from| is_success(from));
        let is_settled = self.is_unknown_on(resource, &journey.target)
            || self.has_newer_state(resource, &journey.target, &journey);
        if !is_settled {
            let target = self.node_named(&journey.target);
            if let Some(target) = target.filter(|target| self.facts.node(*target).is_online) {
                self.add_active(resource, target, course.role, false);
            }
        } else if !self.has_acted_since(resource, &journey.source, entry) {
            self.add_dangling(resource, course.node);
        }
    }

    /// A migration could not be received: the resource may yet be at its source.
    pub(super) fn fail_migrate_from(&mut self, course: &mut Course<'a>, entry: &'a HistoryEntry) {
        let (Some(source), Some(target)) = (&entry.migrate_source, &entry.migrate_target) else { return };
        if !self.facts.node(course.node).name.is(target) {
            return;
        }
        let resource = course.resource;
        course.role = Some(Role::Started);
        let to = self.migrate_to_entry(resource, source, target).filter(|to| is_success(to));
        let journey =
            Journey { source: Arc::clone(source), target: Arc::clone(target), to, from: Some(entry) };
        if self.is_unknown_on(resource, source) || self.has_newer_state(resource, source, &journey) {
            return;
        }
        let source = self.node_named(&journey.source);
        if let Some(source) = source.filter(|source| self.facts.node(*source).is_online) {
            self.add_active(resource, source, course.role, true);
        }
    }

    /// Both ends, if the entry names them and ran on the source.
    fn journey_to(&mut self, course: &Course<'a>, entry: &'a HistoryEntry) -> Option<Journey<'a>> {
        let (source, target) = (entry.migrate_source.as_ref()?, entry.migrate_target.as_ref()?);
        if !self.facts.node(course.node).name.is(source) {
            return None;
        }
        let from = self.single(course.resource, target, |other| {
            &*other.operation == "migrate_from" && other.migrate_source.as_ref() == Some(source)
        });
        Some(Journey { source: Arc::clone(source), target: Arc::clone(target), to: Some(entry), from })
    }

    fn migrate_to_entry(
        &mut self,
        resource: ResourceIx,
        source: &str,
        target: &Arc<str>,
    ) -> Option<&'a HistoryEntry> {
        self.single(resource, source, |other| {
            &*other.operation == "migrate_to" && other.migrate_target.as_ref() == Some(target)
        })
    }

    fn break_migration(&mut self, resource: ResourceIx) {
        let facts = self.resource_mut(resource);
        facts.is_failed = true;
        facts.stops_if_failed = true;
        facts.can_migrate = false;
    }

    fn add_dangling(&mut self, resource: ResourceIx, source: NodeIx) {
        self.resource_mut(resource).dangling_sources.push(source);
    }

    /// Whether anything was done with the resource on a node after the entry.
    fn has_acted_since(&mut self, resource: ResourceIx, node: &str, entry: &HistoryEntry) -> bool {
        self.entries(resource, node).iter().any(|other: &HistoryEntry| {
            matches!(&*other.operation, "start" | "stop" | "migrate_to" | "migrate_from")
                && !std::ptr::eq(other, entry)
                && compare_age(other, entry) == Ordering::Greater
        })
    }

    /// Whether the state of the resource on a node is newer than the migration.
    fn has_newer_state(&mut self, resource: ResourceIx, node: &str, journey: &Journey<'a>) -> bool {
        let is_source = node.eq_ignore_ascii_case(&journey.source);
        let reference = match (journey.from, journey.to) {
            (Some(_), Some(to)) if is_source => to,
            (Some(from), _) => from,
            (None, Some(to)) => to,
            (None, None) => return false,
        };
        if self.has_acted_since(resource, node, reference) {
            return true;
        }
        let monitor = self.single(resource, node, |other| &*other.operation == "monitor");
        monitor.is_some_and(|monitor| {
            monitor.rc == Some(ResultCode::NOT_RUNNING)
                && monitor.status == Some(ResultStatus::Done)
                && compare_age(monitor, reference) == Ordering::Greater
        })
    }

    /// Whether nothing is known of the resource on a node.
    fn is_unknown_on(&mut self, resource: ResourceIx, node: &str) -> bool {
        let entries = self.entries(resource, node);
        entries.iter().all(|entry| entry.rc.is_none_or(|rc| rc == ResultCode::UNKNOWN))
    }

    /// The only entry of the resource on a node that fits.
    fn single(
        &mut self,
        resource: ResourceIx,
        node: &str,
        fits: impl Fn(&HistoryEntry) -> bool,
    ) -> Option<&'a HistoryEntry> {
        let mut fitting = self.entries(resource, node).iter().filter(|entry| fits(entry));
        fitting.next().filter(|_| fitting.next().is_none())
    }

    fn entries(&mut self, resource: ResourceIx, node: &str) -> &'a [HistoryEntry] {
        let Some(node) = self.node_named(node) else { return &[] };
        if self.histories.is_none() {
            self.histories = Some(self.index_histories());
        }
        let id = &*self.facts.resource(resource).id;
        let history = self.histories.as_ref().and_then(|histories| histories.get(&(node, id)));
        history.map_or(&[], |history| &history.entries)
    }

    fn index_histories(&self) -> BTreeMap<(NodeIx, &'a str), &'a ResourceHistory> {
        let states = self.facts.status.nodes.iter();
        states
            .filter_map(|state| Some((self.node_of(state)?, state)))
            .flat_map(|(node, state)| {
                state.resources.iter().map(move |history| ((node, &*history.id), history))
            })
            .collect()
    }
}

fn is_success(entry: &HistoryEntry) -> bool {
    entry.rc == Some(ResultCode::OK) && entry.status == Some(ResultStatus::Done)
}
