//! Asking for an action: finding or creating its draft, and judging whether it can run.

use super::draft::{Ability, Draft, DraftIx, Need};
use super::verb::{Key, Verb};
use super::work::Work;
use crate::model::Role;
use crate::scheduler::facts::{NoQuorumPolicy, NodeIx, NodeKind, Requires, ResourceIx};
use crate::scheduler::reason::Reason;

impl Work<'_, '_> {
    /// Asks for an action of a resource. An action with the same key on the same node, or on no
    /// node yet, is taken up; it becomes required if asked so, never optional again.
    pub fn request(&mut self, resource: ResourceIx, key: Key, node: Option<NodeIx>, need: Need) -> DraftIx {
        let known = self.actions.with_key(resource, key).iter().copied().find(|draft| {
            let at = self.actions.draft(*draft).node;
            node.is_none() || at.is_none() || at == node
        });
        let draft = known.unwrap_or_else(|| self.create(resource, key, node, need));
        let is_managed = self.resource(resource).is_managed;
        let entry = self.actions.draft_mut(draft);
        entry.node = entry.node.or(node);
        if !is_managed && entry.node.is_some() && !entry.is_pseudo && !key.is_recurring() {
            entry.need = Need::Optional;
        } else if need == Need::Required {
            entry.need = Need::Required;
        }
        if !self.actions.draft(draft).is_pseudo {
            self.judge_ability(draft, resource);
        }
        draft
    }

    /// Asks for an action that runs once.
    pub fn request_once(
        &mut self,
        resource: ResourceIx,
        verb: Verb,
        node: Option<NodeIx>,
        need: Need,
    ) -> DraftIx {
        self.request(resource, Key::once(verb), node, need)
    }

    fn create(&mut self, resource: ResourceIx, key: Key, node: Option<NodeIx>, need: Need) -> DraftIx {
        let mut draft = Draft::new(Some(resource), key, need);
        draft.node = node;
        if matches!(key.verb, Verb::Start | Verb::Promote) {
            draft.waits_for = self.resource(resource).requires;
        }
        self.actions.add(draft)
    }

    /// Judges anew whether an agent's action can run.
    fn judge_ability(&mut self, draft: DraftIx, resource: ResourceIx) {
        let entry = self.actions.draft(draft);
        let (verb, waits_for) = (entry.verb, entry.waits_for);
        let needs_node_up = verb != Verb::ClearHistory;
        let Some(node) = entry.node else {
            self.actions.draft_mut(draft).ability = Ability::Blocked;
            return;
        };
        if needs_node_up && !self.node(node).is_online && !self.is_usable_guest(node) {
            self.actions.draft_mut(draft).ability = Ability::Blocked;
            if self.resource(resource).is_managed && verb == Verb::Stop && !self.is_unclean(node) {
                self.request_fencing(node, Reason::StopUnrunnable, false);
            }
            return;
        }
        if needs_node_up && self.node(node).is_pending {
            self.actions.draft_mut(draft).ability = Ability::Blocked;
            return;
        }
        if waits_for == Requires::Nothing {
            let is_guest = self.node(node).kind == NodeKind::Guest;
            let is_lost_guest = is_guest && !self.facts.can_fence(node);
            let entry = self.actions.draft_mut(draft);
            entry.reason = None;
            entry.ability = Ability::when(!is_lost_guest);
            return;
        }
        self.judge_quorum(draft, resource);
    }

    fn judge_quorum(&mut self, draft: DraftIx, resource: ResourceIx) {
        let (ability, reason) = match self.effective_quorum_policy(resource) {
            NoQuorumPolicy::Stop => (Ability::Blocked, Some(Reason::NoQuorum)),
            NoQuorumPolicy::Freeze => {
                let current_role = self.resource(resource).current_role;
                if self.is_fully_active(resource) && self.state(resource).next_role <= current_role {
                    (Ability::Runnable, None)
                } else {
                    (Ability::Blocked, Some(Reason::QuorumFreeze))
                }
            }
            NoQuorumPolicy::Ignore | NoQuorumPolicy::Fence | NoQuorumPolicy::Demote => {
                (Ability::Runnable, None)
            }
        };
        let entry = self.actions.draft_mut(draft);
        entry.ability = ability;
        if reason.is_some() {
            entry.reason = reason;
        }
    }

    /// What the lack of quorum means for a resource; nothing (ignore) while there is quorum.
    /// Under `demote`, what is promotable goes on unpromoted, all else stops.
    fn effective_quorum_policy(&mut self, resource: ResourceIx) -> NoQuorumPolicy {
        let properties = &self.facts.properties;
        if properties.has_quorum {
            return NoQuorumPolicy::Ignore;
        }
        match properties.no_quorum_policy {
            NoQuorumPolicy::Demote => match self.resource(resource).current_role {
                Role::Unpromoted | Role::Promoted => {
                    let state = self.state_mut(resource);
                    state.next_role = state.next_role.min(Role::Unpromoted);
                    NoQuorumPolicy::Ignore
                }
                Role::Stopped | Role::Started => NoQuorumPolicy::Stop,
            },
            policy @ (NoQuorumPolicy::Ignore
            | NoQuorumPolicy::Freeze
            | NoQuorumPolicy::Stop
            | NoQuorumPolicy::Fence) => policy,
        }
    }

    /// Whether every leaf of a resource is active, on a node that is online and clean or where it is
    /// unmanaged.
    pub fn is_fully_active(&self, resource: ResourceIx) -> bool {
        !self.any_leaf(resource, |leaf| !self.is_active(leaf))
    }

    /// Whether a primitive is active anywhere that counts.
    pub fn is_active(&self, leaf: ResourceIx) -> bool {
        let facts = self.resource(leaf);
        facts
            .active_on
            .iter()
            .any(|node| self.is_unclean(*node) || self.node(*node).is_online || !facts.is_managed)
    }
}
