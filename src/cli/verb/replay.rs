//! `replay`: make a recorded decision once more.

#![expect(clippy::disallowed_methods, reason = "recordings are files")]

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use similar::TextDiff;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::diagnostic::with_causes;
use crate::model::Cluster;
use crate::scheduler::Schedule;
use crate::source;
use crate::status::ClusterStatus;
use crate::view::{recording, transition};

/// Make a recorded decision once more, and compare: the same input gives the same schedule.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// A file that `quorate plan --record` wrote.
    recording: PathBuf,
    /// What is printed.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// What can be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// Whether it is the same, and what differs.
    Text,
    /// The schedule as it is decided now.
    Transition,
}

/// Runs the verb.
pub(in crate::cli) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Failure> {
    let file = &arguments.recording;
    let text = source::read_file(file, source::WRITTEN_BYTES_MAX)
        .and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other))
        .map_err(|error| Failure::file("read", file, &error))?;
    compare(&text, &file.display().to_string(), arguments.output, terminal)
}

/// Makes the decision of a recording once more, and says whether it is the same.
pub(in crate::cli) fn compare(
    text: &str,
    name: &str,
    output: Format,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let recorded = recording::read(text)
        .map_err(|error| Failure::error(format!("{name} is {}", with_causes(&error))))?;
    let schedule = recorded.decide();
    let now = transition::json(&schedule);
    let is_same = now == recorded.schedule;
    match output {
        Format::Transition => terminal.data(&now)?,
        Format::Text if is_same => {
            let actions = schedule.transition.actions.len();
            terminal.data(&format!(
                "Same: the {actions} actions, their order and all scores are as recorded.\n"
            ))?;
        }
        Format::Text => {
            let difference = TextDiff::from_lines(&recorded.schedule, &now);
            terminal.data(&difference.unified_diff().header("recorded", "now").to_string())?;
        }
    }
    if is_same {
        return Ok(Exit::Done);
    }
    let by = format!(
        "it was recorded by version {}, and this is {}",
        recorded.quorate_version,
        env!("CARGO_PKG_VERSION")
    );
    Err(Failure::error("the decision differs from the recorded one").help(by))
}

/// Writes the recording of a decision into a file.
pub(in crate::cli) fn record(
    file: &Path,
    cluster: &Cluster,
    status: &ClusterStatus,
    now: i64,
    schedule: &Schedule,
) -> Result<(), Failure> {
    let text = recording::write(cluster, status, now, schedule).map_err(|error| {
        Failure::error(format!("cannot record the decision: {error}"))
            .help("write passwords as `{secret: NAME}`: then there is nothing to leave out")
    })?;
    std::fs::write(file, text).map_err(|error| Failure::file("write", file, &error))
}
