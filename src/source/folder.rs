//! Watching the folders of a manifest.
//!
//! Editors and git replace files by renaming others over them, and Kubernetes swaps a symbolic
//! link: a watch on the file itself would be dead after the first of these. So the folder is
//! watched, and the folder above it (the folder itself may go and come back), and the folders
//! that links lead to. Events only say that it is time to look; what counts is the content.

#![expect(clippy::disallowed_methods, reason = "watching files is this module's work")]

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Nothing may happen for this long before the files are read: a checkout takes a moment, and
/// shows an absent file in between.
const QUIET: Duration = Duration::from_millis(200);

/// Quiet is waited for at most this long.
const QUIET_MAX: Duration = Duration::from_secs(2);

/// Looks without events this often, for file systems that send none.
pub const NET: Duration = Duration::from_secs(10);

/// A watch on everything that a manifest is made of.
#[derive(Debug)]
pub struct FolderWatch {
    path: PathBuf,
    watcher: RecommendedWatcher,
    events: UnboundedReceiver<()>,
    folders: BTreeSet<PathBuf>,
}

impl FolderWatch {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the system cannot watch files.
    pub fn new(path: &Path) -> io::Result<Self> {
        let (sender, events) = unbounded_channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // An error may mean that events were lost: time to look, too.
            if event.as_ref().map_or(true, is_change) {
                let _ = sender.send(());
            }
        })
        .map_err(|error| io::Error::other(format!("cannot watch files: {error}")))?;
        let mut watch = Self { path: path.to_owned(), watcher, events, folders: BTreeSet::new() };
        watch.arm();
        Ok(watch)
    }

    /// Waits until something happened and all is quiet again, or until it is time to look anyway.
    pub async fn changed(&mut self) {
        let first = tokio::time::timeout(NET, self.events.recv()).await;
        if first.is_ok() {
            let until_quiet = async {
                while tokio::time::timeout(QUIET, self.events.recv()).await.is_ok_and(|event| event.is_some())
                {
                }
            };
            // In a busy folder it is never quiet.
            let _ = tokio::time::timeout(QUIET_MAX, until_quiet).await;
        }
        self.arm();
    }

    /// Watches what is to be watched now. A folder that was replaced is another folder under the
    /// same name, so all watches are made anew.
    fn arm(&mut self) {
        for folder in std::mem::take(&mut self.folders) {
            // It may be gone already; then so is its watch.
            let _ = self.watcher.unwatch(&folder);
        }
        for folder in folders(&self.path) {
            if self.watcher.watch(&folder, RecursiveMode::NonRecursive).is_ok() {
                self.folders.insert(folder);
            }
        }
    }
}

/// Reading a file is an event too, and not one to wake up for.
fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    }
}

/// Every folder whose changes can change what the manifest says.
fn folders(path: &Path) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    let folder = if path.is_dir() { path } else { parent(path) };
    folders.insert(folder.to_owned());
    folders.insert(parent(folder).to_owned());
    let files = if path.is_dir() {
        std::fs::read_dir(path)
            .map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()).collect())
            .unwrap_or_default()
    } else {
        vec![path.to_owned()]
    };
    for file in files {
        follow(&file, &mut folders);
    }
    folders
}

/// The folder of each link on the way to the file itself.
fn follow(file: &Path, folders: &mut BTreeSet<PathBuf>) {
    let mut file = file.to_owned();
    // Links that lead in circles end somewhere.
    for _ in 0..16 {
        let Ok(target) = std::fs::read_link(&file) else { break };
        file = parent(&file).join(target);
        folders.insert(parent(&file).to_owned());
    }
    if let Ok(target) = std::fs::canonicalize(&file) {
        folders.insert(parent(&target).to_owned());
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}
