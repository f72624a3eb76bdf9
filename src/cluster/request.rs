//! What operators and agents may ask of the cluster, and what it answers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ledger::Unfenceable;
pub use crate::model::overlay::{Override, OverrideId, Overriding, Pause};
use crate::model::{Cluster, Generation, NodeName, Rename, ResourceId, TicketId};

/// Number of a request, chosen by whoever passes it on; answers carry it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// Something asked of this daemon.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Change something that all members share.
    Change(Box<Change>),
    /// Leave the cluster. Answered when it is known to all; [`super::Output::Leave`] says when to go.
    Leave(Leave),
}

/// How a daemon leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Leave {
    /// After everything was moved away from its node or stopped there.
    Drained,
    /// At once; what runs on its node goes on, and nobody touches or recovers it.
    Detached,
}

/// A change of what all members share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Put a desired state in force.
    Propose(Box<Proposal>),
    /// Add an override, or replace the one of that id.
    Override(Override),
    /// Take an override away.
    Restore(OverrideId),
    /// Decide nothing for a while.
    Pause(Pause),
    /// Decide again.
    Resume,
    /// Forget failures, and look again at what failed. `None` means all.
    Cleanup {
        /// Of which resource.
        resource: Option<ResourceId>,
        /// On which node.
        node: Option<NodeName>,
    },
    /// Forget all history, and look again at what runs. `None` means all.
    Refresh {
        /// Of which resource.
        resource: Option<ResourceId>,
        /// On which node.
        node: Option<NodeName>,
    },
    /// Set a node attribute, or take it away.
    Attribute {
        /// Of which node.
        node: NodeName,
        /// Its name.
        name: Arc<str>,
        /// Its value from now on.
        value: Option<Arc<str>>,
        /// How long it lasts.
        lifetime: Lifetime,
    },
    /// Grant, revoke or hold back a ticket.
    Ticket {
        /// Which.
        id: TicketId,
        /// Whether this site holds it.
        granted: bool,
        /// Whether its resources should not run all the same.
        standby: bool,
    },
    /// A node that left with its resources running will not come back: take it for lost.
    Forsake(NodeName),
    /// Somebody made sure that a node is down: this counts as its fencing, whether it died or was never
    /// seen. One that the membership layer still sees is only taken for lost.
    ConfirmDown(NodeName),
}

/// How long a node attribute lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lifetime {
    /// Until the node leaves.
    UntilLeave,
    /// Until it is taken away.
    Forever,
}

/// A desired state on its way into force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// What should be.
    pub cluster: Cluster,
    /// The generation it was planned on; another in force is a conflict.
    pub base: Generation,
    /// Where it came from, for people (`cluster.yaml at 3f2c1d`).
    pub origin: String,
    /// Resources that have another name from now on.
    pub renames: Vec<Rename>,
}

/// A request that came in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The generation in force after it.
    pub generation: Generation,
}

/// Why a request did not come in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another desired state came in force since this one was planned.
    #[error(
        "{origin} was planned on generation {}, but generation {} is in force, from {in_force}; plan again",
        planned.0, actual.0
    )]
    Conflict {
        /// The generation it was planned on.
        planned: Generation,
        /// The generation in force.
        actual: Generation,
        /// Where the refused one came from.
        origin: String,
        /// Where the one in force came from.
        in_force: String,
    },
    /// No such node.
    #[error("there is no node `{0}`")]
    UnknownNode(NodeName),
    /// No such resource.
    #[error("there is no resource `{0}`")]
    UnknownResource(ResourceId),
    /// No such override.
    #[error("there is no override `{}`", .0.0)]
    UnknownOverride(OverrideId),
    /// A node that is there is not down.
    #[error(
        "node `{0}` is here; only a node that is lost, or left with its resources running, can be given up"
    )]
    NotLost(NodeName),
    /// A node that is not waited for, but still seen.
    #[error(
        "`{0}` is taken for lost already, but it cannot be confirmed as down: corosync still sees its host; \
         switch the host off first, or start its daemon again"
    )]
    StillSeen(NodeName),
    /// Fencing was asked for, and nothing can do it.
    #[error("{0}; configure fencing first, or `quorate node standby` moves away what runs there")]
    Unfenceable(Unfenceable),
    /// A pause or maintenance would begin or end on one side of a cluster that is apart.
    #[error(
        "`{0}` is out of sight and may only be cut off: what it runs would be taken over while it goes by \
         another pause or maintenance; wait until it is back, or `quorate node confirm-down {0}` once its host is off"
    )]
    Apart(NodeName),
    /// A lasting attribute that is too long, or one too many: all members keep them, and compare them.
    #[error("{0}")]
    Excess(String),
    /// What would be lost as soon as this partition meets the one that has quorum.
    #[error("the cluster has no quorum here: {0}")]
    NoQuorum(Meanwhile),
    /// This daemon is leaving.
    #[error("this daemon is leaving the cluster")]
    Leaving,
}

/// What happens to a request without quorum, were it taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Meanwhile {
    /// It would hold in this partition alone, and be lost.
    #[error("what is asked for would be lost when this node meets the others again")]
    Lost,
    /// It would be fenced, and nobody may.
    #[error("nothing is fenced without it")]
    Unfenced,
}
