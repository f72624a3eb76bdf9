//! `export`: the manifest's cluster in the form of another tool.

#![expect(clippy::disallowed_methods, reason = "writes a file")]

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::validate;
use crate::cib;
use crate::cli::answer::Answering;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::{Manifest, Reconcile};

/// Write the manifest's cluster as the configuration of another tool.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Form of the configuration.
    #[arg(long, value_enum)]
    to: To,
    /// Where to write it, instead of standard output.
    #[arg(value_name = "FILE")]
    path: Option<PathBuf>,
    /// Replace the file if there is one.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(in crate::cli) answering: Answering,
}

/// Forms of configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    /// The XML of Pacemaker 2.1.5 and later, without status.
    Cib,
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let manifest = validate::load(options.manifest(), terminal)?;
    let mut left_out = unsayable(&manifest);
    let text = match arguments.to {
        To::Cib => {
            left_out.extend(cib::unsayable(&manifest.cluster));
            cib::write(&cib::for_pacemaker(manifest.cluster))
        }
    };
    for found in &left_out {
        terminal.say(&format!("{}: {}", severity(found), found.message));
        found.help.iter().for_each(|line| terminal.say(&format!("  help: {line}")));
    }
    let Some(path) = &arguments.path else {
        terminal.data(&text)?;
        return Ok(Exit::Done);
    };
    if path.exists() && !arguments.force {
        return Err(
            Failure::error(format!("{} is there already", path.display())).help("--force replaces it")
        );
    }
    std::fs::write(path, text).map_err(|error| Failure::file("write", path, &error))?;
    terminal.note(&format!(
        "Wrote {}. Check it with `crm_verify --xml-file`; put it into force with `cibadmin --replace`.",
        path.display()
    ));
    Ok(Exit::Done)
}

const fn severity(found: &Diagnostic) -> &'static str {
    match found.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// Sections of a manifest that belong to no cluster configuration.
fn unsayable(manifest: &Manifest) -> Vec<Diagnostic> {
    let sections = [
        ("corosync", manifest.cluster.corosync.is_some(), "it belongs into corosync.conf"),
        ("isolation", manifest.cluster.isolation.is_some(), "Pacemaker has nothing like it: use fencing"),
        (
            "reconcile",
            manifest.settings.reconcile != Reconcile::default(),
            "Pacemaker knows no file to hold to",
        ),
    ];
    let present = sections.into_iter().filter(|(_, is_there, _)| *is_there);
    present
        .map(|(name, _, help)| {
            Diagnostic::note("not-in-a-cib", format!("`{name}` is not part of a CIB")).help(help)
        })
        .collect()
}
