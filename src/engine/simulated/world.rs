//! The simulated world: what is really so, whatever any ledger says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::injection::{Answer, Injection};
use super::monitor::StandingMonitor;
use super::quorum::Cut;
use crate::ledger::roster::Roster;
use crate::model::rename::rename_instance;
use crate::model::{NodeName, Rename, ResourceId, Role};
use crate::scheduler::Action;

/// Moment at which every simulated world begins, milliseconds since 1970 (2026-01-01).
pub(super) const GENESIS: u64 = 1_767_225_600_000;

/// What is really so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct World {
    /// Virtual time, milliseconds since 1970.
    pub(super) clock: u64,
    /// Where latencies come from; the same seed gives the same world.
    pub(super) seed: u64,
    /// How many latencies were drawn.
    pub(super) draws: u64,
    /// Machines by node name: members, remote nodes and guests.
    pub(super) machines: BTreeMap<NodeName, Machine>,
    /// Answers forced upon agents.
    pub(super) injections: Vec<Injection>,
    /// Recurring monitors that run.
    pub(super) monitors: Vec<StandingMonitor>,
}

/// One machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Machine {
    /// Runs at all.
    pub(super) is_up: bool,
    /// Is reached through a connection, and is no member.
    pub(super) is_remote: bool,
    /// What of its links is broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cut: Option<Cut>,
    /// Came up, and has not yet been in sight of all others.
    #[serde(default)]
    pub(super) waits_for_all: bool,
    /// What is really active on it, and as what.
    pub(super) active: BTreeMap<Arc<str>, Role>,
    /// Node attributes that agents or people set, not yet in a ledger; `None` takes one away.
    pub(super) attributes: BTreeMap<Arc<str>, Option<Arc<str>>>,
}

impl World {
    pub(super) const fn new(seed: u64) -> Self {
        Self {
            clock: GENESIS,
            seed,
            draws: 0,
            machines: BTreeMap::new(),
            injections: Vec::new(),
            monitors: Vec::new(),
        }
    }

    /// Virtual time in seconds.
    pub(super) fn now(&self) -> i64 {
        i64::try_from(self.clock / 1000).unwrap_or(i64::MAX)
    }

    /// Gives what is active another name.
    pub(super) fn rename(&mut self, renames: &[Rename]) {
        for machine in self.machines.values_mut() {
            let active = std::mem::take(&mut machine.active);
            machine.active =
                active.into_iter().map(|(name, role)| (rename_instance(&name, renames), role)).collect();
        }
        for monitor in &mut self.monitors {
            monitor.operation.rename(renames);
        }
        for injection in &mut self.injections {
            injection.resource = ResourceId::new(rename_instance(&injection.resource.to_shared(), renames));
        }
    }

    pub(super) fn is_up(&self, node: &NodeName) -> bool {
        self.machines.get(node).is_some_and(|machine| machine.is_up)
    }

    /// Takes a machine down at once, with all that ran on it, guests included.
    pub(super) fn crash(&mut self, node: &NodeName, roster: &Roster) {
        let Some(machine) = self.machines.get_mut(node) else { return };
        let down = Machine { is_remote: machine.is_remote, cut: machine.cut, ..Machine::default() };
        let before = std::mem::replace(machine, down);
        self.monitors.retain(|monitor| monitor.operation.node != *node);
        for resource in before.active.keys() {
            self.end_guest(resource, roster);
        }
    }

    /// Whatever runs in a guest ends with what launched it.
    pub(super) fn end_guest(&mut self, launcher: &str, roster: &Roster) {
        if let Some(guest) = roster.guest_of(launcher) {
            self.crash(&NodeName::new(guest), roster);
        }
    }

    /// A guest begins with what launches it.
    pub(super) fn begin_guest(&mut self, launcher: &str, roster: &Roster) {
        let Some(guest) = roster.guest_of(launcher).map(NodeName::new) else { return };
        self.boot(&guest);
        if let Some(machine) = self.machines.get_mut(&guest) {
            machine.is_remote = true;
        }
    }

    /// Brings a machine up; nothing runs on it yet.
    pub(super) fn boot(&mut self, node: &NodeName) {
        let machine = self.machines.entry(node.clone()).or_default();
        if !machine.is_up {
            *machine = Machine {
                is_up: true,
                is_remote: machine.is_remote,
                cut: machine.cut,
                waits_for_all: true,
                ..Machine::default()
            };
        }
    }

    /// What `resource` does on `node`.
    pub(super) fn role(&self, resource: &str, node: &NodeName) -> Role {
        let machine = self.machines.get(node);
        machine.and_then(|machine| machine.active.get(resource)).copied().unwrap_or(Role::Stopped)
    }

    /// Makes `resource` do this on `node`.
    pub(super) fn set_role(&mut self, resource: &Arc<str>, node: &NodeName, role: Role) {
        let Some(machine) = self.machines.get_mut(node) else { return };
        if role == Role::Stopped {
            machine.active.remove(resource);
        } else {
            machine.active.insert(Arc::clone(resource), role);
        }
    }

    /// Whether `resource` is active anywhere.
    pub(super) fn is_active(&self, resource: &str) -> bool {
        self.machines.values().any(|machine| machine.active.contains_key(resource))
    }

    /// Where each resource is really active, by name.
    pub(super) fn active(&self) -> BTreeMap<Arc<str>, Vec<(NodeName, Role)>> {
        let mut active: BTreeMap<Arc<str>, Vec<(NodeName, Role)>> = BTreeMap::new();
        for (node, machine) in &self.machines {
            for (resource, role) in &machine.active {
                active.entry(Arc::clone(resource)).or_default().push((node.clone(), *role));
            }
        }
        active
    }

    /// The answer forced upon an action, if there is one; a single one is used up.
    pub(super) fn take_injection(&mut self, action: &Action) -> Option<Answer> {
        let place = self.injections.iter().position(|injection| injection.applies_to(action))?;
        let answer = self.injections.get(place)?.answer;
        if self.injections.get(place).is_some_and(Injection::is_single) {
            self.injections.remove(place);
        }
        Some(answer)
    }

    /// A latency around `usual`, between four and six fifths of it.
    pub(super) fn latency(&mut self, usual: Duration) -> Duration {
        self.draws = self.draws.wrapping_add(1);
        let drawn = mix(self.seed.wrapping_add(self.draws.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let permille = 800 + drawn % 401;
        let millis = u64::try_from(usual.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(millis.saturating_mul(permille) / 1000)
    }
}

/// Spreads the bits of a number over all its places.
const fn mix(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}
