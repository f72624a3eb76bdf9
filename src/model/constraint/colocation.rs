//! Colocation: a dependent that wants to be with, or away from, a primary.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::set::ResourceSet;
use crate::model::id::{ConstraintId, ResourceId};
use crate::model::role::Role;
use crate::model::score::Score;

/// Who wants to be with (or away from) whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Colocation {
    /// Its name.
    pub id: ConstraintId,
    /// Whom it joins.
    pub scope: ColocationScope,
    /// How much; negative keeps apart. Absent counts as zero, which has no effect.
    pub score: Option<Score>,
    /// Whether the dependent's preferences pull the primary; unset follows the dependent's `critical`.
    pub influence: Option<bool>,
}

/// Whom a colocation joins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ColocationScope {
    /// Two resources (or templates, or tags).
    Pair {
        /// Is placed by the other.
        dependent: ResourceId,
        /// Is placed first.
        primary: ResourceId,
        /// Only while the dependent has this role.
        dependent_role: Option<Role>,
        /// Only while the primary has this role.
        primary_role: Option<Role>,
        /// "Together" means nodes of equal value of this attribute; unset means the same node.
        node_attribute: Option<Arc<str>>,
    },
    /// Sets of resources.
    Sets(Vec<ResourceSet>),
}
