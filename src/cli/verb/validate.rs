//! `validate`: everything that is wrong with a manifest, all at once.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::engines::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::{EngineName, Options};
use crate::cli::terminal::Terminal;
use crate::cli::{advice, engines, source};
use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::manifest::{self, Manifest, Reading};
use crate::view;

/// Check a manifest: its shape, its references, and habits that bite.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The manifest to check, instead of -f.
    path: Option<PathBuf>,
    /// Compare with the agents that are installed on this machine, whatever the engine. Without it
    /// every machine finds the same.
    #[arg(long)]
    agents: bool,
    /// Treat warnings as errors.
    #[arg(long)]
    strict: bool,
    /// Form of the findings.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// Forms of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, with the source underlined.
    Text,
    /// One JSON document.
    Json,
    /// Annotations on a pull request.
    Github,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

impl Format {
    /// Prints findings in this form.
    fn tell(self, findings: &[Diagnostic], sources: &Sources, terminal: Terminal) -> Result<(), Failure> {
        terminal.data(&match self {
            Self::Text => view::diagnostic::text(findings, sources, terminal.output_ink()),
            Self::Json => view::diagnostic::json(findings, sources),
            Self::Github => view::diagnostic::github(findings, sources),
            Self::Sarif => view::diagnostic::sarif(findings, sources),
        })
    }
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let (sources, mut reading) = match source::read(arguments.path.as_deref().unwrap_or(options.manifest())) {
        Ok(sources) => {
            let reading = manifest::read(&sources);
            (sources, reading)
        }
        Err(Failure { finding: Some(finding), .. }) => {
            (Sources::default(), Reading { manifest: None, diagnostics: vec![*finding] })
        }
        Err(failure) => {
            // Whoever reads text reads the failure itself.
            if let Some(finding) = unreadable(&failure).filter(|_| arguments.output != Format::Text) {
                arguments.output.tell(&[finding], &Sources::default(), terminal)?;
            }
            return Err(failure);
        }
    };
    if let Some(manifest) = &reading.manifest {
        reading.diagnostics.extend(ask_nodes(manifest, &sources, arguments, options)?);
        reading.diagnostics.sort_by_key(Diagnostic::place);
    }
    let is_valid = reading.manifest.is_some() && !has_errors(&reading.diagnostics, arguments.strict);
    if terminal.is_quiet() {
        let least = if arguments.strict { Severity::Warning } else { Severity::Error };
        reading.diagnostics.retain(|finding| finding.severity >= least);
    }
    arguments.output.tell(&reading.diagnostics, &sources, terminal)?;
    if arguments.output == Format::Text {
        terminal.note(&summary(&reading.diagnostics));
    }
    if is_valid { Ok(Exit::Done) } else { Ok(Exit::ManifestInvalid) }
}

/// What the engine's nodes, or the agents of this machine, know better.
fn ask_nodes(
    manifest: &Manifest,
    sources: &Sources,
    arguments: &Arguments,
    options: &Options,
) -> Result<Vec<Diagnostic>, Failure> {
    match options.engine() {
        EngineName::Local => engines::block_on(async {
            let mut engine = engines::open(options, Access::Read)?.engine;
            Ok(advice::of_engine(&mut *engine, manifest, options, sources).await)
        }),
        EngineName::Simulated | EngineName::Corosync if arguments.agents => {
            engines::block_on(async { Ok(advice::of_agents(manifest, sources).await) })
        }
        EngineName::Simulated | EngineName::Corosync => Ok(Vec::new()),
    }
}

fn has_errors(diagnostics: &[Diagnostic], strict: bool) -> bool {
    let limit = if strict { Severity::Warning } else { Severity::Error };
    diagnostics.iter().any(|diagnostic| diagnostic.severity >= limit)
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => "The manifest is valid.".to_owned(),
        (0, warnings) => format!("The manifest is valid, with {}.", counted(warnings, "warning")),
        (errors, 0) => format!("The manifest is not valid: {}.", counted(errors, "error")),
        (errors, warnings) => {
            format!(
                "The manifest is not valid: {}, {}.",
                counted(errors, "error"),
                counted(warnings, "warning")
            )
        }
    }
}

/// A number with its noun: `1 error`, `2 errors`.
pub(in crate::cli) fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Reads the manifest a verb works on. Warnings are for `validate`; errors end the verb.
pub(in crate::cli) fn load(path: &Path, terminal: Terminal) -> Result<Manifest, Failure> {
    accept(&texts(path, terminal)?, terminal)
}

/// Reads the texts of a manifest. That they cannot be used is told like what is wrong within them.
pub(in crate::cli) fn texts(path: &Path, terminal: Terminal) -> Result<Sources, Failure> {
    source::read(path).or_else(|failure| match failure.finding {
        Some(finding) => {
            terminal.findings(&[*finding], &Sources::default())?;
            Err(invalid(1))
        }
        None => {
            if let Some(finding) = unreadable(&failure).filter(|_| terminal.is_for_machines()) {
                terminal.findings(&[finding], &Sources::default())?;
            }
            Err(failure)
        }
    })
}

/// What machines are told of a manifest whose texts cannot be had.
fn unreadable(failure: &Failure) -> Option<Diagnostic> {
    let finding = Diagnostic::error("unreadable-manifest", failure.message.clone()?);
    Some(failure.help.iter().fold(finding, |finding, line| finding.help(line.clone())))
}

fn invalid(errors: usize) -> Failure {
    Failure::new(Exit::ManifestInvalid, format!("the manifest is not valid: {}", counted(errors, "error")))
}

/// Reads a manifest from its texts. Warnings are for `validate`; errors end the verb.
pub(in crate::cli) fn accept(sources: &Sources, terminal: Terminal) -> Result<Manifest, Failure> {
    let reading = manifest::read(sources);
    let errors: Vec<_> = reading.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    if !errors.is_empty() {
        terminal.findings(&errors, sources)?;
    }
    match reading.manifest {
        Some(manifest) if errors.is_empty() => Ok(manifest),
        Some(_) | None => Err(invalid(errors.len())),
    }
}
