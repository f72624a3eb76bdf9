//! History: what happened, and what was decided from what, kept in files within bounds.
//!
//! Events go into one file of lines; when it is full, it replaces the one before. Each decision is a
//! recording of its own, which can be made again. A node has the decisions that it made as controller.

#![expect(clippy::disallowed_methods, reason = "history is kept in files, written beside the daemon's loop")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

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
    /// Held by who keeps a decision: one at a time, beside the daemon's loop.
    decisions: Arc<Mutex<()>>,
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
        Ok(Self { folder: folder.to_owned(), events: Mutex::new(events), decisions: Arc::default() })
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
            let turn = Arc::clone(&self.decisions);
            tokio::task::spawn_blocking(move || {
                let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
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
        pages.append(line)
    }
}

impl Pages {
    /// Adds a line, all of it or nothing: the next one would be glued to half a line.
    fn append(&mut self, line: &str) -> io::Result<()> {
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            self.take_back()?;
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
    }

    /// Cuts off what was written of a line that did not find room.
    fn take_back(&self) -> io::Result<()> {
        self.file.set_len(self.length)
    }

    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let length = whole_lines(path)?;
        file.set_len(length)?;
        Ok(Self { file, length })
    }
}

/// How long the whole lines of a file are: a daemon may have ended amid one.
fn whole_lines(path: &Path) -> io::Result<u64> {
    let bytes = fs::read(path)?;
    Ok(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last as u64 + 1))
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
        | Tale::Forgone { .. }
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
    prune(folder, History::DECISIONS - 1)?;
    put(folder, &file_name(DecisionId::of(decision)), &text)
}

/// Removes the oldest decisions above a number. Before a new one is written: on a full disk that is its room.
fn prune(folder: &Path, keep: usize) -> io::Result<()> {
    let entries = fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut names: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    names.sort();
    let surplus = names.len().saturating_sub(keep);
    names.drain(..surplus).try_for_each(fs::remove_file)
}

/// Writes a file, all of it or nothing.
fn put(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let beside = folder.join("unfinished");
    let done = fs::write(&beside, text).and_then(|()| fs::rename(&beside, folder.join(name)));
    if done.is_err() {
        // Gone already, or as much in the way as the full disk.
        let _ = fs::remove_file(&beside);
    }
    done
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn half_a_line_of_an_earlier_life_is_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.ndjson");
        Pages::open(&path).unwrap().append("one\n").unwrap();
        fs::write(&path, "one\ntw").unwrap();
        Pages::open(&path).unwrap().append("three\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\nthree\n");
    }

    #[test]
    fn half_a_line_is_taken_back_when_the_disk_is_full() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.ndjson");
        let mut pages = Pages::open(&path).unwrap();
        pages.append("one\n").unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"tw").unwrap();
        pages.take_back().unwrap();
        pages.append("three\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\nthree\n");
    }

    #[test]
    fn old_decisions_make_room_before_a_new_one_is_written() {
        let dir = tempfile::tempdir().unwrap();
        for at in 0..5 {
            put(dir.path(), &format!("{at:015}-1.json"), "{}").unwrap();
        }
        fs::write(dir.path().join("unfinished"), "{").unwrap();
        prune(dir.path(), 2).unwrap();
        let mut left: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["000000000000003-1.json", "000000000000004-1.json", "unfinished"]);
    }

    #[test]
    fn a_decision_that_cannot_be_written_leaves_no_part_of_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("1.json/in-the-way")).unwrap();
        assert!(put(dir.path(), "1.json", "{}").is_err());
        assert!(!dir.path().join("unfinished").exists());
    }
}
