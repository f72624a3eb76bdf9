//! Recurring monitors: they stand until their resource stops, and tell only what is new.

use std::sync::Arc;

use quorate::cluster::{Flight, Input};
use quorate::executor::ActionResult;
use quorate::ledger::AgentTraits;
use quorate::model::Rename;
use quorate::scheduler::{Action, Task};

use super::host::Monitor;
use super::trace::{Report, Seen};
use super::{Item, World};

impl World {
    /// Monitors that end as this action begins.
    pub(super) fn end_monitors(&mut self, host: usize, action: &Action) {
        let ends_all = matches!(action.task, Task::Stop | Task::MigrateTo | Task::Delete);
        let ends_one = matches!(action.task, Task::Cancel | Task::Monitor) && !action.interval.is_zero();
        self.hosts[host].monitors.retain(|monitor| {
            let is_same = monitor.action.resource == action.resource;
            !(is_same && (ends_all || ends_one && monitor.action.interval == action.interval))
        });
    }

    pub(super) fn stand(&mut self, host: usize, flight: &Flight, result: &ActionResult) {
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
    pub(super) fn rename(&mut self, host: usize, renames: &[Rename]) {
        for rename in renames {
            if let Some(role) = self.hosts[host].active.remove(rename.from.as_str()) {
                self.hosts[host].active.insert(rename.to.to_shared(), role);
                let (from, to) = (rename.from.to_shared(), rename.to.to_shared());
                self.see(Seen::Renamed { host, from, to });
            }
            for monitor in &mut self.hosts[host].monitors {
                let action = &mut monitor.action;
                if action.resource.as_deref() == Some(rename.from.as_str()) {
                    action.key = action.key.replacen(rename.from.as_str(), rename.to.as_str(), 1).into();
                    action.resource = Some(rename.to.to_shared());
                    action.instance = Some(rename.to.to_shared());
                }
            }
        }
        self.resume_monitors(host);
    }

    pub(super) fn resume_monitors(&mut self, host: usize) {
        let actions: Vec<Action> =
            self.hosts[host].monitors.iter().map(|monitor| monitor.action.clone()).collect();
        for action in actions {
            self.plan_monitor(host, &action);
        }
    }

    pub(super) fn run_monitor(&mut self, host: usize, boot: u32, key: &Arc<str>, stamp: i64) {
        let known = &self.hosts[host];
        if known.boot != boot || i64::from(known.process) != stamp || known.daemon.is_none() {
            return;
        }
        let Some(place) = known.monitors.iter().position(|monitor| monitor.action.key == *key) else {
            return;
        };
        let action = known.monitors[place].action.clone();
        if known.stands_still() {
            self.plan_monitor(host, &action);
            return;
        }
        let how = self.forced(host, &action);
        let result = self.act(host, &action, how);
        let monitor = &mut self.hosts[host].monitors[place];
        let (agent, before) = (monitor.agent.clone(), std::mem::replace(&mut monitor.last, result.clone()));
        if before.rc != result.rc {
            if let Some(resource) = action.resource.clone() {
                self.see(Seen::Noticed { host, resource, report: Report::Exit(result.rc.0) });
            }
            let traits = AgentTraits::default();
            let action = Box::new(action.clone());
            self.send(host, 0, Input::Observed { action, agent, result, traits });
        }
        self.plan_monitor(host, &action);
    }
}
