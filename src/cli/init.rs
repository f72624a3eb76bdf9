//! `init`: a first manifest, with comments.

#![expect(clippy::disallowed_methods, reason = "writes a file")]

use std::path::Path;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::options::Options;
use super::terminal::Terminal;

/// The starter manifest. A test validates it.
pub(super) const STARTER: &str = include_str!("init/cluster.yaml");

/// Write a first manifest, with comments.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Replace the file if there is one.
    #[arg(long)]
    force: bool,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
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
