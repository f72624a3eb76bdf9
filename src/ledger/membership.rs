//! What becomes of a node when it joins, leaves, or is fenced.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ledger, Performed, failure};
use crate::model::fencing::TERMINATE;
use crate::model::{Node, NodeId, NodeName};
use crate::scheduler::Task;
use crate::status::{
    JoinState, NodeState, Presence, ProcessState, ResourceHistory, ResultCode, ResultStatus,
};

impl Ledger {
    /// Makes a configured node known, under its own identity.
    pub fn enrol(&mut self, node: &Node) {
        let is_known = |state: &&mut NodeState| state.id == node.id || super::is_called(state, &node.name);
        if let Some(state) = self.status.nodes.iter_mut().find(is_known) {
            state.id = node.id.clone();
            state.name = Some(node.name.clone());
            return;
        }
        let state = NodeState { id: node.id.clone(), ..NodeState::unseen(node.name.as_str()) };
        self.status.nodes.push(state);
    }

    /// Forgets nodes that are neither `members` nor known otherwise.
    pub fn keep_members(&mut self, members: &[&NodeName], is_known: impl Fn(&str) -> bool) {
        self.status.nodes.retain(|state| {
            let name = state.name.as_ref().map_or(state.id.as_str(), NodeName::as_str);
            members.iter().any(|member| member.is(name)) || is_known(name)
        });
    }

    /// Takes what another ledger says of a node for the truth about it.
    pub fn adopt(&mut self, name: &NodeName, other: &Self) {
        let theirs = other.status.nodes.iter().find(|state| super::is_called(state, name));
        if let Some(theirs) = theirs {
            *self.node_mut(name) = theirs.clone();
        }
    }

    /// Whether a node is believed to be there.
    pub fn knows_as_up(&self, name: &NodeName) -> bool {
        let state = self.status.nodes.iter().find(|state| super::is_called(state, name));
        state.is_some_and(|state| state.process.is_online() || state.member == Presence::Present)
    }

    /// The nodes that are believed to be there.
    pub fn nodes_up(&self) -> BTreeSet<NodeName> {
        let names = self.status.nodes.iter().filter_map(|state| state.name.clone());
        names.filter(|name| self.knows_as_up(name)).collect()
    }

    /// Keeps the designated controller while it is present, or else takes the first of `present`.
    pub fn choose_dc(&mut self, present: &[&NodeName]) {
        let ids: Vec<NodeId> = self
            .status
            .nodes
            .iter()
            .filter(|state| present.iter().any(|name| super::is_called(state, name)))
            .map(|state| state.id.clone())
            .collect();
        let keeps = self.status.dc.as_ref().is_some_and(|dc| ids.contains(dc));
        if !keeps {
            self.status.dc = ids.into_iter().next();
        }
    }

    /// The text of a node attribute that lasts until the node leaves.
    pub fn attribute(&self, node: &NodeName, name: &str) -> Option<Arc<str>> {
        let state = self.status.nodes.iter().find(|state| super::is_called(state, node));
        state.and_then(|state| failure::attribute(state, name))
    }

    /// Sets or takes away a node attribute that lasts until the node leaves.
    pub fn set_attribute(&mut self, node: &NodeName, name: &str, value: Option<&str>) {
        let state = self.node_mut(node);
        match value {
            Some(value) => failure::set_attribute(state, name, value),
            None => failure::remove_attribute(state, name),
        }
    }

    /// A node joined: it is a full member. Nothing of an earlier life is known any more, unless
    /// it had never left.
    pub fn node_joined(&mut self, name: &NodeName) {
        let state = self.node_mut(name);
        if state.process.is_online() && state.join == JoinState::Member {
            return;
        }
        forget_life(state);
        state.member = Presence::Present;
        state.process = ProcessState::Online;
        state.join = JoinState::Member;
        state.expected_up = true;
        state.is_fenced = false;
    }

    /// A node disappeared without a word: it should be up, and is not. What it ran is remembered, as
    /// it may run it still.
    pub fn node_lost(&mut self, name: &NodeName) {
        let state = self.node_mut(name);
        state.member = Presence::Absent;
        state.process = ProcessState::Offline;
        state.join = JoinState::Down;
        // Who asked for its fencing has to be answered by one: that it is gone is no fencing.
        failure::remove_attribute(state, TERMINATE);
    }

    /// Whether a node is one that disappeared, or never was a member.
    pub fn is_lost(&self, name: &NodeName) -> bool {
        let state = self.status.nodes.iter().find(|state| super::is_called(state, name));
        state.is_some_and(|state| {
            state.member == Presence::Absent && !state.process.is_online() && state.join == JoinState::Down
        })
    }

    /// A guest or remote node ended: whatever ran there does not run any more.
    pub fn node_ended(&mut self, name: &NodeName) {
        self.node_lost(name);
        forget_life(self.node_mut(name));
    }

    /// The connections that are held by a node, by name; each is the name of a remote or guest node.
    pub fn connections_on(&self, name: &NodeName) -> Vec<NodeName> {
        let state = self.status.nodes.iter().find(|state| super::is_called(state, name));
        let histories = state.into_iter().flat_map(|state| &state.resources);
        histories
            .filter(|history| history.provider.as_deref() == Some("pacemaker") && &*history.kind == "remote")
            .filter(|history| is_held(history))
            .map(|history| NodeName::new(Arc::clone(&history.id)))
            .collect()
    }

    /// A node left in good order: nothing runs there, and nobody misses it.
    pub fn node_left(&mut self, name: &NodeName) {
        self.node_lost(name);
        let state = self.node_mut(name);
        state.expected_up = false;
        state.attributes.clear();
    }

    pub(super) fn record_fencing(&mut self, done: &Performed<'_>, name: &NodeName) {
        let has_worked = done.result.status == ResultStatus::Done && done.result.is_expected(done.action);
        if !has_worked {
            return;
        }
        if done.action.task == Task::FenceOn {
            self.record_unfencing(done, name);
            return;
        }
        self.node_fenced(name);
    }

    /// A node is down for certain: nothing runs there.
    pub fn node_fenced(&mut self, name: &NodeName) {
        self.node_lost(name);
        let state = self.node_mut(name);
        state.expected_up = false;
        state.is_fenced = true;
        forget_life(state);
    }

    fn record_unfencing(&mut self, done: &Performed<'_>, name: &NodeName) {
        let state = self.node_mut(name);
        failure::set_attribute(state, "#node-unfenced", &done.at.to_string());
        for (attribute, source) in [("#digests-all", "digests_all"), ("#digests-secure", "digests_secure")] {
            if let Some(value) = done.action.meta.get(source) {
                failure::set_attribute(state, attribute, value);
            }
        }
    }

    /// A connection makes a remote node: a new one begins a new life, one that moves keeps it.
    pub(super) fn record_connection(&mut self, done: &Performed<'_>, resource: &str) {
        let is_connection = done
            .agent
            .is_some_and(|agent| agent.provider.as_deref() == Some("pacemaker") && &*agent.kind == "remote");
        if !is_connection || !matches!(done.action.task, Task::Start | Task::MigrateFrom) {
            return;
        }
        let state = self.node_mut(&NodeName::new(resource));
        if done.action.task == Task::Start {
            forget_life(state);
        }
        state.member = Presence::Present;
        state.process = ProcessState::Online;
        state.is_fenced = false;
    }
}

/// Whether a connection was made and not ended, by its last one-time result.
fn is_held(history: &ResourceHistory) -> bool {
    let entries = history.entries.iter().filter(|entry| entry.interval.is_zero());
    let last = entries.max_by_key(|entry| entry.call_id);
    last.is_some_and(|entry| {
        let is_stop = *entry.operation == *Task::Stop.as_str();
        !is_stop && entry.rc != Some(ResultCode::NOT_RUNNING)
    })
}

fn forget_life(state: &mut NodeState) {
    state.attributes.clear();
    state.resources.clear();
}
