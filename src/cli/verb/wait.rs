//! `wait`: block until the cluster is as it should be.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::status::Lookout;
use super::{status, validate};
use crate::cli::answer::Answering;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::cli::{clock, engines};
use crate::manifest::Manifest;
use crate::plan::Overview;
use crate::plan::overview::{Health, Sync};
use crate::view;

/// How often the cluster is looked at.
const INTERVAL: Duration = Duration::from_millis(500);

/// Wait until the cluster is as it should be.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// What to wait for.
    #[arg(
        long = "for",
        value_name = "WHAT",
        value_enum,
        value_delimiter = ',',
        default_value = "synced,healthy"
    )]
    goals: Vec<Goal>,
    /// Give up after this long.
    #[arg(long, value_name = "TIME", value_parser = clock::parse_period)]
    timeout: Option<Duration>,
    #[command(flatten)]
    pub(in crate::cli) answering: Answering,
}

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Goal {
    /// What the manifest says is in force.
    Synced,
    /// What is in force is so.
    Healthy,
    /// The cluster has quorum.
    Quorum,
}

impl Goal {
    fn is_reached(self, overview: &Overview) -> bool {
        match self {
            Self::Synced => overview.sync == Sync::Synced,
            Self::Healthy => overview.health == Health::Healthy,
            Self::Quorum => overview.has_quorum,
        }
    }
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let declared = declared(arguments, options, terminal)?;
    engines::block_on(async {
        let mut lookout = Lookout::new(options);
        let started = tokio::time::Instant::now();
        loop {
            let overview = lookout.look(status::cluster(declared.as_ref())).await?;
            if arguments.goals.iter().all(|goal| goal.is_reached(&overview)) {
                terminal.note(view::status::line(&overview).trim_end());
                return Ok(Exit::Done);
            }
            if arguments.timeout.is_some_and(|timeout| started.elapsed() + INTERVAL > timeout) {
                let line = view::status::line(&overview);
                return Err(Failure::new(Exit::Timeout, format!("time is up: {}", line.trim_end())));
            }
            tokio::select! {
                rested = lookout.rest(INTERVAL) => rested?,
                _ = tokio::signal::ctrl_c() => return Err(Failure::new(Exit::Interrupted, "interrupted")),
            }
        }
    })
}

/// The manifest that is waited for: without a good one, waiting to be in sync would never end.
fn declared(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Option<Manifest>, Failure> {
    let is_needed = arguments.goals.contains(&Goal::Synced) || options.named_manifest().is_some();
    is_needed.then(|| validate::load(options.manifest(), terminal)).transpose()
}
