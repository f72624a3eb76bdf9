//! Order: one action before another.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::set::ResourceSet;
use crate::model::id::{ConstraintId, ResourceId};
use crate::model::score::Score;

/// One action before another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Its name.
    pub id: ConstraintId,
    /// What comes before what.
    pub scope: OrderScope,
    /// How strong; unset is mandatory, or optional where `score` is zero.
    pub kind: Option<OrderKind>,
    /// Old way to say optional (zero) or mandatory.
    pub score: Option<Score>,
    /// Whether the reverse holds for the reverse actions; unset means yes, except for serialize.
    pub symmetrical: Option<bool>,
}

/// What an order joins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum OrderScope {
    /// Two resources (or templates, or tags).
    Pair {
        /// Acts first.
        first: ResourceId,
        /// Acts then.
        then: ResourceId,
        /// Which action of the first; unset means start.
        first_action: Option<OrderAction>,
        /// Which action of the other; unset means the same as the first's.
        then_action: Option<OrderAction>,
        /// Whether all instances of a clone are needed; unset means yes.
        require_all: Option<bool>,
    },
    /// Sets of resources.
    Sets(Vec<ResourceSet>),
}

/// How strong an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderKind {
    /// Always: the second cannot be without the first.
    Mandatory,
    /// Only when both act in the same transition.
    Optional,
    /// Never both at the same time, in either order.
    Serialize,
}

/// Actions that orders can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OrderAction {
    /// Start.
    Start,
    /// Stop.
    Stop,
    /// Promote.
    Promote,
    /// Demote.
    Demote,
}

impl OrderAction {
    /// Reads an action name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "start" => Some(Self::Start),
            "stop" => Some(Self::Stop),
            "promote" => Some(Self::Promote),
            "demote" => Some(Self::Demote),
            _ => None,
        }
    }

    /// The action's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Promote => "promote",
            Self::Demote => "demote",
        }
    }

    /// What undoes it.
    #[must_use]
    pub const fn inverse(self) -> Self {
        match self {
            Self::Start => Self::Stop,
            Self::Stop => Self::Start,
            Self::Promote => Self::Demote,
            Self::Demote => Self::Promote,
        }
    }
}

impl fmt::Display for OrderAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
