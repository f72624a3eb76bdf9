//! `node attribute`: what rules and agents know of a node beside the manifest.

use std::sync::Arc;

use clap::{Args, Subcommand};

use crate::cli::answer::Answering;
use crate::cli::asking::{self, Waiting};
use crate::cli::engines::{self, Access};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::name;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::cluster::{Change, Lifetime};
use crate::engine::Observation;
use crate::model::NodeName;
use crate::plan::attribute::{AttributeOverview, Keep, attributes};
use crate::view;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Set an attribute. It lasts until it is deleted, and counts before what the manifest says.
    Set {
        #[command(flatten)]
        named: Named,
        /// What it is set to.
        value: String,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Delete an attribute that was set.
    Delete {
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Show attributes, and where each comes from.
    List {
        /// Of which node; all if not given.
        node: Option<String>,
        /// Which; all if not given.
        name: Option<String>,
    },
}

#[derive(Debug, Args)]
struct Named {
    /// Of which node.
    node: String,
    /// Its name.
    name: String,
    /// The one that lasts only until the node leaves the cluster or boots, as agents set them.
    #[arg(long)]
    until_reboot: bool,
}

impl Named {
    fn keep(&self) -> Keep {
        if self.until_reboot { Keep::UntilReboot } else { Keep::Lasting }
    }

    fn change(&self, value: Option<Arc<str>>) -> Change {
        let lifetime = if self.until_reboot { Lifetime::UntilLeave } else { Lifetime::Forever };
        Change::Attribute {
            node: NodeName::from(&*self.node),
            name: self.name.as_str().into(),
            value,
            lifetime,
        }
    }
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    answering: Answering,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    match &arguments.what {
        What::Set { named, value, waiting } => {
            let wish = |seen: &Observation| {
                name::check_node(&NodeName::from(&*named.node), &name::nodes_seen(seen))?;
                refuse_reserved(named)?;
                Ok(vec![named.change(Some(value.as_str().into()))])
            };
            asking::ask(wish, waiting, options, terminal)
        }
        What::Delete { named, waiting } => {
            let wish = |seen: &Observation| {
                name::check_node(&NodeName::from(&*named.node), &name::nodes_seen(seen))?;
                check_there(named, &known(seen))?;
                Ok(vec![named.change(None)])
            };
            asking::ask(wish, waiting, options, terminal)
        }
        What::List { node, name } => {
            let seen = engines::block_on(async {
                Ok(engines::open(options, Access::Read)?.engine.observe().await?)
            })?;
            let node = node.as_deref().map(NodeName::from);
            if let Some(node) = &node {
                name::check_node(node, &name::nodes_seen(&seen))?;
            }
            let mut known = known(&seen);
            known.retain(|known| {
                node.as_ref().is_none_or(|node| known.node.is(node.as_str()))
                    && name.as_ref().is_none_or(|name| known.name == *name)
            });
            if answering.is_json() {
                terminal.document(&view::attribute::json(&known))?;
            } else {
                terminal.data(&view::attribute::text(&known))?;
            }
            Ok(Exit::Done)
        }
    }
}

fn known(seen: &Observation) -> Vec<AttributeOverview> {
    attributes(&seen.in_force, &seen.overlay, &seen.status)
}

/// What has a verb of its own is not set by its attribute.
fn refuse_reserved(named: &Named) -> Result<(), Failure> {
    let Named { node, name, .. } = named;
    let way = match name.as_str() {
        "terminate" => format!("`quorate node fence {node}` fences it"),
        "standby" => format!("`quorate node standby {node}` does that"),
        "maintenance" => format!("`quorate node maintenance {node}` does that"),
        "shutdown" => "`systemctl stop quorate` there does that".to_owned(),
        name if name.starts_with("fail-count-") || name.starts_with("last-failure-") => {
            "failures are counted by the cluster; `quorate cleanup` forgets them".to_owned()
        }
        name if name.starts_with("quorate-") => "nodes say themselves what such attributes say".to_owned(),
        _ => return Ok(()),
    };
    Err(Failure::usage(format!("`{name}` is no attribute to be set by hand")).help(way))
}

/// An attribute that is to be deleted must have been set that way.
fn check_there(named: &Named, known: &[AttributeOverview]) -> Result<(), Failure> {
    let own = known.iter().filter(|known| known.node.is(&named.node) && known.name == named.name);
    let kept: Vec<Keep> = own.map(|known| known.keep).collect();
    if kept.contains(&named.keep()) {
        return Ok(());
    }
    let failure = Failure::usage(format!("{} has no such attribute `{}`", named.node, named.name));
    Err(match kept.first() {
        Some(Keep::Manifest) => failure.help("the manifest sets it; take it out there"),
        Some(Keep::UntilReboot) => failure.help("it lasts until the node leaves: --until-reboot deletes it"),
        Some(Keep::Lasting) => failure.help("it lasts: without --until-reboot it is deleted"),
        None => failure.help("`quorate node attribute list` shows what there is"),
    })
}
