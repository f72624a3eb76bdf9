//! Recurring monitors that stand, each with its own deadline.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::cluster::Flight;
use crate::executor::ActionResult;
use crate::host::clock::until;
use crate::host::monitor::{Answer, first_pause, share};
use crate::host::rounds::Rounds;
use crate::host::runner::Runner;

/// A recurring monitor, as it is kept on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Standing {
    /// The run that began it.
    pub(super) flight: Flight,
    last: Answer,
}

/// A monitor has answered.
#[derive(Debug)]
pub(super) struct Answered {
    /// Which, with its last answer.
    pub(super) monitor: Standing,
    /// What it answered.
    pub(super) result: ActionResult,
    /// Whether that differs from before.
    pub(super) is_new: bool,
}

/// Which monitor: its resource and its interval.
type Key = (Arc<str>, Duration);

/// The monitors of this node.
#[derive(Debug)]
pub(super) struct Standings {
    monitors: BTreeMap<Key, Watched>,
    agenda: BTreeSet<(Instant, Key)>,
    /// Resources with an action in flight: their monitors wait, for they would disturb or be fooled.
    held: BTreeMap<Arc<str>, u32>,
    rounds: Rounds<Key>,
}

#[derive(Debug)]
struct Watched {
    standing: Standing,
    /// When it runs next; `None` while it runs.
    due: Option<Instant>,
}

impl Standing {
    fn key(&self) -> Option<Key> {
        let action = &self.flight.action;
        Some((Arc::clone(action.resource.as_ref()?), action.interval))
    }
}

impl Standings {
    /// Within this time all monitors have run again that an earlier daemon left standing.
    const CATCH_UP: Duration = Duration::from_secs(5);

    pub(super) fn new(runner: &Arc<Runner>, at_once: usize) -> Self {
        Self {
            monitors: BTreeMap::new(),
            agenda: BTreeSet::new(),
            held: BTreeMap::new(),
            rounds: Rounds::new(runner, at_once),
        }
    }

    /// Lets a monitor go on that an earlier daemon began.
    pub(super) fn resume(&mut self, standing: Standing) {
        let Some(key) = standing.key() else { return };
        let wait = share(&key.0, key.1.min(Self::CATCH_UP));
        self.put(key, standing, wait);
    }

    /// Lets a monitor go on after its first answer, up to a tenth of its interval early; `None` if the
    /// action is no recurring monitor.
    pub(super) fn stand(&mut self, flight: &Flight, result: &ActionResult) -> Option<Standing> {
        if !flight.action.is_recurring() {
            return None;
        }
        let standing = Standing { flight: flight.clone(), last: Answer::of(result) };
        let key = standing.key()?;
        let wait = first_pause(&key.0, key.1);
        self.put(key, standing.clone(), wait);
        Some(standing)
    }

    fn put(&mut self, key: Key, standing: Standing, wait: Duration) {
        self.end(&key.0, key.1);
        let due = Instant::now() + wait;
        self.agenda.insert((due, key.clone()));
        self.monitors.insert(key, Watched { standing, due: Some(due) });
    }

    fn end(&mut self, resource: &Arc<str>, interval: Duration) {
        let key = (Arc::clone(resource), interval);
        let Some(watched) = self.monitors.remove(&key) else { return };
        self.rounds.end(&key);
        if let Some(due) = watched.due {
            self.agenda.remove(&(due, key));
        }
    }

    /// Ends those monitors of a resource whose intervals are meant, also while they run.
    pub(super) fn end_those(&mut self, resource: &Arc<str>, is_meant: impl Fn(Duration) -> bool) {
        for (_, interval) in self.of(resource).into_iter().filter(|(_, interval)| is_meant(*interval)) {
            self.end(resource, interval);
        }
    }

    /// Lets the monitors of a resource wait; one that runs is killed, and runs again afterwards.
    pub(super) fn hold(&mut self, resource: &Arc<str>) {
        *self.held.entry(Arc::clone(resource)).or_default() += 1;
        for key in self.of(resource) {
            if self.rounds.end(&key) {
                self.set_due(&key, Instant::now());
            }
        }
    }

    /// Lets the monitors of a resource go on.
    pub(super) fn release(&mut self, resource: &Arc<str>) {
        if let Some(count) = self.held.get_mut(resource) {
            *count -= 1;
            if *count == 0 {
                self.held.remove(resource);
            }
        }
    }

    /// Makes the monitors of a resource due.
    pub(super) fn run_now(&mut self, resource: &Arc<str>) {
        for key in self.of(resource) {
            self.set_due(&key, Instant::now());
        }
    }

    /// The next answer; comes only while a monitor stands. May be dropped without losing one.
    pub(super) async fn next(&mut self) -> Answered {
        loop {
            let next = self.begin_due();
            tokio::select! {
                (key, result) = self.rounds.next() => {
                    if let Some(answered) = self.answer(&key, result) {
                        return answered;
                    }
                }
                () = until(next) => {}
            }
        }
    }

    /// Begins all rounds that are due; when the next one will be.
    fn begin_due(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let due: Vec<(Instant, Key)> =
            self.agenda.iter().take_while(|(due, _)| *due <= now).cloned().collect();
        for (due, key) in due {
            if self.held.contains_key(&key.0) {
                // Looked at again soon after the action in flight; nothing hurries before.
                self.set_due(&key, now + Duration::from_millis(100));
                continue;
            }
            self.agenda.remove(&(due, key.clone()));
            self.begin(key);
        }
        self.agenda.first().map(|(due, _)| *due)
    }

    fn begin(&mut self, key: Key) {
        let Some(watched) = self.monitors.get_mut(&key) else { return };
        let Flight { action, agent: Some(agent), .. } = watched.standing.flight.clone() else { return };
        watched.due = None;
        self.rounds.begin(key, action, agent);
    }

    fn answer(&mut self, key: &Key, result: ActionResult) -> Option<Answered> {
        let watched = self.monitors.get_mut(key)?;
        let answer = Answer::of(&result);
        let is_new = watched.standing.last != answer;
        watched.standing.last = answer;
        let monitor = watched.standing.clone();
        self.set_due(key, Instant::now() + key.1);
        Some(Answered { monitor, result, is_new })
    }

    /// Sets when a monitor runs next; one that runs already has nothing to hurry for.
    fn set_due(&mut self, key: &Key, due: Instant) {
        if self.rounds.has(key) {
            return;
        }
        let Some(watched) = self.monitors.get_mut(key) else { return };
        if let Some(before) = watched.due.replace(due) {
            self.agenda.remove(&(before, key.clone()));
        }
        self.agenda.insert((due, key.clone()));
    }

    fn of(&self, resource: &Arc<str>) -> Vec<Key> {
        let from = (Arc::clone(resource), Duration::ZERO);
        let keys = self.monitors.range(from..).map(|(key, _)| key);
        keys.take_while(|key| key.0 == *resource).cloned().collect()
    }
}
