//! Agents: they take a while, change what is active on their host, and may fail, lie or hang on demand.

use std::sync::Arc;
use std::time::Duration;

use quorate::cluster::{Call, Flight, Input, Lifetime};
use quorate::executor::ActionResult;
use quorate::ledger::AgentTraits;
use quorate::model::{NodeName, Role};
use quorate::scheduler::{Action, ActionKind, Task};
use quorate::status::{ResultCode, ResultStatus};

use super::host::Run;
use super::trace::{Begun, Report, Seen};
use super::{Item, World};

/// Something that an agent is forced to do instead of its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) resource: &'static str,
    /// Its name in the field; `probe` for a monitor that runs once.
    pub(crate) task: &'static str,
    pub(crate) host: Option<usize>,
    pub(crate) how: How,
    pub(crate) times: u32,
}

/// How an agent fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// It does nothing and answers this.
    Answers(u8),
    /// It does its work and answers this.
    WorksButAnswers(u8),
    /// It never ends, and is not killed by its own host.
    Hangs,
}

impl World {
    pub(super) fn begin_agent(&mut self, host: usize, flight: Flight) {
        let action = &flight.action;
        let task = if action.is_probe() { "probe" } else { action.task.as_str() };
        self.asked += 1;
        let begun = Begun {
            at: self.now,
            host,
            task: task.to_owned(),
            resource: action.resource.as_deref().unwrap_or_default().to_owned(),
            target: self.host_named(action.node.as_ref()).filter(|_| action.kind == ActionKind::Fence),
            run: self.asked,
            is_clone: action.meta.contains_key("clone"),
        };
        self.see(Seen::Begun(begun.clone()));
        self.end_monitors(host, action);
        let latency = self.latency(action);
        let how = self.forced(host, action);
        let (boot, call) = (self.hosts[host].boot, flight.call);
        let allowed = action.timeout.map_or(i64::MAX, |timeout| i64::try_from(timeout.as_millis()).unwrap());
        self.hosts[host].record.in_flight.push(flight.clone());
        self.hosts[host].agents.insert(call, Run { flight, begun, how });
        if how != Some(How::Hangs) {
            let is_late = latency > allowed;
            self.plan(latency.min(allowed), Item::AgentEnd { host, boot, call, is_late });
        }
    }

    pub(super) fn host_named(&self, name: Option<&NodeName>) -> Option<usize> {
        self.hosts.iter().position(|host| Some(&host.name) == name)
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
            Task::FenceReboot | Task::FenceOff | Task::FenceOn => self.device.latency,
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

    pub(super) fn kill_agent(&mut self, host: usize, call: Call) {
        let boot = self.hosts[host].boot;
        self.end_agent(host, boot, call, true);
    }

    /// An agent ends. One that is late is killed, and may have done its work or not.
    pub(super) fn end_agent(&mut self, host: usize, boot: u32, call: Call, is_late: bool) {
        if self.hosts[host].boot != boot {
            return;
        }
        let Some(Run { flight, begun, how }) = self.hosts[host].agents.remove(&call) else { return };
        let took = Duration::from_millis(u64::try_from(self.now - begun.at).unwrap());
        let result = if is_late {
            if how.is_none() && self.dice.one_in(2) {
                self.act(host, &flight.action, None);
            }
            ActionResult::timed_out(took)
        } else {
            self.act(host, &flight.action, how)
        };
        if self.hosts[host].boot != boot {
            // It fenced its own host.
            return;
        }
        let is_heard = self.hosts[host].daemon.is_some();
        let report = match result.status {
            _ if !is_heard => Report::Unheard,
            ResultStatus::TimedOut => Report::Killed,
            _ => Report::Exit(result.rc.0),
        };
        self.see(Seen::Ended { begun, report });
        if !is_heard {
            self.hosts[host].orphans.push(call);
            return;
        }
        self.note_end(host, &flight, result.clone());
        self.stand(host, &flight, &result);
        self.take_preference(host, &flight.action);
        let traits = AgentTraits::default();
        self.send(host, 0, Input::Ended { call, result, traits });
    }

    /// The end of a run is kept until the history of its resource is; what has none is done with.
    fn note_end(&mut self, host: usize, flight: &Flight, result: ActionResult) {
        let known = &mut self.hosts[host];
        if flight.action.resource.is_some() {
            known.ended.insert(flight.call, result);
        } else {
            known.record.in_flight.retain(|known| known.call != flight.call);
        }
    }

    /// Ends that came while there was no daemon are told as unknown, and those that no daemon put on record
    /// are told again.
    pub(super) fn give_orphans(&mut self, host: usize) {
        for call in std::mem::take(&mut self.hosts[host].orphans) {
            let result = ActionResult {
                rc: ResultCode::ERROR,
                status: ResultStatus::Error,
                exit_reason: Some("its end was not seen".into()),
                took: Duration::ZERO,
            };
            self.hosts[host].ended.insert(call, result);
        }
        for (call, result) in self.hosts[host].ended.clone() {
            self.send(host, 0, Input::Ended { call, result, traits: AgentTraits::default() });
        }
    }

    /// A promotable agent tells how much it wants to be promoted.
    fn take_preference(&mut self, host: usize, action: &Action) {
        let is_promotable = action.meta.contains_key("promoted_max") && action.task == Task::Start;
        let Some(resource) = action.resource.as_deref().filter(|_| is_promotable) else { return };
        let name: Arc<str> = format!("master-{resource}").into();
        let score = Arc::from(format!("{}", 10 - host).as_str());
        let node = self.hosts[host].name.clone();
        let lifetime = Lifetime::UntilLeave;
        self.send(host, 0, Input::AttributeSet { node, name, value: Some(score), lifetime });
    }

    /// Does what an action asks for, unless it is forced to do something else.
    pub(super) fn act(&mut self, host: usize, action: &Action, how: Option<How>) -> ActionResult {
        let took = Duration::from_millis(20);
        match how {
            None => self.work(host, action, took),
            Some(How::Answers(rc)) => {
                // Who says that a stop came about, or that nothing runs where something does.
                let is_stopped = action.task == Task::Stop && rc == 0;
                if is_stopped || (action.task == Task::Monitor && rc == ResultCode::NOT_RUNNING.0) {
                    self.see(Seen::Lied { host, resource: action.resource.clone() });
                }
                ActionResult::done(ResultCode(rc), took)
            }
            Some(How::WorksButAnswers(rc)) => {
                self.work(host, action, took);
                ActionResult::done(ResultCode(rc), took)
            }
            Some(How::Hangs) => ActionResult::timed_out(took),
        }
    }

    fn work(&mut self, host: usize, action: &Action, took: Duration) -> ActionResult {
        if action.kind == ActionKind::Fence {
            return self.fence(action, took);
        }
        let Some(resource) = action.resource.clone() else { return ActionResult::done(ResultCode::OK, took) };
        let role = self.hosts[host].active.get(&resource).copied();
        let rc = match action.task {
            Task::Start | Task::MigrateFrom => {
                self.set_active(host, &resource, Some(role.unwrap_or(Role::Started)));
                ResultCode::OK
            }
            Task::Stop | Task::MigrateTo => {
                self.set_active(host, &resource, None);
                ResultCode::OK
            }
            Task::Promote | Task::Demote if role.is_none() => ResultCode::NOT_RUNNING,
            Task::Promote => {
                self.set_active(host, &resource, Some(Role::Promoted));
                ResultCode::OK
            }
            Task::Demote => {
                self.set_active(host, &resource, Some(Role::Started));
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

    /// A resource is active in this role from now on, or not at all.
    pub(super) fn set_active(&mut self, host: usize, resource: &Arc<str>, role: Option<Role>) {
        let before = match role {
            Some(role) => self.hosts[host].active.insert(Arc::clone(resource), role),
            None => self.hosts[host].active.remove(resource),
        };
        if before != role {
            self.see(Seen::Real { host, resource: Arc::clone(resource), role });
        }
    }

    pub(super) fn forced(&mut self, host: usize, action: &Action) -> Option<How> {
        let task = if action.is_probe() { "probe" } else { action.task.as_str() };
        let failure = self.failures.iter_mut().find(|failure| {
            failure.times > 0
                && action.resource.as_deref() == Some(failure.resource)
                && task == failure.task
                && failure.host.is_none_or(|place| place == host)
        })?;
        failure.times -= 1;
        Some(failure.how)
    }
}

fn answer(role: Option<Role>) -> ResultCode {
    match role {
        None | Some(Role::Stopped) => ResultCode::NOT_RUNNING,
        Some(Role::Started | Role::Unpromoted) => ResultCode::OK,
        Some(Role::Promoted) => ResultCode::PROMOTED,
    }
}
