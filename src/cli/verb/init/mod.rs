//! `init`: a first manifest, with comments.

#![expect(clippy::disallowed_methods, reason = "writes a file")]

use std::path::Path;

use clap::Args;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;

/// The starter manifest. A test validates it.
pub(in crate::cli) const STARTER: &str = include_str!("cluster.yaml");

/// Write a first manifest, with comments.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Replace the file if there is one.
    #[arg(long)]
    force: bool,
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let path = options.manifest();
    if path == Path::new("-") {
        terminal.data(STARTER)?;
        return Ok(Exit::Done);
    }
    if path.exists() && !arguments.force {
        return Err(Failure::error(format!("{} is there already", path.display()))
            .help("--force replaces it; -f names another file"));
    }
    std::fs::write(path, STARTER).map_err(|error| Failure::file("write", path, &error))?;
    terminal.note(&format!(
        "Wrote {}. Next: edit it, then `quorate validate` and `quorate plan`.",
        path.display()
    ));
    Ok(Exit::Done)
}
