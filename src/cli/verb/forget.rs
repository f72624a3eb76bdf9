//! `cleanup` and `refresh`: forgetting what is known of resources.

use clap::Args;

use crate::cli::answer::Answering;
use crate::cli::asking::{self, Waiting};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::cluster::Change;
use crate::model::{NodeName, ResourceId};

/// Forget failures, and look again at what failed.
#[derive(Debug, Args)]
pub(in crate::cli) struct Cleanup {
    #[command(flatten)]
    extent: Extent,
}

/// Forget everything that is known of resources, and find it out again.
#[derive(Debug, Args)]
pub(in crate::cli) struct Refresh {
    #[command(flatten)]
    extent: Extent,
}

#[derive(Debug, Args)]
struct Extent {
    /// Of which resource; all if not given.
    resource: Option<String>,
    /// On which node; all if not given.
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    answering: Answering,
}

impl Cleanup {
    /// In which form it answers.
    pub(in crate::cli) const fn answering(&self) -> Answering {
        self.extent.answering
    }
}

impl Refresh {
    /// In which form it answers.
    pub(in crate::cli) const fn answering(&self) -> Answering {
        self.extent.answering
    }
}

impl Extent {
    fn resource(&self) -> Option<ResourceId> {
        self.resource.as_deref().map(ResourceId::from)
    }

    fn node(&self) -> Option<NodeName> {
        self.node.as_deref().map(NodeName::from)
    }
}

/// Runs `cleanup`.
pub(in crate::cli) fn run_cleanup(
    arguments: &Cleanup,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let Cleanup { extent } = arguments;
    let change = Change::Cleanup { resource: extent.resource(), node: extent.node() };
    asking::ask(|_| Ok(vec![change]), &extent.waiting, options, terminal)
}

/// Runs `refresh`.
pub(in crate::cli) fn run_refresh(
    arguments: &Refresh,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let Refresh { extent } = arguments;
    let change = Change::Refresh { resource: extent.resource(), node: extent.node() };
    asking::ask(|_| Ok(vec![change]), &extent.waiting, options, terminal)
}
