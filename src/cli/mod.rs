//! The command line: what all verbs share; the verbs themselves are in `verb`.
//!
//! A verb takes the global [`Options`] and its own arguments, and ends with an [`Exit`] or a
//! [`Failure`]. Data goes to standard output, everything else to standard error.

#![expect(clippy::disallowed_methods, reason = "looks what is empty in the environment")]

mod advice;
mod answer;
mod asking;
mod clock;
mod ending;
mod engines;
mod exit;
mod failure;
mod interrupt;
mod log;
mod name;
mod options;
mod planning;
mod progress;
mod saved;
mod source;
mod terminal;
mod verb;
mod who;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser};

use answer::FailureForm;
pub use exit::Exit;
use options::{Colour, Options};
use terminal::{Terminal, Verbosity};
use verb::Verb;

/// Keeps services highly available from a committed manifest.
#[derive(Debug, Parser)]
#[command(name = "quorate", version, propagate_version = true, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    verb: Verb,
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    run_with(std::env::args_os()).into()
}

fn run_with(words: impl IntoIterator<Item = OsString>) -> Exit {
    let (arguments, form) = match parse(words) {
        Ok(parsed) => parsed,
        Err(error) => return say_usage(&error),
    };
    let terminal = arguments.options.terminal();
    let terminal = if arguments.verb.answers_machines() { terminal.answering() } else { terminal };
    let ended = arguments.verb.run(&arguments.options, terminal);
    match terminal.answer(&ended).and(ended) {
        Ok(exit) => exit,
        Err(failure) => {
            terminal.fail(&failure);
            // That this cannot be written either changes nothing any more.
            let _ = terminal.tell_failure(form, &failure);
            failure.exit
        }
    }
}

/// The whole command line as clap knows it, with the exit codes at the end of its help.
fn command() -> clap::Command {
    Arguments::command().after_help(format!("Exit codes:\n{}", Exit::table()))
}

/// The command line where what is empty in the environment counts as not set.
fn without_empty(command: clap::Command) -> clap::Command {
    let is_empty =
        |arg: &clap::Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| if is_empty(&arg) { arg.env(Resettable::Reset) } else { arg })
        .mut_subcommands(without_empty)
}

fn parse(words: impl IntoIterator<Item = OsString>) -> Result<(Arguments, FailureForm), clap::Error> {
    let matches = without_empty(command()).try_get_matches_from(words)?;
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    arguments.options.file_origin = matches.value_source("file");
    Ok((arguments, FailureForm::asked_for(&matches)))
}

/// Help and version are data; everything else is a usage error, which must not look like
/// "there are changes" (clap's own code would).
fn say_usage(error: &clap::Error) -> Exit {
    let terminal = Terminal::new(Colour::Auto, Verbosity::Normal);
    if !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        terminal.say_raw(&terminal.error_ink().render(&error.render()));
        return Exit::Usage;
    }
    match terminal.data(&terminal.output_ink().render(&error.render())) {
        Ok(()) => Exit::Done,
        Err(failure) => failure.exit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn usage_errors_do_not_look_like_changes() {
        assert_eq!(run_with(["quorate", "frobnicate"].map(Into::into)), Exit::Usage);
    }
}
