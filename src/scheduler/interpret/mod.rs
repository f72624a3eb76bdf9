//! Interpret: what the configuration and the history mean.

mod properties;

use super::facts::Facts;
use crate::model::Cluster;
use crate::status::ClusterStatus;

/// Finds out what is known of every node and every instance.
pub fn interpret<'a>(_cluster: &'a Cluster, _status: &'a ClusterStatus, _now: i64) -> Facts<'a> {
    todo!()
}
