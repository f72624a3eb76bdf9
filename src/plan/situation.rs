//! Where reasons are sought: the schedule, and what is known and configured around it.

use super::address::ObjectKind;
use super::because::{Because, failed_because, words};
use super::difference::{ObjectChange, ObjectChangeKind};
use super::relation::{Relations, base};
use super::step::{Step, Verb};
use crate::model::{NodeName, Score};
use crate::scheduler::facts::{NodeFacts, ResourceFacts};
use crate::scheduler::{Action, Change, ChangeKind, Facts, Reason, Schedule, ScorePool};

/// All there is to know when reasons are sought.
pub(super) struct Situation<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) schedule: &'a Schedule,
    pub(super) relations: &'a Relations,
    pub(super) objects: &'a [ObjectChange],
}

impl Situation<'_> {
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
                .unwrap_or_else(|| Because::Other { text: "it failed".to_owned() }),
            ChangeKind::Restart | ChangeKind::Reload | ChangeKind::Promote | ChangeKind::RePromote => {
                self.of_reason(change).unwrap_or_else(|| self.of_promotion(change))
            }
        }
    }

    /// Why an action is taken that belongs to no change.
    pub(super) fn of_action(&self, action: &Action) -> Because {
        match &action.reason {
            Some(reason) => Because::Other { text: words(reason) },
            None => Because::Other { text: String::new() },
        }
    }

    /// Why a change cannot be made.
    pub(super) fn of_blocked(&self, change: &Change) -> Because {
        let has_quorum = self.facts.properties.has_quorum;
        let general = if has_quorum { Because::NoNode } else { Because::NoQuorum };
        self.of_reason(change).unwrap_or(general)
    }

    /// Why the second half of a change comes now: what had to come before it in the same plan.
    pub(super) fn after(&self, change: &Change, earlier: &[Step]) -> Option<Because> {
        let resource = change.resource.as_deref()?;
        let sequence = self.relations.sequences.iter().rev().find_map(|sequence| {
            let is_then = self.relations.is_within(resource, &sequence.then);
            let step = earlier.iter().rev().find(|step| {
                step.verb != Verb::Stop
                    && step.resource.as_deref().is_some_and(|name| {
                        base(name) != base(resource) && self.relations.is_within(name, &sequence.first)
                    })
            })?;
            is_then.then_some(step)
        })?;
        Some(Because::After { resource: sequence.resource.clone()?, verb: sequence.verb })
    }

    fn of_start(&self, change: &Change) -> Because {
        if let Some(because) = self.of_reason(change) {
            return because;
        }
        let Some(resource) = change.resource.as_deref() else { return Because::NotRunning };
        let is_new = self.objects.iter().any(|object| {
            object.kind == ObjectChangeKind::Add
                && object.address.kind == ObjectKind::Resource
                && object.address.name == base(resource)
        });
        if is_new {
            return Because::IsNew;
        }
        self.lost_node(resource).unwrap_or(Because::NotRunning)
    }

    /// The node that was left and on which it ran last, where history tells.
    fn lost_node(&self, resource: &str) -> Option<Because> {
        let facts = self.resource(resource)?;
        facts.histories.iter().find_map(|(node, _)| {
            let node = self.facts.node(*node);
            (!node.is_online).then(|| self.of_node(node)).flatten()
        })
    }

    fn of_stop(&self, change: &Change) -> Because {
        let facts = change.resource.as_deref().and_then(|resource| self.resource(resource));
        if let Some(role) = facts.and_then(|facts| facts.target_role)
            && role <= change.role_to
        {
            return Because::TargetRole { role };
        }
        if facts.is_some_and(|facts| facts.is_removed) {
            return Because::IsRemoved;
        }
        if let Some(because) = self.of_from_node(change) {
            return because;
        }
        self.of_reason(change).or_else(|| self.of_failure(change)).unwrap_or(Because::NoNode)
    }

    fn of_move(&self, change: &Change) -> Because {
        self.of_from_node(change)
            .or_else(|| self.of_company(change))
            .or_else(|| self.of_failure(change))
            .or_else(|| self.of_preference(change))
            .or_else(|| self.of_pull(change))
            .or_else(|| self.of_scores(change))
            .or_else(|| self.of_reason(change))
            .unwrap_or(Because::NoNode)
    }

    fn of_promotion(&self, change: &Change) -> Because {
        match self.of_company(change) {
            Some(because) => because,
            None => Because::Other { text: "it has the best promotion score".to_owned() },
        }
    }

    /// The state of the node it leaves, if that drives it away.
    fn of_from_node(&self, change: &Change) -> Option<Because> {
        let node = change.from.as_ref().and_then(|node| self.facts.node_named(node.as_str()))?;
        self.of_node(self.facts.node(node))
    }

    fn of_node(&self, node: &NodeFacts<'_>) -> Option<Because> {
        let name = node.name.clone();
        if node.unclean.is_some() {
            Some(Because::NodeUnclean { node: name })
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

    /// A primary that goes to the same node, or is there.
    fn of_company(&self, change: &Change) -> Option<Because> {
        let resource = change.resource.as_deref()?;
        let to = change.to.as_ref()?;
        self.relations.company.iter().find_map(|company| {
            let is_dependent = company.score > Score::ZERO
                && self.relations.is_within(resource, &company.dependent)
                && !self.relations.is_within(resource, &company.primary);
            if !is_dependent {
                return None;
            }
            let moved = self.schedule.changes.iter().find(|other| {
                other.to.as_ref() == Some(to)
                    && other.from != other.to
                    && other
                        .resource
                        .as_deref()
                        .is_some_and(|name| self.relations.is_within(name, &company.primary))
            });
            let is_there = || self.runs_on(company.primary.as_str(), to);
            (moved.is_some() || is_there()).then(|| Because::MustBeWith {
                resource: company.primary.to_string(),
                moves: moved.is_some(),
            })
        })
    }

    /// A dependent whose preferences pull it along.
    fn of_pull(&self, change: &Change) -> Option<Because> {
        let resource = change.resource.as_deref()?;
        let to = change.to.as_ref()?;
        let company = self.relations.company.iter().find(|company| {
            company.score > Score::ZERO
                && self.relations.is_within(resource, &company.primary)
                && self.schedule.changes.iter().any(|other| {
                    other.to.as_ref() == Some(to)
                        && other
                            .resource
                            .as_deref()
                            .is_some_and(|name| self.relations.is_within(name, &company.dependent))
                })
        })?;
        let preference = self.relations.preferences.iter().find(|preference| {
            preference.resource == company.dependent
                && preference.node == *to
                && preference.score > Score::ZERO
        });
        Some(match preference {
            Some(preference) => Because::Prefers {
                node: to.clone(),
                constraint: preference.constraint.clone(),
                score: preference.score,
            },
            None => Because::MustBeWith { resource: company.dependent.to_string(), moves: true },
        })
    }

    fn of_preference(&self, change: &Change) -> Option<Because> {
        let resource = change.resource.as_deref()?;
        let (from, to) = (change.from.as_ref(), change.to.as_ref()?);
        let own = || {
            self.relations
                .preferences
                .iter()
                .filter(|preference| self.relations.is_within(resource, &preference.resource))
        };
        let liked = own()
            .filter(|preference| preference.node == *to && preference.score > Score::ZERO)
            .max_by_key(|preference| preference.score);
        if let Some(preference) = liked {
            return Some(Because::Prefers {
                node: preference.node.clone(),
                constraint: preference.constraint.clone(),
                score: preference.score,
            });
        }
        let disliked =
            own().find(|preference| Some(&preference.node) == from && preference.score < Score::ZERO)?;
        Some(Because::Avoids {
            node: disliked.node.clone(),
            constraint: disliked.constraint.clone(),
            score: disliked.score,
        })
    }

    fn of_scores(&self, change: &Change) -> Option<Because> {
        let score = |node: &NodeName| {
            self.schedule.scores.iter().rev().find_map(|line| {
                let is_it = line.pool == ScorePool::Primitive
                    && Some(&line.resource) == change.resource.as_ref()
                    && line.node.as_ref() == Some(node);
                is_it.then_some(line.score)
            })
        };
        let (from, to) = (change.from.as_ref()?, change.to.as_ref()?);
        let (against, score) = (score(from)?, score(to)?);
        (score > against).then(|| Because::ScoresHigher { node: to.clone(), score, against })
    }

    fn of_failure(&self, change: &Change) -> Option<Because> {
        let resource = change.resource.as_deref()?;
        let from = change.from.as_ref()?;
        let failed = self.facts.failed_actions.iter().find(|failed| {
            base(&failed.resource) == base(resource) && self.facts.node(failed.node).name == *from
        })?;
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
            Reason::Removed => Because::IsRemoved,
            Reason::DefinitionChange | Reason::ParametersChanged => {
                Because::ParametersChange { paths: self.changed_paths(change) }
            }
            Reason::Required(action) => match Verb::of_name(action.task.as_str()) {
                Some(verb @ (Verb::Stop | Verb::Demote)) => {
                    Because::Before { resource: action.resource.to_string(), verb }
                }
                Some(verb) => Because::After { resource: action.resource.to_string(), verb },
                None => Because::Other { text: reason.to_string() },
            },
            Reason::BeingMultiplyActive
            | Reason::Unrunnable(_)
            | Reason::Unmigrateable(_)
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
        self.objects
            .iter()
            .filter(|object| lineage.contains(&object.address.name.as_str()))
            .flat_map(|object| &object.attributes)
            .filter(|attribute| attribute.path.starts_with("params") || attribute.path == "agent")
            .map(|attribute| attribute.path.clone())
            .collect()
    }

    fn changes_place(&self, resource: &str) -> bool {
        self.schedule.changes.iter().any(|change| {
            change.from != change.to
                && change.resource.as_deref().is_some_and(|name| base(name) == base(resource))
        })
    }

    fn resource(&self, name: &str) -> Option<&ResourceFacts<'_>> {
        self.facts
            .resources
            .iter()
            .find(|facts| *facts.id == *name)
            .or_else(|| self.facts.resources.iter().find(|facts| *facts.base_id == *base(name)))
    }

    fn runs_on(&self, resource: &str, node: &NodeName) -> bool {
        self.facts.resources.iter().any(|facts| {
            self.relations.lineage(&facts.base_id).contains(&resource)
                && facts.active_on.iter().any(|active| self.facts.node(*active).name == *node)
        })
    }
}
