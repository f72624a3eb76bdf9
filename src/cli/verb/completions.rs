//! `completions`: scripts that complete commands in a shell.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;

/// Print completions for a shell.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Which shell.
    shell: Shell,
}

/// Runs the verb.
pub(in crate::cli) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Failure> {
    // Into memory first: the generator panics when its output is a closed pipe.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut visible(), "quorate", &mut script);
    terminal.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// The command line without what is not for people.
fn visible() -> Command {
    let whole = crate::cli::command();
    let verbs = whole.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned();
    Command::new("quorate").args(whole.get_arguments().cloned()).subcommands(verbs)
}
