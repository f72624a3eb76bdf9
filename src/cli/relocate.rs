//! `move`, `ban` and `clear`: where a resource runs, for a while.

use clap::Args;

use super::answer::Answering;
use super::asking::{self, Lasting, Waiting};
use super::exit::Exit;
use super::failure::Failure;
use super::name;
use super::options::Options;
use super::terminal::Terminal;
use crate::cluster::Change;
use crate::engine::Observation;
use crate::manifest::suggest;
use crate::model::{NodeName, OverrideId, Overriding, ResourceId, Role};

/// Move a resource to a node, for a while.
///
/// The resource runs there before all other nodes until the time is over or `clear` ends it.
#[derive(Debug, Args)]
pub(super) struct Move {
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
    pub(super) answering: Answering,
}

/// Keep a resource off a node, for a while.
#[derive(Debug, Args)]
pub(super) struct Ban {
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
    pub(super) answering: Answering,
}

/// End overrides before their time.
#[derive(Debug, Args)]
pub(super) struct Clear {
    /// The name of an override as `status` shows it, or a resource, a node: all overrides of it.
    what: Option<String>,
    /// All overrides.
    #[arg(long, conflicts_with = "what")]
    all: bool,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    pub(super) answering: Answering,
}

/// Runs `move`.
pub(super) fn run_move(arguments: &Move, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    let (resource, node) = (ResourceId::from(&*arguments.resource), NodeName::from(&*arguments.to));
    let what = Overriding::Prefer { resource, node, role: role(arguments.promoted) };
    let id = format!("move-{}", arguments.resource);
    let wish = |seen: &Observation| Ok(vec![arguments.lasting.over(id, what, seen)]);
    asking::ask(wish, &arguments.waiting, options, terminal)
}

/// Runs `ban`.
pub(super) fn run_ban(arguments: &Ban, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    let wish = |seen: &Observation| {
        let node = match &arguments.node {
            Some(node) => NodeName::from(&**node),
            None => where_it_runs(&arguments.resource, seen)?,
        };
        let id = format!("ban-{}-{node}", arguments.resource);
        let resource = ResourceId::from(&*arguments.resource);
        let what = Overriding::Ban { resource, node, role: role(arguments.promoted) };
        Ok(vec![arguments.lasting.over(id, what, seen)])
    };
    asking::ask(wish, &arguments.waiting, options, terminal)
}

/// Runs `clear`.
pub(super) fn run_clear(arguments: &Clear, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    let wish = |seen: &Observation| {
        if arguments.what.is_none() && !arguments.all {
            let failure = Failure::usage("nothing is named: which override is to end?");
            return Err(failure.help(overrides_there(seen)).help("`quorate clear --all` ends all of them"));
        }
        let is_meant = |over: &&crate::model::Override| match &arguments.what {
            None => true,
            Some(what) => {
                over.id.0 == *what
                    || over.what.resource().is_some_and(|resource| *resource == **what)
                    || over.what.node().is_some_and(|node| node.is(what))
            }
        };
        let known = &seen.overlay.overrides;
        let found: Vec<OverrideId> = known.iter().filter(is_meant).map(|over| over.id.clone()).collect();
        if found.is_empty() && !arguments.all {
            let what = arguments.what.as_deref().unwrap_or_default();
            return Err(nothing_to_clear(what, seen));
        }
        Ok(found.into_iter().map(Change::Restore).collect())
    };
    asking::ask(wish, &arguments.waiting, options, terminal)
}

fn nothing_to_clear(what: &str, seen: &Observation) -> Failure {
    let failure = Failure::usage(format!("there is no override `{what}`, and none of it"));
    let known = &seen.overlay.overrides;
    let names: Vec<&str> = known.iter().map(|over| over.id.0.as_str()).collect();
    let resources = known.iter().filter_map(|over| over.what.resource().map(ResourceId::as_str));
    let nodes = known.iter().filter_map(|over| over.what.node().map(NodeName::as_str));
    if let Some(similar) = suggest::similar(what, names.iter().copied().chain(resources).chain(nodes)) {
        return failure.help(format!("did you mean `{similar}`?"));
    }
    failure.help(overrides_there(seen))
}

fn overrides_there(seen: &Observation) -> String {
    let names: Vec<&str> = seen.overlay.overrides.iter().map(|over| over.id.0.as_str()).collect();
    if names.is_empty() {
        "there are no overrides".to_owned()
    } else {
        format!("there are {}", names.join(", "))
    }
}

fn role(is_promoted: bool) -> Option<Role> {
    is_promoted.then_some(Role::Promoted)
}

/// The one node where a resource runs.
fn where_it_runs(resource: &str, seen: &Observation) -> Result<NodeName, Failure> {
    let overview = super::status::overview_of(seen, None);
    let found = overview.resources.iter().find(|known| known.id == resource);
    match found.map(|found| found.nodes.as_slice()) {
        Some([node]) => Ok(node.clone()),
        Some([]) => {
            Err(Failure::usage(format!("{resource} does not run; --node says off which node it is kept")))
        }
        Some(_) => Err(Failure::usage(format!("{resource} runs on several nodes; --node says off which"))),
        None => {
            name::check_resource(resource, seen)?;
            Err(Failure::usage(format!(
                "{resource} is no longer configured; --node says off which node it is kept"
            )))
        }
    }
}
