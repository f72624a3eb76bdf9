//! Location: which nodes a resource prefers, avoids or may be probed on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::set::ResourceSet;
use crate::model::id::{ConstraintId, NodeName, ResourceId};
use crate::model::role::Role;
use crate::model::rule::RulePreference;
use crate::model::score::Score;

/// A preference of resources for nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Its name.
    pub id: ConstraintId,
    /// Who prefers.
    pub target: LocationTarget,
    /// What is preferred.
    pub preference: LocationPreference,
    /// The preference is only for this role.
    pub role: Option<Role>,
    /// Whether the resource may be probed where.
    pub discovery: Discovery,
}

/// Who a location constraint is about; several may be given at once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LocationTarget {
    /// A resource, template or tag.
    pub resource: Option<ResourceId>,
    /// A pattern on names of top-level resources; a leading `!` inverts it.
    pub pattern: Option<Arc<str>>,
    /// Sets of resources.
    pub sets: Vec<ResourceSet>,
}

/// What a location constraint prefers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LocationPreference {
    /// One node, by name.
    Node {
        /// Which.
        node: NodeName,
        /// How much.
        score: Score,
    },
    /// Every node on which a rule passes.
    Rule(RulePreference),
}

/// Whether resources are probed on the nodes of a location constraint, weakest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Discovery {
    /// As everywhere.
    #[default]
    Always,
    /// Not there.
    Never,
    /// Only there.
    Exclusive,
}
