//! The daemon of a node: one loop around [`Node`], which thinks, and its hands and eyes.
//!
//! ```text
//! Group ----- views, quorum, messages --+                 +-- messages ---------> Group
//! Hands ----- ends, new answers --------+--> Node::step --+-- begin, kill, keep -> Hands
//! Timers, Door (requests), manifest ----+                 +-- persist, answer, tell
//! ```
//!
//! Everything that is ready is given to the node at once, so that there is one decision for all of
//! it; what it says is obeyed in order.

mod alerts;
pub mod api;
mod attributes;
mod chronicle;
mod door;
mod durable;
mod fencing;
pub mod group;
pub mod guard;
pub mod hands;
mod hearing;
mod isolation;
mod manifest;
mod notice;
mod proposing;
mod reset;
mod run;
mod timers;

use std::path::PathBuf;
use std::time::Duration;

use crate::agent::Installation;
use crate::engine::EngineError;
use crate::model::NodeName;

/// Where a daemon keeps the desired state, if it is not told another place.
pub const DATA_DIR: &str = "/var/lib/quorate";

pub use door::{Attribute, Door, Gone, Snapshot};
pub use durable::is_member_host;
pub use guard::Safety;
pub use notice::Notice;
pub use reset::Reset;
pub use run::{Daemon, Ending};

/// What a daemon starts with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The node, as the desired cluster calls it.
    pub node: NodeName,
    /// Keeps what must outlast a power failure.
    pub state_dir: PathBuf,
    /// Keeps what is known until the node boots; best in memory.
    pub run_dir: PathBuf,
    /// One file per secret, readable by its owner only.
    pub secrets: PathBuf,
    /// The manifest of this node, if it follows one.
    pub manifest: Option<PathBuf>,
    /// The agents of this node.
    pub site: Installation,
    /// How many actions this node runs at once; twice its processors if unset.
    pub jobs: Option<u32>,
    /// How long a daemon that died is waited for while its node is there; the usual time if unset.
    pub return_grace: Option<Duration>,
    /// What is done for the case that this daemon cannot do anything any more.
    pub safety: Safety,
}

/// Why a daemon could not begin, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// Its files cannot be read or written.
    #[error(transparent)]
    Storage(#[from] EngineError),
    /// The system refuses something that it cannot do without.
    #[error("{what}")]
    System {
        /// What it was about.
        what: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
