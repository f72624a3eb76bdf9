//! Where reasons are sought: the schedule, and what is known and configured around it.

mod eviction;
mod obstacle;
mod place;
mod promotion;
mod sequence;

use std::collections::{BTreeMap, BTreeSet};

use super::address::ObjectKind;
use super::because::{Because, failed_because, words};
use super::catalogue::Catalogue;
use super::difference::{ObjectChange, ObjectChangeKind};
use super::relation::Relations;
use super::step::Verb;
use crate::model::id::without_number;
use crate::model::{NodeName, Role};
use crate::scheduler::assign::Placement;
use crate::scheduler::facts::{NodeFacts, ResourceFacts};
use crate::scheduler::{Action, ActionId, Change, ChangeKind, Facts, Reason, ResourceIx, Schedule, Task};
use crate::status::ResultCode;

/// All there is to know when reasons are sought.
pub(super) struct Situation<'a> {
    pub(super) facts: &'a Facts<'a>,
    placement: &'a Placement<'a>,
    pub(super) schedule: &'a Schedule,
    pub(super) relations: &'a Relations,
    catalogue: Catalogue<'a>,
    /// Changes by the name of each resource and of all that is around it.
    changes: BTreeMap<&'a str, Vec<&'a Change>>,
    /// Resources by name, instances by their numbered names too.
    resources: BTreeMap<&'a str, ResourceIx>,
    /// Actions of the transition by number.
    actions: BTreeMap<ActionId, &'a Action>,
    new_resources: BTreeSet<&'a str>,
    deleted_resources: BTreeSet<&'a str>,
}

impl<'a> Situation<'a> {
    pub(super) fn new(
        placement: &'a Placement<'a>,
        schedule: &'a Schedule,
        relations: &'a Relations,
        objects: &'a [ObjectChange],
    ) -> Self {
        let facts = &placement.facts;
        let mut changes: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
        for change in &schedule.changes {
            for name in change.resource.as_deref().map(|name| relations.lineage(name)).unwrap_or_default() {
                changes.entry(name).or_default().push(change);
            }
        }
        let mut resources = BTreeMap::new();
        for (index, resource) in facts.resources.iter().enumerate() {
            resources.insert(&*resource.id, ResourceIx::at(index));
            resources.entry(&*resource.base_id).or_insert(ResourceIx::at(index));
        }
        let resources_of = |kind: ObjectChangeKind| {
            objects
                .iter()
                .filter(|object| object.kind == kind && object.address.kind == ObjectKind::Resource)
                .map(|object| object.address.name.as_str())
                .collect()
        };
        let new_resources = resources_of(ObjectChangeKind::Add);
        let deleted_resources = resources_of(ObjectChangeKind::Delete);
        let catalogue = Catalogue::new(facts, schedule, objects);
        let actions = schedule.transition.actions.iter().map(|action| (action.id, action)).collect();
        Self {
            facts,
            placement,
            schedule,
            relations,
            catalogue,
            changes,
            resources,
            actions,
            new_resources,
            deleted_resources,
        }
    }

    /// Whether the resource, or what it is part of, goes with this plan.
    fn is_deleted(&self, resource: &str) -> bool {
        self.relations.lineage(resource).iter().any(|name| self.deleted_resources.contains(name))
    }

    /// Why a change is made.
    pub(super) fn of_change(&self, change: &Change) -> Because {
        match &change.kind {
            ChangeKind::Fence(_) => self.of_reason(change).unwrap_or(Because::NoNode),
            ChangeKind::Start => self.of_start(change),
            ChangeKind::Stop | ChangeKind::Demote => self.of_stop(change),
            ChangeKind::Move | ChangeKind::Migrate => self.of_move(change),
            ChangeKind::Recover => self
                .of_failure(change)
                .or_else(|| self.of_reason(change))
                .or_else(|| self.of_from_node(change))
                .or_else(|| self.of_host(change))
                .or_else(|| self.of_indirect_failure(change))
                .unwrap_or_else(|| Because::Other { text: "it failed".to_owned() }),
            ChangeKind::Restart | ChangeKind::Promote | ChangeKind::RePromote => {
                self.of_reason(change).unwrap_or_else(|| self.of_promotion(change))
            }
            ChangeKind::Reload => Because::ParametersChange { paths: self.changed_paths(change) },
        }
    }

    /// Why an action is taken that belongs to no change.
    pub(super) fn of_action(&self, action: &Action) -> Because {
        if let Some(reason) = &action.reason {
            return Because::Other { text: words(reason) };
        }
        let ends = matches!(action.task, Task::Stop | Task::Demote);
        let name = action.instance.as_deref().filter(|_| ends);
        let unnamed = name.zip(action.node.as_ref());
        let unnamed = unnamed.and_then(|(resource, node)| self.of_unnamed_ending(resource, node));
        unnamed.unwrap_or(Because::Other { text: String::new() })
    }

    fn of_start(&self, change: &Change) -> Because {
        if let Some(because) = self.of_reason(change) {
            return because;
        }
        let Some(resource) = change.resource.as_deref() else { return Because::NotRunning };
        if self.new_resources.contains(without_number(resource)) {
            return Because::IsNew;
        }
        self.lost_node(resource).unwrap_or(Because::NotRunning)
    }

    /// The node that is not there any more and on which it ran last, where history tells.
    fn lost_node(&self, resource: &str) -> Option<Because> {
        self.catalogue.lost_histories(resource).iter().find_map(|(node, history)| {
            let last = history.entries.iter().max_by_key(|entry| entry.call_id)?;
            let was_running = last.rc == Some(ResultCode::OK) && &*last.operation != "stop";
            was_running.then(|| self.of_node(node)).flatten()
        })
    }

    fn of_stop(&self, change: &Change) -> Because {
        if change.resource.as_deref().is_some_and(|resource| self.is_deleted(resource)) {
            return Because::IsRemoved;
        }
        let facts = change.resource.as_deref().and_then(|resource| self.resource(resource));
        let least = if change.kind == ChangeKind::Stop { Role::Stopped } else { Role::Unpromoted };
        if let Some(role) = facts.and_then(|facts| facts.target_role)
            && (role == Role::Stopped || role == least)
        {
            return Because::TargetRole { role };
        }
        if let Some(facts) = facts.filter(|facts| facts.is_removed) {
            return if self.catalogue.is_configured(&facts.base_id) {
                Because::IsSurplus
            } else {
                Because::IsRemoved
            };
        }
        if let Some(because) = self.of_from_node(change) {
            return because;
        }
        if let Some(missing) = change.resource.as_deref().and_then(|resource| self.missing_ticket(resource)) {
            return missing;
        }
        if let Some(because) = self.of_better_promotion(change) {
            return because;
        }
        if let Some(because) = self.of_needed(change) {
            return because;
        }
        match self.of_reason(change) {
            None | Some(Because::NoNode) if self.ends_for_want_of_quorum(change) => Because::NoQuorum,
            Some(Because::NoNode) => self.of_homelessness(change),
            reason => {
                let because = reason.or_else(|| self.of_failure(change));
                because.unwrap_or_else(|| self.of_homelessness(change))
            }
        }
    }

    fn of_promotion(&self, change: &Change) -> Because {
        match self.of_promoted_company(change) {
            Some(because) => because,
            None if change.kind == ChangeKind::Restart => {
                let resource = change.resource.as_deref();
                let because = resource
                    .and_then(|resource| self.runs_twice(resource).or_else(|| self.failed_inside(resource)));
                because.unwrap_or_else(|| Because::Other { text: "it has to stop first".to_owned() })
            }
            None => Because::Other { text: "it has the best promotion score".to_owned() },
        }
    }

    /// The state of the node it leaves, if that drives it away.
    fn of_from_node(&self, change: &Change) -> Option<Because> {
        let node = change.from.as_ref().and_then(|node| self.facts.node_named(node.as_str()))?;
        self.of_node(self.facts.node(node))
    }

    pub(super) fn of_node(&self, node: &NodeFacts<'_>) -> Option<Because> {
        let name = node.name.clone();
        if let Some(unclean) = &node.unclean {
            Some(obstacle::of_unclean(name, unclean.because.as_ref()))
        } else if !node.is_online {
            Some(Because::NodeOffline { node: name })
        } else if node.is_shutting_down {
            Some(Because::NodeShuttingDown { node: name })
        } else if node.is_standby || node.is_standby_on_failure {
            Some(Because::NodeStandby { node: name })
        } else if node.in_maintenance {
            Some(Because::NodeMaintenance { node: name })
        } else {
            None
        }
    }

    fn of_failure(&self, change: &Change) -> Option<Because> {
        let resource = change.resource.as_deref()?;
        let from = change.from.as_ref()?;
        let failed = self.catalogue.failure(resource, from)?;
        Some(failed_because(failed, from))
    }

    /// The scheduler's own reason, in terms of facts.
    fn of_reason(&self, change: &Change) -> Option<Because> {
        let reason = change.reason.as_ref()?;
        Some(match reason {
            Reason::NodeAvailability => Because::NoNode,
            Reason::NoQuorum | Reason::QuorumFreeze => Because::NoQuorum,
            Reason::ColocationWith(resource) => {
                Because::MustBeWith { resource: resource.to_string(), moves: self.changes_place(resource) }
            }
            Reason::Removed => match change.resource.as_deref() {
                Some(resource) if self.catalogue.is_configured(without_number(resource)) => {
                    Because::IsSurplus
                }
                Some(_) | None => Because::IsRemoved,
            },
            Reason::DefinitionChange | Reason::ParametersChanged => {
                Because::ParametersChange { paths: self.changed_paths(change) }
            }
            Reason::Required(action) => match Verb::of_name(action.task.as_str()) {
                Some(verb @ (Verb::Stop | Verb::Demote)) => {
                    Because::Before { resource: action.resource.to_string(), verb }
                }
                Some(verb) => Because::After { resource: action.resource.to_string(), verb },
                None => self.of_point(action).unwrap_or_else(|| Because::Other { text: words(reason) }),
            },
            Reason::BeingMultiplyActive => {
                let twice = change.resource.as_deref().and_then(|resource| self.runs_twice(resource));
                twice.unwrap_or_else(|| Because::Other { text: words(reason) })
            }
            Reason::Unrunnable(action) => {
                self.of_too_few(action).unwrap_or_else(|| Because::Other { text: words(reason) })
            }

            Reason::Unmigrateable(_)
            | Reason::DeviceDefinitionChanged
            | Reason::DeviceParametersChanged(_)
            | Reason::RequiredBy(_)
            | Reason::FailureExpired
            | Reason::ReconnectInterval
            | Reason::PeerUnseen
            | Reason::PeerUnexpectedlyDown
            | Reason::PeerBanned
            | Reason::FencingRequested
            | Reason::PeerPendingTimedOut
            | Reason::PeerLost
            | Reason::PeerProcessLost
            | Reason::PeerStateUnknown
            | Reason::ClusterWithoutQuorum
            | Reason::FailedThere(_)
            | Reason::ThoughtActiveThere(_)
            | Reason::ActiveUnlessReconnected(_)
            | Reason::ConnectionUnrecoverable(_)
            | Reason::StopUnrunnable
            | Reason::DeadmanTicketLost
            | Reason::NodeUnclean
            | Reason::GuestUnclean
            | Reason::ContainerFailed
            | Reason::OnFail(_)
            | Reason::Other(_) => Because::Other { text: words(reason) },
        })
    }

    fn changed_paths(&self, change: &Change) -> Vec<String> {
        let Some(resource) = change.resource.as_deref() else { return Vec::new() };
        let lineage = self.relations.lineage(resource);
        self.catalogue
            .changes_about(&lineage)
            .flat_map(|object| &object.attributes)
            .filter(|attribute| attribute.path.starts_with("params") || attribute.path == "agent")
            .map(|attribute| attribute.path.clone())
            .collect()
    }

    fn changes_of(&self, name: &str) -> impl Iterator<Item = &&'a Change> {
        self.changes.get(name).into_iter().flatten()
    }

    fn changes_place(&self, resource: &str) -> bool {
        self.changes_of(without_number(resource))
            .any(|change| change.to.is_some() && change.from != change.to)
    }

    fn resource(&self, name: &str) -> Option<&ResourceFacts<'a>> {
        let index = self.resources.get(name).or_else(|| self.resources.get(without_number(name)))?;
        Some(self.facts.resource(*index))
    }

    fn runs_on(&self, resource: &str, node: &NodeName) -> bool {
        let Some(index) = self.resources.get(resource) else { return false };
        self.facts.leaves(*index).into_iter().any(|leaf| {
            let active_on = &self.facts.resource(leaf).active_on;
            active_on.iter().any(|active| self.facts.node(*active).name == *node)
        })
    }
}
