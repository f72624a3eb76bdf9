//! Order: relations between actions, taken to a fixpoint: what is optional, required or blocked.

mod apply;
mod blocking;
pub mod effect;
mod graph;
mod load_loop;
mod render;
mod settle;
mod summary;
#[cfg(test)]
mod tests;

use super::act::Actions;
use super::act::work::Work;
use super::assign::Placement;
use super::schedule::{Change, Stalled};
use super::transition::Transition;
use settle::Rest;

/// Actions in order, and the changes they make.
#[derive(Debug, Clone, Default)]
pub struct Ordered {
    /// The machine's side.
    pub transition: Transition,
    /// The people's side.
    pub changes: Vec<Change>,
    /// The relations did not come to rest: they contradict each other.
    pub is_unsettled: bool,
    /// Actions that wait for themselves.
    pub stalled: Vec<Stalled>,
}

/// Settles the relations between the actions.
pub fn order(placement: &Placement<'_>, actions: Actions) -> Ordered {
    let mut work = Work::new(placement, actions);
    apply::link_all(&mut work);
    let rest = settle::settle(&mut work);
    graph::drop_guest_links(&mut work);
    load_loop::break_loops(&mut work);
    graph::complete(&mut work);
    let changes = summary::summarize(&work);
    let (transition, stalled) = graph::build(&work);
    Ordered { transition, changes, is_unsettled: rest == Rest::Never, stalled }
}
