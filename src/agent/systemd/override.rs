//! What is put on top of a unit while it is the cluster's: systemd does not start it again by itself,
//! and stops it after the cluster when the host is shut down.
//!
//! It is written when the unit is first started here, stays until the host is booted, and means
//! nothing for units that are stopped.

#![expect(clippy::disallowed_methods, reason = "writes beside unit files")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::bus::{Bus, Manager, Unit};

/// The name of the file; later names win.
const NAME: &str = "50-quorate.conf";

/// Puts it there, and lets systemd know. What cannot be written is done without.
pub(super) async fn put(
    bus: &Bus,
    folder: &Path,
    name: &str,
    manager: &Manager,
    unit: &Unit,
) -> zbus::Result<()> {
    let path = match write(folder, name) {
        Ok(path) => path,
        Err(error) => {
            tracing::debug!(unit = name, %error, "the unit runs as it is written");
            return Ok(());
        }
    };
    let _alone = bus.alone().await;
    let known = unit.list("DropInPaths").await?;
    // Another may have let systemd know, of all that was written by then.
    if known.iter().any(|known| Path::new(known) == path) {
        return Ok(());
    }
    manager.reload().await
}

fn write(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let folder = folder.join(format!("{name}.d"));
    let path = folder.join(NAME);
    let text = text(name);
    if fs::read_to_string(&path).is_ok_and(|known| known == text) {
        return Ok(path);
    }
    fs::create_dir_all(&folder)?;
    let beside = folder.join(format!(".{NAME}.{}", std::process::id()));
    fs::write(&beside, text)?;
    fs::rename(&beside, &path)?;
    Ok(path)
}

fn text(name: &str) -> String {
    let head = "# Written by Quorate, which starts and stops this unit.\n[Unit]\nBefore=quorate.service\n";
    let is_service = name.ends_with(".service");
    if is_service { format!("{head}[Service]\nRestart=no\n") } else { head.to_owned() }
}
