//! `completions`: scripts that complete commands in a shell.

use clap::Args;
use clap_complete::Shell;

use super::exit::Exit;
use super::failure::Failure;
use super::terminal::Terminal;

/// Print completions for a shell.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Which shell.
    shell: Shell,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Failure> {
    // Into memory first: the generator panics when its output is a closed pipe.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::command(), "quorate", &mut script);
    terminal.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
