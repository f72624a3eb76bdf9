//! Whether somebody who asks for the fencing of a node can get it.

use std::sync::Arc;

use super::roster::Roster;
use crate::model::fencing::{Reach, attempts, watchdog_bound};
use crate::model::{Cluster, NodeName};
use crate::scheduler::facts::Properties;
use crate::status::ClusterStatus;

/// Why nothing can fence a node, now or later: who asked for it would only be heard when somebody
/// configures fencing one day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfenceable {
    /// `stonith-enabled` is false.
    #[error("fencing is switched off: nothing can take `{0}` down")]
    Off(NodeName),
    /// No device, no level of the topology and no watchdog is for it.
    #[error("no fence device can fence `{0}`")]
    NoDevice(NodeName),
}

/// Why nothing can fence a node at a moment, in seconds since 1970; `None` where something may. What
/// only a device's own list of targets tells counts as possible.
pub fn unfenceable(
    cluster: &Cluster,
    status: &ClusterStatus,
    node: &NodeName,
    now: i64,
) -> Option<Unfenceable> {
    // Of a guest, what launches it is recovered.
    if Roster::of(cluster, status).is_guest(node.as_str()) {
        return None;
    }
    let properties = Properties::at(cluster, now);
    if !properties.fencing_enabled {
        return Some(Unfenceable::Off(node.clone()));
    }
    let property = |names: &[&str]| names.iter().find_map(|name| properties.table.get(*name)).map(Arc::clone);
    let may_be_fenced = watchdog_bound(property).is_some()
        || attempts(cluster, node).iter().any(|attempt| {
            let can_all = attempt.devices.iter().all(|device| device.reach(node) != Reach::Never);
            attempt.trouble.is_empty() && !attempt.devices.is_empty() && can_all
        });
    (!may_be_fenced).then(|| Unfenceable::NoDevice(node.clone()))
}
