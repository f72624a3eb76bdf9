//! A hardware watchdog: it resets the host unless it is written to in time.

#![expect(clippy::disallowed_methods, reason = "a watchdog is a file")]

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// An open watchdog. From when it is opened the host is reset unless it hears something.
#[derive(Debug)]
pub(super) struct Watchdog(File);

impl Watchdog {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().write(true).open(path).map(Self)
    }

    /// All is well.
    pub(super) fn pet(&mut self) {
        if let Err(error) = self.0.write_all(b"\0") {
            tracing::error!(%error, "the watchdog does not hear; it may reset this host");
        }
    }

    /// It is not needed any more.
    pub(super) fn disarm(mut self) {
        // `V` before it is closed means that this is no accident.
        if let Err(error) = self.0.write_all(b"V") {
            tracing::error!(%error, "the watchdog stays armed, and will reset this host");
        }
    }
}
