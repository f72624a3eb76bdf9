//! `schema`: the JSON Schema of the manifest.

use clap::Args;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::{manifest, view};

/// Print the JSON Schema of the manifest, for editors.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {}

/// Runs the verb.
pub(in crate::cli) fn run(_arguments: &Arguments, terminal: Terminal) -> Result<Exit, Failure> {
    terminal.data(&view::to_json(&manifest::schema()))?;
    Ok(Exit::Done)
}
