//! The resident executor: runs the agents of this node, and keeps on record what it does.
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

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::fencing::Fencer;
use crate::cluster::{Call, Flight, Input, Kept, Record};
use crate::engine::EngineError;
use crate::executor::ActionResult;
use crate::host::runner::{Runner, runs_agent};
use crate::model::{Agent, Cluster, Rename};
use crate::scheduler::{Action, ActionKind, Task};
use crate::status::{ResultCode, ResultStatus};
use exits::Exits;
use standing::{Answered, Standings};
use units::Units;
use volatile::{Renamed, Volatile};

pub use volatile::boot_id;

/// Runs the agents of this node.
#[derive(Debug)]
pub struct Executor {
    runner: Arc<Runner>,
    volatile: Volatile,
    standings: Standings,
    tasks: JoinSet<(Call, ActionResult)>,
    runs: BTreeMap<Call, Run>,
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
}

impl Executor {
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
        let mut executor = Self {
            standings: Standings::new(&runner, rounds_at_once),
            units: Units::new(runner.bus()),
            runner,
            volatile,
            tasks: JoinSet::new(),
            runs: BTreeMap::new(),
            exits: Exits::default(),
        };
        let mut record = Record { attributes: known.attributes, ..Record::default() };
        for own in known.resources {
            record.resources.extend(own.history);
            for monitor in own.monitors {
                executor.expect_exits(&monitor.flight, Duration::ZERO);
                executor.standings.resume(monitor);
            }
        }
        for left in known.flights {
            record.in_flight.push(left.flight.clone());
            executor.adopt(left);
        }
        Ok((executor, record))
    }

    /// Begins an action; its end comes from [`Executor::next`]. Fencing looks up its devices in the
    /// desired cluster.
    ///
    /// # Errors
    /// When it cannot be put on record: then it was not begun.
    pub(super) fn begin(&mut self, flight: Flight, cluster: &Arc<Cluster>) -> Result<(), EngineError> {
        self.prepare(&flight.action)?;
        let action = self.volatile.to_be_run(&flight.action);
        let is_recorded = runs_agent(&action);
        let witness = if is_recorded { Some(self.volatile.begin(&flight)?) } else { None };
        let kill = CancellationToken::new();
        let (runner, agent, call, killed) =
            (Arc::clone(&self.runner), flight.agent.clone(), flight.call, kill.clone());
        let fencer = (action.kind == ActionKind::Fence).then(|| self.fencer(cluster));
        self.runs.insert(call, Run { flight, kill, is_recorded });
        self.tasks.spawn(async move {
            let run = async {
                match fencer {
                    Some(fencer) => fencer.perform(&action).await,
                    None => runner.perform(&action, agent.as_ref(), witness).await,
                }
            };
            let result = tokio::select! {
                result = run => result,
                () = killed.cancelled() => ended_by("was killed"),
            };
            (call, result)
        });
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
            self.standings.end_all(&old);
            for monitor in monitors {
                self.expect_exits(&monitor.flight, Duration::ZERO);
                self.standings.resume(monitor);
            }
        }
        Ok(())
    }

    /// Whether nothing is in flight.
    pub(super) fn is_idle(&self) -> bool {
        self.runs.is_empty()
    }

    /// Waits for the next end of a run or new answer of a monitor. May be dropped at any time without
    /// losing one.
    ///
    /// # Errors
    /// When what happened cannot be put on record.
    pub(super) async fn next(&mut self) -> Result<Input, EngineError> {
        loop {
            tokio::select! {
                Some(ended) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    // A task is never aborted, and does not panic: there is nothing else to be told.
                    let Ok((call, result)) = ended else { continue };
                    if let Some(input) = self.end(call, result)? {
                        return Ok(input);
                    }
                }
                answered = self.standings.next() => {
                    if let Some(input) = self.hear(answered)? {
                        return Ok(input);
                    }
                }
                resource = self.exits.next() => {
                    tracing::info!(resource = &*resource, "a process of a resource has ended; monitoring it now");
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
        match &action.task {
            Task::Stop | Task::MigrateTo | Task::Delete => {
                self.exits.forget(resource);
                self.units.forget(resource);
                self.standings.end_all(resource);
                self.volatile.end_monitors(resource, None)?;
            }
            Task::Cancel => {
                self.standings.end(resource, action.interval);
                self.volatile.end_monitors(resource, Some(action.interval))?;
            }
            Task::Monitor if !action.interval.is_zero() => {
                self.standings.end(resource, action.interval);
                self.volatile.end_monitors(resource, Some(action.interval))?;
            }
            Task::Start
            | Task::Promote
            | Task::Demote
            | Task::Monitor
            | Task::Notify
            | Task::MigrateFrom
            | Task::Reload
            | Task::ClearFailCount
            | Task::ClearHistory
            | Task::Shutdown
            | Task::FenceReboot
            | Task::FenceOff
            | Task::FenceOn
            | Task::Pseudo(_) => {}
        }
        if runs_agent(action) {
            self.standings.hold(resource);
        }
        Ok(())
    }

    /// Takes the end of a run.
    fn end(&mut self, call: Call, result: ActionResult) -> Result<Option<Input>, EngineError> {
        let Some(run) = self.runs.remove(&call) else { return Ok(None) };
        let Run { flight, is_recorded, .. } = run;
        let action = &flight.action;
        if is_recorded {
            if let Some(resource) = &action.resource {
                self.standings.release(resource);
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
        Ok(Some(Input::Ended { call, result, traits }))
    }

    /// Takes an answer of a recurring monitor.
    fn hear(&mut self, answered: Answered) -> Result<Option<Input>, EngineError> {
        let Answered { monitor, result, is_new } = answered;
        let action = &monitor.flight.action;
        if result.is_expected(action) && self.exits.has_lost(action.resource.as_deref()) {
            // It lives on with other processes.
            self.expect_exits(&monitor.flight, Exits::RESTLESS);
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
    matches!(action.task, Task::Start | Task::MigrateFrom | Task::Promote | Task::Demote | Task::Reload)
        || action.task == Task::Monitor && !action.interval.is_zero()
}

/// The result of a run that did not come to its end.
fn ended_by(what: &str) -> ActionResult {
    ActionResult {
        rc: ResultCode::ERROR,
        status: ResultStatus::Error,
        exit_reason: Some(what.into()),
        took: Duration::ZERO,
    }
}

#[cfg(test)]
mod tests;
