//! What never comes to rest, and what the installed simulator does again and again as well when it is
//! given the same state. `docs/conformance.md` names a smallest cluster for each.

use std::sync::Arc;

use quorate::model::{NodeName, Role};
use quorate::scheduler::assign::Placement;
use quorate::scheduler::facts::{NodeIx, NodeKind, PlacementStrategy, ResourceFacts, ResourceIx, Variant};
use quorate::scheduler::operation::{Lookup, OnFail};
use quorate::scheduler::{Action, Change, Reason, Schedule, Task};
use quorate::status::{ClusterStatus, HistoryEntry, NodeState, ResourceHistory, ResultCode};

/// What was decided last, and about what.
pub(crate) struct End<'e> {
    pub(crate) placement: &'e Placement<'e>,
    pub(crate) schedule: &'e Schedule,
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
            (None, Some(node)) => action.task.takes_node_down() && self.cannot_lose_its_connection(node),
            (Some(resource), Some(node)) => {
                self.failed_before_it_changed(action)
                    || self.puts_a_node_on_standby(resource, node)
                    || self.lacked_room && self.wants_room(resource)
                    || self.waits_for_itself(resource)
                    || self.is_called_through_what_is_promoted(action, node)
                    || self.wishes_come_and_go(resource)
                    || self.has_a_frozen_host(resource)
                    || self.follows_one_that_is_left_elsewhere(resource)
                    || self.came_from_a_lost_node(resource)
                    || self.ran_in_a_guest_that_cannot_be_reset(resource)
                    || self.is_remembered_under_two_names(resource, node)
            }
            (_, None) => false,
        }
    }

    /// A remote node whose failed connection no plan can stop, as it is held by a node that has not joined,
    /// or its stop waits for what cannot be: the remote node is fenced for it.
    fn cannot_lose_its_connection(&self, node: NodeIx) -> bool {
        let facts = &self.placement.facts;
        let Some(connection) = facts.node(node).connection.map(|connection| facts.resource(connection))
        else {
            return false;
        };
        let has_not_joined = |node: &NodeIx| facts.node(*node).is_pending || !facts.node(*node).is_online;
        connection.is_failed
            && !connection.active_on.is_empty()
            && (connection.active_on.iter().all(has_not_joined) || self.is_held_back(&connection.id))
    }

    /// Whether a step of this one is wanted and cannot be done.
    pub(crate) fn is_held_back(&self, id: &Arc<str>) -> bool {
        let mut changes = self.schedule.changes.iter();
        changes.any(|change| change.is_blocked && change.resource.as_ref() == Some(id))
            || self.schedule.stalled.iter().any(|stalled| stalled.resource.as_ref() == Some(id))
    }

    /// Another action of the same waits for itself and is left out: it cannot be carried through.
    fn waits_for_itself(&self, resource: ResourceIx) -> bool {
        let known = self.placement.facts.resource(resource);
        self.schedule.stalled.iter().any(|stalled| stalled.resource.as_ref() == Some(&known.id))
    }

    /// A probe on a remote node whose connection was found promoted: what is known of the node is only
    /// read where the connection is started (specification of status, section 5.4).
    fn is_called_through_what_is_promoted(&self, action: &Action, node: NodeIx) -> bool {
        let facts = &self.placement.facts;
        let connection = facts.node(node).connection.map(|connection| facts.resource(connection));
        action.task == Task::Monitor
            && action.interval.is_zero()
            && connection.is_some_and(|connection| connection.current_role > Role::Started)
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

    /// A failed monitor asks for standby: a stop ends that, and the next start there brings it back. Who
    /// failed goes back and forth, and with it whatever is on that node.
    fn puts_a_node_on_standby(&self, resource: ResourceIx, node: NodeIx) -> bool {
        let facts = &self.placement.facts;
        facts.node_numbers().any(|failed_on| {
            let Some(state) = self.state(&facts.node(failed_on).name) else { return false };
            failures(state).any(|(history, entry)| {
                let known = facts.resources.iter().position(|resource| resource.base_id == history.id);
                known.map(ResourceIx::at).is_some_and(|failed| {
                    let (task, interval) = (&entry.operation, entry.interval);
                    let op = facts.find_operation(failed, task, interval, Lookup::Any);
                    let options = facts.operation_options(failed, task, interval, op);
                    let asks = facts.on_fail(failed, task, &options, false) == OnFail::Standby;
                    asks && self.comes_or_goes(&history.id)
                        && (node == failed_on || facts.resource(resource).base_id == history.id)
                })
            })
        })
    }

    /// Whether this one is started or stopped.
    fn comes_or_goes(&self, id: &str) -> bool {
        let steps = [Task::Start, Task::Stop];
        let actions = self.schedule.transition.actions.iter();
        actions
            .filter(|action| steps.contains(&action.task))
            .any(|action| action.resource.as_deref() == Some(id))
    }

    /// A bundle whose place is a remote node that a ticket freezes: its container starts beside it and
    /// is then called there.
    fn has_a_frozen_host(&self, resource: ResourceIx) -> bool {
        let facts = &self.placement.facts;
        let is_frozen = |node: &NodeIx| {
            let node = facts.node(*node);
            let connection = node.connection.map(|connection| facts.resource(connection));
            node.kind == NodeKind::Remote && connection.is_some_and(|connection| !connection.is_managed)
        };
        let Some(bundle) = facts.bundle_of(resource) else { return false };
        facts.leaves(bundle).into_iter().any(|leaf| {
            let mut places =
                facts.resource(leaf).active_on.iter().chain(&self.placement.assigned[leaf.index()]);
            places.any(is_frozen)
        })
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

    /// An instance of which its node remembers a second one, from when they were told apart: what that says
    /// of a definition that has changed since asks for a restart, and the restart is remembered under the
    /// other name. Members of a group restart with an earlier one.
    fn is_remembered_under_two_names(&self, resource: ResourceIx, node: NodeIx) -> bool {
        let facts = &self.placement.facts;
        let Some(state) = self.state(&facts.node(node).name) else { return false };
        let plain = |id: &str| id.split_once(':').map_or(id, |(plain, _)| plain).to_owned();
        let parent = facts.resource(resource).parent.map(|parent| facts.resource(parent));
        let group = parent.filter(|parent| matches!(parent.variant, Variant::Group(_)));
        let members = group.map_or(&[][..], |group| &group.children);
        let earlier = members.iter().take_while(|member| **member != resource).copied();
        earlier.chain([resource]).map(|part| facts.resource(part)).any(|known| {
            let histories = state.resources.iter().filter(|history| plain(&history.id) == *known.base_id);
            let is_changed = |change: &Change| {
                change.resource.as_ref() == Some(&known.id) && change.reason == Some(Reason::DefinitionChange)
            };
            !known.is_unique && histories.count() > 1 && self.schedule.changes.iter().any(is_changed)
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
