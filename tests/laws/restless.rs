//! What never comes to rest, and what the installed simulator does again and again as well when it is
//! given the same state. `docs/conformance.md` names a smallest cluster for each.

use std::sync::Arc;

use quorate::model::{NodeName, Role, Score};
use quorate::scheduler::assign::Placement;
use quorate::scheduler::constraint::colocation::ColocationRecord;
use quorate::scheduler::facts::{
    NodeFacts, NodeIx, NodeKind, PlacementStrategy, ResourceFacts, ResourceIx, Variant,
};
use quorate::scheduler::operation::{Lookup, OnFail};
use quorate::scheduler::{Action, Task};
use quorate::status::{ClusterStatus, HistoryEntry, NodeState, ResourceHistory, ResultCode};

/// What was decided last, and about what.
pub(crate) struct End<'e> {
    pub(crate) placement: &'e Placement<'e>,
    pub(crate) status: &'e ClusterStatus,
    /// Whether something had no room, in any of the plans.
    pub(crate) lacked_room: bool,
}

impl End<'_> {
    /// Whether an action belongs to one of the kinds that come back with every plan.
    pub(crate) fn is_restless(&self, action: &Action) -> bool {
        let facts = &self.placement.facts;
        let node = action.node.as_ref().and_then(|node| facts.node_named(node.as_str()));
        let named = |known: &Option<Arc<str>>| {
            let is_meant = |resource: &ResourceFacts<'_>| Some(&resource.id) == known.as_ref();
            facts.resources.iter().position(is_meant).map(ResourceIx::at)
        };
        let resource = named(&action.instance).or_else(|| named(&action.resource));
        match (resource, node) {
            (None, Some(node)) => action.task.takes_node_down() && self.is_held_by_a_joining_node(node),
            (Some(resource), Some(node)) => {
                self.failed_before_it_changed(action)
                    || self.puts_its_node_on_standby(node)
                    || self.lacked_room
                    || self.avoids_another_collective(resource)
                    || self.is_wished_near_and_far(resource)
                    || self.goes_with_the_unpromoted(resource)
                    || self.has_a_frozen_host(resource)
                    || self.follows_one_that_is_left_elsewhere(resource)
                    || self.came_from_a_lost_node(resource)
                    || self.ran_in_a_guest_that_cannot_be_reset(resource)
            }
            (_, None) => false,
        }
    }

    /// A remote node whose failed connection is held by a node that has not joined: the connection cannot
    /// be stopped there, and the remote node is fenced for it.
    fn is_held_by_a_joining_node(&self, node: NodeIx) -> bool {
        let facts = &self.placement.facts;
        let connection = facts.node(node).connection.map(|connection| facts.resource(connection));
        connection
            .is_some_and(|connection| connection.active_on.iter().any(|node| facts.node(*node).is_pending))
    }

    /// A monitor that failed while it was another definition's: the failure is remembered, and nothing
    /// that is planned forgets it.
    fn failed_before_it_changed(&self, action: &Action) -> bool {
        let is_recurring = action.task == Task::Monitor && !action.interval.is_zero();
        let Some(state) = action.node.as_ref().and_then(|node| self.state(node)) else { return false };
        is_recurring
            && failures(state).any(|(history, entry)| {
                Some(&history.id) == action.resource.as_ref()
                    && *entry.operation == *action.task.as_str()
                    && entry.interval == action.interval
            })
    }

    /// A failed monitor asks for standby, and there is nowhere else to go: a stop ends that, and the next
    /// start brings it back.
    fn puts_its_node_on_standby(&self, node: NodeIx) -> bool {
        let facts = &self.placement.facts;
        let Some(state) = self.state(&facts.node(node).name) else { return false };
        failures(state).any(|(history, entry)| {
            let known = facts.resources.iter().position(|resource| resource.base_id == history.id);
            known.map(ResourceIx::at).is_some_and(|resource| {
                let (task, interval) = (&entry.operation, entry.interval);
                let op = facts.find_operation(resource, task, interval, Lookup::Any);
                let options = facts.operation_options(resource, task, interval, op);
                facts.on_fail(resource, task, &options, false) == OnFail::Standby
            })
        })
    }

    /// A clone that must not be with another clone or a bundle, and has no other place: its instances change
    /// places, or numbers, with every plan.
    fn avoids_another_collective(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let top = facts.topmost(resource);
        facts.resource(top).variant.is_clone()
            && self.placement.colocations.iter().any(|record| {
                facts.topmost(record.dependent) == top
                    && record.score <= Score::MINUS_INFINITY
                    && matches!(
                        facts.resource(facts.topmost(record.primary)).variant,
                        Variant::Clone(_) | Variant::Bundle(_)
                    )
            })
    }

    /// Who must be with an unpromoted instance goes where the promoted one was, and takes its preference
    /// for that place along.
    fn goes_with_the_unpromoted(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let top = facts.topmost(resource);
        self.placement.colocations.iter().any(|record| {
            record.primary_role == Some(Role::Unpromoted)
                && record.score >= Score::INFINITY
                && [record.dependent, record.primary].iter().any(|side| facts.topmost(*side) == top)
        })
    }

    /// Two wishes of the same two contradict each other: one to be together, one to be apart.
    fn is_wished_near_and_far(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let top = facts.topmost(resource);
        let records = &self.placement.colocations;
        let pair =
            |record: &ColocationRecord| [record.dependent, record.primary].map(|end| facts.topmost(end));
        records
            .iter()
            .filter(|near| near.score > Score::ZERO && pair(near).contains(&top))
            .any(|near| records.iter().any(|far| far.score < Score::ZERO && pair(far) == pair(near)))
    }

    /// A bundle whose place is a remote node that a ticket freezes: its container starts beside it and
    /// is then called there.
    fn has_a_frozen_host(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let is_frozen = |node: &NodeFacts<'_>| {
            let connection = node.connection.map(|connection| facts.resource(connection));
            node.kind == NodeKind::Remote && connection.is_some_and(|connection| !connection.is_managed)
        };
        facts.bundle_of(resource).is_some() && facts.nodes.iter().any(is_frozen)
    }

    /// An earlier member of its group is left alone on a node where it cannot be.
    fn follows_one_that_is_left_elsewhere(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let parent = facts.resource(resource).parent.map(|parent| facts.resource(parent));
        let group = parent.filter(|parent| matches!(parent.variant, Variant::Group(_)));
        let members = group.map_or(&[][..], |group| &group.children);
        members.iter().take_while(|member| **member != resource).any(|member| {
            let known = facts.resource(*member);
            let first = members.first().and_then(|first| self.placement.assigned[first.index()]);
            !known.is_managed && known.active_on.iter().any(|node| Some(*node) != first)
        })
    }

    /// It, or another part of the same, migrated away from a node that was lost since and cannot be
    /// fenced: what may be left there cannot be stopped.
    fn came_from_a_lost_node(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let top = facts.topmost(resource);
        let mut parts = facts.leaves(top).into_iter().map(|leaf| facts.resource(leaf));
        parts.any(|part| part.dangling_sources.iter().any(|node| !facts.node(*node).is_online))
    }

    /// It failed in a guest node whose host is not managed: the guest is to be restarted, and never is.
    fn ran_in_a_guest_that_cannot_be_reset(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        facts.resource(resource).active_on.iter().any(|node| {
            let node = facts.node(*node);
            let connection = node.connection.map(|connection| facts.resource(connection));
            let launcher = connection.and_then(|connection| connection.launcher);
            launcher.is_some_and(|launcher| !facts.resource(launcher).is_managed)
                && (node.needs_reset || node.unclean.is_some())
        })
    }

    fn state(&self, node: &NodeName) -> Option<&NodeState> {
        self.status.nodes.iter().find(|state| state.name.as_ref() == Some(node))
    }
}

/// Whether capacity counts, and something that wants to run has no room: then who is placed first is
/// another one whenever what runs is another one.
pub(crate) fn lacks_room(placement: &Placement<'_>) -> bool {
    let facts = &placement.facts;
    facts.properties.placement_strategy != PlacementStrategy::Default
        && facts.resources.iter().zip(&placement.assigned).any(|(resource, node)| {
            node.is_none()
                && resource.is_managed
                && !resource.utilization.is_empty()
                && resource.target_role != Some(Role::Stopped)
        })
}

/// What failed on a node, of what recurs.
fn failures(state: &NodeState) -> impl Iterator<Item = (&ResourceHistory, &HistoryEntry)> {
    let entries =
        state.resources.iter().flat_map(|history| history.entries.iter().map(move |entry| (history, entry)));
    entries
        .filter(|(_, entry)| !entry.interval.is_zero() && entry.id.ends_with("_last_failure_0"))
        .filter(|(_, entry)| entry.rc != Some(ResultCode::OK))
}
