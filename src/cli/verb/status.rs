//! `status`: nodes, quorum, resources, failures; sync and health.

#![expect(clippy::disallowed_methods, reason = "waits for the cluster, looks for a manifest")]

use std::path::Path;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::plan::detail;
use super::validate;
use crate::cli::engines;
use crate::cli::engines::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::name;
use crate::cli::options::{EngineName, Options};
use crate::cli::terminal::Terminal;
use crate::engine::{Engine, Observation};
use crate::manifest::{self, Manifest};
use crate::model::{Cluster, NodeName};
use crate::plan::Overview;
use crate::plan::overview::{Concern, Health, Sync, overview};
use crate::plan::window;
use crate::view;

/// How often `--watch` looks again.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// Show nodes, quorum, resources and failures, and whether all is as it should be.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
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
    /// One page for a browser; needs nothing else.
    Html,
    /// Figures for Prometheus, named as the ha_cluster exporter names them.
    Prometheus,
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    if arguments.check {
        if matches!(arguments.output, Format::Html | Format::Prometheus) {
            return Err(Failure::usage("--check answers with a line, or with -o json"));
        }
        return check(arguments.output, options, terminal);
    }
    if arguments.watch && options.manifest() == Path::new("-") {
        return Err(Failure::usage("standard input can be read only once, and not again and again"));
    }
    engines::block_on(async {
        let mut lookout = Lookout::new(options);
        loop {
            let declared = declared(options, terminal)?;
            let overview = match &arguments.seen_from {
                Some(node) => look_from(node, options, cluster(declared.as_ref()))?,
                None => lookout.look(cluster(declared.as_ref())).await?,
            };
            let text = match arguments.output {
                Format::Text => view::status::text(&overview, detail(terminal), terminal.output_ink()),
                Format::Json => view::status::json(&overview),
                Format::Html => view::page::html(&overview),
                Format::Prometheus => view::prometheus::text(&overview, None),
            };
            if !arguments.watch {
                terminal.data(&text)?;
                tell_what_waits(declared.as_ref(), &overview, terminal);
                return Ok(Exit::Done);
            }
            terminal.data(&terminal.fresh_page(&text))?;
            tokio::select! {
                rested = lookout.rest(WATCH_INTERVAL) => rested?,
                _ = tokio::signal::ctrl_c() => return Ok(Exit::Done),
            }
        }
    })
}

/// Says what keeps a manifest that differs from coming in force by itself.
fn tell_what_waits(declared: Option<&Manifest>, overview: &Overview, terminal: Terminal) {
    let Some(manifest) = declared.filter(|_| overview.sync == Sync::OutOfSync) else { return };
    let admission = window::admission_of_any(&manifest.settings.reconcile, overview.at);
    if let Some(why) = view::window::waits(admission) {
        terminal.note(&why);
    }
}

/// The manifest to compare with. One that was named must be readable; `cluster.yaml` need not be
/// there. A manifest with errors is no reason to say nothing of the cluster.
fn declared(options: &Options, terminal: Terminal) -> Result<Option<Manifest>, Failure> {
    let path = options.manifest();
    if options.named_manifest().is_none() && !path.exists() {
        return Ok(None);
    }
    let reading = manifest::read(&validate::texts(path, terminal)?);
    let errors = reading.diagnostics.iter().filter(|finding| finding.is_error()).count();
    if errors > 0 {
        terminal.say(&format!(
            "{} is not valid ({}; `quorate validate` lists them): there is nothing to compare with.",
            path.display(),
            validate::counted(errors, "error"),
        ));
    }
    Ok(reading.manifest.filter(|_| errors == 0))
}

/// What a manifest declares.
pub(in crate::cli) fn cluster(manifest: Option<&Manifest>) -> Option<&Cluster> {
    manifest.map(|manifest| &manifest.cluster)
}

/// Looks at a cluster again and again.
pub(in crate::cli) struct Lookout<'a> {
    options: &'a Options,
    /// The line to a daemon is kept. The files of other engines are read anew each time.
    kept: Option<Box<dyn Engine>>,
}

impl<'a> Lookout<'a> {
    /// A lookout on the cluster that the options name.
    pub(in crate::cli) fn new(options: &'a Options) -> Self {
        Self { options, kept: None }
    }

    /// How the cluster is now, compared with what is declared.
    pub(in crate::cli) async fn look(&mut self, declared: Option<&Cluster>) -> Result<Overview, Failure> {
        let mut engine = match self.kept.take() {
            Some(engine) => engine,
            None => engines::open(self.options, Access::Read)?.engine,
        };
        let overview = look(&mut *engine, declared).await?;
        self.kept = Some(engine).filter(|_| self.options.engine() == EngineName::Corosync);
        Ok(overview)
    }

    /// Waits for so long, or until a daemon tells of something.
    pub(in crate::cli) async fn rest(&mut self, length: Duration) -> Result<(), Failure> {
        match &mut self.kept {
            Some(engine) => Ok(engine.rest(length, &mut |_| {}).await?),
            None => {
                tokio::time::sleep(length).await;
                Ok(())
            }
        }
    }
}

/// Looks at the cluster, and compares it with what is declared.
async fn look(engine: &mut dyn Engine, declared: Option<&Cluster>) -> Result<Overview, Failure> {
    let observation = engine.observe().await?;
    Ok(overview_of(&observation, declared))
}

/// Looks at a simulated cluster with the eyes of one node.
fn look_from(node: &str, options: &Options, declared: Option<&Cluster>) -> Result<Overview, Failure> {
    if options.engine() != EngineName::Simulated {
        return Err(Failure::usage("only a simulated cluster can be seen from any node"));
    }
    let cluster = engines::peek_simulated(options)?;
    let node = NodeName::from(node);
    name::check_node(&node, &cluster.nodes())?;
    let observation = cluster.observe_from(&node)?;
    Ok(overview_of(&observation, declared))
}

/// How an observed cluster is, compared with what a manifest says.
pub(in crate::cli) fn overview_of(observation: &Observation, declared: Option<&Cluster>) -> Overview {
    overview(
        observation.generation.0,
        &observation.in_force,
        &observation.overlay,
        &observation.status,
        observation.now,
        declared,
    )
    .noting(&observation.aside)
}

/// One line and a code of its own scale: monitoring systems expect nothing else.
fn check(output: Format, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    let overview = engines::block_on(async {
        let declared = declared(options, terminal)?;
        let mut engine = engines::open(options, Access::Read)?.engine;
        look(&mut *engine, cluster(declared.as_ref())).await
    });
    let (word, exit) = overview.as_ref().map_or(("UNKNOWN", Exit::CheckUnknown), grade);
    let seen = overview.as_ref().map_err(|failure| failure.message.as_deref().unwrap_or("no answer"));
    terminal.data(&match (output, seen) {
        (Format::Json, seen) => view::status::check_json(word, exit.code(), seen),
        (Format::Text | Format::Html | Format::Prometheus, Ok(overview)) => {
            format!("QUORATE {word} - {}", view::status::line(overview))
        }
        (Format::Text | Format::Html | Format::Prometheus, Err(why)) => {
            format!("QUORATE {word} - {why}\n")
        }
    })?;
    Ok(exit)
}

fn grade(overview: &Overview) -> (&'static str, Exit) {
    let is_critical = overview.concerns.iter().any(|concern| match concern {
        Concern::NoQuorum
        | Concern::CutOff
        | Concern::Unplaced(_)
        | Concern::UncleanNode { .. }
        | Concern::Trouble(_)
        | Concern::Blocked { .. } => true,
        Concern::LostNode { .. }
        | Concern::Frozen(_)
        | Concern::SilentWitness(_)
        | Concern::Clock { .. }
        | Concern::OfflineNode { .. }
        | Concern::PendingNode { .. }
        | Concern::UnknownNode { .. }
        | Concern::Manifest { .. }
        | Concern::LeftDown { .. }
        | Concern::DegradedResource { .. }
        | Concern::Retiring { .. }
        | Concern::Due { .. }
        | Concern::AtWork(_)
        | Concern::Maintenance
        | Concern::Paused => false,
    });
    if is_critical || overview.health == Health::Missing {
        ("CRITICAL", Exit::Changes)
    } else if overview.health == Health::Healthy {
        ("OK", Exit::Done)
    } else {
        ("WARNING", Exit::Error)
    }
}
