//! `schema`: the JSON Schema of the manifest.

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::{manifest, view};

/// Print the JSON Schema of the manifest, for editors.
#[derive(Debug, Args)]
pub(super) struct Arguments {}

/// Runs the verb.
pub(super) fn run(_arguments: &Arguments, terminal: Terminal) -> Result<Exit, Failure> {
    terminal.data(&view::to_json(&manifest::schema()))?;
    Ok(Exit::Done)
}
