//! Actions in flight, on record. An agent runs in a process group of its own and outlives a command
//! that is killed; the record tells the next command what is still running, or ended unseen.
//!
//! A record is written before its agent begins and goes when the result is written down. Both happen
//! under the lock, so that whoever has the lock and finds a record knows that nobody waits for its
//! result any more. Recurring monitors that run again are not on record: they change nothing.

#![expect(clippy::disallowed_methods, reason = "records are files")]

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::agent::Witness;
use crate::engine::EngineError;
use crate::engine::file::{self, Sync, remove, storage};
use crate::host::process::Process;
use crate::host::trace::{Trace, time_of, witness};
use crate::model::{Agent, NodeName, Table};
use crate::scheduler::{Action, Task};

/// Format of a record; rises when an older Quorate could not read it.
const FORMAT_VERSION: u32 = 1;

/// Tells the records of one process apart.
static RECORDS: AtomicU64 = AtomicU64::new(0);

/// One action in flight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Flight {
    format_version: u32,
    boot: Arc<str>,
    /// Unique in this boot; in the environment of the agent.
    mark: Arc<str>,
    #[serde(flatten)]
    trace: Trace,
    /// All the time that it has.
    limit: Duration,
    task: String,
    interval: Duration,
    pub(super) resource: Arc<str>,
    instance: Option<Arc<str>>,
    pub(super) node: NodeName,
    timeout: Option<Duration>,
    params: Table,
    meta: Table,
    pub(super) agent: Agent,
}

impl Flight {
    /// What was begun.
    pub(super) fn action(&self) -> Action {
        // What no agent does is not on record, and nothing could be said of it.
        let task = Task::of_agent(&self.task).unwrap_or(Task::Notify);
        Action {
            interval: self.interval,
            instance: self.instance.clone(),
            timeout: self.timeout,
            params: self.params.clone(),
            meta: self.meta.clone(),
            ..Action::new(task, Arc::clone(&self.resource), self.node.clone())
        }
    }

    /// The agent's process, if it still runs.
    pub(super) async fn running(&self) -> Option<Process> {
        self.trace.running(&self.mark).await
    }

    /// How much of its time is left.
    pub(super) fn left(&self) -> Duration {
        self.trace.left(self.limit)
    }

    /// `start A (process 4711)`.
    pub(super) fn describe(&self, process: Process) -> String {
        format!("{} {} (process {})", self.task, self.resource, process.id)
    }
}

/// The records.
#[derive(Debug, Clone)]
pub(super) struct Flights {
    folder: PathBuf,
    boot: Arc<str>,
}

/// A record that was written.
#[derive(Debug)]
pub(super) struct Record {
    path: PathBuf,
    flight: Flight,
}

impl Flights {
    pub(super) fn new(folder: PathBuf, boot: Arc<str>) -> Self {
        Self { folder, boot }
    }

    /// Writes down that an agent is about to begin; `None` for what has no place.
    pub(super) fn begin(&self, action: &Action, agent: &Agent) -> Result<Option<Arc<Record>>, EngineError> {
        let (Some(resource), Some(node)) = (&action.resource, &action.node) else { return Ok(None) };
        let Some(own) = Process::own() else { return Ok(None) };
        let number = RECORDS.fetch_add(1, Ordering::Relaxed);
        let mark: Arc<str> = format!("{}-{}-{number}", own.id, own.started).into();
        let flight = Flight {
            format_version: FORMAT_VERSION,
            boot: Arc::clone(&self.boot),
            mark: Arc::clone(&mark),
            trace: Trace::of(action),
            limit: time_of(action),
            task: action.task.as_str().to_owned(),
            interval: action.interval,
            resource: Arc::clone(resource),
            instance: action.instance.clone(),
            node: node.clone(),
            timeout: action.timeout,
            params: action.params.clone(),
            meta: action.meta.clone(),
            agent: agent.clone(),
        };
        let record = Record { path: self.folder.join(format!("{mark}.json")), flight };
        record.write(&record.flight)?;
        Ok(Some(Arc::new(record)))
    }

    /// What is on record, the oldest first. What an earlier boot left, and what cannot be understood,
    /// is taken away: its agent has ended, or was never begun.
    pub(super) fn all(&self) -> Result<Vec<Record>, EngineError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(storage("cannot read", &self.folder, source)),
        };
        let mut records = Vec::new();
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            let read = match path.extension() {
                Some(ending) if ending == "json" => {
                    file::read::<Flight>(&path, FORMAT_VERSION, "it is ignored")
                }
                Some(_) | None => Ok(None),
            };
            match read {
                Ok(Some(flight)) if flight.boot == self.boot => records.push(Record { path, flight }),
                Ok(_) => remove(&path)?,
                Err(EngineError::Damaged(problem)) => {
                    tracing::warn!(problem, "the record of an action is lost");
                    remove(&path)?;
                }
                Err(error) => return Err(error),
            }
        }
        records.sort_by_key(|record| record.flight.trace.deadline());
        Ok(records)
    }
}

impl Record {
    /// What is on record.
    pub(super) const fn flight(&self) -> &Flight {
        &self.flight
    }

    /// Who writes down the agent's process.
    pub(super) fn witness(self: &Arc<Self>) -> Witness {
        let record = Arc::clone(self);
        witness(Arc::clone(&self.flight.mark), move |process| {
            let flight = &record.flight;
            record.write(&Flight { trace: flight.trace.with(process), ..flight.clone() })
        })
    }

    /// Takes the record away: the result is written down.
    pub(super) fn clear(&self) -> Result<(), EngineError> {
        remove(&self.path)
    }

    /// A record is of this boot, and the kernel keeps what is written when a process is killed: only a
    /// power failure could take it, and takes the agent with it.
    fn write(&self, flight: &Flight) -> Result<(), EngineError> {
        file::replace(&self.path, flight, Sync::Never)
    }
}
