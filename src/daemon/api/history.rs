//! History: what happened, and what was decided from what, kept in files within bounds.
//!
//! Events go into one file of lines; when it is full, it replaces the one before. Each decision is a
//! recording of its own, which can be made again. A node has the decisions that it made as controller.

#![expect(clippy::disallowed_methods, reason = "history is kept in files, written beside the daemon's loop")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::stream::line;
use crate::api::{DecisionId, Tale, Told};
use crate::cluster::{Decision, Event};
use crate::daemon::DaemonError;
use crate::scheduler;
use crate::view::recording;

/// The files of a history.
#[derive(Debug)]
pub(super) struct History {
    folder: PathBuf,
    events: Mutex<Pages>,
}

#[derive(Debug)]
struct Pages {
    file: File,
    length: u64,
}

impl History {
    /// Most bytes of one file of events; there are two.
    const PAGE: u64 = 4 << 20;
    /// How many decisions are kept.
    const DECISIONS: usize = 200;

    /// Opens or makes a history.
    pub(super) fn open(folder: &Path) -> Result<Self, DaemonError> {
        let fault = |source| DaemonError::System {
            what: format!("cannot keep a history in {}", folder.display()),
            source,
        };
        fs::create_dir_all(folder.join("decisions")).map_err(fault)?;
        let events = Pages::open(&folder.join("events.ndjson")).map_err(fault)?;
        Ok(Self { folder: folder.to_owned(), events: Mutex::new(events) })
    }

    /// Keeps what happened. That a disk is full must not stop a cluster.
    pub(super) fn keep(&self, told: &Told, event: &Event) {
        if is_worth_keeping(&told.tale)
            && let Err(error) = self.append(&line(told))
        {
            tracing::warn!(%error, "the history is incomplete");
        }
        if let Event::Scheduled(decision) = event {
            let (folder, decision) = (self.folder.join("decisions"), decision.clone());
            tokio::task::spawn_blocking(move || {
                if let Err(error) = keep_decision(&folder, &decision) {
                    tracing::warn!(%error, "a decision is not in the history");
                }
            });
        }
    }

    /// All lines that are kept, oldest first.
    pub(super) fn lines(&self) -> io::Result<String> {
        let mut text = String::new();
        for name in ["events.old.ndjson", "events.ndjson"] {
            match fs::read_to_string(self.folder.join(name)) {
                Ok(page) => text.push_str(&page),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(text)
    }

    /// The recording of a decision; `None` if it is not kept.
    pub(super) fn recording(&self, id: DecisionId) -> io::Result<Option<String>> {
        match fs::read_to_string(self.folder.join("decisions").join(file_name(id))) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn append(&self, line: &str) -> io::Result<()> {
        let mut pages = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.length > Self::PAGE {
            let path = self.folder.join("events.ndjson");
            fs::rename(&path, self.folder.join("events.old.ndjson"))?;
            *pages = Pages::open(&path)?;
        }
        pages.file.write_all(line.as_bytes())?;
        pages.length += line.len() as u64;
        Ok(())
    }
}

impl Pages {
    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }
}

/// Refused messages and probes that found nothing are for the log.
fn is_worth_keeping(tale: &Tale) -> bool {
    match tale {
        Tale::Started { .. } | Tale::Refused { .. } | Tale::Missed { .. } | Tale::Unknown => false,
        Tale::Finished { action, result, .. } => !action.is_probe() || !result.is_expected(action),
        Tale::Settled { .. }
        | Tale::Gone { .. }
        | Tale::Quorum { .. }
        | Tale::Forsaken { .. }
        | Tale::ConfirmedDown { .. }
        | Tale::Condemned { .. }
        | Tale::InForce { .. }
        | Tale::Dropped { .. }
        | Tale::Overridden
        | Tale::Lapsed { .. }
        | Tale::Decided { .. }
        | Tale::Held { .. } => true,
    }
}

/// In order of time also where names are sorted as text.
fn file_name(id: DecisionId) -> String {
    format!("{:015}-{}.json", id.at.0, id.transition)
}

/// Keeps what the scheduler was asked and what it answers. What was in flight is part of the status;
/// the controller then leaves out what has to wait for it.
fn keep_decision(folder: &Path, decision: &Decision) -> io::Result<()> {
    let Decision { cluster, status, at, .. } = decision;
    let schedule = scheduler::schedule(cluster, status, at.seconds());
    let text = recording::write(cluster, status, at.seconds(), &schedule).map_err(io::Error::other)?;
    fs::write(folder.join(file_name(DecisionId::of(decision))), text)?;
    let mut names: Vec<PathBuf> =
        fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    names.sort();
    let surplus = names.len().saturating_sub(History::DECISIONS);
    for old in names.drain(..surplus) {
        fs::remove_file(old)?;
    }
    Ok(())
}
