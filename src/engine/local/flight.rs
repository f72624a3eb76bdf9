//! Actions in flight, on record. An agent runs in a process group of its own and outlives a command
//! that is killed; the record tells the next command what is still running, or ended unseen.
//!
//! A record is written before its agent begins and goes when the result is written down. Both happen
//! under the lock, so that whoever has the lock and finds a record knows that nobody waits for its
//! result any more. Recurring monitors that run again are not on record: they change nothing.
//!
//! An agent could be made to die with its command instead (the kernel can send a signal when a parent
//! ends). It is not: that would cut every start and stop in two, it would not reach what the agent has
//! started, and the signal goes by threads, of which a command has several.

#![expect(clippy::disallowed_methods, reason = "records are files")]

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::monitor::{millis, now};
use crate::agent::{Invocation, Witness};
use crate::engine::EngineError;
use crate::engine::file::{self, Sync, storage};
use crate::host::process::{Process, Sighting};
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
    /// Process session of the command that began it.
    session: u32,
    /// The agent's process, which leads a group of its own; unknown at the very beginning.
    process: Option<Process>,
    /// When its time is over, in milliseconds since 1970.
    deadline: i64,
    /// All the time that it has.
    limit: Duration,
    task: String,
    pub(super) interval: Duration,
    pub(super) resource: Arc<str>,
    pub(super) instance: Option<Arc<str>>,
    pub(super) node: NodeName,
    pub(super) timeout: Option<Duration>,
    pub(super) params: Table,
    pub(super) meta: Table,
    pub(super) agent: Agent,
}

impl Flight {
    /// Whether it only looks, so that nothing is lost when it is ended.
    pub(super) fn is_monitor(&self) -> bool {
        self.is_one_of(&[Task::Monitor])
    }

    /// Whether its service may be in another state now.
    pub(super) fn may_change(&self) -> bool {
        !self.is_one_of(&[Task::Monitor, Task::Notify])
    }

    /// Whether its service may run with the parameters of this action now.
    pub(super) fn is_start(&self) -> bool {
        self.is_one_of(&[Task::Start, Task::MigrateFrom])
    }

    fn is_one_of(&self, tasks: &[Task]) -> bool {
        tasks.iter().any(|task| *self.task == *task.as_str())
    }

    /// Whether the agent's process is on record.
    pub(super) const fn is_process_known(&self) -> bool {
        self.process.is_some()
    }

    /// The agent's process, if it still runs.
    pub(super) fn running(&self) -> Option<Process> {
        match self.process {
            Some(process) => process.is_alive().then_some(process),
            // The command was killed after it had begun the agent and before it could write that down.
            None => Process::find(&Sighting {
                variable: Witness::VARIABLE,
                value: &self.mark,
                session: self.session,
            }),
        }
    }

    /// How much of its time is left. A clock that was set back does not give it more than it had.
    pub(super) fn left(&self) -> Duration {
        let left = u64::try_from(self.deadline.saturating_sub(now())).unwrap_or(0);
        Duration::from_millis(left).min(self.limit)
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

    /// Writes down that an agent is about to begin, `delay` from now; `None` for what has no place.
    pub(super) fn begin(
        &self,
        action: &Action,
        agent: &Agent,
        delay: Duration,
    ) -> Result<Option<Arc<Record>>, EngineError> {
        let (Some(resource), Some(node)) = (&action.resource, &action.node) else { return Ok(None) };
        let Some(own) = Process::own() else { return Ok(None) };
        let number = RECORDS.fetch_add(1, Ordering::Relaxed);
        let mark: Arc<str> = format!("{}-{}-{number}", own.id, own.started).into();
        let limit = delay.saturating_add(action.timeout.unwrap_or(Invocation::DEFAULT_TIMEOUT));
        let flight = Flight {
            format_version: FORMAT_VERSION,
            boot: Arc::clone(&self.boot),
            mark: Arc::clone(&mark),
            session: own.session,
            process: None,
            deadline: now().saturating_add(millis(limit)),
            limit,
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
        records.sort_by_key(|record| record.flight.deadline);
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
        Witness::new(Arc::clone(&self.flight.mark), move |id| {
            let flight = Flight { process: Process::of(id), ..record.flight.clone() };
            if let Err(error) = record.write(&flight) {
                // Its mark tells as well, a little less surely.
                tracing::warn!(%error, process = id, "the process of an agent is not on record");
            }
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

fn remove(path: &std::path::Path) -> Result<(), EngineError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(storage("cannot remove", path, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
