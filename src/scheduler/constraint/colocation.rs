//! What a colocation means for placement, promotion and order.

use std::sync::Arc;

use crate::model::{Role, Score};
use crate::scheduler::facts::ResourceIx;

/// A colocation between two known resources.
#[derive(Debug, Clone, PartialEq)]
pub struct ColocationRecord {
    /// Name of the constraint, or what implied it.
    pub id: Arc<str>,
    /// Who follows.
    pub dependent: ResourceIx,
    /// Who is followed.
    pub primary: ResourceIx,
    /// How much.
    pub score: Score,
    /// "Together" means nodes of equal value of this attribute; `None` the same node.
    pub node_attribute: Option<Arc<str>>,
    /// Only while the dependent has this role; `None` any.
    pub dependent_role: Option<Role>,
    /// Only while the primary has this role; `None` any.
    pub primary_role: Option<Role>,
    /// The dependent's preferences pull the primary.
    pub influence: bool,
    /// From a constraint that somebody wrote, not implied by a collective.
    pub is_explicit: bool,
}
