//! Resource sets: several resources in one constraint.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::order::{OrderAction, OrderKind};
use crate::model::id::ResourceId;
use crate::model::role::Role;
use crate::model::score::Score;

/// Several resources (or templates, or tags) that a constraint treats alike.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceSet {
    /// The set's id in a CIB.
    pub id: Option<Arc<str>>,
    /// Names of resources, templates or tags, in order.
    pub resources: Vec<ResourceId>,
    /// Whether members depend on each other in order; unset means yes.
    pub sequential: Option<bool>,
    /// Whether all members are needed; unset means yes.
    pub require_all: Option<bool>,
    /// Role in colocations, locations and tickets.
    pub role: Option<Role>,
    /// Action in orders.
    pub action: Option<OrderAction>,
    /// Score of this set alone (colocation, location).
    pub score: Option<Score>,
    /// Kind within this set alone (order).
    pub kind: Option<OrderKind>,
    /// Symmetry within this set alone (order).
    pub symmetrical: Option<bool>,
    /// Deprecated `ordering` of a colocation set; anything but `group` swaps who follows whom.
    pub ordering: Option<Arc<str>>,
}
