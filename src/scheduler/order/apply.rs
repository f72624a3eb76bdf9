//! Applying orderings: they become links between the drafts that there are.

use crate::model::Role;
use crate::scheduler::act::draft::{DraftIx, Need};
use crate::scheduler::act::link::{Ordering, Relations, Side};
use crate::scheduler::act::verb::{Key, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::ResourceIx;

/// Turns all orderings into links, in order of their creation.
pub(super) fn link_all(work: &mut Work<'_, '_>) {
    for number in 0..work.actions.orderings.len() {
        if let Some(ordering) = work.actions.orderings.get(number).copied() {
            link(work, ordering);
        }
    }
}

fn link(work: &mut Work<'_, '_>, ordering: Ordering) {
    let firsts = match ordering.first {
        Side::Draft(draft) => vec![draft],
        Side::Key(resource, key) => {
            let known = work.actions.with_key(resource, key).to_vec();
            if known.is_empty() {
                match placeholder(work, resource, key, ordering.then) {
                    Some(placeholder) => vec![placeholder],
                    None => return,
                }
            } else {
                known
            }
        }
    };
    let thens = match ordering.then {
        Side::Draft(draft) => vec![draft],
        Side::Key(resource, key) => work.actions.with_key(resource, key).to_vec(),
    };
    for first in firsts {
        for then in &thens {
            let relations = relations_between(work, first, *then, ordering.relations);
            work.actions.link_drafts(first, *then, relations);
        }
    }
}

/// The end of a dangling migration does not call for a start.
fn relations_between(work: &Work<'_, '_>, first: DraftIx, then: DraftIx, relations: Relations) -> Relations {
    let (first, then) = (work.actions.draft(first), work.actions.draft(then));
    if first.ends_migration && first.resource == then.resource {
        relations.without(Relations::FIRST_REQUIRES_THEN)
    } else {
        relations
    }
}

/// An action that nobody asked for, but that others wait for. Not needed where it is the
/// resource's own affair, or where what it does is already so.
fn placeholder(work: &mut Work<'_, '_>, resource: ResourceIx, key: Key, then: Side) -> Option<DraftIx> {
    if work.side_resource(then) == Some(resource) {
        return None;
    }
    let current_role = work.resource(resource).current_role;
    let is_done = (key.verb == Verb::Stop && current_role == Role::Stopped)
        || (key.verb == Verb::Demote && current_role == Role::Unpromoted);
    (!is_done).then(|| work.request(resource, key, None, Need::Optional))
}
