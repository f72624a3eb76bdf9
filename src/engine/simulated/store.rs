//! Durable state between commands: one JSON file, replaced as a whole, and a lock beside it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::side::Side;
use super::world::World;
use crate::engine::EngineError;
use crate::engine::file::{self, Attempt, Lock, Sync};
use crate::model::{Cluster, Generation, Overlay};
use crate::plan::aside::AtWork;

/// Format of the file; rises when an older Quorate could not read it.
const FORMAT_VERSION: u32 = 1;

const FILE: &str = "simulated.json";

/// All that is durable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) format_version: u32,
    pub(super) generation: Generation,
    /// Where what is in force came from.
    pub(super) origin: String,
    pub(super) in_force: Cluster,
    /// What was asked for on top of it.
    #[serde(default)]
    pub(super) overlay: Overlay,
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
            overlay: Overlay::default(),
            sides: vec![side],
            world,
        }
    }
}

/// Where the state is kept; the lock is held as long as this lives.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    _lock: Lock,
}

impl Store {
    /// Takes the directory for this process alone, making it when it is not there.
    pub(super) fn lock(dir: &Path) -> Result<Self, EngineError> {
        match Lock::take(dir)? {
            Attempt::Taken(lock) => Ok(Self { path: dir.join(FILE), _lock: lock }),
            Attempt::Held(holder) => Err(EngineError::Locked(format!(
                "another command is at work on the simulated cluster ({holder}; {})",
                dir.display()
            ))),
        }
    }

    /// The state kept here, if any.
    pub(super) fn load(&self) -> Result<Option<State>, EngineError> {
        load(&self.path)
    }

    /// Replaces what is kept, all or nothing.
    pub(super) fn save(&self, state: &State) -> Result<(), EngineError> {
        file::replace(&self.path, state, Sync::ToDisk)
    }
}

/// The state kept in a directory, if any, as it was last saved: without a lock, and making nothing.
pub(super) fn peek(dir: &Path) -> Result<Option<State>, EngineError> {
    load(&dir.join(FILE))
}

/// Who has the directory for itself at this moment.
pub(super) fn at_work(dir: &Path) -> Option<AtWork> {
    Lock::held_by(dir).map(|holder| AtWork { holder: holder.to_string() })
}

fn load(path: &Path) -> Result<Option<State>, EngineError> {
    let help = "restore it, or move it away to begin a new simulated cluster";
    let state: Option<State> = file::read(path, FORMAT_VERSION, help)?;
    match state {
        Some(state) if state.sides.is_empty() => Err(file::damaged(path, &"it holds no nodes at all", help)),
        other => Ok(other),
    }
}
