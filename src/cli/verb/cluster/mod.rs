//! `cluster`: bring up corosync and the node daemon on the manifest's nodes, over ssh.

mod destroy;
mod form;
mod hosts;
mod keygen;
mod report;
mod ssh;

use clap::{Args, Subcommand};

use crate::cli::answer::{Answering, Format};
use crate::cli::engines;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::formation::Order;

/// Bring up corosync and the node daemon on the manifest's nodes, over ssh.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    pub(in crate::cli) answering: Answering,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Form the cluster: check the hosts, share a key and corosync.conf, start, verify. Does only what is
    /// not done yet, and never touches another cluster, or one that runs.
    Init(form::Arguments),
    /// Bring a running cluster to what the manifest says: new nodes, links, timing.
    Join(form::Arguments),
    /// Make a key that the members of a cluster share. `init` does that by itself.
    Keygen(keygen::Arguments),
    /// Stop the cluster's daemons on its nodes, and remove what `init` made there.
    Destroy(destroy::Arguments),
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let format = if arguments.answering.is_json() { Format::Json } else { Format::Text };
    match &arguments.verb {
        Verb::Init(form) => engines::block_on(form::run(Order::Form, form, options, format, terminal)),
        Verb::Join(form) => engines::block_on(form::run(Order::Grow, form, options, format, terminal)),
        Verb::Keygen(keygen) => keygen::run(keygen, terminal),
        Verb::Destroy(destroy) => engines::block_on(destroy::run(destroy, options, format, terminal)),
    }
}
