//! What is kept in files: what should be (durable), what is known of this boot, and a lock.

#![expect(clippy::disallowed_methods, reason = "what is known lives in files between two commands")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::Folders;
use super::flight::Flights;
use super::monitor::StandingMonitor;
use crate::engine::file::{self, Attempt, Glance, Lock, Sync};
use crate::engine::{Desired, EngineError};
use crate::host::memory::Memory;
use crate::ledger::Ledger;
use crate::model::{Cluster, Generation, Overlay, Rename};
use crate::plan::aside::AtWork;
use crate::status::rename::rename_in_status;

/// Format of the files; rises when an older Quorate could not read them.
const FORMAT_VERSION: u32 = 1;

/// What should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct InForce {
    format_version: u32,
    pub(super) generation: Generation,
    /// Where it came from.
    pub(super) origin: String,
    pub(super) cluster: Cluster,
    /// What was asked for on top of it.
    #[serde(default)]
    pub(super) overlay: Overlay,
    /// What this generation calls otherwise than the one before.
    #[serde(default)]
    renames: Vec<Rename>,
}

impl InForce {
    pub(super) fn new(generation: Generation, desired: Desired, overlay: Overlay) -> Self {
        let Desired { cluster, origin, renames, base: _ } = desired;
        Self { format_version: FORMAT_VERSION, generation, origin, cluster, overlay, renames }
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
    /// The generation by whose names resources are called here.
    #[serde(default)]
    named_by: Generation,
}

impl Live {
    /// Calls resources as the desired state does; whether any had another name until now. What is known
    /// may be older than the desired state by one generation, where a command was killed between the two.
    pub(super) fn take_names(&mut self, in_force: &InForce) -> bool {
        let InForce { generation, renames, .. } = in_force;
        let known = std::mem::replace(&mut self.standing.named_by, *generation);
        if known == *generation || renames.is_empty() {
            return false;
        }
        rename_in_status(&mut self.ledger.status, renames);
        self.standing.monitors.iter_mut().for_each(|monitor| monitor.operation.rename(renames));
        true
    }
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
    boot: Arc<str>,
}

impl Store {
    const LOCK_POLL: Duration = Duration::from_millis(50);

    pub(super) fn new(folders: &Folders) -> Result<Self, EngineError> {
        let (durable, volatile) = (folders.durable.clone(), folders.volatile.clone());
        Ok(Self { durable, volatile, boot: file::boot_id()?.into() })
    }

    /// The actions in flight.
    pub(super) fn flights(&self) -> Flights {
        Flights::new(self.volatile.join("in-flight"), Arc::clone(&self.boot))
    }

    /// The lock, if it is there for the taking; for readers, which make nothing for it.
    pub(super) fn glance(&self) -> Glance {
        Lock::glance(&self.volatile)
    }

    /// Who is at work on this host at this moment.
    pub(super) fn at_work(&self) -> Option<AtWork> {
        Lock::held_by(&self.volatile).map(|holder| AtWork { holder: holder.to_string() })
    }

    /// The lock, when another command leaves it in time.
    pub(super) async fn lock(&self, patience: Duration) -> Result<Lock, EngineError> {
        let until = Instant::now() + patience;
        loop {
            match Lock::take(&self.volatile)? {
                Attempt::Taken(lock) => return Ok(lock),
                Attempt::Held(holder) if Instant::now() >= until => {
                    let folder = self.volatile.display();
                    return Err(EngineError::Locked(format!(
                        "another command is at work on this host ({holder}; {folder})"
                    )));
                }
                Attempt::Held(_) => sleep(Self::LOCK_POLL).await,
            }
        }
    }

    /// What should be; nothing at generation 0 before the first.
    pub(super) fn in_force(&self) -> Result<InForce, EngineError> {
        let path = self.in_force_path();
        let help = "restore it, or move it away and apply the manifest again";
        Ok(file::read::<InForce>(&path, FORMAT_VERSION, help)?.unwrap_or_else(|| InForce {
            format_version: FORMAT_VERSION,
            generation: Generation::default(),
            origin: String::new(),
            cluster: Cluster::default(),
            overlay: Overlay::default(),
            renames: Vec::new(),
        }))
    }

    /// Makes this what should be, for good.
    pub(super) fn put_in_force(&self, next: &InForce) -> Result<(), EngineError> {
        file::replace(&self.in_force_path(), next, Sync::ToDisk)
    }

    /// What is known since this host was booted. What an earlier boot knew, and what cannot be
    /// understood, counts for nothing: probes will find out again.
    pub(super) fn live(&self) -> Result<Live, EngineError> {
        let fresh = || Live {
            format_version: FORMAT_VERSION,
            boot: self.boot.to_string(),
            ledger: Ledger::new(Arc::clone(&self.boot)),
            standing: Standing::default(),
        };
        Ok(match file::read::<Live>(&self.live_path(), FORMAT_VERSION, "it will be found out again") {
            Ok(Some(live)) if *live.boot == *self.boot => live,
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
        file::replace(&self.live_path(), &live, Sync::Never)
    }

    fn in_force_path(&self) -> PathBuf {
        self.durable.join("in-force.json")
    }

    fn live_path(&self) -> PathBuf {
        self.volatile.join("live.json")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::fs;

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
        let next = InForce::new(Generation(1), desired, Overlay::default());
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
    fn a_desired_state_that_the_first_version_wrote_is_read() {
        let (_dir, store) = store();
        let text = include_str!("../../../tests/stored/in-force-1.json");
        fs::create_dir_all(&store.durable).unwrap();
        fs::write(store.in_force_path(), text).unwrap();
        let known = store.in_force().unwrap();
        assert_eq!((known.generation, &*known.origin), (Generation(3), "web.yaml"));
        assert_eq!(known.cluster.resources.len(), 1);
    }

    #[test]
    fn another_boot_and_damage_begin_anew() {
        let (_dir, store) = store();
        let mut ledger = Ledger::new("w");
        ledger.transition = 7;
        store.keep(&ledger, &Standing::default()).unwrap();
        assert_eq!(store.live().unwrap().ledger.transition, 7);
        let rebooted = Store { boot: "another".into(), ..store.clone() };
        assert_eq!(rebooted.live().unwrap().ledger.transition, 0);
        fs::write(store.live_path(), "").unwrap();
        assert_eq!(store.live().unwrap().ledger.transition, 0);
    }

    #[tokio::test]
    async fn one_command_waits_for_another() {
        let (_dir, store) = store();
        let lock = store.lock(Duration::ZERO).await.unwrap();
        assert!(matches!(store.glance(), Glance::Held));
        let refused = store.lock(Duration::from_millis(60)).await;
        assert!(matches!(refused, Err(EngineError::Locked(_))));
        drop(lock);
        assert!(store.lock(Duration::ZERO).await.is_ok());
    }
}
