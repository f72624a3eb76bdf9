//! What finds the agent of an action in flight again. An agent runs in a process group of its own and
//! outlives whoever began it and was killed; what is on record of it tells the next one whether it
//! still runs.
//!
//! An agent could be made to die with its command instead (the kernel can send a signal when a parent
//! ends). It is not: that would cut every start and stop in two, it would not reach what the agent has
//! started, and the signal goes by threads, of which a command has several.

#![expect(clippy::disallowed_methods, reason = "looks again after a moment")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::clock::now;
use super::process::{Process, Sighting};
use crate::agent::{Invocation, Witness};
use crate::diagnostic::with_causes;
use crate::model::Moment;
use crate::scheduler::Action;

/// The agent of an action in flight. Flattened into durable records.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trace {
    /// Process session of whoever began it.
    session: u32,
    /// The agent's process, which leads a group of its own; unknown at the very beginning.
    process: Option<Process>,
    /// When its time is over.
    deadline: Moment,
}

impl Trace {
    /// Between two looks for a process that is told by its environment, and how many there are: while
    /// a program is being loaded the kernel has not set up its environment yet.
    const GLANCE: Duration = Duration::from_millis(50);
    const SIGHTINGS: u32 = 10;

    /// Of an action that is about to begin.
    pub(crate) fn of(action: &Action) -> Self {
        Self {
            session: Process::own().map_or(0, |own| own.session),
            process: None,
            deadline: now().after(time_of(action)),
        }
    }

    /// Of an action that has ended.
    pub(crate) const fn ended() -> Self {
        Self { session: 0, process: None, deadline: Moment(0) }
    }

    /// The same with the agent's process.
    #[must_use]
    pub(crate) const fn with(self, process: Process) -> Self {
        Self { process: Some(process), ..self }
    }

    /// The agent's process, if it still runs. Where it is not on record, because whoever began it was
    /// killed before that could be written down, its mark tells.
    pub(crate) async fn running(&self, mark: &str) -> Option<Process> {
        if let Some(process) = self.process {
            return process.is_alive().then_some(process);
        }
        for _ in 0..Self::SIGHTINGS {
            let sighting = Sighting { variable: Witness::VARIABLE, value: mark, session: self.session };
            let found = Process::find(&sighting);
            if found.is_some() {
                return found;
            }
            sleep(Self::GLANCE).await;
        }
        None
    }

    /// When its time is over.
    pub(crate) const fn deadline(&self) -> Moment {
        self.deadline
    }

    /// How much of its time is left to an action that had `limit`. A clock that was set back does not
    /// give it more than it had.
    pub(crate) fn left(&self, limit: Duration) -> Duration {
        let left = u64::try_from(self.deadline.0.saturating_sub(now().0)).unwrap_or(0);
        Duration::from_millis(left).min(limit)
    }
}

/// All the time that an action has, its delay included.
pub(crate) fn time_of(action: &Action) -> Duration {
    action.start_delay().saturating_add(action.timeout.unwrap_or(Invocation::DEFAULT_TIMEOUT))
}

/// Somebody who has the agent's process noted.
pub(crate) fn witness<E: Error + 'static>(
    mark: Arc<str>,
    note: impl Fn(Process) -> Result<(), E> + Send + Sync + 'static,
) -> Witness {
    Witness::new(mark, move |id| {
        if let Err(error) = Process::of(id).map_or(Ok(()), &note) {
            // Its mark tells as well, a little less surely.
            let error = with_causes(&error);
            tracing::warn!(error, process = id, "the process of an agent is not on record");
        }
    })
}
