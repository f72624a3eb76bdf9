//! What a colocation means for placement, promotion and order.

pub(crate) mod effective;
pub(crate) mod gate;
pub(crate) mod honour;
pub(crate) mod implied;
pub(crate) mod lists;
pub(crate) mod merge;
pub(crate) mod pull;
pub(crate) mod unpack;

use std::sync::Arc;

use crate::model::{Role, Score};
use crate::scheduler::facts::ResourceIx;

/// Number of a colocation in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColocationIx(pub(crate) u32);

impl ColocationIx {
    /// The position in its list.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

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
