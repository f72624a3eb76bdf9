//! What outlasts a power failure: the desired state, and what was asked for on top of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::node::NodeKind;
use crate::model::{Cluster, Generation, NodeName, Overlay, Resource};
use crate::scheduler::facts::Properties;

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
    /// What was asked for on top of it.
    #[serde(flatten)]
    pub overlay: Overlay,
}

impl Durable {
    /// Whether a node of this name is reached through a connection.
    pub(in crate::cluster) fn is_remote(&self, name: &str) -> bool {
        let is_configured =
            |kind: NodeKind| self.cluster.nodes.iter().any(|node| node.kind == kind && node.name.is(name));
        let is_made_by = |resource: &Resource| {
            let is_guest = |sets: &[crate::model::OptionSet]| {
                let pairs = sets.iter().flat_map(|set| &set.pairs);
                pairs.into_iter().any(|pair| &*pair.name == "remote-node" && *pair.value.to_text() == *name)
            };
            let is_replica = matches!(resource, Resource::Bundle(_))
                && name.strip_prefix(resource.id().as_str()).is_some_and(|rest| rest.starts_with('-'));
            let members = resource.primitives();
            is_replica || members.iter().any(|member| member.id == *name || is_guest(&member.meta))
        };
        is_configured(NodeKind::Remote) || self.cluster.resources.iter().any(is_made_by)
    }

    /// Whether lost nodes are fenced.
    pub(in crate::cluster) fn has_fencing(&self) -> bool {
        Properties::always_fence(&self.cluster)
    }

    /// Whether the desired cluster has a member of this name.
    pub(super) fn has_member(&self, name: &NodeName) -> bool {
        let mut members = self.cluster.nodes.iter().filter(|node| node.kind == NodeKind::Member);
        members.any(|node| node.name.is(name.as_str()))
    }
}
