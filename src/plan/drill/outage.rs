//! Outages: how long each service is down, counted in steps.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::unit::{Seats, Unit};
use crate::model::{NodeName, Role};
use crate::plan::Verb;
use crate::scheduler::{Action, ActionKind, Task};

/// A service that was down for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// Which.
    pub resource: String,
    /// Whether only its promoted role was missing.
    pub is_promotion: bool,
    /// How many steps were taken from the failure (or from its stop, which counts) until it was
    /// back; the step that brought it back counts.
    pub steps: u32,
}

/// Watches services go down and come back.
#[derive(Debug, Clone)]
pub struct Watch<'a> {
    units: &'a [Unit],
    guests: &'a BTreeMap<NodeName, Arc<str>>,
    seats: Seats,
    steps: u32,
    /// By unit: the step after which it was down, while it is.
    down_since: Vec<Option<u32>>,
    /// By unit: its longest outage so far.
    longest: Vec<u32>,
}

impl<'a> Watch<'a> {
    /// Begins to watch when everything is as in `seats`. `guests` has the nodes that something launches.
    pub fn new(units: &'a [Unit], guests: &'a BTreeMap<NodeName, Arc<str>>, seats: Seats) -> Self {
        let (down_since, longest) = (vec![None; units.len()], vec![0; units.len()]);
        Self { units, guests, seats, steps: 0, down_since, longest }
    }

    /// A node is gone, with all that ran there.
    pub fn lose_node(&mut self, node: &NodeName) {
        for places in self.seats.values_mut() {
            places.retain(|(place, _)| place != node);
        }
        self.judge();
    }

    /// A resource is gone from a node.
    pub fn lose(&mut self, resource: &str, node: &NodeName) {
        self.leave(resource, node);
        self.judge();
    }

    /// An action has ended, and did its work or not.
    pub fn take(&mut self, action: &Action, succeeded: bool) {
        if action.kind == ActionKind::Pseudo || Verb::of_task(&action.task).is_none() {
            return;
        }
        if succeeded && let Some(node) = &action.node {
            self.apply(action, node);
        }
        // What goes down goes down with the step's beginning, what comes up does so with its end.
        self.judge_falls();
        self.steps += 1;
        self.judge();
    }

    /// How many steps there were.
    pub const fn steps(&self) -> u32 {
        self.steps
    }

    /// What was down and is back, longest first; `means` are no services, and come last.
    pub fn outages(&self, means: &BTreeSet<String>) -> Vec<Outage> {
        let ended = self.units.iter().zip(&self.longest).zip(&self.down_since);
        let mut outages: Vec<Outage> = ended
            .filter(|((_, steps), since)| **steps > 0 && since.is_none())
            .map(|((unit, steps), _)| Outage {
                resource: unit.name.clone(),
                is_promotion: unit.wants_promoted,
                steps: *steps,
            })
            .collect();
        outages.sort_by_key(|outage| (means.contains(&outage.resource), Reverse(outage.steps)));
        outages
    }

    fn apply(&mut self, action: &Action, node: &NodeName) {
        match (&action.task, &action.resource) {
            (Task::FenceReboot | Task::FenceOff | Task::Shutdown, _) => {
                for places in self.seats.values_mut() {
                    places.retain(|(place, _)| place != node);
                }
            }
            (Task::Stop, Some(resource)) => self.leave(resource, node),
            (Task::Start | Task::MigrateFrom | Task::Demote, Some(resource)) => {
                self.sit(resource, node, Role::Started);
            }
            (Task::Promote, Some(resource)) => self.sit(resource, node, Role::Promoted),
            (
                Task::Start
                | Task::Stop
                | Task::Promote
                | Task::Demote
                | Task::MigrateFrom
                | Task::MigrateTo
                | Task::Monitor
                | Task::Reload
                | Task::Notify
                | Task::Cancel
                | Task::Delete
                | Task::ClearFailCount
                | Task::ClearHistory
                | Task::FenceOn
                | Task::Pseudo(_),
                _,
            ) => {}
        }
    }

    /// What a guest or a container runs ends with what launches it.
    fn lose_guests(&mut self) {
        for (guest, launcher) in self.guests {
            if self.seats.get(launcher).is_some_and(Vec::is_empty) {
                for places in self.seats.values_mut() {
                    places.retain(|(place, _)| place != guest);
                }
            }
        }
    }

    fn leave(&mut self, resource: &str, node: &NodeName) {
        if let Some(places) = self.seats.get_mut(resource) {
            places.retain(|(place, _)| place != node);
        }
    }

    fn sit(&mut self, resource: &Arc<str>, node: &NodeName, role: Role) {
        self.leave(resource, node);
        self.seats.entry(Arc::clone(resource)).or_default().push((node.clone(), role));
    }

    /// Notes what is down by now.
    fn judge_falls(&mut self) {
        self.lose_guests();
        for (unit, since) in self.units.iter().zip(&mut self.down_since) {
            if since.is_none() && !unit.is_served(&self.seats) {
                *since = Some(self.steps);
            }
        }
    }

    /// Notes what is down and what is back by now.
    fn judge(&mut self) {
        self.judge_falls();
        for ((unit, since), longest) in self.units.iter().zip(&mut self.down_since).zip(&mut self.longest) {
            if let Some(begun) = *since
                && unit.is_served(&self.seats)
            {
                *longest = (*longest).max(self.steps.saturating_sub(begun));
                *since = None;
            }
        }
    }
}
