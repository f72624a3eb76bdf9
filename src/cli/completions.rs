//! `completions`: scripts that complete commands in a shell.

use clap::{Args, Command};
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
    clap_complete::generate(arguments.shell, &mut visible(), "quorate", &mut script);
    terminal.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// The command line without what is not for people.
fn visible() -> Command {
    let whole = super::command();
    let verbs = whole.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned();
    Command::new("quorate").args(whole.get_arguments().cloned()).subcommands(verbs)
}
