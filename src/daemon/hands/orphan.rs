//! Runs that an earlier daemon left in flight: its agents outlive a daemon that is killed. How they are
//! brought to an end is said in [`crate::host::orphan`].

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::volatile::Begun;
use super::{End, Hands, Run};
use crate::executor::ActionResult;
use crate::host::memory::Memory;
use crate::host::orphan::{self, Wait};
use crate::host::runner::Runner;
use crate::status::ResultStatus;

/// Why the result of a run is not known.
const INTERRUPTED: &str = "was interrupted when its daemon ended";

impl Hands {
    /// Brings to an end what an earlier daemon began.
    pub(super) fn adopt(&mut self, begun: Begun) {
        let kill = CancellationToken::new();
        let action = &begun.flight.action;
        if let Some(resource) = &action.resource {
            self.standings.hold(resource);
        }
        let memory = self.volatile.memory(action.resource.as_ref());
        let (runner, flight, killed) = (Arc::clone(&self.runner), begun.flight.clone(), kill.clone());
        let task = self.tasks.spawn(async move {
            match begun.result.clone() {
                Some(result) => End { call: begun.flight.call, result, found: None },
                None => outlive(&begun, memory, &runner, &killed).await,
            }
        });
        self.runs.insert(flight.call, Run { flight, kill, is_recorded: true, task: task.id() });
    }
}

/// Waits for the end of a run. What may have changed something is looked at then; what only looks is
/// done again.
async fn outlive(begun: &Begun, mut memory: Memory, runner: &Runner, kill: &CancellationToken) -> End {
    let (call, action) = (begun.flight.call, &begun.flight.action);
    if let Some(process) = begun.trace.running(&begun.mark()).await {
        tracing::warn!(key = &*action.key, process = process.id, "an action of an earlier daemon still runs");
        let patience = orphan::patience(&action.task, begun.left());
        if orphan::wait(process, patience, kill).await != Wait::Ended {
            orphan::end(process, runner.grace()).await;
        }
    }
    let lost = |result| End { call, result, found: None };
    match &begun.flight.agent {
        Some(agent) if action.task.changes_service() => {
            let found = orphan::find_out(runner, action, agent, &mut memory).await;
            End { call, result: ActionResult::unknown(INTERRUPTED), found: Some(found) }
        }
        Some(agent) if action.task.shows_params() => {
            let mut again = action.clone();
            again.drop_start_delay();
            lost(runner.perform(&again, Some(agent), None).await)
        }
        Some(_) | None => lost(ActionResult::failed(ResultStatus::Error, INTERRUPTED)),
    }
}
