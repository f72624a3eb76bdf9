//! Asking a cluster for something that is not in the manifest: overrides, pauses, forgetting.

use std::time::Duration;

use clap::Args;

use super::clock;
use super::ending::Ending;
use super::engines::{self, Access};
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::{Hangup, Interrupt};
use super::name;
use super::options::Options;
use super::progress::{Form, Progress};
use super::terminal::Terminal;
use super::verb::apply;
use super::who;
use crate::cluster::{Change, Lifetime};
use crate::engine::{EngineError, Observation, Outcome};
use crate::model::fencing::{TERMINATE, asks_for_fencing};
use crate::model::{Moment, NodeName, Override, OverrideId, Overriding, ResourceId, Role};
use crate::plan::explain::{Explanation, explain};
use crate::view;

/// Whether and how long to wait for what follows.
#[derive(Debug, Clone, Args)]
pub(super) struct Waiting {
    /// Do not wait until the cluster has acted on it.
    #[arg(long)]
    no_wait: bool,
    /// Give up waiting after this long.
    #[arg(long, value_name = "TIME", value_parser = clock::parse_period)]
    timeout: Option<Duration>,
}

/// How long an override lasts, and what people should know of it.
#[derive(Debug, Clone, Args)]
pub(super) struct Lasting {
    /// How long; then it ends by itself. What should last belongs into the manifest.
    #[arg(long = "for", value_name = "TIME", value_parser = clock::parse_length, default_value = "8h")]
    length: Duration,
    /// Why, for others who look.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Lasting {
    /// An override that begins now.
    pub(super) fn over(&self, id: String, what: Overriding, seen: &Observation) -> Change {
        let since = Moment::at(seen.now);
        Change::Override(Override {
            id: OverrideId(id),
            what,
            until: Some(since.after(self.length)),
            since,
            origin: who::origin(self.reason.as_deref()),
        })
    }
}

/// Asks for what `wish` makes of the cluster as it is, and waits until the cluster has acted on it.
pub(super) fn ask(
    wish: impl FnOnce(&Observation) -> Result<Vec<Change>, Failure>,
    waiting: &Waiting,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    engines::block_on(async {
        let interrupt = Interrupt::listen(Hangup::Ends)?;
        let form = if terminal.is_answering() { Form::Silent } else { Form::People };
        let mut progress = Progress::new(terminal, form);
        let mut opened = engines::open(options, Access::Write)?;
        opened.engine.claim(&mut |event| progress.show(&event)).await?;
        let seen = opened.engine.observe().await?;
        let mut forgotten = Vec::new();
        let mut relocated = Vec::new();
        let mut moved = Vec::new();
        for change in wish(&seen)? {
            let said = describe(&change, &seen);
            let names = Named::by(&change);
            if let Change::Cleanup { resource, .. } | Change::Refresh { resource, .. } = &change {
                forgotten.push(resource.clone());
            }
            relocated.extend(relocates(&change, &seen));
            if let Change::Override(Override { what: Overriding::Prefer { resource, node, .. }, .. }) =
                &change
            {
                moved.push((resource.clone(), node.clone()));
            }
            opened.engine.change(change).await.map_err(|error| names.refused(error, &seen))?;
            terminal.note(&said);
        }
        if waiting.no_wait {
            return Ok(Exit::Done);
        }
        let outcome = apply::converge(&mut opened, &mut progress, waiting.timeout, &interrupt).await?;
        progress.end();
        let has_converged = outcome == Outcome::Converged;
        let ending = Ending::of(outcome, &mut *opened.engine).await?;
        // Whoever cleans up wants the resource to be well afterwards.
        let is_well = forgotten.iter().all(|resource| !ending.leaves_wrong(resource.as_ref()));
        let mut named = forgotten.iter().map(Option::as_ref).chain(relocated.iter().map(Some)).peekable();
        let is_of_others = if named.peek().is_some() {
            named.all(|named| named.is_some_and(|named| !ending.leaves_undone(named)))
        } else {
            ending.leaves_nothing_undone()
        };
        if !is_well || !has_converged && !is_of_others {
            return ending.conclude(true, terminal);
        }
        let after = opened.engine.observe().await?;
        if let Some(failure) = moved.iter().find_map(|(resource, node)| not_there(resource, node, &after)) {
            return Err(failure);
        }
        // What was asked for is done; what else is wrong is no failure of this.
        view::fold::lines(ending.obstacles()).iter().for_each(|line| terminal.note(line));
        Ok(Exit::Done)
    })
}

/// The resource that a change puts somewhere else, or lets go back.
fn relocates(change: &Change, seen: &Observation) -> Option<ResourceId> {
    let what = match change {
        Change::Override(over) => &over.what,
        Change::Restore(id) => &seen.overlay.overrides.iter().find(|over| over.id == *id)?.what,
        Change::Pause(_)
        | Change::Resume
        | Change::Cleanup { .. }
        | Change::Refresh { .. }
        | Change::Attribute { .. }
        | Change::Forsake(_)
        | Change::ConfirmDown(_)
        | Change::Ticket { .. }
        | Change::Propose(_) => return None,
    };
    match what {
        Overriding::Prefer { resource, .. } | Overriding::Ban { resource, .. } => Some(resource.clone()),
        Overriding::Standby(_)
        | Overriding::Maintenance(_)
        | Overriding::Unmanage(_)
        | Overriding::TargetRole { .. } => None,
    }
}

/// Why a resource that was moved to a node is not there; `None` if it is, or is to be stopped.
fn not_there(resource: &ResourceId, node: &NodeName, after: &Observation) -> Option<Failure> {
    let cluster = after.effective();
    let explanations = explain(&cluster, &after.overlay, &after.status, after.now, resource.as_str())?;
    let is_there =
        |explanation: &Explanation| explanation.active_on.iter().any(|active| active.is(node.as_str()));
    let is_stopped = |explanation: &Explanation| explanation.target_role == Some(Role::Stopped);
    if explanations.iter().any(is_there) || explanations.iter().all(is_stopped) {
        return None;
    }
    let why = explanations.iter().find_map(|explanation| view::explain::refusal(explanation, node));
    let message = match why {
        Some(why) => format!("{resource} cannot run on {node}: {why}"),
        None => format!("{resource} does not run on {node}"),
    };
    Some(
        Failure::new(Exit::Unsatisfiable, message)
            .help(format!("it goes there as soon as it can, while the override lasts; `quorate clear {resource}` ends it"))
            .help(format!("`quorate explain {resource} --node {node}` says what would have to change")),
    )
}

/// What a change names.
struct Named {
    resource: Option<ResourceId>,
    node: Option<NodeName>,
}

impl Named {
    fn by(change: &Change) -> Self {
        let (resource, node) = match change {
            Change::Override(over) => (over.what.resource(), over.what.node()),
            Change::Cleanup { resource, node } | Change::Refresh { resource, node } => {
                (resource.as_ref(), node.as_ref())
            }
            Change::Attribute { node, .. } | Change::Forsake(node) | Change::ConfirmDown(node) => {
                (None, Some(node))
            }
            Change::Restore(_)
            | Change::Pause(_)
            | Change::Resume
            | Change::Propose(_)
            | Change::Ticket { .. } => (None, None),
        };
        Self { resource: resource.cloned(), node: node.cloned() }
    }

    /// Why the engine refused: where it is for a name that nothing has, what there is instead.
    fn refused(&self, error: EngineError, seen: &Observation) -> Failure {
        if !matches!(error, EngineError::Refused(_)) {
            return error.into();
        }
        let of_resource = self.resource.as_ref().map(|it| name::check_resource(it.as_str(), seen));
        let of_node = self.node.as_ref().map(|node| name::check_node(node, &name::nodes_seen(seen)));
        let known = [of_resource, of_node].into_iter().flatten().collect::<Result<Vec<()>, Failure>>();
        known.err().unwrap_or_else(|| error.into())
    }
}

/// What was asked for, once it is in force.
fn describe(change: &Change, seen: &Observation) -> String {
    match change {
        Change::Override(over) => format!("In force: {}", view::overlay::line(over, seen.now)),
        Change::Restore(id) => format!("No longer in force: {}", id.0),
        Change::Pause(pause) => view::overlay::pause(pause, seen.now),
        Change::Resume => "Resumed.".to_owned(),
        Change::Cleanup { resource, node } => {
            format!("Failures{} are forgotten.", of(resource.as_ref(), node.as_ref()))
        }
        Change::Refresh { resource, node } => {
            format!(
                "What is known{} is forgotten, and found out again.",
                of(resource.as_ref(), node.as_ref())
            )
        }
        Change::Attribute { node, name, value: Some(value), .. }
            if &**name == TERMINATE && asks_for_fencing(value) =>
        {
            format!("{node} is to be fenced.")
        }
        Change::Attribute { node, name, value, lifetime } => {
            let until = match lifetime {
                Lifetime::Forever => "until it is deleted",
                Lifetime::UntilLeave => "until the node leaves",
            };
            match value {
                Some(value) => format!("The attribute {name} of {node} is {value}, {until}."),
                None => format!("The attribute {name} of {node} is deleted."),
            }
        }
        Change::Forsake(node) => format!("{node} is taken for lost."),
        Change::ConfirmDown(node) => {
            format!("{node} is taken to be down, and what it ran is started elsewhere.")
        }
        Change::Ticket { id, granted, standby } => {
            let held = if *granted { "granted" } else { "not granted" };
            let stands_by = if *standby { ", and in standby" } else { "" };
            format!("Ticket {id} is {held}{stands_by}.")
        }
        Change::Propose(_) => "In force.".to_owned(),
    }
}

fn of(resource: Option<&ResourceId>, node: Option<&NodeName>) -> String {
    let resource = resource.map(|resource| format!(" of {resource}")).unwrap_or_default();
    let node = node.map(|node| format!(" on {node}")).unwrap_or_default();
    format!("{resource}{node}")
}

/// Asks whether something dangerous is meant, unless that was said already.
///
/// # Errors
/// Where the answer is no, or nobody is there to answer.
pub(super) fn confirm(question: &str, is_approved: bool, terminal: Terminal) -> Result<(), Failure> {
    if is_approved {
        return Ok(());
    }
    if !terminal.can_ask() {
        return Err(Failure::new(Exit::Unsafe, "nobody is there to confirm this")
            .help("--auto-approve does it all the same"));
    }
    if terminal.ask(&format!("{question} Only `yes` is taken as yes:")) {
        Ok(())
    } else {
        Err(Failure::error("not confirmed; nothing was done"))
    }
}
