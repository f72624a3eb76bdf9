//! All of one set before all of another: pair by pair while there are few, else by way of a point in
//! time that comes after the one and before the other.

use std::sync::Arc;

use crate::scheduler::act::draft::{DraftIx, Join, Need};
use crate::scheduler::act::link::{Relations, Side};
use crate::scheduler::act::verb::{Key, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::ResourceIx;

/// Pairs that are still ordered one by one, so that the transition names what waits for what.
const FEW_PAIRS: usize = 256;

/// Resources, and what each of them does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Acting<'r> {
    /// Who.
    pub(super) resources: &'r [ResourceIx],
    /// What.
    pub(super) verb: Verb,
}

impl Acting<'_> {
    fn side(self, resource: ResourceIx) -> Side {
        Side::Key(resource, Key::once(self.verb))
    }
}

/// Orders everything that `first` does before everything that `then` does. `name` is the point's, if
/// there is one.
pub(super) fn order_all(
    work: &mut Work<'_, '_>,
    first: Acting<'_>,
    then: Acting<'_>,
    relations: Relations,
    name: &Arc<str>,
) {
    if first.resources.len().saturating_mul(then.resources.len()) <= FEW_PAIRS {
        order_pairs(work, first, then, relations);
        return;
    }
    let (plain_first, other_first) = split(work, first.resources, then.resources);
    let (plain_then, other_then) = split(work, then.resources, first.resources);
    order_pairs(work, Acting { resources: &other_first, ..first }, then, relations);
    let plain_first = Acting { resources: &plain_first, ..first };
    order_pairs(work, plain_first, Acting { resources: &other_then, ..then }, relations);
    let joint = add_joint(work, name);
    for resource in plain_first.resources {
        work.order(first.side(*resource), Side::Draft(joint), relations);
    }
    for resource in plain_then {
        work.order(Side::Draft(joint), then.side(resource), relations);
    }
}

fn order_pairs(work: &mut Work<'_, '_>, first: Acting<'_>, then: Acting<'_>, relations: Relations) {
    for before in first.resources {
        for after in then.resources {
            work.order(first.side(*before), then.side(*after), relations);
        }
    }
}

/// Those for which it makes no difference whether a point stands between them and what they face, and
/// the others: parts speak for their whole, migrations and guests have links of their own, and who
/// is in both sets does not wait for itself.
fn split(
    work: &Work<'_, '_>,
    resources: &[ResourceIx],
    facing: &[ResourceIx],
) -> (Vec<ResourceIx>, Vec<ResourceIx>) {
    let facing: std::collections::BTreeSet<_> = facing.iter().copied().collect();
    resources.iter().partition(|resource| {
        let known = work.resource(**resource);
        known.variant.is_primitive()
            && known.parent.is_none()
            && !known.can_migrate
            && known.launched.is_empty()
            && !facing.contains(resource)
    })
}

fn add_joint(work: &mut Work<'_, '_>, name: &Arc<str>) -> DraftIx {
    let joint = work.add_pseudo(None, Key::once(Verb::AllOfSet), Need::Optional);
    let draft = work.actions.draft_mut(joint);
    draft.join = Some(Join::default());
    draft.name = Some(Arc::clone(name));
    joint
}
