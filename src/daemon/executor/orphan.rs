//! Runs that an earlier daemon left in flight: its agents outlive a daemon that is killed.
//!
//! A run that changes something is waited for, up to its deadline: half of a start or a stop is worse
//! than all of it. Then, or at once where it changes nothing, its process group is ended. Nobody has
//! seen its answer; so the agent is asked what is so now, and a run that has reached what it was for
//! has succeeded. What an agent started in a process group of its own is out of reach, and let be.

#![expect(clippy::disallowed_methods, reason = "waits for agents to end")]

use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::volatile::Begun;
use super::{Executor, Run, ended_by};
use crate::agent::Witness;
use crate::executor::{ActionResult, expected_rc};
use crate::host::process::{Process, Sighting};
use crate::host::runner::Runner;
use crate::scheduler::{Action, Task};
use crate::status::{ResultCode, ResultStatus};

/// Between two looks at a process.
const POLL: Duration = Duration::from_millis(20);

impl Executor {
    /// Brings to an end what an earlier daemon began.
    pub(super) fn adopt(&mut self, begun: Begun) {
        let call = begun.flight.call;
        let kill = CancellationToken::new();
        if let Some(resource) = &begun.flight.action.resource {
            self.standings.hold(resource);
        }
        let action = self.volatile.to_be_run(&begun.flight.action);
        self.runs.insert(call, Run { flight: begun.flight.clone(), kill: kill.clone(), is_recorded: true });
        let runner = Arc::clone(&self.runner);
        self.tasks.spawn(async move {
            let result = match begun.result.clone() {
                Some(result) => result,
                None => outlive(&begun, &action, &runner, &kill).await,
            };
            (call, result)
        });
    }
}

/// Waits for the end of a run, and finds out what came of it.
async fn outlive(begun: &Begun, action: &Action, runner: &Runner, kill: &CancellationToken) -> ActionResult {
    let since = Instant::now();
    if let Some(process) = running(begun) {
        tracing::warn!(key = &*action.key, process = process.id, "an action of an earlier daemon still runs");
        let patience = if changes_something(action) { begun.left() } else { Duration::ZERO };
        outlast(process, patience, runner.grace(), kill).await;
    }
    let Some(agent) = &begun.flight.agent else { return ended_by("was interrupted") };
    let Some(reached) = reached_by(&action.task) else {
        return ended_by("was interrupted when its daemon ended");
    };
    let mut probe = Action { task: Task::Monitor, expected_rc: Some(reached.0), ..action.clone() };
    probe.interval = if changes_something(action) { Duration::ZERO } else { action.interval };
    probe.drop_start_delay();
    let found = runner.run(&probe, agent, None).await;
    if !changes_something(action) {
        return found;
    }
    if found.status == ResultStatus::Done && found.undegraded() == reached {
        return ActionResult::done(expected_rc(action), since.elapsed());
    }
    ended_by("was interrupted when its daemon ended")
}

/// The agent's process, if it still runs.
fn running(begun: &Begun) -> Option<Process> {
    match begun.process {
        Some(process) => process.is_alive().then_some(process),
        // The daemon was killed after it had begun the agent and before it could write that down.
        None => Process::find(&Sighting {
            variable: Witness::VARIABLE,
            value: &begun.mark(),
            session: begun.session,
        }),
    }
}

/// Waits until a process has ended; ends it, with its group, when it has no more time.
async fn outlast(process: Process, patience: Duration, grace: Duration, kill: &CancellationToken) {
    if ends_within(process, patience, Some(kill)).await {
        return;
    }
    process.signal_group(Signal::TERM);
    if ends_within(process, grace, None).await {
        return;
    }
    process.signal_group(Signal::KILL);
    ends_within(process, Duration::MAX, None).await;
}

/// Whether a process ends in time; somebody may put an end to the waiting.
async fn ends_within(process: Process, time: Duration, stop: Option<&CancellationToken>) -> bool {
    let until = Instant::now().checked_add(time);
    while process.is_alive() {
        let is_over = until.is_some_and(|until| Instant::now() >= until);
        if is_over || stop.is_some_and(CancellationToken::is_cancelled) {
            return false;
        }
        sleep(POLL).await;
    }
    true
}

fn changes_something(action: &Action) -> bool {
    !matches!(action.task, Task::Monitor | Task::Notify)
}

/// What a monitor answers when an action has reached what it is for; `None` where it cannot tell.
fn reached_by(task: &Task) -> Option<ResultCode> {
    match task {
        Task::Start | Task::MigrateFrom | Task::Demote | Task::Monitor => Some(ResultCode::OK),
        Task::Stop | Task::MigrateTo => Some(ResultCode::NOT_RUNNING),
        Task::Promote => Some(ResultCode::PROMOTED),
        Task::Reload
        | Task::Cancel
        | Task::Notify
        | Task::Delete
        | Task::ClearFailCount
        | Task::ClearHistory
        | Task::Shutdown
        | Task::FenceReboot
        | Task::FenceOff
        | Task::FenceOn
        | Task::Pseudo(_) => None,
    }
}
