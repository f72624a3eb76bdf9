//! The manifest: YAML text to model, with every finding at its place.
//!
//! ```text
//! Sources -document-> tree with places -typed-> vocabulary -lower, check-> Manifest
//!                        Cluster from elsewhere -adopt-> Manifest -write-> text
//! ```

mod adopt;
mod check;
mod document;
mod findings;
mod format;
mod lower;
mod pin;
pub mod rule;
mod schema;
pub(crate) mod secret;
mod settings;
pub(crate) mod suggest;
mod typed;
mod vocabulary;
mod write;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(crate) use document::BYTES_MAX;
pub use format::{AdvertisedOperation, Formatted, expand_ops, format};
pub use pin::pin;
pub use schema::schema;
pub use settings::{Moved, Reconcile, ReconcileMode, SecretSource, Settings};

pub use adopt::{Adopted, ConstraintIds, adopt, operation_spelling, plain};
pub use check::tolerance::is_tolerable;
pub(crate) use secret::without_secrets;
pub use write::write;

use crate::diagnostic::{Diagnostic, Sources};
use crate::model::Cluster;

use check::cycle;
use check::lint::Lint;
use check::name::Names;
use check::tolerance;
use document::Documents;
use findings::Findings;
use lower::{Lower, gather};
use vocabulary::File;

/// A manifest that passed all checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The desired cluster.
    pub cluster: Cluster,
    /// What is said beside it.
    pub settings: Settings,
}

/// What reading gave: a manifest only if no diagnostic is an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The manifest.
    pub manifest: Option<Manifest>,
    /// Everything found, in order of place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads one manifest from all the sources together.
pub fn read(sources: &Sources) -> Reading {
    read_measured(sources).0
}

/// What keeps the sources from being YAML that can be read at all: an open quote, a key that is there twice, ...
pub fn faults_of_form(sources: &Sources) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let documents = Documents::parse(sources, &mut found);
    Findings::new(&documents, found).into_diagnostics()
}

/// How many of equal keys are looked at.
const RANKS_MAX: usize = 4;

/// What is wrong with entries whose key was there already, each in the place of the first of them.
fn check_again(sources: &Sources, documents: &Documents, findings: &Findings<'_>) {
    for rank in 1..=documents.rank_max().min(RANKS_MAX - 1) {
        let mut found = Vec::new();
        let documents = Documents::parse_rank(sources, rank, &mut found);
        // These are known; one of them says that the manifest has errors.
        found.truncate(1);
        let others = Findings::new(&documents, found);
        let files: Vec<typed::At<File>> =
            documents.iter().filter_map(|document| typed::read(document, &others)).collect();
        check(&files, &others);
        for diagnostic in others.into_diagnostics() {
            let place = diagnostic.labels.first();
            let is_there = place.is_some_and(|label| documents.is_again(label.source, &label.span));
            if is_there {
                findings.report(diagnostic);
            }
        }
    }
}

/// Reading, and how much work it was: nodes of the texts, and values read from them.
fn read_measured(sources: &Sources) -> (Reading, usize, usize) {
    let mut found = Vec::new();
    let documents = Documents::parse(sources, &mut found);
    let findings = Findings::new(&documents, found);
    let files: Vec<typed::At<File>> =
        documents.iter().filter_map(|document| typed::read(document, &findings)).collect();
    if files.is_empty() && !findings.has_errors() {
        findings.report(empty(sources));
    }
    let manifest = check(&files, &findings);
    check_again(sources, &documents, &findings);
    let nodes = documents.iter().map(|document| document.nodes.len()).sum();
    let reads = findings.reads();
    let manifest = if findings.has_errors() { None } else { Some(manifest) };
    (Reading { manifest, diagnostics: findings.into_diagnostics() }, nodes, reads)
}

/// From words to model, with everything that is wrong or unwise reported.
fn check(files: &[typed::At<File>], findings: &Findings<'_>) -> Manifest {
    let gathered = gather(files, findings);
    let names = Names::of(&gathered, findings);
    let lowered = Lower { gathered: &gathered, names: &names, findings }.run();
    let declared = gathered.resources.iter().map(|(key, _)| key.text());
    cycle::check(&lowered.cluster, declared, &lowered.constraint_places, findings);
    if !findings.has_errors() {
        Lint {
            cluster: &lowered.cluster,
            gathered: &gathered,
            names: &names,
            constraint_places: &lowered.constraint_places,
            findings,
        }
        .run();
    }
    tolerance::check_needed(&gathered.tolerate, findings);
    Manifest { cluster: lowered.cluster, settings: lowered.settings }
}

fn empty(sources: &Sources) -> Diagnostic {
    let diagnostic = Diagnostic::error("empty-manifest", "the manifest is empty")
        .help("start with `apiVersion: quorate/v1`, `kind: Cluster` and `name: NAME`; `quorate init` writes a commented starter");
    match sources.iter().next() {
        Some(_) => diagnostic.at(crate::diagnostic::SourceId(0), 0..0, "nothing here"),
        None => diagnostic,
    }
}

/// The finding about a manifest of which one file is, or goes, over the limit.
pub(crate) fn too_large(name: &str) -> Diagnostic {
    let message =
        format!("the manifest is larger than {} MB: `{name}` goes over the limit", BYTES_MAX / 1024 / 1024);
    Diagnostic::error("manifest-too-large", message).help("all files of a manifest count together")
}

/// Turns the bytes of a file into text.
///
/// # Errors
/// When they are not UTF-8: says where.
pub fn decode(name: &str, bytes: &[u8]) -> Result<Arc<str>, Diagnostic> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map(Arc::from).map_err(|error| {
        let at = error.valid_up_to();
        let line = 1 + bytes.iter().take(at).filter(|byte| **byte == b'\n').count();
        let byte = bytes.get(at).copied().unwrap_or(0);
        let help = if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            "this looks like UTF-16: save the file as UTF-8"
        } else {
            "save the file as UTF-8"
        };
        Diagnostic::error("not-utf-8", format!("`{name}` is not UTF-8: byte 0x{byte:02x} in line {line}"))
            .help(help)
    })
}
