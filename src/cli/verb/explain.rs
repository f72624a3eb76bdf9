//! `explain`: why a resource is here, and why not there.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::plan;
use crate::cli::clock;
use crate::cli::engines;
use crate::cli::engines::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::name;
use crate::cli::options::Options;
use crate::cli::planning::{self, Wanted};
use crate::cli::terminal::Terminal;
use crate::engine::Observation;
use crate::model::{Cluster, Moment, NodeName};
use crate::plan::explain::{explain, explainable};
use crate::view;

/// Explain where a resource is placed, and why not elsewhere.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Which resource.
    resource: String,
    /// Only what concerns this node.
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// Explain what the manifest would do, not what is in force.
    #[arg(long)]
    planned: bool,
    /// Explain what is decided on a Pacemaker CIB file (as `pe-input-N` is one) instead of a cluster.
    #[arg(long, value_name = "FILE", conflicts_with = "planned")]
    cib: Option<PathBuf>,
    /// Explain as if it were this moment; without offset it is in UTC. [default: the `execution-date`
    /// of the CIB, else the cluster's clock]
    #[arg(long, value_name = "TIME", value_parser = clock::parse_moment)]
    now: Option<i64>,
    /// Form of the explanation.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// Forms of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let (cluster, observation) = match &arguments.cib {
        Some(file) => {
            let observation = plan::observation_of_cib(file, arguments.now, terminal)?;
            (observation.in_force.clone(), observation)
        }
        None => engines::block_on(observe(arguments, options, terminal))?,
    };
    let node = arguments.node.as_deref().map(NodeName::from);
    if let Some(node) = &node {
        let seen = observation.status.nodes.iter().filter_map(|state| state.name.as_ref());
        let mut known = name::nodes(&cluster);
        known.extend(seen.map(ToString::to_string));
        known.dedup();
        name::check_node(node, &known)?;
    }
    let Observation { status, overlay, now, .. } = &observation;
    match explain(&cluster, overlay, status, *now, &arguments.resource) {
        Some(explanations) => {
            let text = match arguments.output {
                Format::Text => view::explain::text(&explanations, node.as_ref(), terminal.output_ink()),
                Format::Json => view::explain::json(&explanations),
            };
            terminal.data(&text)?;
            Ok(Exit::Done)
        }
        None => Err(unknown(&arguments.resource, &explainable(&cluster))),
    }
}

/// The cluster that is to be explained, with what is seen of it.
async fn observe(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<(Cluster, Observation), Failure> {
    let mut engine = engines::open(options, Access::Read)?.engine;
    if arguments.planned {
        let wanted = Wanted::load(options, false, terminal)?;
        let mut observation = planning::observe(&mut *engine, options, &wanted.cluster).await?;
        observation.now = arguments.now.unwrap_or(observation.now);
        let desired = planning::make(&wanted, &observation).plan.desired;
        let effective = observation.overlay.over(&desired, Moment::at(observation.now)).into_owned();
        return Ok((effective, observation));
    }
    let mut observation = engine.observe().await?;
    observation.now = arguments.now.unwrap_or(observation.now);
    Ok((observation.effective().into_owned(), observation))
}

fn unknown(resource: &str, known: &[String]) -> Failure {
    if known.is_empty() {
        return Failure::usage(format!("there is no resource `{resource}`"))
            .help("nothing is in force yet; `quorate apply` changes that, `--planned` looks ahead");
    }
    name::unknown("resource", resource, known)
}
