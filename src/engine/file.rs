//! What embedded engines keep in files between two commands: documents that are replaced as a whole,
//! and a lock that says who holds it.

#![expect(clippy::disallowed_methods, reason = "what engines know lives in files between two commands")]

use std::fmt;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::EngineError;

/// Most bytes of a document.
const BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Whether a file must outlive a power failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sync {
    /// It must.
    ToDisk,
    /// It is of this boot only, and need not.
    Never,
}

#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

/// Reads a document of format `version` or older; `None` where there is no file. `help` says what to
/// do about a damaged one.
pub(crate) fn read<T: DeserializeOwned>(
    path: &Path,
    version: u32,
    help: &str,
) -> Result<Option<T>, EngineError> {
    let text = match read_bounded(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(storage("cannot read", path, source)),
    };
    let damaged = |error| damaged(path, &error, help);
    let written: Version = serde_json::from_slice(&text).map_err(damaged)?;
    if written.format_version > version {
        return Err(EngineError::Damaged(format!(
            "{} was written by a newer version (format {}, this one reads up to {version}); use that version, or {help}",
            path.display(),
            written.format_version
        )));
    }
    serde_json::from_slice(&text).map(Some).map_err(damaged)
}

/// A file's bytes, and never more than a byte beyond the limit.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if File::open(path)?.take(BYTES_MAX + 1).read_to_end(&mut bytes)? as u64 > BYTES_MAX {
        let message = format!("it is larger than {} MB", BYTES_MAX / 1024 / 1024);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// The error for a file that cannot be understood.
pub(crate) fn damaged(path: &Path, why: &dyn fmt::Display, help: &str) -> EngineError {
    EngineError::Damaged(format!("{} is damaged ({why}); {help}", path.display()))
}

/// Replaces a file as a whole: whoever reads it sees the old or the new one. When that fails, the old
/// one stays and nothing is left beside it.
pub(crate) fn replace(path: &Path, value: &impl Serialize, sync: Sync) -> Result<(), EngineError> {
    let beside = path.with_extension("json.new");
    replace_by(&beside, path, value, sync).map_err(|source| {
        // What was half written is of no use, and the disk may be full of it.
        let _ = fs::remove_file(&beside);
        storage("cannot write", path, source)
    })
}

fn replace_by(beside: &Path, path: &Path, value: &impl Serialize, sync: Sync) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // What is in force may hold passwords.
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(beside)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(&serde_json::to_vec(value)?)?;
    if sync == Sync::ToDisk {
        file.sync_all()?;
    }
    fs::rename(beside, path)?;
    if sync == Sync::ToDisk {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Takes a file away, if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), EngineError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(storage("cannot remove", path, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What tells one boot of this host from another.
pub(crate) fn boot_id() -> Result<String, EngineError> {
    crate::host::boot_id().map_err(|source| EngineError::Storage {
        what: "cannot read which boot of this host this is".to_owned(),
        source,
    })
}

/// The error for a file that cannot be read or written.
pub(crate) fn storage(what: &str, path: &Path, source: io::Error) -> EngineError {
    EngineError::Storage { what: format!("{what} {}", path.display()), source }
}

/// The right to write in a folder; held as long as this lives, and by one process at a time.
#[derive(Debug)]
pub(crate) struct Lock(File);

/// What came of asking for a lock.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// It is ours.
    Taken(Lock),
    /// Another process has it.
    Held(Holder),
}

/// What a reader sees of a lock.
#[derive(Debug)]
pub(crate) enum Glance {
    /// It is ours.
    Free(Lock),
    /// Another process has it.
    Held,
    /// There is none: nothing was ever written here, or nothing can be.
    Unwritable,
}

/// Who holds a lock, as far as that is known: `process 4711, since 2026-01-01T00:00:00Z`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder(String);

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Lock {
    const NAME: &str = "lock";

    /// Asks for the lock of a folder, which is made when it is not there.
    pub(crate) fn take(folder: &Path) -> Result<Attempt, EngineError> {
        fs::create_dir_all(folder).map_err(|source| storage("cannot make", folder, source))?;
        let path = folder.join(Self::NAME);
        let mut options = OpenOptions::new();
        // Not truncated: it may hold the name of another holder.
        let opened = options.read(true).write(true).create(true).truncate(false).open(&path);
        let file = opened.map_err(|source| storage("cannot lock", &path, source))?;
        match Self::of(file) {
            Ok(lock) => Ok(Attempt::Taken(lock)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Attempt::Held(Self::holder(&path))),
            Err(source) => Err(storage("cannot lock", &path, source)),
        }
    }

    /// The lock of a folder, if it is there for the taking: a reader makes nothing for it.
    pub(crate) fn glance(folder: &Path) -> Glance {
        let opened = OpenOptions::new().read(true).write(true).open(folder.join(Self::NAME));
        match opened.and_then(Self::of) {
            Ok(lock) => Glance::Free(lock),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Glance::Held,
            Err(_) => Glance::Unwritable,
        }
    }

    /// Who holds the lock of a folder, if anybody does; a reader makes nothing to find out.
    pub(crate) fn held_by(folder: &Path) -> Option<Holder> {
        let path = folder.join(Self::NAME);
        let file = File::open(&path).ok()?;
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => {
                let _ = flock(&file, FlockOperation::Unlock);
                None
            }
            Err(error) => (error == Errno::WOULDBLOCK).then(|| Self::holder(&path)),
        }
    }

    fn of(mut file: File) -> io::Result<Self> {
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        let since = jiff::Timestamp::now().as_second();
        let since = jiff::Timestamp::from_second(since).map_or_else(|_| String::new(), |at| at.to_string());
        // The name is for people; a full disk does not make the lock any worse.
        let _ = file.set_len(0).and_then(|()| write!(file, "process {}, since {since}", std::process::id()));
        Ok(Self(file))
    }

    fn holder(path: &Path) -> Holder {
        let mut text = String::new();
        // The holder writes its name after it has the lock.
        let read = File::open(path).and_then(|file| file.take(200).read_to_string(&mut text));
        Holder(if read.is_ok() && !text.is_empty() { text } else { "another process".to_owned() })
    }
}

impl Drop for Lock {
    /// Gives the lock back in so many words: closing the file would not do while a process that is
    /// just being started still shares it.
    fn drop(&mut self) {
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_full_disk_keeps_the_old_file_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("live.json");
        replace(&path, &"old", Sync::ToDisk).unwrap();
        std::os::unix::fs::symlink("/dev/full", dir.path().join("live.json.new")).unwrap();
        let error = replace(&path, &"new", Sync::ToDisk).unwrap_err();
        assert!(error.to_string().starts_with("cannot write "), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "\"old\"");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        replace(&path, &"new", Sync::Never).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "\"new\"");
    }

    #[test]
    fn a_lock_names_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("made");
        assert!(
            matches!(Lock::glance(&folder), Glance::Unwritable) && !folder.exists(),
            "a reader makes nothing"
        );
        let Attempt::Taken(lock) = Lock::take(&folder).unwrap() else { unreachable!("nobody has it") };
        let Attempt::Held(holder) = Lock::take(&folder).unwrap() else { unreachable!("it is held") };
        assert!(holder.to_string().starts_with(&format!("process {}, since 2", std::process::id())));
        assert!(matches!(Lock::glance(&folder), Glance::Held));
        assert_eq!(Lock::held_by(&folder), Some(holder));
        drop(lock);
        assert!(matches!(Lock::glance(&folder), Glance::Free(_)));
        assert_eq!(Lock::held_by(&folder), None);
    }
}
