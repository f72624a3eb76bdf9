//! Fencing topology: which devices are tried for which node, level by level.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::id::{NodeName, ResourceId};
use super::period;

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

/// How long after it lost the cluster a node is down by its own doing, where that is relied on:
/// `fencing-watchdog-timeout`. A negative one is twice the time of the watchdog itself. `property` finds
/// the value of a property by its names.
pub fn watchdog_bound(property: impl Fn(&[&str]) -> Option<Arc<str>>) -> Option<Duration> {
    let text = property(&["fencing-watchdog-timeout", "stonith-watchdog-timeout"])?;
    match text.trim().strip_prefix('-') {
        Some(_) => Some(WATCHDOG_TIMEOUT * 2),
        None => period::parse(text.trim()).filter(|bound| !bound.is_zero()),
    }
}

/// After how long without a sign of life a hardware watchdog resets its host.
pub const WATCHDOG_TIMEOUT: Duration = Duration::from_secs(5);
