//! Adding to the working set: orderings between actions, and actions that nobody runs.

use super::draft::{Draft, DraftIx, Need};
use super::link::{Ordering, Relations, Side};
use super::verb::{Key, Verb};
use super::work::Work;
use crate::scheduler::facts::{NodeIx, ResourceIx};

impl Work<'_, '_> {
    /// The point at which a node has shed the load that must go first.
    pub fn load_stopped(&mut self, node: NodeIx) -> DraftIx {
        if let Some(known) = self.actions.of_node(Verb::LoadStopped, node) {
            return known;
        }
        let mut draft = Draft::new(None, Key::once(Verb::LoadStopped), Need::Required);
        draft.node = Some(node);
        draft.is_pseudo = true;
        self.actions.add(draft)
    }

    /// Adds an ordering between two sides, and what it means for live migrations of the two.
    pub fn order(&mut self, first: Side, then: Side, relations: Relations) {
        self.actions.orderings.push(Ordering { first, then, relations });
        super::migration::order_migrations(self, first, then);
    }

    /// Adds an ordering between two actions of resources that run once.
    pub fn order_keys(
        &mut self,
        (first, first_verb): (ResourceIx, Verb),
        (then, then_verb): (ResourceIx, Verb),
        relations: Relations,
    ) {
        let side = |resource, verb| Side::Key(resource, Key::once(verb));
        self.order(side(first, first_verb), side(then, then_verb), relations);
    }

    /// Adds a draft of a collective or of the cluster that nobody runs.
    pub fn add_pseudo(&mut self, resource: Option<ResourceIx>, key: Key, need: Need) -> DraftIx {
        let mut draft = Draft::new(resource, key, need);
        draft.is_pseudo = true;
        self.actions.add(draft)
    }

    /// The resource of one side of an ordering.
    pub fn side_resource(&self, side: Side) -> Option<ResourceIx> {
        match side {
            Side::Draft(draft) => self.actions.draft(draft).resource,
            Side::Key(resource, _) => Some(resource),
        }
    }

    /// The key of one side of an ordering.
    pub fn side_key(&self, side: Side) -> Key {
        match side {
            Side::Draft(draft) => self.actions.draft(draft).key,
            Side::Key(_, key) => key,
        }
    }
}
