//! Durable state between commands: one JSON file, replaced as a whole, and a lock beside it.

#![expect(clippy::disallowed_methods, reason = "the simulated cluster lives in files between two commands")]

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::side::Side;
use super::world::World;
use crate::engine::{EngineError, Generation};
use crate::model::Cluster;

/// Format of the file; rises when an older Quorate could not read it.
const FORMAT_VERSION: u32 = 1;

/// All that is durable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) format_version: u32,
    pub(super) generation: Generation,
    /// Where what is in force came from.
    pub(super) origin: String,
    pub(super) in_force: Cluster,
    /// Never empty; the first is the one that commands speak to.
    pub(super) sides: Vec<Side>,
    pub(super) world: World,
}

impl State {
    pub(super) fn new(world: World, side: Side) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            generation: Generation::default(),
            origin: String::new(),
            in_force: Cluster::default(),
            sides: vec![side],
            world,
        }
    }
}

/// Where the state is kept; the lock is held as long as this lives.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    lock: File,
}

impl Store {
    /// Takes the directory for this process alone, making it when it is not there.
    pub(super) fn lock(dir: &Path) -> Result<Self, EngineError> {
        let storage =
            |what: &str, source| EngineError::Storage { what: format!("{what} {}", dir.display()), source };
        fs::create_dir_all(dir).map_err(|error| storage("cannot make", error))?;
        let lock = File::create(dir.join("lock")).map_err(|error| storage("cannot lock", error))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path: dir.join("simulated.json"), lock }),
            Err(error) if error == rustix::io::Errno::WOULDBLOCK => Err(EngineError::Locked(format!(
                "another command is at work on the simulated cluster in {}",
                dir.display()
            ))),
            Err(error) => Err(storage("cannot lock", error.into())),
        }
    }

    /// The state kept here, if any.
    pub(super) fn load(&self) -> Result<Option<State>, EngineError> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                let what = format!("cannot read {}", self.path.display());
                return Err(EngineError::Storage { what, source });
            }
        };
        let version = serde_json::from_slice::<Version>(&text).map_err(|error| self.damaged(&error))?;
        if version.format_version > FORMAT_VERSION {
            return Err(EngineError::Damaged(format!(
                "{} was written by a newer version (format {}, this one reads up to {FORMAT_VERSION}); \
                 use that version, or move the file away to begin a new simulated cluster",
                self.path.display(),
                version.format_version,
            )));
        }
        let state: State = serde_json::from_slice(&text).map_err(|error| self.damaged(&error))?;
        if state.sides.is_empty() {
            return Err(self.damaged(&"it holds no nodes at all"));
        }
        Ok(Some(state))
    }

    /// Replaces what is kept, all or nothing.
    pub(super) fn save(&self, state: &State) -> Result<(), EngineError> {
        self.replace(state).map_err(|source| {
            let what = format!("cannot write {}", self.path.display());
            EngineError::Storage { what, source }
        })
    }

    fn replace(&self, state: &State) -> io::Result<()> {
        let beside = self.path.with_extension("json.new");
        // What is in force may hold passwords.
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(&serde_json::to_vec_pretty(state)?)?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        let dir = self.path.parent().unwrap_or(Path::new("."));
        File::open(dir)?.sync_all()
    }

    fn damaged(&self, why: &dyn std::fmt::Display) -> EngineError {
        EngineError::Damaged(format!(
            "{} is damaged ({why}); restore it, or move it away to begin a new simulated cluster",
            self.path.display()
        ))
    }
}

impl Drop for Store {
    /// Gives the lock back in so many words: closing the file would not do while a process that is
    /// just being started still shares it.
    fn drop(&mut self) {
        let _ = flock(&self.lock, FlockOperation::Unlock);
    }
}

#[derive(Deserialize)]
struct Version {
    format_version: u32,
}
