//! Nodes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::options::{Attributes, Options, Utilization};
use super::scalar::ScoreText;
use crate::manifest::typed::{At, Field};

/// A node of the cluster.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a node such as {addresses: [192.168.1.11]}"
)]
pub(crate) struct NodeEntry {
    /// Identity in membership, such as corosync's number; the name where not given.
    pub(crate) id: Field<String>,
    /// Addresses for cluster traffic, first link first.
    pub(crate) addresses: Field<Vec<At<String>>>,
    /// Whether it only runs resources, through a connection that a member holds.
    pub(crate) remote: Field<bool>,
    /// Whether it may run nothing.
    pub(crate) standby: Field<bool>,
    /// Whether its resources are left alone.
    pub(crate) maintenance: Field<bool>,
    /// Score that every resource starts with on this node.
    pub(crate) score: Field<ScoreText>,
    /// Attributes that rules and agents can see.
    pub(crate) attributes: Field<Options<Attributes>>,
    /// Capacity that the node offers.
    pub(crate) utilization: Field<Options<Utilization>>,
}
