//! Membership: which nodes are up, clean, pending, in standby or maintenance, or leaving.

use super::Reading;
use super::nodes::Precedence;
use crate::model::fencing::{TERMINATE, asks_for_fencing};
use crate::model::{Score, Table};
use crate::scheduler::calendar::whole_seconds;
use crate::scheduler::facts::{NoQuorumPolicy, NodeIx, NodeKind};
use crate::scheduler::operation::is_true;
use crate::scheduler::reason::Reason;
use crate::status::{JoinState, NodeState, Presence, ProcessState};

/// What a node's membership amounts to.
enum Verdict {
    /// As the ring says.
    Fine,
    /// On its way up.
    Pending,
    /// Whatever the ring says, not there.
    Offline,
    /// Must be fenced.
    Fence(Reason),
}

impl<'a> Reading<'a> {
    /// Reads the state of every node, in order of the status.
    pub(super) fn read_membership(&mut self) {
        for state in &self.facts.status.nodes {
            let Some(node) = self.node_of(state) else { continue };
            match self.facts.node(node).kind {
                NodeKind::Member => self.read_member(node, state),
                NodeKind::Remote | NodeKind::Guest => {
                    let facts = &mut self.facts.nodes[node.index()];
                    facts.is_fenced = state.is_fenced;
                    facts.state = Some(state);
                }
            }
        }
    }

    /// The node a state is of: by id, else by name.
    pub(super) fn node_of(&self, state: &NodeState) -> Option<NodeIx> {
        let by_id = self.nodes_by_id.get(&state.id.as_str().to_ascii_lowercase()).copied();
        by_id.or_else(|| self.node_named(state.name.as_ref()?.as_str()))
    }

    fn read_member(&mut self, node: NodeIx, state: &'a NodeState) {
        self.add_attributes(node, &state.attributes, Precedence::NewFirst);
        for (name, amount) in self.read_utilization(&state.utilization) {
            self.facts.nodes[node.index()].utilization.entry(name).or_insert(amount);
        }
        let facts = &mut self.facts.nodes[node.index()];
        facts.state = Some(state);
        facts.unclean = None;
        facts.is_unseen = false;
        facts.is_standby |= is_true(&facts.attributes, "standby");
        facts.in_maintenance |= is_true(&facts.attributes, "maintenance");
        facts.is_shutting_down = facts.is_shutdown_requested();
        facts.is_expected_up = !facts.is_shutting_down && state.expected_up;
        if self.facts.properties.fencing_enabled {
            self.judge_with_fencing(node, state);
        } else {
            self.judge_without_fencing(node, state);
        }
        let facts = &mut self.facts.nodes[node.index()];
        if !facts.is_online || facts.is_shutting_down {
            facts.score = Score::MINUS_INFINITY;
        }
        let is_online = facts.is_online;
        let properties = &self.facts.properties;
        if is_online && !properties.has_quorum && properties.no_quorum_policy == NoQuorumPolicy::Fence {
            self.facts.request_fencing(node, Reason::ClusterWithoutQuorum, false);
        }
    }

    fn judge_without_fencing(&mut self, node: NodeIx, state: &NodeState) {
        let is_member = matches!(state.member, Presence::Present | Presence::Since(_));
        let is_expected_up = self.facts.node(node).is_expected_up;
        if is_member && state.process.is_online() {
            self.facts.nodes[node.index()].is_online = state.join == JoinState::Member;
        } else if is_member && is_expected_up {
            self.facts.request_fencing(node, Reason::PeerUnexpectedlyDown, false);
        }
    }

    fn judge_with_fencing(&mut self, node: NodeIx, state: &NodeState) {
        if self.facts.node(node).is_shutting_down {
            self.facts.nodes[node.index()].is_online = state.process.is_online();
            return;
        }
        let is_member = matches!(state.member, Presence::Present | Presence::Since(_));
        self.facts.nodes[node.index()].is_online = is_member;
        match self.verdict(node, state) {
            Verdict::Fine => {}
            Verdict::Pending => {
                let facts = &mut self.facts.nodes[node.index()];
                facts.is_pending = true;
                facts.is_standby = true;
            }
            Verdict::Offline => self.facts.nodes[node.index()].is_online = false,
            Verdict::Fence(reason) => {
                let may_delay = reason == Reason::PeerLost;
                self.facts.request_fencing(node, reason, may_delay);
            }
        }
    }

    fn verdict(&self, node: NodeIx, state: &NodeState) -> Verdict {
        let since = match state.member {
            Presence::Unknown => return Verdict::Fence(Reason::PeerUnseen),
            Presence::Absent => None,
            Presence::Present => Some(self.facts.now),
            Presence::Since(since) => Some(since),
        };
        let has_process = state.process.is_online();
        if state.join == JoinState::Banned {
            return Verdict::Fence(Reason::PeerBanned);
        }
        if is_fencing_requested(&self.facts.node(node).attributes) {
            let is_down = since.is_none() && !has_process && state.join == JoinState::Down;
            return if is_down { Verdict::Offline } else { Verdict::Fence(Reason::FencingRequested) };
        }
        match (since, &state.process, &state.join) {
            (since, process, _) if !state.expected_up => self.verdict_on_arrival(since, *process),
            (None, _, _) => Verdict::Fence(Reason::PeerLost),
            (Some(_), ProcessState::Offline, _) => Verdict::Fence(Reason::PeerProcessLost),
            (Some(_), _, JoinState::Member) => Verdict::Fine,
            (Some(_), _, JoinState::Pending | JoinState::Down) => Verdict::Pending,
            (Some(_), _, JoinState::Banned | JoinState::Other(_)) => Verdict::Fence(Reason::PeerStateUnknown),
        }
    }

    /// A node that nobody expects: it may be on its way up, but not for ever.
    fn verdict_on_arrival(&self, since: Option<i64>, process: ProcessState) -> Verdict {
        let patience = whole_seconds(self.facts.properties.node_pending_timeout);
        if let Some(since) = since.filter(|_| patience > 0 && !process.is_online()) {
            let deadline = since.saturating_add(patience);
            if self.facts.now >= deadline {
                return Verdict::Fence(Reason::PeerPendingTimedOut);
            }
            self.facts.recheck.note(deadline);
        }
        if since.is_some() || process.is_online() { Verdict::Pending } else { Verdict::Fine }
    }
}

/// `terminate`, as a boolean or as a moment.
fn is_fencing_requested(attributes: &Table) -> bool {
    attributes.get(TERMINATE).is_some_and(|value| asks_for_fencing(value))
}
