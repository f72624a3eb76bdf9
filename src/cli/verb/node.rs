//! `node`: what can be asked of a node.

use std::sync::Arc;

use clap::{Args, Subcommand};

use super::attribute;
use crate::cli::answer::Answering;
use crate::cli::asking::{self, Lasting, Waiting, confirm};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::name;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::cluster::{Change, Lifetime};
use crate::engine::Observation;
use crate::ledger::{Unfenceable, unfenceable};
use crate::model::fencing::TERMINATE;
use crate::model::{NodeName, OverrideId, Overriding};

/// Put a node in standby or maintenance for a while, or deal with one that is lost.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    pub(in crate::cli) answering: Answering,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Nothing runs on the node, for a while: what runs there moves away.
    Standby {
        /// Which node.
        node: String,
        #[command(flatten)]
        lasting: Lasting,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// End the standby of a node.
    Unstandby {
        /// Which node.
        node: String,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Leave alone what is on a node, for a while; without a node, everything.
    Maintenance {
        /// Which node.
        node: Option<String>,
        #[command(flatten)]
        lasting: Lasting,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// End the maintenance of a node; without a node, that of the cluster.
    Ready {
        /// Which node.
        node: Option<String>,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Set, delete or list attributes of nodes, which rules and agents read.
    Attribute(attribute::Arguments),
    /// Let the fence devices take a node down.
    Fence {
        /// Which node.
        node: String,
        /// Do not ask.
        #[arg(long)]
        auto_approve: bool,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Say that a lost node is certainly down, so that the others may take over what it had.
    ConfirmDown {
        /// Which node.
        node: String,
        /// Do not ask.
        #[arg(long)]
        auto_approve: bool,
        #[command(flatten)]
        waiting: Waiting,
    },
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    match &arguments.what {
        What::Standby { node, lasting, waiting } => {
            let what = Overriding::Standby(NodeName::from(&**node));
            let wish = |seen: &Observation| Ok(vec![lasting.over(standby(node), what, seen)]);
            asking::ask(wish, waiting, options, terminal)
        }
        What::Unstandby { node, waiting } => {
            end(Some(node), standby(node), "standby", waiting, options, terminal)
        }
        What::Maintenance { node, lasting, waiting } => {
            let what = Overriding::Maintenance(node.as_deref().map(NodeName::from));
            let id = maintenance(node.as_deref());
            asking::ask(|seen| Ok(vec![lasting.over(id, what, seen)]), waiting, options, terminal)
        }
        What::Ready { node, waiting } => {
            let id = maintenance(node.as_deref());
            end(node.as_deref(), id, "maintenance", waiting, options, terminal)
        }
        What::Attribute(attributes) => attribute::run(attributes, arguments.answering, options, terminal),
        What::Fence { node, auto_approve, waiting } => {
            confirm(&format!("Take {node} down now?"), *auto_approve, terminal)?;
            let node = NodeName::from(&**node);
            asking::ask(|seen| Ok(vec![fencing_of(node, seen)?]), waiting, options, terminal)
        }
        What::ConfirmDown { node, auto_approve, waiting } => {
            terminal.say("If it still runs anything, data can be destroyed: make sure that it has no power.");
            confirm(&format!("Is {node} certainly down?"), *auto_approve, terminal)?;
            let change = Change::ConfirmDown(NodeName::from(&**node));
            asking::ask(|_| Ok(vec![change]), waiting, options, terminal)
        }
    }
}

/// Asks for the fencing of a node, where something can fence it.
fn fencing_of(node: NodeName, seen: &Observation) -> Result<Change, Failure> {
    name::check_node(&node, &name::nodes_seen(seen))?;
    if let Some(why) = unfenceable(&seen.in_force, &seen.status, &node, seen.now) {
        let first = match &why {
            Unfenceable::Off(_) => "`stonith-enabled: true` and a fence device for it change that",
            Unfenceable::NoDevice(_) => {
                "add a fence device for it, or name it in the `pcmk_host_list` of one"
            }
        };
        return Err(Failure::usage(why.to_string())
            .help(first)
            .help(format!("`quorate node standby {node}` moves away what runs there"))
            .help(format!("once it is certainly off, `quorate node confirm-down {node}` says so")));
    }
    Ok(Change::Attribute {
        node,
        name: Arc::from(TERMINATE),
        value: Some(Arc::from("true")),
        lifetime: Lifetime::UntilLeave,
    })
}

fn standby(node: &str) -> String {
    format!("standby-{node}")
}

fn maintenance(node: Option<&str>) -> String {
    node.map_or_else(|| "maintenance".to_owned(), |node| format!("maintenance-{node}"))
}

/// Ends an override of a node, or of the cluster.
fn end(
    node: Option<&str>,
    id: String,
    what: &str,
    waiting: &Waiting,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let wish = |seen: &Observation| {
        if seen.overlay.overrides.iter().any(|over| over.id.0 == id) {
            return Ok(vec![Change::Restore(OverrideId(id))]);
        }
        if let Some(node) = node {
            name::check_node(&NodeName::from(node), &name::nodes_seen(seen))?;
        }
        Err(Failure::usage(format!("nobody asked for {what} there (there is no override `{id}`)"))
            .help(format!("if there is {what} all the same, the manifest says so")))
    };
    asking::ask(wish, waiting, options, terminal)
}
