//! Requests: what reading status and constraints already asks for, before any action exists.
//! `act` carries them out first, in order.

use std::sync::Arc;
use std::time::Duration;

use super::facts::{NodeIx, ResourceIx};
use super::reason::Reason;

/// One early demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Fence a node (for a guest, recover what launches it).
    Fence {
        /// Whom.
        node: NodeIx,
        /// Why.
        reason: Reason,
        /// `priority-fencing-delay` may apply.
        may_delay: bool,
    },
    /// Forget the failures of a resource on a node.
    ClearFailCount {
        /// Of what.
        resource: ResourceIx,
        /// Where.
        node: NodeIx,
        /// Why.
        reason: Reason,
    },
    /// Forget the history of a resource on a node (a shutdown lock that expired or is void).
    ClearHistory {
        /// Of what.
        resource: ResourceIx,
        /// Where.
        node: NodeIx,
    },
    /// A recurring operation is known to run.
    Recurring {
        /// Of what.
        resource: ResourceIx,
        /// Where.
        node: NodeIx,
        /// Which, such as `monitor`.
        task: Arc<str>,
        /// How often.
        interval: Duration,
        /// Its key as recorded.
        key: Arc<str>,
    },
    /// A failure (or a half-done migration) asks that a resource be stopped on a node.
    Stop {
        /// What.
        resource: ResourceIx,
        /// Where; `None` for every node it is active on.
        node: Option<NodeIx>,
    },
    /// A failure asks that a resource be demoted on a node.
    Demote {
        /// What.
        resource: ResourceIx,
        /// Where.
        node: NodeIx,
    },
    /// The resource proved to be inactive on the node: earlier demands to stop it there are moot.
    StopIsMoot {
        /// What.
        resource: ResourceIx,
        /// Where.
        node: NodeIx,
    },
}
