//! Calls: single runs of actions, told apart for ever.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::member::{MemberId, Moment};
use crate::model::{Agent, NodeName};
use crate::scheduler::{Action, ActionId};

/// One run of one action. No two are ever the same, whichever controller asked for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Call {
    /// The controller that asked for it.
    pub by: MemberId,
    /// When that controller's daemon started, in milliseconds since 1970.
    pub life: i64,
    /// The controller's transition.
    pub transition: u64,
    /// The action in that transition.
    pub action: ActionId,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, life, transition, action } = self;
        write!(f, "{}-{}-{life}-{transition}-{}", by.node, by.process, action.0)
    }
}

/// An action in flight: asked for, and not known to have ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flight {
    /// Which run.
    pub call: Call,
    /// The member that runs it: for most actions their node, for fencing another one.
    pub worker: NodeName,
    /// What is run. Its number is that of the call.
    pub action: Action,
    /// What runs it; `None` for what no agent runs, and for fencing.
    pub agent: Option<Agent>,
    /// When it was asked for.
    pub since: Moment,
    /// Of a fencing: the life of its target that it is to end, as the target itself tells when that life
    /// began; `None` if nobody had heard of any. Compared for being the same and never for being earlier:
    /// the clocks of two hosts need not agree.
    #[serde(default)]
    pub target_life: Option<Moment>,
    /// Whether a failed start bans its node for good.
    pub start_failure_is_fatal: bool,
}
