//! What is put on top of a unit while it is the cluster's: systemd does not start it again by itself,
//! and stops it after the cluster when the host is shut down.
//!
//! It is written when the unit is first started here, stays until the host is booted, and means
//! nothing for units that are stopped. The order is taken out again when the daemon is stopped alone.

#![expect(clippy::disallowed_methods, reason = "writes beside unit files")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::DAEMON;
use super::bus::{Bus, Manager, Unit};

/// The name of the file; later names win.
const NAME: &str = "50-quorate.conf";

/// Whether a unit is stopped only when the daemon has ended, where both are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The host's shutdown leaves the unit to the daemon.
    BeforeDaemon,
    /// The daemon is being stopped: nothing may wait for its end that it waits for itself.
    None,
}

/// Where what is put on top of units is, and who has to know.
pub(super) struct Known<'a> {
    pub(super) bus: &'a Bus,
    pub(super) folder: &'a Path,
    pub(super) manager: &'a Manager,
}

impl Known<'_> {
    /// Puts it on a unit, and lets systemd know. What cannot be written is done without.
    pub(super) async fn put(&self, name: &str, unit: &Unit, order: Order) -> zbus::Result<()> {
        let path = self.folder.join(format!("{name}.d")).join(NAME);
        if let Err(error) = write(&path, &text(name, order)) {
            tracing::debug!(unit = name, %error, "the unit runs as it is written");
            return Ok(());
        }
        let _alone = self.bus.alone().await;
        let drop_ins = unit.list("DropInPaths").await?;
        let is_ordered = match order {
            Order::BeforeDaemon => unit.list("Before").await?.iter().any(|unit| unit == DAEMON),
            Order::None => true,
        };
        // Another may have let systemd know, of all that was written by then.
        if is_ordered && drop_ins.iter().any(|known| Path::new(known) == path) {
            return Ok(());
        }
        self.manager.reload().await
    }

    /// Takes the order out of all units at once: a job of one may wait for that of another.
    pub(super) async fn end_order(&self) -> zbus::Result<()> {
        let _alone = self.bus.alone().await;
        let mut has_changed = false;
        for (path, name) in written(self.folder) {
            match write(&path, &text(&name, Order::None)) {
                Ok(changed) => has_changed |= changed,
                Err(error) => tracing::warn!(unit = name, %error, "may not stop before the daemon has ended"),
            }
        }
        if has_changed { self.manager.reload().await } else { Ok(()) }
    }
}

/// What is on top of units now: the file, and the unit's name.
fn written(folder: &Path) -> Vec<(PathBuf, String)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let of_units = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().to_str()?.strip_suffix(".d")?.to_owned();
        Some((entry.path().join(NAME), name))
    });
    of_units.filter(|(path, _)| path.is_file()).collect()
}

/// Writes a file, unless it is so already; whether it was not.
fn write(path: &Path, text: &str) -> io::Result<bool> {
    if fs::read_to_string(path).is_ok_and(|known| known == text) {
        return Ok(false);
    }
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let beside = folder.join(format!(".{NAME}.{}", std::process::id()));
    fs::write(&beside, text)?;
    fs::rename(&beside, path)?;
    Ok(true)
}

fn text(name: &str, order: Order) -> String {
    let mut text = "# Written by Quorate, which starts and stops this unit.\n".to_owned();
    if order == Order::BeforeDaemon {
        text.push_str(&format!("[Unit]\nBefore={DAEMON}\n"));
    }
    if name.ends_with(".service") {
        text.push_str("[Service]\nRestart=no\n");
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn an_order_ends_and_restarts_stay_with_the_cluster() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("web.service.d").join(NAME);
        assert!(write(&path, &text("web.service", Order::BeforeDaemon)).unwrap());
        assert!(!write(&path, &text("web.service", Order::BeforeDaemon)).unwrap());
        assert_eq!(written(dir.path()), [(path.clone(), "web.service".to_owned())]);
        assert!(write(&path, &text("web.service", Order::None)).unwrap());
        let now = fs::read_to_string(&path).unwrap();
        assert!(!now.contains("Before=") && now.contains("Restart=no"), "{now}");
    }
}
