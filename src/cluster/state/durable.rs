//! What outlasts a power failure: the desired state, and what was asked for on top of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cluster::request::{Override, Pause};
use crate::model::{Cluster, Generation, NodeName};

/// The desired state in force and what was asked for on top of it. Kept on every member.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Durable {
    /// Which desired state is in force.
    pub generation: Generation,
    /// The last generation, up to this one, that a partition with quorum put in force.
    pub quorate_generation: Generation,
    /// Rises with every change of anything here.
    pub revision: u64,
    /// The desired state itself.
    pub cluster: Arc<Cluster>,
    /// Where it came from.
    pub origin: String,
    /// What deviates from it for now.
    pub overrides: Vec<Override>,
    /// Whether decisions are paused.
    pub pause: Option<Pause>,
    /// Node attributes that last until they are taken away.
    pub attributes: BTreeMap<NodeName, BTreeMap<Arc<str>, Arc<str>>>,
}
