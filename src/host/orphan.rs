//! Orphans: actions that whoever was killed left in flight, and how they are brought to an end.
//!
//! What changes a service and still runs is waited for, up to its deadline: half of a start or a stop
//! is worse than all of it. Then, or at once where it changes nothing, its process group is ended.
//! Nobody has seen its answer, so that its result is unknown, whatever the service looks like: a start
//! may have failed after the service was up. What was known of the resource is forgotten, and a probe
//! finds out, with the parameters that the service may run with. What an agent started in a process
//! group of its own, as a daemon, is out of reach and let be: the probe sees whether it serves.

#![expect(clippy::disallowed_methods, reason = "waits for agents to end")]

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::memory::Memory;
use super::process::Process;
use super::runner::Runner;
use crate::executor::ActionResult;
use crate::model::Agent;
use crate::scheduler::{Action, Task};
use crate::status::ResultCode;

/// Between two looks at a process.
const POLL: Duration = Duration::from_millis(20);

/// What came of waiting for a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// It has ended.
    Ended,
    /// It still runs, and its time is over.
    Over,
    /// It still runs, and somebody does not want to wait any longer.
    Stopped,
}

/// How long the agent of an orphan is waited for, of the time that it has left.
pub(crate) fn patience(task: &Task, left: Duration) -> Duration {
    if task.changes_service() { left } else { Duration::ZERO }
}

/// Waits for the end of a process.
pub(crate) async fn wait(process: Process, time: Duration, stop: &CancellationToken) -> Wait {
    let end = Instant::now().checked_add(time);
    while process.is_alive() {
        if stop.is_cancelled() {
            return Wait::Stopped;
        }
        if end.is_some_and(|end| Instant::now() >= end) {
            return Wait::Over;
        }
        sleep(POLL.min(time)).await;
    }
    Wait::Ended
}

/// Ends a process with its group; it has `grace` to do so itself.
pub(crate) async fn end(process: Process, grace: Duration) {
    let never = CancellationToken::new();
    process.signal_group(Signal::TERM);
    if wait(process, grace, &never).await != Wait::Ended {
        process.signal_group(Signal::KILL);
        wait(process, Duration::MAX, &never).await;
    }
}

/// Asks the agent what is so after an action that nobody saw end; what was asked, and the answer.
pub(crate) async fn find_out(
    runner: &Runner,
    interrupted: &Action,
    agent: &Agent,
    memory: &mut Memory,
) -> (Action, ActionResult) {
    let probe = probe_after(interrupted, memory);
    let result = runner.perform(&probe, Some(agent), None).await;
    memory.learn(&probe, &result);
    (probe, result)
}

fn probe_after(interrupted: &Action, memory: &mut Memory) -> Action {
    let resource = interrupted.resource.clone().unwrap_or_default();
    if interrupted.task.begins_life() {
        memory.assume(&resource, &interrupted.params);
    }
    let mut probe = Action {
        instance: interrupted.instance.clone(),
        node: interrupted.node.clone(),
        router: interrupted.router.clone(),
        timeout: interrupted.timeout,
        expected_rc: Some(ResultCode::NOT_RUNNING.0),
        params: memory.params(&resource).unwrap_or(&interrupted.params).clone(),
        meta: interrupted.meta.clone(),
        ..Action::new(Task::Monitor, resource, interrupted.node.clone().unwrap_or_else(|| "".into()))
    };
    probe.drop_start_delay();
    probe
}
