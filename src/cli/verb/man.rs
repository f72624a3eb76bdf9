//! `man`: the manual, as roff.

#![expect(clippy::disallowed_methods, reason = "writing manual pages is this verb's work")]

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;

/// Print the manual page, or write a page for each verb into a directory.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Write `quorate.1`, `quorate-plan.1` and so on here.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs the verb.
pub(in crate::cli) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Failure> {
    let mut command = crate::cli::command();
    command.build();
    match &arguments.dir {
        None => terminal.data(&page(command)?)?,
        Some(dir) => write_all(dir, &command)?,
    }
    Ok(Exit::Done)
}

fn write_all(dir: &Path, command: &clap::Command) -> Result<(), Failure> {
    std::fs::create_dir_all(dir).map_err(|error| Failure::file("create", dir, &error))?;
    write(dir, "quorate", command.clone())?;
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        write(dir, &format!("quorate-{}", verb.get_name()), verb.clone())?;
    }
    Ok(())
}

fn write(dir: &Path, name: &str, command: clap::Command) -> Result<(), Failure> {
    let file = dir.join(format!("{name}.1"));
    std::fs::write(&file, page(command)?).map_err(|error| Failure::file("write", &file, &error))
}

fn page(command: clap::Command) -> Result<String, Failure> {
    let mut roff = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut roff)
        .map_err(|error| Failure::error(format!("cannot make the manual page: {error}")))?;
    Ok(String::from_utf8_lossy(&roff).into_owned())
}
