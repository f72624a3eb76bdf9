//! `explain`: why a resource is here, and why not there.

use clap::{Args, ValueEnum};

use super::engines;
use super::engines::Access;
use super::exit::Exit;
use super::failure::Failure;
use super::options::Options;
use super::planning::{self, Wanted};
use super::terminal::Terminal;
use crate::model::{Moment, NodeName};
use crate::plan::explain::{explain, explainable};
use crate::view;

/// Explain where a resource is placed, and why not elsewhere.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Which resource.
    resource: String,
    /// Only what concerns this node.
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// Explain what the manifest would do, not what is in force.
    #[arg(long)]
    planned: bool,
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
pub(super) fn run(arguments: &Arguments, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    let (cluster, observation) = engines::block_on(async {
        let mut engine = engines::open(options, Access::Read)?.engine;
        if arguments.planned {
            let wanted = Wanted::load(options, false, terminal)?;
            let observation = planning::observe(&mut *engine, options, &wanted.cluster).await?;
            let desired = planning::make(&wanted, &observation).plan.desired;
            let effective = observation.overlay.over(&desired, Moment::at(observation.now)).into_owned();
            Ok((effective, observation))
        } else {
            let observation = engine.observe().await?;
            Ok((observation.effective().into_owned(), observation))
        }
    })?;
    let node = arguments.node.as_deref().map(NodeName::from);
    if let Some(node) = &node
        && !cluster.nodes.iter().any(|known| known.name.is(node.as_str()))
    {
        return Err(Failure::usage(format!("there is no node `{node}`")));
    }
    match explain(&cluster, &observation.status, observation.now, &arguments.resource) {
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

fn unknown(resource: &str, known: &[String]) -> Failure {
    let failure = Failure::usage(format!("there is no resource `{resource}` in force"));
    let nearest = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(name, resource), name))
        .min()
        .filter(|(distance, name)| *distance <= name.len().div_ceil(3));
    match nearest {
        Some((_, name)) => failure.help(format!("did you mean `{name}`?")),
        None if known.is_empty() => failure.help("nothing is in force yet; `quorate apply` changes that"),
        None => failure.help(format!("there are {}", known.join(", "))),
    }
}
