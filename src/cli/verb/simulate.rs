//! `simulate`: things that happen to a simulated cluster.

use std::ops::Not as _;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::name as names;
use crate::cli::options::{EngineName, Options};
use crate::cli::planning::{self, Wanted};
use crate::cli::progress::{Form, Progress};
use crate::cli::terminal::Terminal;
use crate::cli::{clock, engines};
use crate::engine::simulated::{Answer, Injection, Repeat, Simulated};
use crate::engine::{Engine, EngineError, Outcome};
use crate::model::id::without_number;
use crate::model::{NodeName, ResourceId};
use crate::status::ResultCode;
use crate::view;

/// Let something happen to the simulated cluster, and watch it react.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    happening: Happening,
    /// Only let it happen: the cluster does not react until the next `simulate` or `apply`. That a service
    /// died is found when its next monitor runs (`simulate advance`), or by `refresh`.
    #[arg(long, global = true)]
    hold: bool,
    /// Form of the progress.
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Text)]
    output: Format,
}

#[derive(Debug, Subcommand)]
enum Happening {
    /// A node loses its power, or a service dies.
    #[command(subcommand)]
    Fail(Failing),
    /// A node comes back, or a cut link is mended.
    #[command(subcommand)]
    Recover(Recovering),
    /// The link of a node is cut: it goes on by itself, and so do the others.
    Cut {
        /// Which node. It loses its carrier, and neither gateway, arbiter nor witness answers it.
        node: String,
        /// Cut only what leads to other nodes: everything else still answers.
        #[arg(long)]
        peers_only: bool,
    },
    /// An agent answers what it is told to answer.
    Inject(Injecting),
    /// Agents answer the truth again.
    Clear {
        /// Only for this resource.
        resource: Option<String>,
    },
    /// A node attribute changes.
    Attribute {
        /// Of which node.
        node: String,
        /// Which.
        name: String,
        /// Its value; without one it goes away.
        value: Option<String>,
    },
    /// Time passes.
    Advance {
        /// How much, such as `30s` or `1h`.
        #[arg(value_parser = clock::parse_period)]
        length: Duration,
    },
}

#[derive(Debug, Subcommand)]
enum Failing {
    /// A node loses its power.
    Node {
        /// Which.
        node: String,
    },
    /// A service dies.
    Resource {
        /// Which.
        resource: String,
        /// On this node only.
        #[arg(long, value_name = "NODE")]
        node: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum Recovering {
    /// A node comes back.
    Node {
        /// Which.
        node: String,
    },
}

#[derive(Debug, Args)]
struct Injecting {
    /// Of which resource.
    resource: String,
    /// Which operation: start, stop, monitor, probe, promote, ...
    operation: String,
    /// An exit code such as 1 or 5, or `hang`.
    #[arg(value_parser = parse_answer)]
    answer: Answer,
    /// On this node only.
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// The next time only.
    #[arg(long)]
    once: bool,
}

/// Forms of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON record per event.
    Ndjson,
}

fn parse_answer(text: &str) -> Result<Answer, String> {
    if text == "hang" {
        return Ok(Answer::Hang);
    }
    text.parse()
        .map(|code| Answer::Code(ResultCode(code)))
        .map_err(|_| "not an exit code (0 to 255)".to_owned())
}

/// What the cluster does after something happened.
enum Reaction {
    /// Sees it at once: membership changed, or somebody told it.
    AtOnce,
    /// Sees it when the next monitors have run.
    WhenMonitored,
    /// Goes on for this long.
    Over(Duration),
    /// Nothing.
    None,
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    if options.engine() != EngineName::Simulated {
        return Err(Failure::usage("only the simulated engine can be told what happens to it"));
    }
    engines::block_on(async {
        let mut cluster = engines::open_simulated(options)?;
        check_names(&arguments.happening, &cluster)?;
        check_hold(arguments)?;
        let reaction = happen(&arguments.happening, &mut cluster)?;
        if arguments.hold {
            return Ok(Exit::Done);
        }
        let form = match arguments.output {
            Format::Text => Form::People,
            Format::Ndjson => Form::Records,
        };
        let mut progress = Progress::new(terminal, form);
        let outcome = react(reaction, &mut cluster, &mut progress).await?;
        progress.end();
        if let Happening::Fail(Failing::Resource { resource, .. }) = &arguments.happening
            && let Some(line) = unnoticed(resource, &cluster)
        {
            terminal.note(&line);
        }
        Ok(conclude(outcome.as_ref(), &cluster, &progress, form, terminal))
    })
}

fn happen(happening: &Happening, cluster: &mut Simulated) -> Result<Reaction, EngineError> {
    match happening {
        Happening::Fail(Failing::Node { node }) => {
            cluster.fail_node(&name(node))?;
            Ok(Reaction::AtOnce)
        }
        Happening::Fail(Failing::Resource { resource, node }) => {
            cluster
                .fail_resource(&ResourceId::from(resource.as_str()), node.as_deref().map(name).as_ref())?;
            Ok(Reaction::WhenMonitored)
        }
        Happening::Recover(Recovering::Node { node }) => {
            cluster.recover_node(&name(node))?;
            Ok(Reaction::AtOnce)
        }
        Happening::Cut { node, peers_only } => {
            if *peers_only {
                cluster.cut_from_peers(&name(node))?;
            } else {
                cluster.cut_link(&name(node))?;
            }
            Ok(Reaction::AtOnce)
        }
        Happening::Inject(injecting) => {
            cluster.inject(injection(injecting))?;
            Ok(Reaction::None)
        }
        Happening::Clear { resource } => {
            cluster.clear_injections(resource.as_deref().map(ResourceId::from).as_ref())?;
            Ok(Reaction::None)
        }
        Happening::Attribute { node, name: attribute, value } => {
            cluster.set_attribute(&name(node), attribute, value.as_deref())?;
            Ok(Reaction::AtOnce)
        }
        Happening::Advance { length } => Ok(Reaction::Over(*length)),
    }
}

/// Refuses to hold what is nothing but the cluster going on.
fn check_hold(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.hold && matches!(arguments.happening, Happening::Advance { .. }) {
        let what = "`advance` cannot be held: as time passes, the cluster reacts";
        return Err(Failure::usage(what).help("leave out `--hold`"));
    }
    Ok(())
}

/// Refuses names that nothing has: a typo would let a drill pass.
fn check_names(happening: &Happening, cluster: &Simulated) -> Result<(), Failure> {
    let (resource, node) = match happening {
        Happening::Fail(Failing::Node { node })
        | Happening::Recover(Recovering::Node { node })
        | Happening::Cut { node, .. }
        | Happening::Attribute { node, .. } => (None, Some(node)),
        Happening::Fail(Failing::Resource { resource, node }) => (Some(resource), node.as_ref()),
        Happening::Inject(injecting) => (Some(&injecting.resource), injecting.node.as_ref()),
        Happening::Clear { resource } => (resource.as_ref(), None),
        Happening::Advance { .. } => (None, None),
    };
    if let Some(resource) = resource {
        let known = cluster.resources();
        let base = without_number(resource);
        if !known.iter().any(|name| name == base) {
            return Err(names::unknown("resource", resource, &known));
        }
    }
    if let Some(node) = node {
        names::check_node(&name(node), &cluster.nodes())?;
    }
    match happening {
        Happening::Inject(injecting) => check_operation(injecting, cluster),
        Happening::Fail(_)
        | Happening::Recover(_)
        | Happening::Cut { .. }
        | Happening::Clear { .. }
        | Happening::Attribute { .. }
        | Happening::Advance { .. } => Ok(()),
    }
}

fn check_operation(injecting: &Injecting, cluster: &Simulated) -> Result<(), Failure> {
    let known = cluster.operations(&ResourceId::from(injecting.resource.as_str()));
    if known.is_empty() {
        let what = format!("`{}` has no agent of its own", injecting.resource);
        return Err(Failure::usage(what).help("name one of the resources in it"));
    }
    if known.contains(&injecting.operation.as_str()) {
        return Ok(());
    }
    let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
    if matches!(injecting.operation.as_str(), "promote" | "demote") {
        let what = format!("`{}` is never promoted", injecting.resource);
        let help = format!("it is in no promotable clone; its operations are {}", known.join(", "));
        return Err(Failure::usage(what).help(help));
    }
    Err(names::unknown("operation", &injecting.operation, &known))
}

/// What cannot be done, and why, as each part of a cluster sees it that cut links have split.
fn obstacles(cluster: &Simulated, outcome: &Outcome) -> Vec<String> {
    let sides = cluster.sides();
    let is_split = sides.len() > 1;
    let unseen = cluster.unseen();
    let mut lines: Vec<String> = unseen
        .iter()
        .map(|it| format!("{}; {}", view::because::trouble(it), view::because::remedy(it)))
        .collect();
    for side in sides {
        let Some(mut observation) = side.first().and_then(|node| cluster.observe_from(node).ok()) else {
            continue;
        };
        observation.aside.unseen.clear();
        let plan = planning::make(&Wanted::in_force(&observation), &observation).plan;
        let undone = match outcome {
            Outcome::Converged | Outcome::Stuck => Vec::new(),
            Outcome::GaveUp { .. } => view::because::undone(&plan),
        };
        let members: Vec<&str> = side.iter().map(NodeName::as_str).collect();
        let seen = if is_split { format!("as {} sees it: ", members.join(", ")) } else { String::new() };
        let all = undone.into_iter().chain(view::because::obstacles(&plan));
        lines.extend(all.map(|line| format!("{seen}{line}")));
    }
    lines
}

/// That a service died and no monitor tells of it, as on a real cluster.
fn unnoticed(resource: &str, cluster: &Simulated) -> Option<String> {
    let base = without_number(resource);
    cluster.is_monitored(&ResourceId::from(base)).not().then(|| {
        format!(
            "{base} has no recurring monitor: nobody notices that it died. `quorate refresh {base}` looks; `ops: [{{name: monitor, interval: 10s}}]` keeps looking."
        )
    })
}

fn name(node: &str) -> NodeName {
    NodeName::from(node)
}

fn injection(injecting: &Injecting) -> Injection {
    Injection {
        resource: ResourceId::from(injecting.resource.as_str()),
        node: injecting.node.as_deref().map(name),
        operation: injecting.operation.as_str().into(),
        answer: injecting.answer,
        repeat: if injecting.once { Repeat::Once } else { Repeat::Always },
    }
}

async fn react(
    reaction: Reaction,
    cluster: &mut Simulated,
    progress: &mut Progress,
) -> Result<Option<Outcome>, EngineError> {
    let mut report = |event| progress.show(&event);
    Ok(match reaction {
        Reaction::None => None,
        Reaction::AtOnce => Some(cluster.converge(&mut report).await?),
        Reaction::WhenMonitored => Some(cluster.settle(&mut report).await?),
        Reaction::Over(length) => Some(cluster.advance(length, &mut report).await?),
    })
}

/// A cluster that cannot do all it should is what a simulation is for, and no error.
fn conclude(
    outcome: Option<&Outcome>,
    cluster: &Simulated,
    progress: &Progress,
    form: Form,
    terminal: Terminal,
) -> Exit {
    let Some(outcome) = outcome else { return Exit::Done };
    let obstacles = obstacles(cluster, outcome);
    progress.record(&view::progress::outcome_record(outcome, &obstacles));
    if form == Form::People {
        match outcome {
            Outcome::Converged if progress.started == 0 && obstacles.is_empty() => {
                terminal.note("Nothing had to be done.");
            }
            Outcome::Converged => {}
            Outcome::Stuck | Outcome::GaveUp { .. } => {
                terminal.note(&view::progress::outcome_message(outcome));
            }
        }
        view::fold::lines(obstacles).iter().for_each(|line| terminal.note(&format!("  {line}")));
    }
    Exit::Done
}
