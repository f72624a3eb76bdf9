//! Signs of life, in a file that lasts until the node boots.

#![expect(clippy::disallowed_methods, reason = "the clock that no step disturbs, and a file")]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::EngineError;
use crate::engine::file::{self, Sync};
use crate::host::clock::uptime;
use crate::host::process::Process;

/// Format of the file; rises when an older Quorate could not read it.
const FORMAT_VERSION: u32 = 1;

/// A sign of life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pulse {
    format_version: u32,
    /// Who gives it.
    pub(super) daemon: Process,
    /// The process that is its supervisor.
    pub(super) guard: u32,
    /// When, since the host was booted.
    pub(super) at: Duration,
    /// How long the others wait for a daemon that died.
    pub(super) return_grace: Duration,
    /// How long they then wait for this node to let go; `None` where nobody takes over.
    pub(super) release: Option<Duration>,
}

impl Pulse {
    pub(super) fn new(
        daemon: Process,
        guard: u32,
        return_grace: Duration,
        release: Option<Duration>,
    ) -> Self {
        Self { format_version: FORMAT_VERSION, daemon, guard, at: uptime(), return_grace, release }
    }

    /// The last one; `None` where the daemon ended in order.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, EngineError> {
        file::read(&path(folder), FORMAT_VERSION, "the daemon writes another one")
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), EngineError> {
        let replaced = file::replace(&path(folder), self, Sync::Never);
        // Where there is no room for another file there still is that of the last one. Who reads it half
        // written reads it again.
        replaced.or_else(|full| self.overwrite(&path(folder)).map_err(|_| full))
    }

    fn overwrite(&self, path: &Path) -> std::io::Result<()> {
        let text = serde_json::to_vec(self)?;
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.write_all(&text)?;
        file.set_len(text.len() as u64)
    }

    /// Takes it away.
    pub(super) fn remove(folder: &Path) {
        // One that is not there says the same.
        let _ = std::fs::remove_file(path(folder));
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("pulse.json")
}

/// While everything here is being let go of, a new daemon waits: it would find what is half gone.
pub async fn wait_for_release(folder: &Path) {
    while let Some(process) = releasing(folder).filter(|process| process.is_alive()) {
        tracing::info!(process = process.id, "everything here is being let go of; waiting for that");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// The process that lets go of everything, if there is one.
fn releasing(folder: &Path) -> Option<Process> {
    file::read::<Mark>(&folder.join("release.json"), FORMAT_VERSION, "")
        .ok()
        .flatten()
        .map(|mark| mark.process)
}

#[derive(Serialize, Deserialize)]
struct Mark {
    format_version: u32,
    process: Process,
}

/// Says which process lets go of everything.
pub(super) fn mark_release(folder: &Path, process: Process) -> Result<(), EngineError> {
    file::replace(
        &folder.join("release.json"),
        &Mark { format_version: FORMAT_VERSION, process },
        Sync::Never,
    )
}
