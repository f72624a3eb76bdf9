//! The agenda: what is being assigned, and what that waits for, innermost last.
//!
//! Resources are assigned on demand: a dependent first asks for its primaries. Chains of demands
//! are as long as somebody's list of colocations, so they are kept here and not on the stack.

use super::draft::{Draft, Finality, Progress};
use crate::scheduler::facts::{NodeIx, ResourceIx};
use crate::scheduler::variant::Assignment;

/// How deep attempts to place instances may be nested, before a demand counts as a loop.
const DEEPEST: u32 = 100;

/// A request to assign a resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand {
    pub(crate) resource: ResourceIx,
    /// Where it should go if it has no better place.
    pub(crate) prefer: Option<NodeIx>,
    pub(crate) finality: Finality,
}

impl Demand {
    /// Assign `resource` for good, wherever it is best.
    pub(crate) const fn of(resource: ResourceIx) -> Self {
        Self { resource, prefer: None, finality: Finality::Final }
    }
}

/// How an assignment goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// It asks to be called again.
    Again,
    /// Something else must be assigned first.
    Needs(Demand),
    /// It has ended.
    Done,
}

impl Draft<'_> {
    /// Assigns a resource, and first whatever it depends on.
    pub(crate) fn assign(&mut self, demand: Demand) {
        if self.depth >= DEEPEST {
            return;
        }
        self.depth += 1;
        let mut open = vec![Assignment::new(self, demand)];
        while let Some(innermost) = open.last_mut() {
            match innermost.advance(self) {
                Step::Again => {}
                Step::Needs(demand) => open.push(Assignment::new(self, demand)),
                Step::Done => {
                    open.pop();
                }
            }
        }
        self.depth -= 1;
    }

    /// What the resource is part of, if that must be assigned as a whole first.
    pub(crate) fn waiting_parent(&self, resource: ResourceIx) -> Option<ResourceIx> {
        self.resource(resource).parent.filter(|parent| self.progress[parent.index()] == Progress::Waiting)
    }
}
