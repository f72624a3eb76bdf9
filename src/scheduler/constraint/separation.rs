//! What a mandatory separation of two resources means for their actions: what leaves goes first.

use std::collections::BTreeMap;

use super::colocation::ColocationRecord;
use crate::model::{Role, Score};
use crate::scheduler::act::link::Relations;
use crate::scheduler::act::verb::Verb;
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::ResourceIx;

/// Mandatory separations by the constraint that asks for them, oldest first.
pub fn by_constraint<'p>(work: &Work<'p, '_>) -> BTreeMap<&'p str, Vec<&'p ColocationRecord>> {
    let mut by_constraint: BTreeMap<&str, Vec<&ColocationRecord>> = BTreeMap::new();
    for record in work.placement.colocations.iter().rev() {
        if record.is_explicit && record.score <= Score::MINUS_INFINITY {
            by_constraint.entry(&record.id).or_default().push(record);
        }
    }
    by_constraint
}

/// Orders the two resources of a separation, both ways.
pub fn apply(work: &mut Work<'_, '_>, record: &ColocationRecord) {
    order_apart(work, (record.dependent, record.dependent_role), (record.primary, record.primary_role));
    order_apart(work, (record.primary, record.primary_role), (record.dependent, record.dependent_role));
}

/// Whatever takes the first away from the role comes before whatever brings the other into its.
fn order_apart(
    work: &mut Work<'_, '_>,
    (first, first_role): (ResourceIx, Option<Role>),
    (then, then_role): (ResourceIx, Option<Role>),
) {
    for lose in losing(first_role) {
        for gain in gaining(then_role) {
            work.order_keys((first, *lose), (then, *gain), Relations::SAME_NODE_IF_REQUIRED);
        }
    }
}

const fn losing(role: Option<Role>) -> &'static [Verb] {
    match role {
        Some(Role::Promoted) => &[Verb::Demote],
        Some(Role::Unpromoted) => &[Verb::Stop, Verb::Promote],
        Some(Role::Stopped | Role::Started) | None => &[Verb::Stop],
    }
}

const fn gaining(role: Option<Role>) -> &'static [Verb] {
    match role {
        Some(Role::Promoted) => &[Verb::Promote],
        Some(Role::Unpromoted) => &[Verb::Start, Verb::Demote],
        Some(Role::Stopped | Role::Started) | None => &[Verb::Start],
    }
}
