//! `graph`: the transition as a picture.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::plan;
use crate::cli::clock;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::plan::WhatIf;
use crate::view;

/// Draw the actions of the plan and what waits for what.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Form of the picture.
    #[arg(long, short = 'o', value_enum, default_value_t = Format::Dot)]
    format: Format,
    /// Draw monitors, probes and notifications too.
    #[arg(long)]
    all: bool,
    /// Draw the plan on a Pacemaker CIB file instead of a cluster.
    #[arg(long, value_name = "FILE")]
    cib: Option<PathBuf>,
    /// Draw the plan as if this had happened: node-down=N, node-up=N, node-standby=N, no-quorum.
    #[arg(long, value_name = "WHAT", value_parser = WhatIf::parse)]
    what_if: Vec<WhatIf>,
    /// Plan as if it were this moment.
    #[arg(long, value_name = "TIME", value_parser = clock::parse_moment)]
    now: Option<i64>,
}

/// Forms of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For Graphviz (`dot -Tsvg`).
    Dot,
    /// For markdown on a forge.
    Mermaid,
    /// For a browser; needs no other program.
    Svg,
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let planning =
        plan::Arguments::for_graph(arguments.cib.clone(), arguments.what_if.clone(), arguments.now);
    let (planned, _) = plan::make(&planning, options, terminal)?;
    let graph = view::graph::graph(&planned.schedule.transition, arguments.all);
    let text = match arguments.format {
        Format::Dot => view::graph::dot(&graph),
        Format::Mermaid => view::graph::mermaid(&graph),
        Format::Svg => view::graph::svg(&graph),
    };
    if graph.vertices.is_empty() {
        let has_quiet = !planned.plan.background.is_empty() && !arguments.all;
        terminal.note(if has_quiet {
            "Nothing to draw but monitors, probes and notifications: --all draws them."
        } else {
            "Nothing to draw: there is nothing to do."
        });
    }
    terminal.data(&text)?;
    Ok(Exit::Done)
}
