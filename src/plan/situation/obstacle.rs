//! Why a change that should be made cannot be made.

use super::Situation;
use crate::model::{ResourceId, Role};
use crate::plan::{Because, Verb};
use crate::scheduler::{Change, ChangeKind, Reason};

impl Situation<'_> {
    /// Why a change cannot be made.
    pub(in crate::plan) fn of_blocked(&self, change: &Change) -> Because {
        if let Some(ticket) = change.resource.as_deref().and_then(|resource| self.missing_ticket(resource))
            && change.kind == ChangeKind::Start
        {
            return Because::NoTicket { ticket };
        }
        let has_quorum = self.facts.properties.has_quorum;
        let general = if has_quorum { Because::NoNode } else { Because::NoQuorum };
        match (self.of_from_node(change), self.of_reason(change)) {
            // Nothing can be done there before the node is fenced.
            (Some(unclean @ Because::NodeUnclean { .. }), None | Some(Because::NoNode)) => unclean,
            (_, None | Some(Because::NoNode)) => self.held_up(change).unwrap_or(general),
            // A stop's own reason says why it should happen, not why it cannot.
            (_, Some(reason)) if matches!(change.kind, ChangeKind::Stop | ChangeKind::Demote) => {
                self.held_up(change).unwrap_or(reason)
            }
            (_, Some(reason)) => self.told_to_stop(change).unwrap_or(reason),
        }
    }

    /// What has to start before a change can be made, and is told not to.
    fn told_to_stop(&self, change: &Change) -> Option<Because> {
        let Some(Reason::Unrunnable(action)) = &change.reason else { return None };
        let role = self.resource(&action.resource)?.target_role?;
        (role == Role::Stopped).then(|| Because::ToldToStop { resource: action.resource.to_string() })
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
}
