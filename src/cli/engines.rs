//! Opening the engine that was asked for, and running its futures.

use std::future::Future;
use std::path::PathBuf;

use super::failure::Failure;
use super::options::{EngineName, Options};
use crate::engine::simulated::Simulated;
use crate::engine::{Engine, Observation};
use crate::model::Cluster;
use crate::model::node::NodeKind;
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

/// Opens the engine that was asked for.
pub(super) fn open(options: &Options) -> Result<Box<dyn Engine>, Failure> {
    match options.engine {
        EngineName::Simulated => Ok(Box::new(Simulated::open(&state_dir(options))?)),
        EngineName::Local => Err(Failure::error("engine local is not there yet")),
    }
}

/// Where the engine keeps its state.
pub(super) fn state_dir(options: &Options) -> PathBuf {
    options.state_dir.clone().unwrap_or_else(|| match options.engine {
        EngineName::Simulated => PathBuf::from(".quorate"),
        EngineName::Local => PathBuf::from("/run/quorate"),
    })
}

/// What will be seen once `cluster` is in force: a simulated node is there as soon as it is configured.
pub(super) fn foresee(options: &Options, observation: &mut Observation, cluster: &Cluster) {
    match options.engine {
        EngineName::Local => {}
        EngineName::Simulated => {
            let new = cluster
                .nodes
                .iter()
                .filter(|node| node.kind == NodeKind::Member)
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
