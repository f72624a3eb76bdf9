//! Agents: they take a while, change what is active on their host, and may fail on demand.

use std::sync::Arc;
use std::time::Duration;

use quorate::cluster::{Call, Flight, Input};
use quorate::executor::ActionResult;
use quorate::ledger::AgentTraits;
use quorate::model::{Rename, Role};
use quorate::scheduler::{Action, ActionKind, Task};
use quorate::status::{ResultCode, ResultStatus};

use crate::host::Monitor;
use crate::world::{Begun, Item, World};

/// An answer that is forced upon an agent.
pub(crate) struct Failure {
    pub(crate) resource: &'static str,
    pub(crate) task: &'static str,
    pub(crate) host: Option<usize>,
    pub(crate) rc: u8,
    pub(crate) times: u32,
}

impl World {
    pub(crate) fn begin_agent(&mut self, host: usize, flight: Flight) {
        let action = &flight.action;
        let resource = action.resource.as_deref().unwrap_or_default().to_owned();
        let task = action.task.as_str().to_owned();
        let task = if action.is_probe() { "probe".to_owned() } else { task };
        self.begun.push(Begun { at: self.now, host, task, resource });
        let ends_all = matches!(action.task, Task::Stop | Task::MigrateTo | Task::Delete);
        let ends_one = matches!(action.task, Task::Cancel | Task::Monitor) && !action.interval.is_zero();
        let (name, interval) = (action.resource.clone(), action.interval);
        self.hosts[host].monitors.retain(|monitor| {
            let is_same = monitor.action.resource == name;
            !(is_same && (ends_all || ends_one && monitor.action.interval == interval))
        });
        let rival = self.hosts[host].agents.values().find(|rival| {
            let is_same = rival.action.resource.is_some() && rival.action.resource == action.resource;
            let is_watching = |action: &Action| action.task == Task::Monitor || action.task == Task::Notify;
            is_same && !(is_watching(action) && is_watching(&rival.action))
        });
        if let Some(rival) = rival {
            let (now, one, other) = (self.now, &rival.action.key, &action.key);
            self.doubled.push(format!("{now}: {other} began on n{} while {one} was running", host + 1));
        }
        let latency = self.latency(action);
        let (boot, call) = (self.hosts[host].boot, flight.call);
        self.hosts[host].record.in_flight.push(flight.clone());
        self.hosts[host].agents.insert(call, flight);
        self.plan(latency, Item::AgentEnd { host, boot, call });
    }

    fn latency(&mut self, action: &Action) -> i64 {
        let name: Arc<str> = action.resource.clone().unwrap_or_else(|| "".into());
        if let Some((_, latency)) =
            self.slow.iter().find(|((slow, task), _)| *slow == name && *task == action.task.as_str())
        {
            return *latency;
        }
        let usual = match &action.task {
            Task::Start | Task::Promote | Task::Demote => 200,
            Task::Stop => 100,
            Task::FenceReboot | Task::FenceOff | Task::FenceOn => 2000,
            Task::Monitor
            | Task::Cancel
            | Task::Notify
            | Task::MigrateTo
            | Task::MigrateFrom
            | Task::Reload
            | Task::Delete
            | Task::ClearFailCount
            | Task::ClearHistory
            | Task::Shutdown
            | Task::Pseudo(_) => 20,
        };
        usual + i64::try_from(self.dice.roll(20)).unwrap()
    }

    pub(crate) fn kill_agent(&mut self, host: usize, call: Call) {
        let boot = self.hosts[host].boot;
        self.end_agent(host, boot, call);
    }

    pub(crate) fn end_agent(&mut self, host: usize, boot: u32, call: Call) {
        if self.hosts[host].boot != boot {
            return;
        }
        let Some(flight) = self.hosts[host].agents.remove(&call) else { return };
        let result = self.act(host, &flight.action);
        if self.hosts[host].daemon.is_none() {
            self.hosts[host].orphans.push(call);
            return;
        }
        self.hosts[host].record.in_flight.retain(|known| known.call != call);
        self.stand(host, &flight, &result);
        self.take_connectivity(host, &flight.action);
        let traits = AgentTraits::default();
        self.send(host, 0, Input::Ended { call, result, traits });
    }

    /// Ends that came while there was no daemon are told as unknown.
    pub(crate) fn give_orphans(&mut self, host: usize) {
        for call in std::mem::take(&mut self.hosts[host].orphans) {
            self.hosts[host].record.in_flight.retain(|known| known.call != call);
            let result = ActionResult {
                rc: ResultCode::ERROR,
                status: ResultStatus::Error,
                exit_reason: Some("its end was not seen".into()),
                took: Duration::ZERO,
            };
            self.send(host, 0, Input::Ended { call, result, traits: AgentTraits::default() });
        }
    }

    /// A promotable agent tells how much it wants to be promoted.
    fn take_connectivity(&mut self, host: usize, action: &Action) {
        let is_promotable = action.meta.contains_key("promoted_max") && action.task == Task::Start;
        let Some(resource) = action.resource.as_deref().filter(|_| is_promotable) else { return };
        let name: Arc<str> = format!("master-{resource}").into();
        let score = Arc::from(format!("{}", 10 - host).as_str());
        let node = self.hosts[host].name.clone();
        let lifetime = quorate::cluster::Lifetime::UntilLeave;
        self.send(host, 0, Input::AttributeSet { node, name, value: Some(score), lifetime });
    }

    fn act(&mut self, host: usize, action: &Action) -> ActionResult {
        let took = Duration::from_millis(20);
        if let Some(rc) = self.forced(host, action) {
            return ActionResult::done(ResultCode(rc), took);
        }
        if action.kind == ActionKind::Fence {
            return self.fence(action, took);
        }
        let Some(resource) = action.resource.clone() else { return ActionResult::done(ResultCode::OK, took) };
        let role = self.hosts[host].active.get(&resource).copied();
        let rc = match action.task {
            Task::Start | Task::MigrateFrom => {
                self.activate(host, &resource, action);
                ResultCode::OK
            }
            Task::Stop | Task::MigrateTo => {
                self.hosts[host].active.remove(&resource);
                ResultCode::OK
            }
            Task::Promote | Task::Demote if role.is_none() => ResultCode::NOT_RUNNING,
            Task::Promote => {
                self.hosts[host].active.insert(resource, Role::Promoted);
                ResultCode::OK
            }
            Task::Demote => {
                self.hosts[host].active.insert(resource, Role::Started);
                ResultCode::OK
            }
            Task::Monitor => answer(role),
            Task::Cancel
            | Task::Notify
            | Task::Reload
            | Task::Delete
            | Task::ClearFailCount
            | Task::ClearHistory
            | Task::Shutdown
            | Task::FenceReboot
            | Task::FenceOff
            | Task::FenceOn
            | Task::Pseudo(_) => ResultCode::OK,
        };
        ActionResult::done(rc, took)
    }

    fn activate(&mut self, host: usize, resource: &Arc<str>, action: &Action) {
        // Fence devices do nothing by being started, and do not wait for fencing themselves.
        let is_clone = action.meta.contains_key("clone") || &**resource == "fencer";
        let elsewhere = self
            .hosts
            .iter()
            .enumerate()
            .find(|(place, other)| *place != host && other.active.contains_key(resource));
        if let Some((place, _)) = elsewhere.filter(|_| !is_clone) {
            let (now, one, other) = (self.now, place + 1, host + 1);
            self.doubled.push(format!("{now}: {resource} on n{one} and n{other}"));
        }
        self.hosts[host].active.entry(Arc::clone(resource)).or_insert(Role::Started);
    }

    fn forced(&mut self, host: usize, action: &Action) -> Option<u8> {
        let failure = self.failures.iter_mut().find(|failure| {
            failure.times > 0
                && action.resource.as_deref() == Some(failure.resource)
                && action.task.as_str() == failure.task
                && failure.host.is_none_or(|place| place == host)
        })?;
        failure.times -= 1;
        Some(failure.rc)
    }

    fn fence(&mut self, action: &Action, took: Duration) -> ActionResult {
        let target = self.hosts.iter().position(|host| Some(&host.name) == action.node.as_ref());
        let Some(target) = target.filter(|_| !self.is_fencing_broken) else {
            return ActionResult::done(ResultCode::ERROR, took);
        };
        if action.task != Task::FenceOn {
            self.crash(target);
            if action.task == Task::FenceReboot {
                self.plan(5000, Item::Boot(target));
            }
        }
        ActionResult::done(ResultCode::OK, took)
    }

    fn stand(&mut self, host: usize, flight: &Flight, result: &ActionResult) {
        let action = &flight.action;
        let is_recurring = action.task == Task::Monitor && !action.interval.is_zero();
        let Some(agent) = flight.agent.clone().filter(|_| is_recurring) else { return };
        let monitor = Monitor { action: action.clone(), agent, last: result.clone() };
        self.hosts[host].monitors.push(monitor);
        self.plan_monitor(host, action);
    }

    fn plan_monitor(&mut self, host: usize, action: &Action) {
        let (boot, key) = (self.hosts[host].boot, Arc::clone(&action.key));
        let after = i64::try_from(action.interval.as_millis()).unwrap();
        let stamp = i64::from(self.hosts[host].process);
        self.plan(after, Item::Monitor { host, boot, key, stamp });
    }

    /// What runs under an old name runs under the new one.
    pub(crate) fn rename(&mut self, host: usize, renames: &[Rename]) {
        let number = host;
        let host = &mut self.hosts[host];
        for rename in renames {
            if let Some(role) = host.active.remove(rename.from.as_str()) {
                host.active.insert(rename.to.to_shared(), role);
            }
            for monitor in &mut host.monitors {
                let action = &mut monitor.action;
                if action.resource.as_deref() == Some(rename.from.as_str()) {
                    action.key = action.key.replacen(rename.from.as_str(), rename.to.as_str(), 1).into();
                    action.resource = Some(rename.to.to_shared());
                    action.instance = Some(rename.to.to_shared());
                }
            }
        }
        self.resume_monitors(number);
    }

    pub(crate) fn resume_monitors(&mut self, host: usize) {
        let actions: Vec<Action> =
            self.hosts[host].monitors.iter().map(|monitor| monitor.action.clone()).collect();
        for action in actions {
            self.plan_monitor(host, &action);
        }
    }

    pub(crate) fn run_monitor(&mut self, host: usize, boot: u32, key: &Arc<str>, stamp: i64) {
        let known = &self.hosts[host];
        if known.boot != boot || i64::from(known.process) != stamp || known.daemon.is_none() {
            return;
        }
        let Some(place) = known.monitors.iter().position(|monitor| monitor.action.key == *key) else {
            return;
        };
        let action = known.monitors[place].action.clone();
        let result = self.act(host, &action);
        let Some(monitor) = self.hosts[host].monitors.get_mut(place) else { return };
        let (agent, before) = (monitor.agent.clone(), std::mem::replace(&mut monitor.last, result.clone()));
        if before.rc != result.rc {
            let traits = AgentTraits::default();
            let action = Box::new(action.clone());
            self.send(host, 0, Input::Observed { action, agent, result, traits });
        }
        self.plan_monitor(host, &action);
    }
}

fn answer(role: Option<Role>) -> ResultCode {
    match role {
        None | Some(Role::Stopped) => ResultCode::NOT_RUNNING,
        Some(Role::Started | Role::Unpromoted) => ResultCode::OK,
        Some(Role::Promoted) => ResultCode::PROMOTED,
    }
}
