//! How simulated agents act: the OCF contract, on the world instead of a service.

use std::sync::Arc;
use std::time::Duration;

use super::world::World;
use crate::executor::{ActionResult, expected_rc};
use crate::ledger::AgentTraits;
use crate::ledger::roster;
use crate::model::{Agent, AgentClass, NodeName, Role};
use crate::scheduler::{Action, Task};
use crate::status::{ResultCode, ResultStatus};

/// How long an action usually takes.
pub(super) const fn usual_latency(action: &Action) -> Duration {
    let millis = match &action.task {
        Task::Monitor | Task::Notify | Task::Reload => 100,
        Task::Start | Task::Promote | Task::Demote => 1000,
        Task::Stop => 500,
        Task::MigrateTo => 3000,
        Task::MigrateFrom => 300,
        Task::FenceReboot | Task::FenceOff | Task::FenceOn => 4000,
        Task::Cancel | Task::Delete | Task::ClearFailCount | Task::ClearHistory | Task::Shutdown => 10,
        Task::Pseudo(_) => 0,
    };
    Duration::from_millis(millis)
}

/// The parameters of simulated agents that can reload, as their metadata would tell.
pub(super) fn traits(agent: &Agent) -> AgentTraits {
    let can_reload = agent.provider.as_deref() == Some("pacemaker") && &*agent.kind == "Dummy";
    let can_reload = can_reload.then(|| vec!["state".into()]);
    AgentTraits { restart_params: can_reload, secret_params: Vec::new() }
}

/// Whether the hosts that an agent pings answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// They do.
    All,
    /// It does not look any more.
    None,
}

impl World {
    /// Does what an agent would do, and gives its answer.
    pub(super) fn act(&mut self, action: &Action, agent: Option<&Agent>, took: Duration) -> ActionResult {
        let (Some(node), Some(resource)) = (&action.node, &action.resource) else {
            return ActionResult::done(ResultCode::OK, took);
        };
        if !self.is_up(node) {
            return unreachable(node, took);
        }
        let rc = self.act_on(action, agent, resource, node);
        ActionResult::done(rc, took)
    }

    fn act_on(
        &mut self,
        action: &Action,
        agent: Option<&Agent>,
        resource: &Arc<str>,
        node: &NodeName,
    ) -> ResultCode {
        let role = self.role(resource, node);
        match action.task {
            Task::Start => self.start(action, agent, resource, node),
            Task::Stop => {
                self.set_role(resource, node, Role::Stopped);
                self.set_promotion_score(action, node, None);
                self.set_connectivity(action, agent, node, Reach::None);
                ResultCode::OK
            }
            Task::Monitor => self.monitor(agent, resource, node),
            Task::Promote | Task::Demote if role == Role::Stopped => ResultCode::NOT_RUNNING,
            Task::Promote => {
                self.set_role(resource, node, Role::Promoted);
                self.set_promotion_score(action, node, Some(10));
                ResultCode::OK
            }
            Task::Demote => {
                self.set_role(resource, node, Role::Started);
                self.set_promotion_score(action, node, Some(5));
                ResultCode::OK
            }
            Task::MigrateTo => self.send(action, resource, node),
            Task::MigrateFrom | Task::Reload if role == Role::Stopped => ResultCode::ERROR,
            Task::MigrateFrom
            | Task::Reload
            | Task::Cancel
            | Task::Notify
            | Task::Delete
            | Task::ClearFailCount
            | Task::ClearHistory
            | Task::Shutdown
            | Task::FenceReboot
            | Task::FenceOff
            | Task::FenceOn
            | Task::Pseudo(_) => ResultCode::OK,
        }
    }

    fn start(
        &mut self,
        action: &Action,
        agent: Option<&Agent>,
        resource: &Arc<str>,
        node: &NodeName,
    ) -> ResultCode {
        if agent.is_some_and(roster::is_connection) && !self.connect(&NodeName::new(resource.as_ref())) {
            return ResultCode::ERROR;
        }
        if self.role(resource, node) == Role::Stopped {
            self.set_role(resource, node, Role::Started);
            self.set_promotion_score(action, node, Some(5));
            self.set_connectivity(action, agent, node, Reach::All);
        }
        ResultCode::OK
    }

    /// Agents that look after connectivity tell how many hosts they reach, here all or none.
    fn set_connectivity(&mut self, action: &Action, agent: Option<&Agent>, node: &NodeName, reach: Reach) {
        let looks_after =
            |agent: &Agent| agent.provider.as_deref() == Some("pacemaker") && &*agent.kind == "ping";
        if !agent.is_some_and(looks_after) {
            return;
        }
        let param = |name: &str| action.params.get(name).map(|text| &**text);
        let hosts = param("host_list").unwrap_or_default().split_whitespace().count();
        let multiplier = param("multiplier").and_then(|text| text.parse().ok()).unwrap_or(1_usize);
        let value = match reach {
            Reach::All => Some(hosts.saturating_mul(multiplier).to_string().into()),
            Reach::None => None,
        };
        if let Some(machine) = self.machines.get_mut(node) {
            machine.attributes.insert(param("name").unwrap_or("pingd").into(), value);
        }
    }

    /// Reaches a remote node or guest; one that was never heard of is there and up.
    fn connect(&mut self, remote: &NodeName) -> bool {
        if !self.machines.contains_key(remote) {
            self.boot(remote);
        }
        let Some(machine) = self.machines.get_mut(remote) else { return false };
        machine.is_remote = true;
        machine.is_up
    }

    fn monitor(&self, agent: Option<&Agent>, resource: &str, node: &NodeName) -> ResultCode {
        let role = self.role(resource, node);
        let is_cut_off = agent.is_some_and(roster::is_connection) && !self.is_up(&NodeName::new(resource));
        match role {
            Role::Stopped => ResultCode::NOT_RUNNING,
            Role::Started | Role::Unpromoted | Role::Promoted if is_cut_off => ResultCode::ERROR,
            Role::Started | Role::Unpromoted => ResultCode::OK,
            Role::Promoted => ResultCode::PROMOTED,
        }
    }

    /// A live migration takes the resource to its target.
    fn send(&mut self, action: &Action, resource: &Arc<str>, source: &NodeName) -> ResultCode {
        let role = self.role(resource, source);
        let target = action.meta.get("migrate_target").map(|target| NodeName::new(target.as_ref()));
        let Some(target) = target.filter(|target| role != Role::Stopped && self.is_up(target)) else {
            return ResultCode::ERROR;
        };
        self.set_role(resource, source, Role::Stopped);
        self.set_role(resource, &target, role);
        ResultCode::OK
    }

    /// Agents of promotable clones say how much they would like to be promoted on their node.
    fn set_promotion_score(&mut self, action: &Action, node: &NodeName, score: Option<i32>) {
        let is_promotable = action.meta.contains_key("promoted_max");
        let Some(resource) = action.resource.as_deref().filter(|_| is_promotable) else { return };
        if let Some(machine) = self.machines.get_mut(node) {
            let value = score.map(|score| score.to_string().into());
            machine.attributes.insert(format!("master-{resource}").into(), value);
        }
    }
}

/// The answer about a node that does not answer.
fn unreachable(node: &NodeName, took: Duration) -> ActionResult {
    ActionResult {
        rc: ResultCode::ERROR,
        status: ResultStatus::NotConnected,
        exit_reason: Some(format!("{node} does not answer").into()),
        took,
    }
}

/// A forced answer. Even so it must look like what an agent of this class can say.
pub(super) fn forced(action: &Action, agent: Option<&Agent>, rc: ResultCode, took: Duration) -> ActionResult {
    let is_unit = agent.is_some_and(|agent| agent.class == AgentClass::Systemd);
    let rc = if is_unit && action.task == Task::Stop && rc == ResultCode::NOT_RUNNING {
        ResultCode::OK
    } else {
        rc
    };
    let is_wanted = rc == expected_rc(action);
    let reason = (!is_wanted).then(|| format!("simulated: {}", rc.name()).into());
    ActionResult { exit_reason: reason, ..ActionResult::done(rc, took) }
}
