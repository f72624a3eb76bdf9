//! `status`: nodes, quorum, resources, failures; sync and health.

#![expect(clippy::disallowed_methods, reason = "waits for the cluster")]

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::engines;
use super::engines::Access;
use super::exit::Exit;
use super::failure::Failure;
use super::options::{EngineName, Options};
use super::terminal::Terminal;
use super::validate;
use crate::engine::{Engine, Observation};
use crate::model::NodeName;
use crate::plan::Overview;
use crate::plan::overview::{Concern, Health, overview};
use crate::view;

/// How often `--watch` looks again.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// Show nodes, quorum, resources and failures, and whether all is as it should be.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Look again every two seconds.
    #[arg(long, conflicts_with = "check")]
    watch: bool,
    /// One line and an exit code for monitoring: 0 ok, 1 warning, 2 critical, 3 unknown.
    #[arg(long)]
    check: bool,
    /// What this node knows, where cut links have split a simulated cluster.
    #[arg(long, value_name = "NODE", conflicts_with = "check")]
    seen_from: Option<String>,
    /// Form of the status.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// Forms of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    if arguments.check {
        return check(options, terminal);
    }
    engines::block_on(async {
        loop {
            let overview = match &arguments.seen_from {
                Some(node) => look_from(node, options)?,
                None => look(&mut *engines::open(options, Access::Read)?.engine, options).await?,
            };
            let text = match arguments.output {
                Format::Text => view::status::text(&overview, terminal.output_ink()),
                Format::Json => view::status::json(&overview),
            };
            if !arguments.watch {
                terminal.data(&text)?;
                return Ok(Exit::Done);
            }
            terminal.data(&terminal.fresh_page(&text))?;
            tokio::select! {
                () = tokio::time::sleep(WATCH_INTERVAL) => {}
                _ = tokio::signal::ctrl_c() => return Ok(Exit::Done),
            }
        }
    })
}

/// Looks at the cluster, and at the manifest if there is a good one.
pub(super) async fn look(engine: &mut dyn Engine, options: &Options) -> Result<Overview, Failure> {
    let observation = engine.observe().await?;
    Ok(overview_of(&observation, options))
}

/// Looks at a simulated cluster with the eyes of one node.
fn look_from(node: &str, options: &Options) -> Result<Overview, Failure> {
    if options.engine != EngineName::Simulated {
        return Err(Failure::usage("only a simulated cluster can be seen from any node"));
    }
    let observation = engines::peek_simulated(options)?.observe_from(&NodeName::from(node))?;
    Ok(overview_of(&observation, options))
}

fn overview_of(observation: &Observation, options: &Options) -> Overview {
    let manifest = validate::load_quietly(options.manifest());
    overview(
        observation.generation.0,
        &observation.in_force,
        &observation.status,
        observation.now,
        manifest.as_ref().map(|manifest| &manifest.cluster),
    )
}

/// One line and a code of its own scale: monitoring systems expect nothing else.
fn check(options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    let overview = engines::block_on(async {
        let mut engine = engines::open(options, Access::Read)?.engine;
        look(&mut *engine, options).await
    });
    let (word, exit, line) = match &overview {
        Ok(overview) => {
            let (word, exit) = grade(overview);
            (word, exit, view::status::line(overview))
        }
        Err(failure) => (
            "UNKNOWN",
            Exit::CheckUnknown,
            format!("{}\n", failure.message.as_deref().unwrap_or("no answer")),
        ),
    };
    terminal.data(&format!("QUORATE {word} - {line}"))?;
    Ok(exit)
}

fn grade(overview: &Overview) -> (&'static str, Exit) {
    let is_critical = overview.concerns.iter().any(|concern| match concern {
        Concern::NoQuorum
        | Concern::CutOff
        | Concern::Unplaced(_)
        | Concern::UncleanNode { .. }
        | Concern::FailedResource { .. }
        | Concern::Blocked { .. } => true,
        Concern::LostNode { .. }
        | Concern::OfflineNode { .. }
        | Concern::Due { .. }
        | Concern::Maintenance => false,
    });
    if is_critical || overview.health == Health::Missing {
        ("CRITICAL", Exit::Changes)
    } else if overview.health == Health::Healthy {
        ("OK", Exit::Done)
    } else {
        ("WARNING", Exit::Error)
    }
}
