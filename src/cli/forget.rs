//! `cleanup` and `refresh`: forgetting what is known of resources.

use clap::Args;

use super::answer::Answering;
use super::asking::{self, Waiting};
use super::exit::Exit;
use super::failure::Failure;
use super::options::Options;
use super::terminal::Terminal;
use crate::cluster::Change;
use crate::model::{NodeName, ResourceId};

/// Forget failures, and look again at what failed.
#[derive(Debug, Args)]
pub(super) struct Cleanup {
    #[command(flatten)]
    extent: Extent,
}

/// Forget everything that is known of resources, and find it out again.
#[derive(Debug, Args)]
pub(super) struct Refresh {
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
    pub(super) const fn answering(&self) -> Answering {
        self.extent.answering
    }
}

impl Refresh {
    /// In which form it answers.
    pub(super) const fn answering(&self) -> Answering {
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
pub(super) fn run_cleanup(
    arguments: &Cleanup,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let Cleanup { extent } = arguments;
    let change = Change::Cleanup { resource: extent.resource(), node: extent.node() };
    asking::ask(|_| Ok(vec![change]), &extent.waiting, options, terminal)
}

/// Runs `refresh`.
pub(super) fn run_refresh(
    arguments: &Refresh,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let Refresh { extent } = arguments;
    let change = Change::Refresh { resource: extent.resource(), node: extent.node() };
    asking::ask(|_| Ok(vec![change]), &extent.waiting, options, terminal)
}
