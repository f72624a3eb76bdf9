//! `cluster`: bring up corosync and the node daemon on the manifest's nodes, over ssh.

mod destroy;
mod form;
mod hosts;
mod keygen;
mod report;
mod ssh;

use clap::{Args, Subcommand, ValueEnum};

use super::engines;
use super::exit::Exit;
use super::failure::Failure;
use super::options::Options;
use super::terminal::Terminal;
use crate::formation::Order;

/// Bring up corosync and the node daemon on the manifest's nodes, over ssh.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    /// Form of the result.
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Text)]
    output: Format,
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

/// Forms of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    let format = arguments.output;
    match &arguments.verb {
        Verb::Init(form) => engines::block_on(form::run(Order::Form, form, options, format, terminal)),
        Verb::Join(form) => engines::block_on(form::run(Order::Grow, form, options, format, terminal)),
        Verb::Keygen(keygen) => keygen::run(keygen, terminal),
        Verb::Destroy(destroy) => engines::block_on(destroy::run(destroy, options, format, terminal)),
    }
}
