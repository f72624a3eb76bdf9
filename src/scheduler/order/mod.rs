//! Order: relations between actions, taken to a fixpoint: what is optional, required or blocked.

use super::act::Actions;
use super::assign::Placement;
use super::schedule::Change;
use super::transition::Transition;

/// Actions in order, and the changes they make.
#[derive(Debug, Clone, Default)]
pub struct Ordered {
    /// The machine's side.
    pub transition: Transition,
    /// The people's side.
    pub changes: Vec<Change>,
}

/// Settles the relations between the actions.
pub fn order(_placement: &Placement<'_>, _actions: Actions) -> Ordered {
    todo!()
}
