//! Why a change that should be made cannot be made.

use super::Situation;
use crate::model::constraint::OrderScope;
use crate::model::id::without_number;
use crate::model::{Constraint, NodeName, ResourceId, Role};
use crate::plan::because::words;
use crate::plan::relation::MissingTicket;
use crate::plan::{Address, Because, ObjectKind, Verb};
use crate::scheduler::facts::{NoQuorumPolicy, ResourceFacts, Variant};
use crate::scheduler::reason::ActionRef;
use crate::scheduler::{Change, ChangeKind, Reason, ResourceIx, Task};

impl Situation<'_> {
    /// Why a change cannot be made.
    pub(in crate::plan) fn of_blocked(&self, change: &Change) -> Because {
        if let Some(missing) = change.resource.as_deref().and_then(|resource| self.missing_ticket(resource))
            && change.kind == ChangeKind::Start
        {
            return missing;
        }
        let has_quorum = self.facts.properties.has_quorum;
        let general = if has_quorum { Because::NoNode } else { Because::NoQuorum };
        match (self.of_from_node(change), self.of_reason(change)) {
            // Nothing can be done there before the node is fenced.
            (
                Some(unclean @ (Because::NodeUnclean { .. } | Because::MustBeFenced { .. })),
                None | Some(Because::NoNode),
            ) => unclean,
            (_, None | Some(Because::NoNode)) => self.held_up(change).unwrap_or(general),
            // A stop's own reason says why it should happen, not why it cannot.
            (_, Some(reason)) if matches!(change.kind, ChangeKind::Stop | ChangeKind::Demote) => {
                self.held_up(change).unwrap_or(reason)
            }
            (_, Some(reason)) => self.not_to_start(change).unwrap_or(reason),
        }
    }

    /// Whether it ends, or its promotion does, as there is no quorum.
    pub(super) fn ends_for_want_of_quorum(&self, change: &Change) -> bool {
        let properties = &self.facts.properties;
        let facts = || change.resource.as_deref().and_then(|resource| self.resource(resource));
        !properties.has_quorum
            && match properties.no_quorum_policy {
                NoQuorumPolicy::Stop | NoQuorumPolicy::Fence => true,
                NoQuorumPolicy::Demote => {
                    change.kind == ChangeKind::Demote || facts().is_some_and(|facts| !facts.is_promotable)
                }
                NoQuorumPolicy::Ignore | NoQuorumPolicy::Freeze => false,
            }
    }

    /// A ticket that the resource needs and this site does not hold.
    pub(super) fn missing_ticket(&self, resource: &str) -> Option<Because> {
        let MissingTicket { ticket, is_standby } =
            self.relations.missing_ticket(resource, &self.facts.status.tickets)?;
        Some(Because::NoTicket { ticket, is_standby })
    }

    /// What has to start before a change can be made, and is told not to, or left alone.
    fn not_to_start(&self, change: &Change) -> Option<Because> {
        let Some(Reason::Unrunnable(action)) = &change.reason else { return None };
        let first = self.resource(&action.resource)?;
        let resource = action.resource.to_string();
        if first.target_role == Some(Role::Stopped) {
            return Some(Because::ToldToStop { resource });
        }
        let is_left_alone = !first.is_managed && !first.is_blocked && first.active_on.is_empty();
        (is_left_alone && action.task == Task::Start).then_some(Because::LeftAlone { resource })
    }

    /// What has to stop before a change can be made, and cannot.
    fn held_up(&self, change: &Change) -> Option<Because> {
        change.from.as_ref()?;
        let successors = self.relations.successors_of(change.resource.as_deref()?);
        successors.map(ResourceId::as_str).find_map(|successor| {
            let stuck = self.changes_of(successor).find(|other| other.is_blocked && other.from.is_some());
            let name = stuck.and_then(|other| other.resource.as_deref().map(str::to_owned));
            let resource = name.or_else(|| self.immovable(successor))?;
            Some(Because::HeldUp { resource, verb: Verb::Stop })
        })
    }

    /// What of a resource runs, and may not be stopped.
    fn immovable(&self, name: &str) -> Option<String> {
        let leaves = self.facts.leaves(*self.resources.get(name)?);
        let mut leaves = leaves.into_iter().map(|leaf| self.facts.resource(leaf));
        let stuck =
            leaves.find(|leaf| (leaf.is_blocked || !leaf.is_managed) && !leaf.active_on.is_empty())?;
        Some(stuck.id.to_string())
    }

    /// What has to start before, of which there is too little. The scheduler stands for it by an action
    /// of its own, named after the order or the set.
    pub(super) fn of_too_few(&self, action: &ActionRef) -> Option<Because> {
        let Task::Pseudo(name) = &action.task else { return None };
        let (_, id) = name.split_once(':').filter(|_| action.resource.is_empty())?;
        for constraint in &self.facts.cluster.constraints {
            let Constraint::Order(order) = constraint else { continue };
            match &order.scope {
                OrderScope::Pair { first, .. } if order.id.as_str() == id => {
                    return self.too_few_of(first.as_str());
                }
                OrderScope::Pair { .. } => {}
                OrderScope::Sets(sets) => {
                    let set = sets.iter().find(|set| set.id.as_deref() == Some(id));
                    if let Some(set) = set {
                        let resources = set.resources.iter().map(ToString::to_string).collect();
                        return Some(Because::NoneOf { resources });
                    }
                }
            }
        }
        None
    }

    /// An order with sets, or with a clone of which some are enough: what it brings along comes with those of
    /// its firsts with which something is done.
    pub(super) fn of_point(&self, action: &ActionRef) -> Option<Because> {
        let Task::Pseudo(name) = &action.task else { return None };
        let (_, id) = name.split_once(':').filter(|_| action.resource.is_empty())?;
        let orders = self.facts.cluster.constraints.iter().filter_map(|constraint| match constraint {
            Constraint::Order(order) => Some(order),
            Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Ticket(_) => None,
        });
        let (order, firsts) = orders.into_iter().find_map(|order| match &order.scope {
            OrderScope::Pair { first, .. } => {
                (order.id.as_str() == id).then(|| (order, vec![first.to_string()]))
            }
            OrderScope::Sets(sets) => {
                let set = sets.iter().find(|set| set.id.as_deref() == Some(id))?;
                Some((order, set.resources.iter().map(ToString::to_string).collect()))
            }
        })?;
        let is_done = |name: &String| self.changes_of(name).next().is_some();
        let resources = firsts.into_iter().filter(is_done).collect();
        let constraint = Address::new(ObjectKind::Order, order.id.as_str()).to_string();
        Some(Because::BroughtAlong { resources, constraint })
    }

    fn too_few_of(&self, clone: &str) -> Option<Because> {
        let index = *self.resources.get(clone)?;
        let facts = self.facts.resource(index);
        let Variant::Clone(limits) = &facts.variant else { return None };
        let needed = limits.clone_min.filter(|least| *least > 0).unwrap_or(1);
        let runs = |instance: &&ResourceIx| {
            let leaves = self.facts.leaves(**instance);
            leaves.first().is_some_and(|leaf| self.will_run(self.facts.resource(*leaf)))
        };
        let able = facts.children.iter().filter(runs).count();
        Some(Because::TooFew {
            resource: clone.to_owned(),
            needed,
            able: u32::try_from(able).unwrap_or(u32::MAX),
        })
    }

    /// Whether an instance runs once the plan is carried out.
    pub(super) fn will_run(&self, instance: &ResourceFacts<'_>) -> bool {
        let is_own = |change: &&&Change| change.resource.as_deref() == Some(&*instance.id);
        match self.changes_of(without_number(&instance.id)).find(is_own) {
            Some(change) => !change.is_blocked && change.role_to > Role::Stopped,
            None => !instance.active_on.is_empty(),
        }
    }
}

/// Why a node has to be fenced: it was lost, or something rarer.
pub(super) fn of_unclean(node: NodeName, reason: Option<&Reason>) -> Because {
    match reason {
        Some(
            reason @ (Reason::FencingRequested
            | Reason::PeerPendingTimedOut
            | Reason::PeerBanned
            | Reason::FailedThere(_)
            | Reason::DeadmanTicketLost
            | Reason::ClusterWithoutQuorum),
        ) => Because::MustBeFenced { node, why: words(reason) },
        Some(_) | None => Because::NodeUnclean { node },
    }
}
