//! Makes a manifest of a cluster that was configured elsewhere.
//!
//! The model of an imported configuration is brought into the form in which people write: names that
//! tools gave to parts are dropped, defaults that tools wrote are left to them, and what a manifest
//! has a place for goes there. None of it changes what the cluster does. What the configuration has
//! wrong stays as it is, and the manifest lists the checks that it fails under `tolerate`.

mod constraint;
mod fit;
mod operation;
mod sets;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test ends where it fails")]
mod tests;

pub use operation::operation_spelling;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::check::tolerance::TOLERABLE;
use super::{Manifest, Reading, Settings, read, write};
use crate::diagnostic::{Diagnostic, Sources};
use crate::model::Cluster;

/// What becomes of the names of constraints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ConstraintIds {
    /// They stay: a plan against the cluster that they come from finds the constraints again.
    #[default]
    Keep,
    /// They are made from the constraints' ends, as for constraints that people write.
    Derive,
}

/// A manifest for a cluster that was configured elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Adopted {
    /// The manifest, as text.
    pub text: String,
    /// What reading the text gives: its manifest is there unless the cluster has something that no
    /// manifest can say, which the diagnostics then tell.
    pub reading: Reading,
    /// The text, for showing the diagnostics.
    pub sources: Sources,
}

/// Makes the manifest, called `name` in diagnostics.
pub fn adopt(cluster: Cluster, ids: ConstraintIds, name: &str) -> Adopted {
    let cluster = fit::fit(cluster, ids);
    let mut manifest = Manifest { cluster, settings: Settings::default() };
    let mut adopted = written(&manifest, name);
    // What one tolerance lets pass may show what the next must.
    for _ in TOLERABLE {
        let more = failed(&adopted.reading.diagnostics, &manifest.settings.tolerated);
        if more.is_empty() {
            break;
        }
        let known = manifest.settings.tolerated.iter().cloned();
        manifest.settings.tolerated = known.chain(more).collect::<BTreeSet<_>>().into_iter().collect();
        adopted = written(&manifest, name);
    }
    adopted
}

/// The cluster in the form in which people write, doing the same: without what tools and clusters wrote
/// down that goes without saying. Two clusters that differ only in such things are equal in it.
#[must_use]
pub fn plain(cluster: &Cluster) -> Cluster {
    fit::fit(cluster.clone(), ConstraintIds::Keep)
}

fn written(manifest: &Manifest, name: &str) -> Adopted {
    let text = write(manifest);
    let mut sources = Sources::default();
    sources.add(name, text.as_str());
    Adopted { reading: read(&sources), text, sources }
}

/// Checks that failed, can be tolerated, and are not yet.
fn failed(diagnostics: &[Diagnostic], tolerated: &[Arc<str>]) -> Vec<Arc<str>> {
    let codes = diagnostics.iter().filter(|found| found.is_error()).map(|found| found.code);
    codes
        .filter(|code| TOLERABLE.contains(code) && !tolerated.iter().any(|known| **known == **code))
        .map(Arc::from)
        .collect()
}
