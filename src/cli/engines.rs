//! Opening the engine that was asked for, and running its futures.

use std::future::Future;
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use super::failure::Failure;
use super::options::{EngineName, Options};
use crate::agent::Leash;
use crate::engine::corosync::{Corosync, Link};
use crate::engine::local::{Folders, Local};
use crate::engine::simulated::Simulated;
use crate::engine::{Engine, Observation};
use crate::model::Cluster;
use crate::status::NodeState;

/// Runs a verb that talks to an engine.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::error(format!("cannot start the runtime: {error}")))?;
    runtime.block_on(future)
}

/// An engine that was opened.
pub(super) struct Opened {
    /// The engine.
    pub(super) engine: Box<dyn Engine>,
    /// What ends a converging after what is in flight, where the engine can do that.
    pub(super) stopper: Option<Stopper>,
}

/// Ends the work of an engine that runs agents by itself.
#[derive(Debug, Clone)]
pub(super) struct Stopper {
    /// Cancelling this ends a converging after what is in flight.
    pub(super) end: CancellationToken,
    /// What holds the agents in flight, for those who cannot wait for them.
    pub(super) leash: Leash,
}

/// What an engine is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// To look: whatever others are at work on, and without making anything.
    Read,
    /// To change something, too.
    Write,
}

/// Opens the engine that was asked for.
pub(super) fn open(options: &Options, access: Access) -> Result<Opened, Failure> {
    match options.engine() {
        EngineName::Corosync => Ok(Opened { engine: Box::new(open_corosync(options)?), stopper: None }),
        EngineName::Simulated => {
            let engine = match access {
                Access::Read => peek_simulated(options)?,
                Access::Write => open_simulated(options)?,
            };
            Ok(Opened { engine: Box::new(engine), stopper: None })
        }
        EngineName::Local => {
            let engine = open_local(options)?;
            let stopper = Some(Stopper { end: engine.stopper(), leash: engine.leash() });
            Ok(Opened { engine: Box::new(engine), stopper })
        }
    }
}

/// Opens the simulated cluster, for this command alone.
pub(super) fn open_simulated(options: &Options) -> Result<Simulated, Failure> {
    Ok(Simulated::open(&simulated_dir(options))?)
}

/// Opens the simulated cluster to look at it.
pub(super) fn peek_simulated(options: &Options) -> Result<Simulated, Failure> {
    Ok(Simulated::peek(&simulated_dir(options))?)
}

fn simulated_dir(options: &Options) -> PathBuf {
    options.state_dir.clone().unwrap_or_else(|| PathBuf::from(".quorate"))
}

/// Opens a real cluster, through the daemon of this host or of the one that was named.
pub(super) fn open_corosync(options: &Options) -> Result<Corosync, Failure> {
    if options.engine() != EngineName::Corosync {
        return Err(Failure::new(Exit::Unreachable, "no daemon listens on this host")
            .help("--host NODE speaks to that of another node"));
    }
    let socket = options.socket().to_owned();
    Ok(Corosync::new(match options.host() {
        Some(host) => Link::Ssh { host: host.to_owned(), socket },
        None => Link::Socket(socket),
    }))
}

/// Opens this host.
pub(super) fn open_local(options: &Options) -> Result<Local, Failure> {
    let folders = options.state_dir.clone().map_or_else(Folders::default, Folders::within);
    Ok(Local::open(&folders)?)
}

/// What will be seen once `cluster` is in force: a simulated node is there as soon as it is configured.
pub(super) fn foresee(options: &Options, observation: &mut Observation, cluster: &Cluster) {
    match options.engine() {
        EngineName::Local | EngineName::Corosync => {}
        EngineName::Simulated => {
            let new = cluster
                .members()
                .filter(|node| observation.status.node(node.name.as_str()).is_none())
                .map(|node| NodeState::online(node.name.as_str()))
                .collect::<Vec<_>>();
            if observation.status.nodes.is_empty() && !new.is_empty() {
                observation.status.has_quorum = true;
            }
            observation.status.nodes.extend(new);
        }
    }
}
