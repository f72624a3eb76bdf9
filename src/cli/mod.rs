//! The command line: one file per verb.
//!
//! A verb takes the global [`Options`] and its own arguments, and ends with an [`Exit`] or a
//! [`Failure`]. Data goes to standard output, everything else to standard error.

#![expect(clippy::disallowed_methods, reason = "looks what is empty in the environment")]

mod advice;
mod answer;
mod api_stream;
mod apply;
mod asking;
mod attribute;
mod clock;
mod cluster;
mod completions;
mod daemon;
mod drill;
mod ending;
mod engines;
mod exit;
mod explain;
mod export;
mod failure;
mod fmt;
mod forget;
mod graph;
mod guard;
mod history;
mod import;
mod init;
mod interrupt;
mod log;
mod man;
mod name;
mod node;
mod options;
mod pause;
mod plan;
mod planning;
mod progress;
mod relocate;
mod replay;
mod resource;
mod saved;
mod schema;
mod show;
mod simulate;
mod source;
mod status;
mod terminal;
mod ticket;
mod validate;
mod wait;
mod watch;
mod who;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use exit::Exit;
use failure::Failure;
use options::{Colour, Options};
use terminal::{Terminal, Verbosity};

/// Keeps services highly available from a committed manifest.
#[derive(Debug, Parser)]
#[command(name = "quorate", version, propagate_version = true, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Init(init::Arguments),
    Validate(validate::Arguments),
    Fmt(fmt::Arguments),
    Schema(schema::Arguments),
    Plan(plan::Arguments),
    Show(show::Arguments),
    Apply(apply::Arguments),
    Watch(watch::Arguments),
    Daemon(daemon::Arguments),
    Status(status::Arguments),
    Wait(wait::Arguments),
    Explain(explain::Arguments),
    Drill(drill::Arguments),
    History(history::Arguments),
    Node(node::Arguments),
    Move(relocate::Move),
    Ban(relocate::Ban),
    Clear(relocate::Clear),
    Ticket(ticket::Arguments),
    Cleanup(forget::Cleanup),
    Refresh(forget::Refresh),
    Pause(pause::Arguments),
    Resume(pause::Resume),
    Replay(replay::Arguments),
    Simulate(simulate::Arguments),
    Graph(graph::Arguments),
    Resource(resource::Arguments),
    Import(import::Arguments),
    Export(export::Arguments),
    Cluster(cluster::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
    #[command(hide = true)]
    ApiStream(api_stream::Arguments),
    #[command(hide = true)]
    Guard(guard::Arguments),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    run_with(std::env::args_os()).into()
}

fn run_with(words: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments = match parse(words) {
        Ok(arguments) => arguments,
        Err(error) => return say_usage(&error),
    };
    let terminal = arguments.options.terminal();
    let terminal = if arguments.verb.answers_machines() { terminal.answering() } else { terminal };
    let ended = arguments.verb.run(&arguments.options, terminal);
    match terminal.answer(&ended).and(ended) {
        Ok(exit) => exit,
        Err(failure) => {
            terminal.fail(&failure);
            failure.exit
        }
    }
}

impl Verb {
    /// Whether the verb is one without a document of its own, and is to answer with one.
    fn answers_machines(&self) -> bool {
        let answering = match self {
            Self::Fmt(arguments) => arguments.answering,
            Self::Wait(arguments) => arguments.answering,
            Self::Node(arguments) => arguments.answering,
            Self::Move(arguments) => arguments.answering,
            Self::Ban(arguments) => arguments.answering,
            Self::Clear(arguments) => arguments.answering,
            Self::Ticket(arguments) => arguments.answering,
            Self::Cleanup(arguments) => arguments.answering(),
            Self::Refresh(arguments) => arguments.answering(),
            Self::Pause(arguments) => arguments.answering,
            Self::Resume(arguments) => arguments.answering,
            Self::Import(arguments) => arguments.answering,
            Self::Export(arguments) => arguments.answering,
            Self::Cluster(arguments) => arguments.answering,
            Self::Init(_)
            | Self::Validate(_)
            | Self::Schema(_)
            | Self::Plan(_)
            | Self::Show(_)
            | Self::Apply(_)
            | Self::Watch(_)
            | Self::Daemon(_)
            | Self::Status(_)
            | Self::Explain(_)
            | Self::Drill(_)
            | Self::History(_)
            | Self::Replay(_)
            | Self::Simulate(_)
            | Self::Graph(_)
            | Self::Resource(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::ApiStream(_)
            | Self::Guard(_) => return false,
        };
        answering.is_json()
    }

    fn run(self, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
        match self {
            Self::Init(arguments) => init::run(&arguments, options, terminal),
            Self::Validate(arguments) => validate::run(&arguments, options, terminal),
            Self::Fmt(arguments) => fmt::run(&arguments, options, terminal),
            Self::Schema(arguments) => schema::run(&arguments, terminal),
            Self::Plan(arguments) => plan::run(&arguments, options, terminal),
            Self::Show(arguments) => show::run(&arguments, terminal),
            Self::Apply(arguments) => apply::run(&arguments, options, terminal),
            Self::Watch(arguments) => watch::run(&arguments, options, terminal),
            Self::Daemon(arguments) => daemon::run(&arguments, options),
            Self::Status(arguments) => status::run(&arguments, options, terminal),
            Self::Wait(arguments) => wait::run(&arguments, options, terminal),
            Self::Explain(arguments) => explain::run(&arguments, options, terminal),
            Self::Drill(arguments) => drill::run(&arguments, options, terminal),
            Self::History(arguments) => history::run(&arguments, options, terminal),
            Self::Node(arguments) => node::run(&arguments, options, terminal),
            Self::Move(arguments) => relocate::run_move(&arguments, options, terminal),
            Self::Ban(arguments) => relocate::run_ban(&arguments, options, terminal),
            Self::Clear(arguments) => relocate::run_clear(&arguments, options, terminal),
            Self::Ticket(arguments) => ticket::run(&arguments, options, terminal),
            Self::Cleanup(arguments) => forget::run_cleanup(&arguments, options, terminal),
            Self::Refresh(arguments) => forget::run_refresh(&arguments, options, terminal),
            Self::Pause(arguments) => pause::run(&arguments, options, terminal),
            Self::Resume(arguments) => pause::run_resume(&arguments, options, terminal),
            Self::ApiStream(_) => api_stream::run(options),
            Self::Guard(arguments) => guard::run(&arguments),
            Self::Replay(arguments) => replay::run(&arguments, terminal),
            Self::Simulate(arguments) => simulate::run(&arguments, options, terminal),
            Self::Graph(arguments) => graph::run(&arguments, options, terminal),
            Self::Resource(arguments) => resource::run(&arguments, options, terminal),
            Self::Import(arguments) => import::run(&arguments, options, terminal),
            Self::Export(arguments) => export::run(&arguments, options, terminal),
            Self::Cluster(arguments) => cluster::run(&arguments, options, terminal),
            Self::Completions(arguments) => completions::run(&arguments, terminal),
            Self::Man(arguments) => man::run(&arguments, terminal),
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

fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    let matches = without_empty(command()).try_get_matches_from(words)?;
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    arguments.options.file_origin = matches.value_source("file");
    Ok(arguments)
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
