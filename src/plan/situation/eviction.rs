//! Why what runs is to end where the scheduler names nothing but the want of a node, or nothing at all.

use super::Situation;
use crate::model::constraint::{OrderAction, OrderScope};
use crate::model::id::without_number;
use crate::model::{Constraint, NodeName, ResourceId, Role, Score};
use crate::plan::because::failed_because;
use crate::plan::explain::{Outcome, promotion_of};
use crate::plan::unplaced::{Obstacle, failures_of, fatal_failure, halted_by, obstacle};
use crate::plan::{Address, Because, ObjectKind, Verb};
use crate::scheduler::facts::{FailedAction, NodeIx, Variant};
use crate::scheduler::{Action, Change, ChangeKind, ResourceIx, Task};

impl Situation<'_> {
    /// Why what runs has no node any more.
    pub(super) fn of_homelessness(&self, change: &Change) -> Because {
        if self.facts.properties.stop_all_resources {
            return Because::StopAll;
        }
        let Some(resource) = change.resource.as_deref() else { return Because::NoNode };
        let Some(index) = self.resources.get(resource).copied() else { return Because::NoNode };
        let failure = || {
            let failed = halted_by(self.facts, index).or_else(|| fatal_failure(self.facts, index))?;
            Some(failed_because(failed, &self.facts.node(failed.node).name))
        };
        let because = (self.not_to_be_promoted(change, index))
            .or_else(|| self.runs_twice(resource))
            .or_else(failure)
            .or_else(|| self.of_siblings(change, index))
            .or_else(|| self.of_ban(change))
            .or_else(|| self.of_neighbour(change, index))
            .or_else(|| self.of_dislike(change))
            .or_else(|| self.not_to_come_first(change, index, resource))
            .or_else(|| self.of_whatever_forbids(change, index))
            .or_else(|| self.of_unusual_order(index, resource));
        because.unwrap_or(Because::NoNode)
    }

    fn is_placed(&self, resource: ResourceIx) -> bool {
        self.placement.assigned.get(resource.index()).copied().flatten().is_some()
    }

    fn leaves(&self, change: &Change) -> Option<NodeIx> {
        self.facts.node_named(change.from.as_ref()?.as_str())
    }

    /// What keeps an instance that goes on running from being promoted.
    fn not_to_be_promoted(&self, change: &Change, index: ResourceIx) -> Option<Because> {
        if change.kind != ChangeKind::Demote || !self.is_placed(index) {
            return None;
        }
        let outcome = promotion_of(self.placement, index)?.outcome;
        let is_told = !matches!(outcome, Outcome::Promoted { .. });
        is_told
            .then(|| change.from.clone())
            .flatten()
            .map(|node| Because::NotPromoted { node, outcome: Box::new(outcome) })
    }

    /// The other instances of its clone that leave no room for an instance.
    fn of_siblings(&self, change: &Change, index: ResourceIx) -> Option<Because> {
        if self.is_placed(index) {
            return None;
        }
        let mut around = std::iter::successors(Some(index), |part| self.facts.resource(*part).parent);
        let instance = around.find(|part| self.clone_of(*part).is_some())?;
        let (clone, limits) = self.clone_of(instance)?;
        let siblings = self.facts.resource(clone).children.iter().filter(|other| **other != instance);
        let placed: Vec<(ResourceIx, NodeIx)> =
            siblings.filter_map(|other| Some((*other, self.placement.node_of(*other)?))).collect();
        let is_many = |count: usize, limit: u32| u32::try_from(count).is_ok_and(|count| count >= limit);
        let node = self.leaves(change)?;
        let there = placed.iter().filter(|(_, place)| *place == node);
        let by: Vec<String> = there.map(|(other, _)| self.facts.resource(*other).id.to_string()).collect();
        if !by.is_empty() && is_many(by.len(), limits.clone_node_max) {
            let node = self.facts.node(node).name.clone();
            return Some(Because::Displaced { by, node, limit: limits.clone_node_max });
        }
        (limits.clone_max > 0 && is_many(placed.len(), limits.clone_max)).then(|| Because::EnoughInstances {
            resource: self.facts.resource(clone).id.to_string(),
            limit: limits.clone_max,
        })
    }

    /// The clone that something is an instance of.
    fn clone_of(&self, instance: ResourceIx) -> Option<(ResourceIx, crate::scheduler::facts::CloneFacts)> {
        let parent = self.facts.resource(instance).parent?;
        match &self.facts.resource(parent).variant {
            Variant::Clone(limits) => Some((parent, *limits)),
            Variant::Primitive(_) | Variant::Group(_) | Variant::Bundle(_) => None,
        }
    }

    /// A member of the same group that failed where both are.
    fn of_neighbour(&self, change: &Change, index: ResourceIx) -> Option<Because> {
        let node = self.leaves(change)?;
        let group = self.facts.resource(index).parent.filter(|_| !self.is_placed(index))?;
        let Variant::Group(_) = &self.facts.resource(group).variant else { return None };
        let mut members = self.facts.resource(group).children.iter().filter(|member| **member != index);
        members.find_map(|member| {
            let part = self.facts.resource(*member);
            self.failed_at(*member, node).filter(|_| part.active_on.contains(&node)).map(|because| {
                Because::FailedInside { resource: part.id.to_string(), because: Box::new(because) }
            })
        })
    }

    /// The failure of a resource on a node, with what the agent said.
    pub(super) fn failed_at(&self, resource: ResourceIx, node: NodeIx) -> Option<Because> {
        let is_there = |failed: &&FailedAction| failed.node == node;
        let failed = failures_of(self.facts, resource).find(is_there)?;
        Some(failed_because(failed, &self.facts.node(node).name))
    }

    /// A location that only speaks against the node, where nothing speaks for it.
    fn of_dislike(&self, change: &Change) -> Option<Because> {
        let index = *self.resources.get(change.resource.as_deref()?)?;
        let score = self.facts.resource(index).table.score(self.leaves(change)?)?;
        (score < Score::ZERO && !self.is_placed(index)).then(|| self.of_avoidance(change)).flatten()
    }

    /// What has to run before it and will not, where a node could have it.
    fn not_to_come_first(&self, change: &Change, index: ResourceIx, resource: &str) -> Option<Because> {
        if !self.is_placed(index) {
            return None;
        }
        let leaves = |name: &ResourceId| {
            let first = self.resources.get(name.as_str()).copied();
            first.map(|first| self.facts.leaves(first)).unwrap_or_default()
        };
        let will_run = |leaf: &ResourceIx| self.will_run(self.facts.resource(*leaf));
        let predecessors = || self.relations.predecessors_of(without_number(resource));
        let verb = |action: OrderAction| match action {
            OrderAction::Promote => Verb::Promote,
            OrderAction::Start | OrderAction::Stop | OrderAction::Demote => Verb::Start,
        };
        let missing = predecessors().find(|sequence| !leaves(&sequence.first).iter().any(will_run));
        if let Some(missing) = missing {
            let verb = verb(missing.first_action);
            return Some(Because::HeldUp { resource: missing.first.to_string(), verb });
        }
        // Instances that go with each other need the one on their own node.
        let node = self.leaves(change)?;
        predecessors().find_map(|sequence| {
            let ends =
                |leaf: &ResourceIx| self.facts.resource(*leaf).active_on.contains(&node) && !will_run(leaf);
            let leaf = leaves(&sequence.first).into_iter().find(ends)?;
            let resource = self.facts.resource(leaf).id.to_string();
            Some(Because::HeldUp { resource, verb: verb(sequence.first_action) })
        })
    }

    /// An order in which it is told to stop or to be demoted, where nothing else tells why it does.
    fn of_unusual_order(&self, index: ResourceIx, resource: &str) -> Option<Because> {
        let lineage = self.relations.lineage(resource);
        let is_down =
            |action: Option<OrderAction>| matches!(action, Some(OrderAction::Stop | OrderAction::Demote));
        let orders = self.facts.cluster.constraints.iter().filter_map(|constraint| match constraint {
            Constraint::Order(order) => Some(order),
            Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Ticket(_) => None,
        });
        let mut orders = orders.filter(|order| match &order.scope {
            OrderScope::Pair { then, first_action, then_action, .. } => {
                lineage.contains(&then.as_str()) && is_down(then_action.or(*first_action))
            }
            OrderScope::Sets(_) => false,
        });
        let order = orders.next().filter(|_| self.is_placed(index))?;
        let constraint = Address::new(ObjectKind::Order, order.id.as_str()).to_string();
        Some(Because::BroughtAlong { resources: Vec::new(), constraint })
    }

    /// What keeps it off the node that it is on, whatever the scores were when it was placed.
    fn of_whatever_forbids(&self, change: &Change, index: ResourceIx) -> Option<Because> {
        let node = self.leaves(change).filter(|_| !self.is_placed(index))?;
        let found = obstacle(self.placement, self.relations, index, node);
        if found == Obstacle::Failures {
            return self.failed_at(index, node);
        }
        let is_telling = !matches!(found, Obstacle::Score { .. });
        let node = self.facts.node(node).name.clone();
        is_telling.then(|| Because::KeptOff { node, obstacle: Box::new(found) })
    }

    /// Why something that failed is recovered, where it is not its own failure on the node that it leaves.
    pub(super) fn of_indirect_failure(&self, change: &Change) -> Option<Because> {
        let resource = change.resource.as_deref()?;
        let index = *self.resources.get(resource)?;
        let elsewhere = || {
            let failed = failures_of(self.facts, index).next()?;
            Some(failed_because(failed, &self.facts.node(failed.node).name))
        };
        self.runs_twice(resource)
            .or_else(|| self.failed_inside(resource))
            .or_else(elsewhere)
            .or_else(|| self.half_migrated(index))
    }

    /// A migration whose second half is missing.
    fn half_migrated(&self, index: ResourceIx) -> Option<Because> {
        let own = self.facts.resource(index);
        let name = |node: NodeIx| self.facts.node(node).name.clone();
        if let Some(migration) = &own.partial_migration {
            return Some(Because::HalfMigrated { from: name(migration.source), to: name(migration.target) });
        }
        own.histories.iter().find_map(|(node, history)| {
            let last = history.entries.iter().max_by_key(|entry| entry.call_id)?;
            let is_half = &*last.operation == "migrate_to" || &*last.operation == "migrate_from";
            let from = last.migrate_source.clone().map(|it| NodeName::from(&*it)).unwrap_or(name(*node));
            let to = last.migrate_target.clone().map(|it| NodeName::from(&*it)).unwrap_or(name(*node));
            (is_half && from != to).then_some(Because::HalfMigrated { from, to })
        })
    }

    /// What is launched by a container or a machine and failed or was lost, so that this starts again.
    pub(super) fn failed_inside(&self, resource: &str) -> Option<Because> {
        let launched = &self.resource(resource)?.launched;
        launched.iter().find_map(|part| {
            let own = self.facts.resource(*part);
            let failed = failures_of(self.facts, *part).next().filter(|_| own.is_failed);
            let failed = failed.map(|it| failed_because(it, &self.facts.node(it.node).name));
            let lost = || {
                let node = self.facts.node(own.connects?);
                node.unclean.is_some().then(|| self.of_node(node)).flatten()
            };
            let wordless = || own.is_failed.then(|| Because::Other { text: "failed".to_owned() });
            let because = failed.or_else(lost).or_else(wordless)?;
            Some(Because::FailedInside { resource: own.id.to_string(), because: Box::new(because) })
        })
    }

    /// Of what stops and should start again, why it does not; none where the stop itself cannot be done.
    pub(in crate::plan) fn of_missing_half(&self, change: &Change) -> Option<Because> {
        if change.kind != ChangeKind::Stop || !change.is_blocked || !self.is_stopped_by(change) {
            return None;
        }
        let has_quorum = self.facts.properties.has_quorum;
        Some(if has_quorum {
            Because::Other { text: "what has to come before it cannot be done".to_owned() }
        } else {
            Because::NoQuorum
        })
    }

    /// Whether an action stops what a change is about, where it is.
    fn is_stopped_by(&self, change: &Change) -> bool {
        self.schedule.transition.actions.iter().any(|action| {
            action.task == Task::Stop
                && action.node == change.from
                && (action.instance == change.resource || action.resource == change.resource)
        })
    }

    /// Why something ends although no change says so and the scheduler names no reason.
    pub(in crate::plan) fn of_unnamed_ending(&self, resource: &str, node: &NodeName) -> Option<Because> {
        let index = *self.resources.get(resource)?;
        let own = self.facts.resource(index);
        if own.target_role == Some(Role::Stopped) {
            return Some(Because::TargetRole { role: Role::Stopped });
        }
        // A change that can be done by half is told as what cannot be done, and says why.
        let mut halves = self.schedule.changes.iter().filter(|change| {
            change.resource.as_deref() == Some(resource) && self.of_missing_half(change).is_some()
        });
        if let Some(half) = halves.next() {
            let is_own = |action: &&&Action| {
                action.instance.as_deref() == Some(resource) && action.node.as_ref() == Some(node)
            };
            let own: Vec<&Action> = self.actions.values().filter(is_own).copied().collect();
            return Some(self.of_whole(half, &own));
        }
        let node = self.facts.node_named(node.as_str())?;
        self.runs_twice(resource)
            .or_else(|| self.of_node(self.facts.node(node)))
            .or_else(|| self.failed_at(index, node))
            .or_else(|| (!self.facts.properties.has_quorum).then_some(Because::NoQuorum))
            .or_else(|| self.half_migrated(index))
    }
}
