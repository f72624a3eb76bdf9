//! What must outlast a power failure: the desired state, on every node.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::DATA_DIR;
use super::DaemonError;
use crate::cluster::Durable;
use crate::engine::EngineError;
use crate::engine::file::{self, Attempt, Lock, Sync};

/// Format of the files; rises when an older Quorate could not read them.
const FORMAT_VERSION: u32 = 1;

/// The files.
#[derive(Debug, Clone)]
pub(super) struct Store {
    folder: PathBuf,
}

#[derive(Serialize)]
struct PageRef<'a> {
    format_version: u32,
    #[serde(flatten)]
    durable: &'a Durable,
}

#[derive(Deserialize)]
struct Page {
    #[serde(flatten)]
    durable: Durable,
}

/// What a node remembers of its own manifest file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    format_version: u32,
    /// Digest of the text that was read last.
    pub(super) digest: String,
}

impl Seen {
    pub(super) fn new(digest: String) -> Self {
        Self { format_version: FORMAT_VERSION, digest }
    }

    /// Remembers it, if that can be done.
    pub(super) fn keep(&self, store: &Store) {
        if let Err(error) = store.remember(self) {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "the manifest may be proposed once more after a restart");
        }
    }
}

impl Store {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// What was persisted last; `None` before the first time.
    pub(super) fn load(&self) -> Result<Option<Durable>, EngineError> {
        let help = "move it away: the node takes the state of the others, or the manifest is applied again";
        Ok(file::read::<Page>(&self.path(), FORMAT_VERSION, help)?.map(|page| page.durable))
    }

    /// Persists this, before anything else is done.
    pub(super) fn persist(&self, durable: &Durable) -> Result<(), EngineError> {
        file::replace(&self.path(), &PageRef { format_version: FORMAT_VERSION, durable }, Sync::ToDisk)
    }

    /// What is remembered of the manifest file; `None` if it was never seen.
    pub(super) fn seen(&self) -> Result<Option<Seen>, EngineError> {
        let help = "the manifest of this node is taken to be seen, and only its next change is proposed";
        file::read(&self.seen_path(), FORMAT_VERSION, help)
    }

    /// Remembers the manifest file.
    fn remember(&self, seen: &Seen) -> Result<(), EngineError> {
        file::replace(&self.seen_path(), seen, Sync::ToDisk)
    }

    fn path(&self) -> PathBuf {
        self.folder.join("cluster.json")
    }

    fn seen_path(&self) -> PathBuf {
        self.folder.join("manifest-seen.json")
    }
}

/// Whether this host is a member of a cluster, whether or not its daemon is running: that has kept a state
/// here, or is started with the host.
#[expect(clippy::disallowed_methods, reason = "looks at what a daemon of this host left")]
pub fn is_member_host() -> bool {
    /// What `systemctl enable quorate` makes; others than the superuser see it, too.
    const ENABLED: &str = "/etc/systemd/system/multi-user.target.wants/quorate.service";
    Store { folder: DATA_DIR.into() }.path().exists() || Path::new(ENABLED).is_symlink()
}

/// A folder that only its owner can look into.
pub(super) fn make_folder(path: &Path) -> Result<(), DaemonError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| DaemonError::System { what: format!("cannot make {}", path.display()), source })
}

/// Takes a folder for this daemon alone.
pub(super) fn own(folder: &Path) -> Result<Lock, EngineError> {
    match Lock::take(folder)? {
        Attempt::Taken(lock) => Ok(lock),
        Attempt::Held(holder) => Err(EngineError::Locked(format!(
            "another quorate is at work in {} ({holder}); end it first",
            folder.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

    use super::*;
    use crate::model::Generation;

    #[test]
    fn a_desired_state_that_the_first_version_wrote_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        std::fs::write(store.path(), include_str!("../../tests/stored/cluster-1.json")).unwrap();
        let known = store.load().unwrap().unwrap();
        assert_eq!((known.generation, known.quorate_generation), (Generation(3), Generation(2)));
        assert_eq!(known.cluster.resources.len(), 1);
        assert_eq!(known.overlay.overrides.len(), 1);
    }

    #[test]
    fn what_a_newer_version_wrote_is_refused_with_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        std::fs::write(store.path(), r#"{"format_version": 2, "other": []}"#).unwrap();
        let error = store.load().unwrap_err().to_string();
        assert!(
            error.contains("newer version (format 2, this one reads up to 1); use that version"),
            "{error}"
        );
    }
}
