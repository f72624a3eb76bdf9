//! `history`: what happened in a cluster, and why.

use clap::{Args, ValueEnum};

use super::replay;
use crate::api::DecisionId;
use crate::cli::engines;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::view;

/// Show what happened in a cluster, and why; or make one of its decisions once more.
///
/// A daemon remembers what it saw, and the decisions that it made as designated controller.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// A decision, by the name that `history` shows: it is made once more and compared.
    decision: Option<DecisionId>,
    /// Print the recording of the decision, for `replay FILE`, and do not make it.
    #[arg(long, requires = "decision")]
    recording: bool,
    /// Show the last so many events.
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    last: usize,
    /// Form of the history.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// Forms of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One JSON record per event.
    Ndjson,
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let mut cluster = engines::open_corosync(options)?;
    if let Some(id) = arguments.decision {
        let text = engines::block_on(async { Ok(cluster.recording(id).await?) })?;
        return if arguments.recording {
            terminal.data(&text)?;
            Ok(Exit::Done)
        } else {
            replay::compare(&text, &format!("decision {id}"), replay::Format::Text, terminal)
        };
    }
    let told = engines::block_on(async { Ok(cluster.history().await?) })?;
    let last = told.get(told.len().saturating_sub(arguments.last)..).unwrap_or_default();
    terminal.data(&match arguments.output {
        Format::Text => view::history::text(last, terminal.output_ink()),
        Format::Json => view::history::json(last),
        Format::Ndjson => view::history::ndjson(last),
    })?;
    Ok(Exit::Done)
}
