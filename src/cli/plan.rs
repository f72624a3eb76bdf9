//! `plan`: observe, schedule, show; change nothing.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::failure::Failure;
use super::options::Options;
use super::terminal::Terminal;
use super::{clock, source};
use crate::scheduler;

/// Show what would be done, and why. Changes nothing.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Plan on a Pacemaker CIB file instead of a cluster.
    #[arg(long, value_name = "FILE")]
    cib: Option<PathBuf>,
    /// Plan as if it were this moment.
    #[arg(long, value_name = "TIME", value_parser = clock::parse_moment)]
    now: Option<i64>,
    /// Form of the plan.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// Forms of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// For a pull request.
    Markdown,
    /// The ordered actions with their scores, for machines.
    Transition,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, _options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    let Some(file) = &arguments.cib else {
        return Err(Failure::error("not yet"));
    };
    let now = arguments.now.unwrap_or_else(clock::now);
    let (cluster, status) = read_cib(file, terminal)?;
    let schedule = scheduler::schedule(&cluster, &status, now);
    terminal.data(&crate::view::transition::json(&schedule))?;
    Ok(Exit::Done)
}

fn read_cib(
    file: &Path,
    terminal: Terminal,
) -> Result<(crate::model::Cluster, crate::status::ClusterStatus), Failure> {
    let sources = source::read(file)?;
    match crate::cib::read(&sources) {
        Ok(cib) => Ok((cib.cluster, cib.status)),
        Err(diagnostic) => {
            terminal.say_raw(&crate::view::diagnostic::text(&[diagnostic], &sources, terminal.error_ink()));
            Err(Failure::new(Exit::ManifestInvalid, format!("{} is not a CIB", file.display())))
        }
    }
}
