//! Fencing topology: which devices are tried for which node, level by level.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::id::{NodeName, ResourceId};

/// One level for one target: all its devices must succeed, else the next level is tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FencingLevel {
    /// Its id in a CIB.
    pub id: Option<Arc<str>>,
    /// Whom it fences.
    pub target: FencingTarget,
    /// 1 to 9; lower is tried first.
    pub index: u8,
    /// Devices of this level.
    pub devices: Vec<ResourceId>,
}

/// Whom a fencing level is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FencingTarget {
    /// One node.
    Node(NodeName),
    /// Nodes whose name matches.
    Pattern(Arc<str>),
    /// Nodes with this attribute.
    Attribute {
        /// Attribute name.
        name: Arc<str>,
        /// Its value.
        value: Arc<str>,
    },
}
