//! The supervisor: a small process of its own that watches the daemon of its node, so that one that
//! hangs or dies does not leave its node serving for ever.
//!
//! The daemon gives a sign of life every two seconds, in a file. One that gives none for ten seconds is
//! killed: the service manager starts the next one, which adopts what runs. When there is no daemon for
//! as long as the others wait for its return, the supervisor lets another process let go of everything
//! that runs here, as on a node that lost quorum. What does not end in time is ended with the host.

#![expect(clippy::disallowed_methods, reason = "starts and watches processes")]

mod pulse;
mod vigil;
mod watchdog;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::Instant;

pub use pulse::wait_for_release;
pub use vigil::{Charge, stand_guard};

use super::reset::Reset;
use crate::host::process::Process;
use pulse::Pulse;

/// What is done for the case that the daemon itself cannot do anything any more.
#[derive(Debug, Clone, Default)]
pub struct Safety {
    /// The words of the command that is the supervisor; without them there is none.
    pub guard: Option<Vec<OsString>>,
    /// How this host is reset.
    pub reset: Reset,
    /// Whether the supervisor arms a hardware watchdog.
    pub has_watchdog: bool,
    /// Whether this daemon only lets go of what runs here.
    pub is_release: bool,
}

/// The daemon's side: signs of life, and a supervisor that is there.
#[derive(Debug)]
pub(super) struct Guardian {
    folder: PathBuf,
    words: Vec<OsString>,
    child: Option<Child>,
    /// When the next sign of life is due.
    next: Instant,
}

impl Guardian {
    /// How often the daemon gives a sign of life.
    const EVERY: Duration = Duration::from_secs(2);

    /// A supervisor, where there is to be one.
    pub(super) fn new(safety: &Safety, folder: &Path) -> Option<Self> {
        let words = safety.guard.clone()?;
        Some(Self { folder: folder.to_owned(), words, child: None, next: Instant::now() })
    }

    /// When it wants to be heard next.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Gives a sign of life, with what the supervisor has to know: how long the others wait before they
    /// take over what runs here, if they do.
    pub(super) fn beat(&mut self, return_grace: Duration, release: Option<Duration>) {
        self.next = Instant::now() + Self::EVERY;
        let is_there = self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)));
        if !is_there {
            if self.child.is_some() {
                tracing::warn!("the supervisor has ended, and is started again");
            }
            self.child = self.spawn();
        }
        let Some(daemon) = Process::own() else { return };
        let guard = self.child.as_ref().map(Child::id).unwrap_or_default();
        if let Err(error) = Pulse::new(daemon, guard, return_grace, release).write(&self.folder) {
            tracing::error!(%error, "no sign of life can be given");
        }
    }

    /// The daemon ends in order, and whatever runs on is meant to.
    pub(super) fn dismiss(&self) {
        Pulse::remove(&self.folder);
    }

    fn spawn(&self) -> Option<Child> {
        // The very program that runs, also while it is being replaced.
        let spawned = Command::new("/proc/self/exe")
            .args(&self.words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .env_remove("NOTIFY_SOCKET")
            .env_remove("WATCHDOG_USEC")
            .spawn();
        match spawned {
            Ok(child) => Some(child),
            Err(error) => {
                tracing::error!(%error, "there is no supervisor: it cannot be started");
                None
            }
        }
    }
}
