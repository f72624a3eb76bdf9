//! The ledger: what an engine knows of its cluster, kept the way Pacemaker's controller keeps the
//! status section of its CIB, so that the scheduler can read either.
//!
//! Pure: the result of an action and the moment come in, the status changes.

mod digest;
mod entry;
mod failure;
mod fencing;
mod guest;
mod membership;
mod oblivion;
pub mod roster;
mod run;

pub use fencing::{Unfenceable, unfenceable};
pub use oblivion::{Meant, NoSuchResource};

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::executor::ActionResult;
use crate::model::{Agent, NodeName};
use crate::scheduler::{Action, ActionKind, Task};
use crate::status::{ClusterStatus, NodeState, ResourceHistory, ResultCode, ResultStatus};

/// Version of the rules by which entries and digests are written.
pub const FEATURE_SET: &str = "3.20.5";

/// What is known of a cluster, and the counters that go with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// What is.
    pub status: ClusterStatus,
    /// Number of the last transition; part of every entry's key.
    pub transition: u64,
    /// Who writes, unique among controllers; part of every entry's key.
    pub writer: Arc<str>,
}

/// An action that was carried out.
#[derive(Debug, Clone, Copy)]
pub struct Performed<'a> {
    /// Which.
    pub action: &'a Action,
    /// What ran it; `None` for what no agent runs.
    pub agent: Option<&'a Agent>,
    /// What the agent says of its parameters.
    pub traits: &'a AgentTraits,
    /// How it ended.
    pub result: &'a ActionResult,
    /// When, seconds since 1970.
    pub at: i64,
    /// Whether a failed start bans its node for good.
    pub start_failure_is_fatal: bool,
}

/// What an agent says of its parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentTraits {
    /// The parameters that only a restart can change; `None` if the agent cannot reload at all.
    pub restart_params: Option<Vec<Arc<str>>>,
    /// The parameters that nobody should read.
    pub secret_params: Vec<Arc<str>>,
}

impl Ledger {
    /// A ledger of which nothing is known yet, written by `writer`.
    pub fn new(writer: impl Into<Arc<str>>) -> Self {
        let status = ClusterStatus { feature_set: Some(FEATURE_SET.to_owned()), ..ClusterStatus::default() };
        Self { status, transition: 0, writer: writer.into() }
    }

    /// Writes down what came of an action.
    pub fn record(&mut self, done: &Performed<'_>) {
        let Some(node) = done.action.node.clone() else { return };
        match done.action.kind {
            ActionKind::Resource | ActionKind::Cluster => self.record_task(done, &node),
            ActionKind::Fence => self.record_fencing(done, &node),
            ActionKind::Pseudo => {}
        }
    }

    /// Writes down that an action was begun at a moment (seconds since 1970) and may or may not have
    /// come about.
    ///
    /// It is newer than all that is known. Neither numbers nor moments tell: transitions are numbered anew
    /// where all nodes were down but one, whose services went on, and clocks of hosts differ. So its writer is
    /// another one, by which what is in flight is the newest, and its moment none before a known one.
    pub fn record_pending(&mut self, action: &Action, agent: Option<&Agent>, since: i64) {
        let (Some(node), Some(resource)) = (&action.node, &action.resource) else { return };
        let result = ActionResult {
            rc: ResultCode::UNKNOWN,
            status: ResultStatus::Pending,
            exit_reason: None,
            took: Duration::ZERO,
        };
        let done = Performed {
            action,
            agent,
            traits: &AgentTraits::default(),
            result: &result,
            at: self.newest(node, resource).map_or(since, |newest| since.max(newest.saturating_add(1))),
            start_failure_is_fatal: false,
        };
        let writer = format!("{}-in-flight", self.writer);
        let pending = entry::pending_entry(&done, self.transition, &writer, node);
        let state = self.node_mut(node);
        if let (Some(entry), Some(history)) = (pending, history_mut(state, &done, resource)) {
            run::put(history, entry);
        }
    }

    /// The latest moment of which a resource's history on a node tells.
    fn newest(&self, node: &NodeName, resource: &str) -> Option<i64> {
        let histories = self.status.nodes.iter().filter(|state| is_called(state, node));
        let of_it = histories.flat_map(|state| &state.resources).filter(|history| *history.id == *resource);
        of_it.flat_map(|history| &history.entries).filter_map(|entry| entry.last_rc_change).max()
    }

    /// The state of a node, made when it is not there yet.
    pub fn node_mut(&mut self, name: &NodeName) -> &mut NodeState {
        let known = self.status.nodes.iter().position(|node| is_called(node, name));
        let place = known.unwrap_or_else(|| {
            self.status.nodes.push(NodeState::unseen(name.as_str()));
            self.status.nodes.len() - 1
        });
        &mut self.status.nodes[place]
    }

    /// Forgets what a resource did on a node.
    pub fn forget(&mut self, resource: &str, node: &NodeName) {
        self.node_mut(node).resources.retain(|history| *history.id != *resource);
    }

    fn record_task(&mut self, done: &Performed<'_>, node: &NodeName) {
        let resource = done.action.resource.clone().unwrap_or_default();
        if done.result.is_unknown() {
            // What was known may not be so any more: the resource is to be probed.
            if done.action.task.changes_service() {
                self.forget(&resource, node);
            }
            return;
        }
        if done.action.kind == ActionKind::Resource {
            entry::unnumber(self.node_mut(node), &resource, &done.action.key);
            if let Some(numbered) = entry::numbered_beside(self.node_mut(node), &resource, &done.action.key) {
                let action = Action { resource: Some(numbered), ..done.action.clone() };
                return self.record_task(&Performed { action: &action, ..*done }, node);
            }
        }
        match done.action.task {
            Task::Delete | Task::ClearHistory => self.forget(&resource, node),
            Task::Cancel => {
                entry::erase_recurring(self.node_mut(node), &resource, &entry::cancelled(done.action));
            }
            Task::Notify | Task::Pseudo(_) => {}
            Task::ClearFailCount => failure::clear(self.node_mut(node), &resource),
            Task::Shutdown => self.node_left(node),
            Task::FenceReboot | Task::FenceOff | Task::FenceOn => self.record_fencing(done, node),
            Task::Start
            | Task::Stop
            | Task::Promote
            | Task::Demote
            | Task::Monitor
            | Task::MigrateTo
            | Task::MigrateFrom
            | Task::Reload => self.record_result(done, node, &resource),
        }
    }

    fn record_result(&mut self, done: &Performed<'_>, node: &NodeName, resource: &Arc<str>) {
        let entries = entry::entries_for(done, self.transition, &self.writer, node);
        let has_failed = !done.result.is_expected(done.action);
        let state = self.node_mut(node);
        let call = entry::next_call(state);
        if done.action.task == Task::Stop && !has_failed {
            entry::erase_what_stopped(state, resource);
        }
        let Some(history) = history_mut(state, done, resource) else { return };
        if done.action.task == Task::Start && !has_failed {
            history.shutdown_lock = None; // It has waited for this node, and is here now.
        }
        for mut entry in entries {
            entry.call_id = Some(call);
            let is_taken_up = done.action.task == Task::Reload && !has_failed && run::renew(history, &entry);
            if !is_taken_up {
                run::put(history, entry);
            }
        }
        if has_failed {
            failure::count(state, done, resource);
        } else {
            self.record_connection(done, resource);
        }
    }
}

/// The history of a resource on a node, made when it is not there yet and its agent is known.
fn history_mut<'a>(
    state: &'a mut NodeState,
    done: &Performed<'_>,
    resource: &Arc<str>,
) -> Option<&'a mut ResourceHistory> {
    if let Some(place) = state.resources.iter().position(|history| history.id == *resource) {
        let history = state.resources.get_mut(place)?;
        if let Some(agent) = done.agent.filter(|_| done.action.task == Task::Start || done.action.is_probe())
        {
            history.class = agent.class.clone();
            history.provider.clone_from(&agent.provider);
            history.kind = Arc::clone(&agent.kind);
        }
        return Some(history);
    }
    let agent = done.agent?;
    state.resources.push(ResourceHistory {
        id: Arc::clone(resource),
        class: agent.class.clone(),
        provider: agent.provider.clone(),
        kind: Arc::clone(&agent.kind),
        container: done.action.meta.get("container").cloned(),
        shutdown_lock: None,
        entries: Vec::new(),
    });
    state.resources.last_mut()
}

fn is_called(node: &NodeState, name: &NodeName) -> bool {
    node.name.as_ref().map_or_else(|| name.is(node.id.as_str()), |known| known.is(name.as_str()))
}

#[cfg(test)]
mod tests;
