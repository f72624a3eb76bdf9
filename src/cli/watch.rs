//! `watch`: reconcile again at each change of the manifest or of the cluster.
//!
//! A manifest that cannot be used does not stop the watch: the last good one stays in force, and
//! the trouble is told once.

#![expect(clippy::disallowed_methods, reason = "waits for the cluster")]

mod folder;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use super::apply::{self, Allowed};
use super::exit::Exit;
use super::failure::Failure;
use super::options::Options;
use super::planning::{self, Wanted};
use super::progress::{Form, Progress};
use super::terminal::Terminal;
use super::{clock, engines, source};
use crate::diagnostic::{Diagnostic, Sources};
use crate::engine::Outcome;
use crate::manifest;
use crate::plan::Plan;
use crate::view;
use folder::FolderWatch;

/// Keep the cluster as the manifest says: reconcile at each change of either.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Delete what is in force but not in the manifest.
    #[arg(long)]
    prune: bool,
    /// What may happen without a person's yes.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_enum, default_value = "all")]
    allow: Vec<Allowed>,
    /// Look at the cluster this often, even if no file changes.
    #[arg(long, value_name = "TIME", value_parser = clock::parse_period, default_value = "5s")]
    interval: Duration,
    /// Form of the progress.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// Forms of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON record per event.
    Ndjson,
}

/// What the files said when they were last read.
#[derive(Default)]
struct Known {
    texts: Vec<(String, Arc<str>)>,
    trouble: Option<String>,
    wanted: Option<Wanted>,
    told: Option<String>,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    let path = options.manifest();
    if path == Path::new("-") {
        return Err(Failure::usage("standard input cannot be watched"));
    }
    engines::block_on(watch(arguments, options, path, terminal))
}

async fn watch(
    arguments: &Arguments,
    options: &Options,
    path: &Path,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let mut terminate = signal(SignalKind::terminate())
        .map_err(|error| Failure::error(format!("cannot wait for signals: {error}")))?;
    let mut folder = FolderWatch::new(path)?;
    let mut known = Known::default();
    let form = match arguments.output {
        Format::Text => Form::People,
        Format::Ndjson => Form::Records,
    };
    let mut progress = Progress::new(terminal, form);
    terminal.note(&format!("Watching {}. Ctrl-C ends it; what is in force stays.", path.display()));
    loop {
        known.read(path, arguments.prune, terminal);
        if let Some(wanted) = known.wanted.clone() {
            let work = reconcile(arguments, options, &wanted, &mut known, &mut progress, terminal);
            tokio::select! {
                result = work => result?,
                _ = terminate.recv() => return Ok(end(&mut progress, terminal)),
                _ = tokio::signal::ctrl_c() => return Ok(end(&mut progress, terminal)),
            }
        }
        tokio::select! {
            () = folder.changed() => {}
            () = tokio::time::sleep(arguments.interval) => {}
            _ = terminate.recv() => return Ok(end(&mut progress, terminal)),
            _ = tokio::signal::ctrl_c() => return Ok(end(&mut progress, terminal)),
        }
    }
}

fn end(progress: &mut Progress, terminal: Terminal) -> Exit {
    progress.end();
    terminal.note("No longer watching.");
    Exit::Done
}

impl Known {
    /// Reads the files; what cannot be used is told once, and changes nothing.
    fn read(&mut self, path: &Path, prune: bool, terminal: Terminal) {
        let sources = match source::read(path) {
            Ok(sources) => sources,
            Err(failure) => return self.complain(failure.message.unwrap_or_default(), terminal),
        };
        let texts: Vec<(String, Arc<str>)> =
            sources.iter().map(|source| (source.name.clone(), Arc::clone(&source.text))).collect();
        if texts == self.texts && self.trouble.is_none() {
            return;
        }
        let is_news = texts != self.texts;
        self.texts = texts;
        let reading = manifest::read(&sources);
        let errors: Vec<Diagnostic> = reading.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        match reading.manifest.filter(|_| errors.is_empty()) {
            Some(manifest) => {
                if self.trouble.take().is_some() {
                    terminal.note("The manifest can be used again.");
                }
                self.wanted = Some(Wanted::of(manifest, prune, path.display().to_string()));
            }
            None if is_news => self.complain(findings(&errors, &sources, terminal), terminal),
            None => {}
        }
    }

    fn complain(&mut self, trouble: String, terminal: Terminal) {
        if self.trouble.as_ref() == Some(&trouble) {
            return;
        }
        terminal.say(trouble.trim_end());
        terminal.say(if self.wanted.is_some() {
            "The manifest cannot be used; the last good one stays in force."
        } else {
            "The manifest cannot be used, and there was no good one yet."
        });
        self.trouble = Some(trouble);
    }

    /// Says something that was not the last thing said.
    fn tell(&mut self, text: String, terminal: Terminal) {
        if self.told.as_ref() != Some(&text) {
            terminal.note(&text);
            self.told = Some(text);
        }
    }
}

fn findings(errors: &[Diagnostic], sources: &Sources, terminal: Terminal) -> String {
    view::diagnostic::text(errors, sources, terminal.error_ink())
}

/// Plans, and applies what there is to apply. Another process at work, or a conflict with one,
/// is no reason to end: the next round looks again.
async fn reconcile(
    arguments: &Arguments,
    options: &Options,
    wanted: &Wanted,
    known: &mut Known,
    progress: &mut Progress,
    terminal: Terminal,
) -> Result<(), Failure> {
    match round(arguments, options, wanted, progress, terminal).await {
        Ok(Some(Outcome::Converged)) => {
            known.tell("In sync.".to_owned(), terminal);
            Ok(())
        }
        Ok(Some(outcome)) => {
            known.tell(view::progress::outcome_message(&outcome), terminal);
            Ok(())
        }
        Ok(None) => Ok(()),
        Err(failure) if is_passing(&failure) => {
            known.tell(failure.message.unwrap_or_default(), terminal);
            Ok(())
        }
        Err(failure) => Err(failure),
    }
}

fn is_passing(failure: &Failure) -> bool {
    matches!(failure.exit, Exit::Locked | Exit::Stale | Exit::Unreachable | Exit::Unsafe)
}

/// One look at the cluster; `None` when there was nothing to do.
async fn round(
    arguments: &Arguments,
    options: &Options,
    wanted: &Wanted,
    progress: &mut Progress,
    terminal: Terminal,
) -> Result<Option<Outcome>, Failure> {
    let mut engine = engines::open(options)?;
    let observation = planning::observe(&mut *engine, options, &wanted.cluster).await?;
    let plan = planning::make(wanted, &observation).plan;
    if plan.is_empty() {
        return Ok(None);
    }
    if arguments.output == Format::Text {
        show(&plan, terminal)?;
    }
    apply::check_allowed(&plan.hazards, &arguments.allow)?;
    apply::put_in_force(&plan, &mut *engine, observation.generation).await?;
    let outcome = apply::converge(&mut *engine, progress, None).await?;
    progress.record(&view::progress::outcome_record(&outcome));
    Ok(Some(outcome))
}

fn show(plan: &Plan, terminal: Terminal) -> Result<(), Failure> {
    terminal.data(&view::plan::text(plan, super::plan::detail(terminal), terminal.output_ink()))
}
