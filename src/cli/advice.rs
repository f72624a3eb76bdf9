//! What the nodes know better than a manifest: what their agents ask for, and what the engine cannot do.

use std::collections::BTreeSet;

use super::exit::Exit;
use super::failure::Failure;
use super::options::{EngineName, Options};
use super::terminal::Terminal;
use super::verb::validate;
use crate::agent::{Installation, check, settle_process};
use crate::api::unhonoured_settings;
use crate::diagnostic::{Diagnostic, Severity, Sources, Subject};
use crate::engine::Engine;
use crate::manifest::{self, Manifest};
use crate::view;

/// What an engine finds, at its places. Checks that the manifest tolerates only warn.
pub(super) async fn of_engine(
    engine: &mut dyn Engine,
    manifest: &Manifest,
    options: &Options,
    sources: &Sources,
) -> Vec<Diagnostic> {
    let mut found = engine.check(&manifest.cluster).await;
    found.extend(match options.engine() {
        EngineName::Local => unused_sources(manifest),
        EngineName::Corosync => unhonoured_settings(&manifest.settings),
        EngineName::Simulated => Vec::new(),
    });
    placed(found, manifest, sources)
}

/// What the agents that are installed here find, at their places; agents that are elsewhere find nothing.
pub(super) async fn of_agents(manifest: &Manifest, sources: &Sources) -> Vec<Diagnostic> {
    settle_process();
    let mut found = check::check_cluster(&Installation::default(), &manifest.cluster).await;
    for finding in found.iter_mut().filter(|finding| finding.code == check::UNAVAILABLE) {
        finding.severity = Severity::Note;
    }
    placed(found, manifest, sources)
}

/// Reads the manifest that the options name, and has the engine look at it. What it finds is told;
/// errors end the verb.
pub(super) async fn load(
    engine: &mut dyn Engine,
    options: &Options,
    terminal: Terminal,
) -> Result<Manifest, Failure> {
    let sources = validate::texts(options.manifest(), terminal)?;
    let manifest = validate::accept(&sources, terminal)?;
    let found = of_engine(engine, &manifest, options, &sources).await;
    if found.iter().any(Diagnostic::is_error) {
        terminal.findings(&worth_telling(&found, terminal), &sources)?;
        refuse(&found)?;
    }
    tell(&found, &sources, terminal);
    Ok(manifest)
}

/// Tells what was found.
pub(super) fn tell(found: &[Diagnostic], sources: &Sources, terminal: Terminal) {
    let told = worth_telling(found, terminal);
    terminal.say_raw(&view::diagnostic::text(&told, sources, terminal.error_ink()));
}

fn worth_telling(found: &[Diagnostic], terminal: Terminal) -> Vec<Diagnostic> {
    let least = if terminal.is_verbose() { Severity::Note } else { Severity::Warning };
    found
        .iter()
        .filter(|finding| finding.is_error() || finding.severity >= least && !terminal.is_quiet())
        .cloned()
        .collect()
}

/// Refuses what cannot work.
pub(super) fn refuse(found: &[Diagnostic]) -> Result<(), Failure> {
    let errors = found.iter().filter(|finding| finding.is_error()).count();
    if errors == 0 {
        return Ok(());
    }
    let what = format!("the manifest does not fit its nodes: {}", validate::counted(errors, "error"));
    let failure = Failure::new(Exit::ManifestInvalid, what);
    let codes: BTreeSet<&str> =
        found.iter().filter(|finding| finding.is_error()).map(|finding| finding.code).collect();
    if !codes.iter().all(|code| manifest::is_tolerable(code)) {
        return Err(failure);
    }
    let codes: Vec<&str> = codes.into_iter().collect();
    Err(failure.help(format!("`tolerate: [{}]` in the manifest takes it as a warning", codes.join(", "))))
}

/// Engine `local` looks for secrets in its own folder, whatever is said of them.
fn unused_sources(manifest: &Manifest) -> Vec<Diagnostic> {
    let found = manifest.settings.secrets.keys().map(|name| {
        let message = format!("where the secret `{name}` comes from has no effect with engine `local`");
        Diagnostic::warning("without-effect", message)
            .about(Subject::Section(format!("secrets.{name}")))
            .help(format!("it reads the file `{name}` in the folder of secrets of this host"))
    });
    found.collect()
}

fn placed(mut found: Vec<Diagnostic>, manifest: &Manifest, sources: &Sources) -> Vec<Diagnostic> {
    for finding in found.iter_mut().filter(|finding| finding.is_error()) {
        if manifest.settings.tolerated.iter().any(|code| **code == *finding.code) {
            finding.severity = Severity::Warning;
        }
    }
    manifest::pin(sources, &mut found);
    found.sort_by_key(Diagnostic::place);
    found
}
