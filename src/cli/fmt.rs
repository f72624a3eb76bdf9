//! `fmt`: the canonical form of a manifest, comments kept.

#![expect(clippy::disallowed_methods, reason = "writes the manifest back")]

use std::path::{Path, PathBuf};

use clap::Args;
use similar::TextDiff;

use super::exit::Exit;
use super::failure::Failure;
use super::options::Options;
use super::source;
use super::terminal::Terminal;
use crate::diagnostic::Sources;
use crate::manifest;
use crate::view;

/// Write a manifest in its canonical form; comments and order stay.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The manifest, instead of -f.
    path: Option<PathBuf>,
    /// Change nothing; exit with 2 if a file is not in canonical form.
    #[arg(long)]
    check: bool,
    /// Change nothing; show what would change.
    #[arg(long)]
    diff: bool,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    let path = arguments.path.as_deref().unwrap_or(options.manifest());
    let sources = source::read(path)?;
    let mut changed = 0;
    for source in sources.iter() {
        let formatted = format(&source.name, &source.text, terminal)?;
        let is_stdin = path == Path::new("-");
        if is_stdin && !arguments.check && !arguments.diff {
            terminal.data(&formatted)?;
            continue;
        }
        if formatted == *source.text {
            continue;
        }
        changed += 1;
        if arguments.diff {
            terminal.data(&difference(&source.name, &source.text, &formatted))?;
        } else if arguments.check {
            terminal.data(&format!("{}\n", source.name))?;
        } else {
            std::fs::write(&source.name, &formatted)
                .map_err(|error| Failure::file("write", Path::new(&source.name), &error))?;
            terminal.note(&format!("formatted {}", source.name));
        }
    }
    Ok(if arguments.check && changed > 0 { Exit::Changes } else { Exit::Done })
}

fn format(name: &str, text: &str, terminal: Terminal) -> Result<String, Failure> {
    let mut sources = Sources::default();
    sources.add(name, text);
    manifest::format(&sources).map_err(|diagnostics| {
        terminal.say_raw(&view::diagnostic::text(&diagnostics, &sources, terminal.error_ink()));
        Failure::new(Exit::ManifestInvalid, format!("{name} cannot be formatted"))
    })
}

fn difference(name: &str, before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after).unified_diff().header(name, name).to_string()
}
