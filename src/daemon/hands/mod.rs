//! The hands of the daemon: they run the agents of this node, and keep on record what they do.
//!
//! An action is a task of its own, killed with its process group when its time is over. A recurring
//! monitor stands from its first answer on, and tells only answers that differ. What is known of this
//! node is kept in memory-backed files ([`volatile`]), so that a daemon that was killed adopts what
//! runs, and a node that was booted starts clean.

mod exits;
mod orphan;
mod standing;
mod units;
mod volatile;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::fencing::Fencer;
use crate::cluster::{Call, Flight, Input, Kept, Record};
use crate::engine::EngineError;
use crate::executor::ActionResult;
use crate::host::runner::{Runner, broken_off};
use crate::model::{Agent, Cluster, Rename};
use crate::scheduler::{Action, ActionKind};
use crate::status::ResultStatus;
use exits::Exits;
use standing::{Answered, Standings};
use units::Units;
use volatile::{Renamed, Volatile};

/// Runs the agents of this node.
#[derive(Debug)]
pub struct Hands {
    runner: Arc<Runner>,
    volatile: Volatile,
    standings: Standings,
    tasks: JoinSet<End>,
    runs: BTreeMap<Call, Run>,
    /// What is to be told next.
    told: VecDeque<Input>,
    exits: Exits,
    units: Units,
}

/// A run in flight.
#[derive(Debug)]
struct Run {
    flight: Flight,
    kill: CancellationToken,
    /// Whether the agent is run by this daemon: then it is on record.
    is_recorded: bool,
    /// The task that it is.
    task: Id,
}

/// How a run ended.
#[derive(Debug)]
struct End {
    call: Call,
    result: ActionResult,
    /// What the agent answered when it was asked what is so, where nobody had seen the run's own answer.
    found: Option<(Action, ActionResult)>,
}

impl Hands {
    /// What was on record is gone through: runs that an earlier daemon left in flight are brought to
    /// an end, and monitors stand again.
    ///
    /// # Errors
    /// When the record cannot be read or written.
    pub(super) fn open(
        folder: &std::path::Path,
        runner: Arc<Runner>,
        rounds_at_once: usize,
    ) -> Result<(Self, Record), EngineError> {
        let (volatile, known) = Volatile::open(folder)?;
        let mut hands = Self {
            standings: Standings::new(&runner, rounds_at_once),
            units: Units::new(runner.bus()),
            runner,
            volatile,
            tasks: JoinSet::new(),
            runs: BTreeMap::new(),
            told: VecDeque::new(),
            exits: Exits::default(),
        };
        let mut record = Record { attributes: known.attributes, ..Record::default() };
        for own in known.resources {
            record.resources.extend(own.history);
            for monitor in own.monitors {
                hands.expect_exits(&monitor.flight, Duration::ZERO);
                hands.standings.resume(monitor);
            }
        }
        for left in known.flights {
            record.in_flight.push(left.flight.clone());
            hands.adopt(left);
        }
        Ok((hands, record))
    }

    /// Begins an action; its end comes from [`Hands::next`]. Fencing looks up its devices in the
    /// desired cluster, and levels by attributes, some of which are set on top of it.
    ///
    /// # Errors
    /// When it cannot be put on record: then it was not begun.
    pub(super) fn begin(&mut self, flight: Flight, cluster: &Arc<Cluster>) -> Result<(), EngineError> {
        self.prepare(&flight.action)?;
        let action = self.volatile.to_be_run(&flight.action);
        let is_recorded = action.runs_agent();
        let witness = if is_recorded { Some(self.volatile.begin(&flight)?) } else { None };
        // From here on its end is heard of, which lets go of the monitors.
        if let Some(resource) = action.resource.as_ref().filter(|_| is_recorded) {
            self.standings.hold(resource);
        }
        let kill = CancellationToken::new();
        let (runner, agent, call, killed) =
            (Arc::clone(&self.runner), flight.agent.clone(), flight.call, kill.clone());
        let fencer = (action.kind == ActionKind::Fence).then(|| self.fencer(cluster));
        let task = self.tasks.spawn(async move {
            let run = async {
                match fencer {
                    Some(fencer) => fencer.perform(&action).await,
                    None => runner.perform(&action, agent.as_ref(), witness).await,
                }
            };
            let result = tokio::select! {
                result = run => result,
                () = killed.cancelled() => ActionResult::failed(ResultStatus::Error, "was killed"),
            };
            End { call, result, found: None }
        });
        self.runs.insert(call, Run { flight, kill, is_recorded, task: task.id() });
        Ok(())
    }

    /// Kills a run; its end is told all the same.
    pub(super) fn kill(&self, call: Call) {
        if let Some(run) = self.runs.get(&call) {
            run.kill.cancel();
        }
    }

    /// Keeps something until the node boots.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn keep(&mut self, kept: Kept) -> Result<(), EngineError> {
        self.volatile.keep(kept)
    }

    /// Lets monitors, and what services were started with, go on under other names.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn rename(&mut self, renames: &[Rename]) -> Result<(), EngineError> {
        for Renamed { old, monitors } in self.volatile.rename(renames)? {
            self.exits.forget(&old);
            self.units.forget(&old);
            self.standings.end_those(&old, |_| true);
            for monitor in monitors {
                self.expect_exits(&monitor.flight, Duration::ZERO);
                self.standings.resume(monitor);
            }
        }
        Ok(())
    }

    /// Whether nothing is in flight.
    pub(super) fn is_idle(&self) -> bool {
        self.runs.is_empty() && self.told.is_empty()
    }

    /// Waits for the next end of a run or new answer of a monitor. May be dropped at any time without
    /// losing one.
    ///
    /// # Errors
    /// When what happened cannot be put on record.
    pub(super) async fn next(&mut self) -> Result<Input, EngineError> {
        loop {
            if let Some(input) = self.told.pop_front() {
                return Ok(input);
            }
            tokio::select! {
                Some(ended) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    if let Some(end) = ended.map_or_else(|error| self.broken_off(&error), Some) {
                        self.end(end)?;
                    }
                }
                answered = self.standings.next() => {
                    if let Some(input) = self.hear(answered)? {
                        return Ok(input);
                    }
                }
                resource = self.exits.next() => {
                    // Often a helper that an agent left behind for a moment: what comes of it is told.
                    tracing::debug!(resource = &*resource, "a process of a resource has ended; monitoring it now");
                    self.standings.run_now(&resource);
                }
                resources = self.units.next() => for resource in resources {
                    tracing::info!(resource = &*resource, "the unit of a resource has ended; monitoring it now");
                    self.standings.run_now(&resource);
                },
            }
        }
    }

    /// Ends what must not go on beside an action.
    fn prepare(&mut self, action: &Action) -> Result<(), EngineError> {
        let Some(resource) = &action.resource else { return Ok(()) };
        if action.task.ends_monitors() {
            self.exits.forget(resource);
            self.units.forget(resource);
        }
        self.end_monitors(resource, |interval| action.ends_monitor(resource, interval))?;
        Ok(())
    }

    fn end_monitors(
        &mut self,
        resource: &Arc<str>,
        is_meant: impl Fn(Duration) -> bool,
    ) -> Result<(), EngineError> {
        self.standings.end_those(resource, &is_meant);
        self.volatile.end_monitors(resource, is_meant)
    }

    /// A run that was broken off by a fault of our own has failed; its call must not be held for ever.
    fn broken_off(&self, error: &JoinError) -> Option<End> {
        let (call, _) = self.runs.iter().find(|(_, run)| run.task == error.id())?;
        Some(End { call: *call, result: broken_off(error), found: None })
    }

    /// Takes the end of a run.
    fn end(&mut self, end: End) -> Result<(), EngineError> {
        let End { call, result, found } = end;
        let Some(run) = self.runs.remove(&call) else { return Ok(()) };
        let Run { flight, is_recorded, .. } = run;
        let action = &flight.action;
        if is_recorded {
            if let Some(resource) = &action.resource {
                self.standings.release(resource);
                if result.is_unknown() {
                    // The cluster forgets all about the resource, and begins its monitors anew.
                    self.end_monitors(resource, |_| true)?;
                }
            }
            self.volatile.learn(action, &result)?;
            if let Some(monitor) = self.standings.stand(&flight, &result) {
                self.volatile.stand(monitor)?;
            }
            if result.is_expected(action) && begins_service(action) {
                self.expect_exits(&flight, Exits::SETTLED);
            }
            self.volatile.end(&flight, &result)?;
        }
        let traits = self.traits(flight.agent.as_ref());
        self.told.push_back(Input::Ended { call, result, traits: traits.clone() });
        if let (Some((probe, result)), Some(agent)) = (found, flight.agent) {
            self.volatile.learn(&probe, &result)?;
            self.told.push_back(Input::Observed { action: Box::new(probe), agent, result, traits });
        }
        Ok(())
    }

    /// Takes an answer of a recurring monitor.
    fn hear(&mut self, answered: Answered) -> Result<Option<Input>, EngineError> {
        let Answered { monitor, result, is_new } = answered;
        let action = &monitor.flight.action;
        if self.exits.has_lost(action.resource.as_deref()) {
            if result.is_expected(action) {
                // It lives on with other processes.
                self.expect_exits(&monitor.flight, Exits::RESTLESS);
            } else if is_new {
                let resource = action.resource.as_deref();
                tracing::info!(resource, "a process of a resource has ended, and its monitor finds it wrong");
            }
        }
        if !is_new {
            return Ok(None);
        }
        self.volatile.stand(monitor.clone())?;
        let Flight { action, agent, .. } = monitor.flight;
        let Some(agent) = agent else { return Ok(None) };
        let traits = self.traits(Some(&agent));
        Ok(Some(Input::Observed { action: Box::new(action), agent, result, traits }))
    }

    /// Wants to know when a process of a running resource ends.
    fn expect_exits(&mut self, flight: &Flight, after: Duration) {
        let Some(resource) = &flight.action.resource else { return };
        self.exits.expect(resource, &flight.action.params, after);
        if let Some(agent) = &flight.agent {
            self.units.expect(resource, agent);
        }
    }

    fn fencer(&self, cluster: &Arc<Cluster>) -> Fencer {
        let (site, secrets) = self.runner.means();
        Fencer::new(site.clone(), secrets.clone(), Arc::clone(cluster))
    }

    fn traits(&self, agent: Option<&Agent>) -> crate::ledger::AgentTraits {
        agent.map(|agent| self.runner.traits(agent)).unwrap_or_default()
    }
}

/// Whether processes of a resource may run after this that did not before.
fn begins_service(action: &Action) -> bool {
    action.is_recurring() || action.task.changes_service() && !action.task.ends_monitors()
}

#[cfg(test)]
mod tests;
