//! What is kept in files: what should be (durable), what is known of this boot, and a lock.

#![expect(clippy::disallowed_methods, reason = "what is known lives in files between two commands")]

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::Folders;
use super::memory::Memory;
use super::monitor::StandingMonitor;
use crate::engine::ledger::Ledger;
use crate::engine::{Desired, EngineError, Generation};
use crate::model::{Cluster, NodeName};

/// Format of the files; rises when an older Quorate could not read them.
const FORMAT_VERSION: u32 = 1;

/// Tells one boot of this host from another.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// How this host calls itself.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// What should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct InForce {
    format_version: u32,
    pub(super) generation: Generation,
    /// Where it came from.
    origin: String,
    pub(super) cluster: Cluster,
}

impl InForce {
    pub(super) fn new(generation: Generation, desired: Desired) -> Self {
        Self { format_version: FORMAT_VERSION, generation, origin: desired.origin, cluster: desired.cluster }
    }
}

/// What is known of this host since it was booted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Live {
    format_version: u32,
    boot: String,
    pub(super) ledger: Ledger,
    #[serde(flatten)]
    pub(super) standing: Standing,
}

/// What goes on on this host beside what the ledger says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Standing {
    pub(super) monitors: Vec<StandingMonitor>,
    #[serde(default)]
    pub(super) memory: Memory,
}

/// The same, as it is written.
#[derive(Serialize)]
struct LiveRef<'a> {
    format_version: u32,
    boot: &'a str,
    ledger: &'a Ledger,
    #[serde(flatten)]
    standing: &'a Standing,
}

/// The files.
#[derive(Debug, Clone)]
pub(super) struct Store {
    durable: PathBuf,
    volatile: PathBuf,
    boot: String,
}

/// The right to write; held as long as this lives.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "the lock is released when the file is closed")] File);

impl Store {
    const LOCK_POLL: Duration = Duration::from_millis(50);

    pub(super) fn new(folders: &Folders) -> Result<Self, EngineError> {
        let (durable, volatile) = (folders.durable.clone(), folders.volatile.clone());
        Ok(Self { durable, volatile, boot: read_kernel(BOOT_ID)? })
    }

    /// The lock, or `None` while another command has it.
    pub(super) fn try_lock(&self) -> Result<Option<Lock>, EngineError> {
        fs::create_dir_all(&self.volatile)
            .map_err(|source| storage("cannot make", &self.volatile, source))?;
        let path = self.volatile.join("lock");
        let file = File::create(&path).map_err(|source| storage("cannot lock", &path, source))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Lock(file))),
            Err(error) if error == rustix::io::Errno::WOULDBLOCK => Ok(None),
            Err(error) => Err(storage("cannot lock", &path, error.into())),
        }
    }

    /// The lock, when another command leaves it in time.
    pub(super) async fn lock(&self, patience: Duration) -> Result<Lock, EngineError> {
        let until = Instant::now() + patience;
        loop {
            if let Some(lock) = self.try_lock()? {
                return Ok(lock);
            }
            if Instant::now() >= until {
                let folder = self.volatile.display();
                return Err(EngineError::Locked(format!(
                    "another command is at work on this host ({folder})"
                )));
            }
            sleep(Self::LOCK_POLL).await;
        }
    }

    /// What should be; nothing at generation 0 before the first.
    pub(super) fn in_force(&self) -> Result<InForce, EngineError> {
        let path = self.in_force_path();
        let help = "restore it, or move it away and apply the manifest again";
        Ok(read::<InForce>(&path, help)?.unwrap_or_else(|| InForce {
            format_version: FORMAT_VERSION,
            generation: Generation::default(),
            origin: String::new(),
            cluster: Cluster::default(),
        }))
    }

    /// Makes this what should be, for good.
    pub(super) fn put_in_force(&self, next: &InForce) -> Result<(), EngineError> {
        let path = self.in_force_path();
        replace(&path, next, Sync::ToDisk).map_err(|source| storage("cannot write", &path, source))
    }

    /// What is known since this host was booted. What an earlier boot knew, and what cannot be
    /// understood, counts for nothing: probes will find out again.
    pub(super) fn live(&self) -> Result<Live, EngineError> {
        let fresh = || Live {
            format_version: FORMAT_VERSION,
            boot: self.boot.clone(),
            ledger: Ledger::new(self.boot.as_str()),
            standing: Standing::default(),
        };
        Ok(match read::<Live>(&self.live_path(), "it will be found out again") {
            Ok(Some(live)) if live.boot == self.boot => live,
            Ok(_) => fresh(),
            Err(EngineError::Damaged(problem)) => {
                tracing::warn!(problem, "what was known of this host is lost");
                fresh()
            }
            Err(error) => return Err(error),
        })
    }

    /// Keeps what is known until the next boot.
    pub(super) fn keep(&self, ledger: &Ledger, standing: &Standing) -> Result<(), EngineError> {
        let live = LiveRef { format_version: FORMAT_VERSION, boot: &self.boot, ledger, standing };
        let path = self.live_path();
        replace(&path, &live, Sync::Never).map_err(|source| storage("cannot write", &path, source))
    }

    fn in_force_path(&self) -> PathBuf {
        self.durable.join("in-force.json")
    }

    fn live_path(&self) -> PathBuf {
        self.volatile.join("live.json")
    }
}

/// Whether a file must outlive a reboot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sync {
    ToDisk,
    Never,
}

#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

fn read<T: DeserializeOwned>(path: &Path, help: &str) -> Result<Option<T>, EngineError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(storage("cannot read", path, source)),
    };
    let damaged =
        |why: String| EngineError::Damaged(format!("{} is damaged ({why}); {help}", path.display()));
    let version: Version = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
    if version.format_version > FORMAT_VERSION {
        return Err(EngineError::Damaged(format!(
            "{} was written by a newer version (format {}, this one reads up to {FORMAT_VERSION}); use that version",
            path.display(),
            version.format_version
        )));
    }
    serde_json::from_slice(&text).map(Some).map_err(|error| damaged(error.to_string()))
}

/// Replaces a file as a whole; whoever reads it sees the old or the new one.
fn replace(path: &Path, value: &impl Serialize, sync: Sync) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let beside = path.with_extension("json.new");
    let mut file = File::create(&beside)?;
    file.write_all(&serde_json::to_vec(value)?)?;
    if sync == Sync::ToDisk {
        file.sync_all()?;
    }
    fs::rename(&beside, path)?;
    if sync == Sync::ToDisk {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// The name of this host.
pub(super) fn host_name() -> Result<NodeName, EngineError> {
    read_kernel(HOST_NAME).map(NodeName::from)
}

fn read_kernel(path: &str) -> Result<String, EngineError> {
    let text = fs::read_to_string(path).map_err(|source| storage("cannot read", Path::new(path), source))?;
    Ok(text.trim().to_owned())
}

fn storage(what: &str, path: &Path, source: io::Error) -> EngineError {
    EngineError::Storage { what: format!("{what} {}", path.display()), source }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(&Folders::within(dir.path())).unwrap();
        (dir, store)
    }

    #[test]
    fn what_should_be_is_read_back() {
        let (_dir, store) = store();
        assert_eq!(store.in_force().unwrap().generation, Generation(0));
        let desired = Desired {
            cluster: Cluster::default(),
            base: Generation(0),
            origin: "x".to_owned(),
            renames: Vec::new(),
        };
        let next = InForce::new(Generation(1), desired);
        store.put_in_force(&next).unwrap();
        assert_eq!(store.in_force().unwrap(), next);
    }

    #[test]
    fn a_damaged_desired_state_is_an_error_that_says_what_to_do() {
        let (_dir, store) = store();
        fs::write(store.in_force_path(), "{").unwrap();
        let error = store.in_force().unwrap_err().to_string();
        assert!(error.contains("is damaged") && error.contains("apply the manifest again"), "{error}");
        fs::write(store.in_force_path(), r#"{"format_version": 99}"#).unwrap();
        assert!(store.in_force().unwrap_err().to_string().contains("newer version"));
    }

    #[test]
    fn another_boot_and_damage_begin_anew() {
        let (_dir, store) = store();
        let mut ledger = Ledger::new("w");
        ledger.transition = 7;
        store.keep(&ledger, &Standing::default()).unwrap();
        assert_eq!(store.live().unwrap().ledger.transition, 7);
        let rebooted = Store { boot: "another".to_owned(), ..store.clone() };
        assert_eq!(rebooted.live().unwrap().ledger.transition, 0);
        fs::write(store.live_path(), "").unwrap();
        assert_eq!(store.live().unwrap().ledger.transition, 0);
    }

    #[tokio::test]
    async fn one_command_waits_for_another() {
        let (_dir, store) = store();
        let lock = store.try_lock().unwrap().unwrap();
        assert!(store.try_lock().unwrap().is_none());
        let refused = store.lock(Duration::from_millis(60)).await;
        assert!(matches!(refused, Err(EngineError::Locked(_))));
        drop(lock);
        assert!(store.lock(Duration::ZERO).await.is_ok());
    }
}
