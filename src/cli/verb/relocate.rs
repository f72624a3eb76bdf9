//! `move`, `ban` and `clear`: where a resource runs, for a while.

use std::collections::BTreeSet;

use clap::Args;

use crate::cli::answer::Answering;
use crate::cli::asking::{self, Lasting, Waiting};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::name;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::cluster::Change;
use crate::engine::Observation;
use crate::manifest::suggest;
use crate::model::id::without_number;
use crate::model::{Moment, NodeName, Override, OverrideId, Overriding, ResourceId, Role};
use crate::plan::overview::ResourceOverview;

/// Move a resource to a node, for a while.
///
/// The resource runs there before all other nodes until the time is over or `clear` ends it.
#[derive(Debug, Args)]
pub(in crate::cli) struct Move {
    /// Which resource.
    resource: String,
    /// To which node.
    #[arg(long, value_name = "NODE")]
    to: String,
    /// Only its promoted instance.
    #[arg(long)]
    promoted: bool,
    #[command(flatten)]
    lasting: Lasting,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    pub(in crate::cli) answering: Answering,
}

/// Keep a resource off a node, for a while.
#[derive(Debug, Args)]
pub(in crate::cli) struct Ban {
    /// Which resource.
    resource: String,
    /// Off which node; the one where it runs if not given.
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// Only its promoted instance.
    #[arg(long)]
    promoted: bool,
    #[command(flatten)]
    lasting: Lasting,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    pub(in crate::cli) answering: Answering,
}

/// End overrides before their time.
#[derive(Debug, Args)]
pub(in crate::cli) struct Clear {
    /// The name of an override as `status` shows it, or a resource, a node: all overrides of it.
    what: Option<String>,
    /// All overrides.
    #[arg(long, conflicts_with = "what")]
    all: bool,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    pub(in crate::cli) answering: Answering,
}

/// Runs `move`.
pub(in crate::cli) fn run_move(
    arguments: &Move,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let (resource, node) = (ResourceId::from(&*arguments.resource), NodeName::from(&*arguments.to));
    let what = Overriding::Prefer { resource, node, role: role(arguments.promoted) };
    let id = format!("move-{}", arguments.resource);
    let wish = |seen: &Observation| Ok(vec![arguments.lasting.over(id, what, seen)]);
    asking::ask(wish, &arguments.waiting, options, terminal)
}

/// Runs `ban`.
pub(in crate::cli) fn run_ban(
    arguments: &Ban,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let wish = |seen: &Observation| {
        let node = match &arguments.node {
            Some(node) => NodeName::from(&**node),
            None => where_it_runs(&arguments.resource, arguments.promoted, seen)?,
        };
        let id = format!("ban-{}-{node}", arguments.resource);
        let resource = ResourceId::from(&*arguments.resource);
        let what = Overriding::Ban { resource, node, role: role(arguments.promoted) };
        Ok(vec![arguments.lasting.over(id, what, seen)])
    };
    asking::ask(wish, &arguments.waiting, options, terminal)
}

/// Runs `clear`.
pub(in crate::cli) fn run_clear(
    arguments: &Clear,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let wish = |seen: &Observation| {
        if arguments.what.is_none() && !arguments.all {
            let failure = Failure::usage("nothing is named: which override is to end?");
            return Err(failure.help(overrides_there(seen)).help("`quorate clear --all` ends all of them"));
        }
        let is_meant = |over: &&Override| match &arguments.what {
            None => true,
            Some(what) => {
                over.id.0 == *what
                    || over.what.resource().is_some_and(|resource| *resource == **what)
                    || over.what.node().is_some_and(|node| node.is(what))
            }
        };
        let found: Vec<OverrideId> = in_force(seen).filter(is_meant).map(|over| over.id.clone()).collect();
        if found.is_empty() && !arguments.all {
            let what = arguments.what.as_deref().unwrap_or_default();
            return Err(nothing_to_clear(what, seen));
        }
        if found.is_empty() {
            terminal.note("There are no overrides.");
        }
        Ok(found.into_iter().map(Change::Restore).collect())
    };
    asking::ask(wish, &arguments.waiting, options, terminal)
}

/// Overrides whose time is not over.
fn in_force(seen: &Observation) -> impl Iterator<Item = &Override> {
    seen.overlay.active(Moment::at(seen.now))
}

fn nothing_to_clear(what: &str, seen: &Observation) -> Failure {
    let failure = Failure::usage(format!("there is no override `{what}`, and none of it"));
    let names = in_force(seen).map(|over| over.id.0.as_str());
    let resources = in_force(seen).filter_map(|over| over.what.resource().map(ResourceId::as_str));
    let nodes = in_force(seen).filter_map(|over| over.what.node().map(NodeName::as_str));
    if let Some(similar) = suggest::similar(what, names.chain(resources).chain(nodes)) {
        return failure.help(format!("did you mean `{similar}`?"));
    }
    failure.help(overrides_there(seen))
}

fn overrides_there(seen: &Observation) -> String {
    let names: Vec<&str> = in_force(seen).map(|over| over.id.0.as_str()).collect();
    if names.is_empty() {
        "there are no overrides".to_owned()
    } else {
        format!("there are {}", names.join(", "))
    }
}

fn role(is_promoted: bool) -> Option<Role> {
    is_promoted.then_some(Role::Promoted)
}

/// The one node where a resource runs, or where it is promoted.
fn where_it_runs(resource: &str, is_promoted: bool, seen: &Observation) -> Result<NodeName, Failure> {
    let overview = super::status::overview_of(seen, None);
    let Some(places) = places(resource, is_promoted, &overview.resources) else {
        name::check_resource(resource, seen)?;
        return Err(Failure::usage(format!(
            "{resource} is no longer configured; --node says off which node it is kept"
        )));
    };
    let does = if is_promoted { "is promoted" } else { "runs" };
    let mut places = places.into_iter();
    match (places.next(), places.next()) {
        (Some(node), None) => Ok(node.clone()),
        (None, _) => {
            let does_not = if is_promoted { "is not promoted" } else { "does not run" };
            Err(Failure::usage(format!("{resource} {does_not}; --node says off which node it is kept")))
        }
        (Some(_), Some(_)) => {
            Err(Failure::usage(format!("{resource} {does} on several nodes; --node says off which")))
        }
    }
}

/// The nodes where a resource is, or where it or what is in it is promoted; `None` if there is no such resource.
fn places<'o>(
    resource: &str,
    is_promoted: bool,
    resources: &'o [ResourceOverview],
) -> Option<BTreeSet<&'o NodeName>> {
    let mut depth = None;
    let mut places = None;
    for known in resources {
        let is_named = known.id == resource || without_number(&known.id) == resource;
        if is_named {
            depth = Some(known.depth);
        } else if depth.is_some_and(|depth| known.depth <= depth) {
            depth = None;
        }
        let Some(depth) = depth else { continue };
        let is_meant = if is_promoted { known.role == Role::Promoted } else { known.depth == depth };
        places.get_or_insert_with(BTreeSet::new).extend(known.nodes.iter().filter(|_| is_meant));
    }
    places
}
