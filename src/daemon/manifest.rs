//! The manifest file of this node: read again whenever it may have changed.
//!
//! What is read goes to the daemon, usable or not: a file that cannot be used changes nothing, and is
//! told once.

#![expect(clippy::disallowed_methods, reason = "waits for the next look")]

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};

use crate::api::{unhonoured, unhonoured_settings};
use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::manifest::{self, Manifest};
use crate::source;
use crate::source::folder::{FolderWatch, NET};
use crate::view;
use crate::view::Ink;

/// What was read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// Digest of all texts.
    pub(super) digest: String,
    /// Where it was read, for people.
    pub(super) path: PathBuf,
    /// The manifest, or what is wrong with it.
    pub(super) manifest: Result<Box<Manifest>, Unusable>,
    /// Codes and words of what it warns of.
    pub(super) warnings: Vec<(&'static str, String)>,
}

/// What is wrong with a manifest that cannot be used.
#[derive(Debug, Clone)]
pub(super) struct Unusable {
    /// All of it, with the lines that it is about.
    pub(super) text: String,
    /// The same in a few words, and without anything of the file: `2 errors: unknown-agent, bad-score`.
    pub(super) summary: String,
}

impl Unusable {
    fn of(errors: &[Diagnostic], sources: &Sources) -> Self {
        let mut codes: Vec<&str> = errors.iter().map(|error| error.code).collect();
        codes.dedup();
        let plural = if errors.len() == 1 { "" } else { "s" };
        Self {
            text: view::diagnostic::text(errors, sources, Ink::Plain).trim_end().to_owned(),
            summary: format!("{} error{plural}: {}", errors.len(), view::fold::names(&codes)),
        }
    }
}

/// Reads a manifest once.
pub(super) fn read(path: &Path) -> Reading {
    let of = |digest, manifest| Reading { digest, path: path.to_owned(), manifest, warnings: Vec::new() };
    let sources = match source::read(path) {
        Ok(sources) => sources,
        Err(error) => {
            let text = error.to_string();
            return of(format!("unreadable: {text}"), Err(Unusable { summary: text.clone(), text }));
        }
    };
    let digest = digest(&sources);
    let reading = manifest::read(&sources);
    let mut found = reading.diagnostics;
    if let Some(manifest) = &reading.manifest {
        found.extend(unhonoured(&manifest.cluster));
        found.extend(unhonoured_settings(&manifest.settings));
    }
    manifest::pin(&sources, &mut found);
    let (errors, rest): (Vec<_>, Vec<_>) = found.into_iter().partition(Diagnostic::is_error);
    let warnings = rest.into_iter().filter(|finding| finding.severity == Severity::Warning);
    let warnings = warnings.map(|finding| (finding.code, finding.message)).collect();
    let manifest = match reading.manifest.filter(|_| errors.is_empty()) {
        Some(manifest) => Ok(Box::new(manifest)),
        None => Err(Unusable::of(&errors, &sources)),
    };
    Reading { warnings, ..of(digest, manifest) }
}

/// Reads the manifest now and whenever it may have changed, and tells each reading that differs from
/// the one before. `again` asks for another look. Ends with the daemon.
pub(super) async fn follow(path: PathBuf, told: mpsc::Sender<Reading>, again: watch::Receiver<u64>) {
    let folder = FolderWatch::new(&path);
    if let Err(error) = &folder {
        let every = NET.as_secs();
        tracing::error!(%error, path = %path.display(), "the manifest is not watched: it is read every {every} s, and at SIGHUP");
    }
    look(path, folder.ok(), told, again).await;
}

/// Reads again and again; without a watch when it is time to, or when told to.
async fn look(
    path: PathBuf,
    mut folder: Option<FolderWatch>,
    told: mpsc::Sender<Reading>,
    mut again: watch::Receiver<u64>,
) {
    let mut last = None;
    loop {
        let read_path = path.clone();
        let reading = tokio::task::spawn_blocking(move || read(&read_path)).await;
        if let Ok(reading) = reading
            && last.as_ref() != Some(&reading.digest)
        {
            last = Some(reading.digest.clone());
            if told.send(reading).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = changed(&mut folder) => {}
            changed = again.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

async fn changed(folder: &mut Option<FolderWatch>) {
    match folder {
        Some(folder) => folder.changed().await,
        None => tokio::time::sleep(NET).await,
    }
}

/// A digest of names and texts.
fn digest(sources: &Sources) -> String {
    let mut hash = Sha256::new();
    for source in sources.iter() {
        hash.update(source.name.as_bytes());
        hash.update([0]);
        hash.update(source.text.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[tokio::test]
    async fn what_is_not_watched_is_read_once_and_when_told_to() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cluster.yaml");
        let (told, mut readings) = mpsc::channel(1);
        let (tell, again) = watch::channel(0);
        let looking = tokio::spawn(look(path.clone(), None, told, again));
        assert!(readings.recv().await.unwrap().manifest.is_err());
        std::fs::write(&path, "apiVersion: quorate/v1\nkind: Cluster\nname: t\nnodes: {a: {}}\n").unwrap();
        tell.send(1).unwrap();
        assert!(readings.recv().await.unwrap().manifest.is_ok());
        drop(tell);
        looking.await.unwrap();
    }

    #[test]
    fn a_reading_is_a_manifest_or_says_what_is_wrong_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cluster.yaml");
        assert!(read(&path).manifest.unwrap_err().text.contains("cannot read"));
        std::fs::write(&path, "nodes: [a\n").unwrap();
        assert!(read(&path).manifest.unwrap_err().text.contains("error"));
        let text = "apiVersion: quorate/v1\nkind: Cluster\nname: t\nnodes: {a: {}}\n";
        std::fs::write(&path, text).unwrap();
        let reading = read(&path);
        assert_eq!(reading.manifest.unwrap().cluster.nodes.len(), 1);
        assert_eq!(read(&path).digest, reading.digest);
    }

    #[test]
    fn what_a_manifest_warns_of_is_part_of_a_reading() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cluster.yaml");
        let text = "apiVersion: quorate/v1\nkind: Cluster\nname: t\nnodes: {a: {}, b: {}}\nproperties: {stonith-enabled: false}\n";
        std::fs::write(&path, text).unwrap();
        let codes: Vec<_> = read(&path).warnings.into_iter().map(|(code, _)| code).collect();
        assert!(codes.contains(&"fencing-off"), "{codes:?}");
    }
}
