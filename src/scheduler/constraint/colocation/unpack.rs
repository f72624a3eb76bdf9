//! From a configured colocation to records between two resources.

use std::sync::Arc;

use super::ColocationRecord;
use crate::model::constraint::{Colocation, ColocationScope};
use crate::model::{Role, Score};
use crate::scheduler::assign::draft::Draft;
use crate::scheduler::constraint::lookup::Expansion;
use crate::scheduler::constraint::set::Set;
use crate::scheduler::facts::ResourceIx;

/// One side of a colocation.
#[derive(Clone, Copy)]
struct Party {
    resource: ResourceIx,
    role: Option<Role>,
}

/// Whose `critical` decides when the constraint does not say whether it has influence.
#[derive(Clone, Copy)]
struct Influence {
    stated: Option<bool>,
    asked: ResourceIx,
}

/// Adds the records of a configured colocation.
pub(crate) fn unpack(draft: &mut Draft<'_>, colocation: &Colocation) {
    match &colocation.scope {
        ColocationScope::Pair { dependent, primary, dependent_role, primary_role, node_attribute } => {
            let sides = (draft.lookup.expand(dependent), draft.lookup.expand(primary));
            if let (Expansion::Resource(dependent), Expansion::Resource(primary)) = sides {
                let influence = Influence { stated: colocation.influence, asked: dependent };
                let dependent = Party { resource: dependent, role: *dependent_role };
                let primary = Party { resource: primary, role: *primary_role };
                let score = colocation.score.unwrap_or_default();
                let attribute = node_attribute.clone();
                add(draft, colocation, score, dependent, primary, influence, attribute);
            } else if let (Expansion::Several(_), Expansion::Several(_)) = sides {
                // Which member would follow which? The field leaves this without effect.
            } else {
                let sets = (
                    Set::of_expansion(&sides.0, *dependent_role),
                    Set::of_expansion(&sides.1, *primary_role),
                );
                if let (Some(dependents), Some(primaries)) = sets {
                    unpack_sets(draft, colocation, &[dependents, primaries]);
                }
            }
        }
        ColocationScope::Sets(sets) => {
            let sets: Vec<_> = sets.iter().map(|set| Set::new(&draft.lookup, set)).collect();
            unpack_sets(draft, colocation, &sets);
        }
    }
}

/// Each set within itself, then each with the one before it.
fn unpack_sets(draft: &mut Draft<'_>, colocation: &Colocation, sets: &[Set]) {
    for (position, set) in sets.iter().enumerate() {
        unpack_within(draft, colocation, set);
        let previous = position.checked_sub(1).and_then(|previous| sets.get(previous));
        if let Some(previous) = previous.filter(|_| colocation.score.unwrap_or_default() != Score::ZERO) {
            unpack_between(draft, colocation, previous, set);
        }
    }
}

/// Members of a sequential set follow the one before them, or avoid all before them.
fn unpack_within(draft: &mut Draft<'_>, colocation: &Colocation, set: &Set) {
    let score = set.score.or(colocation.score).unwrap_or_default();
    if score == Score::ZERO || !set.is_sequential {
        return;
    }
    let members: Vec<_> = set.known_prefix().collect();
    for (position, later) in members.iter().enumerate().skip(1) {
        let influence = Influence { stated: colocation.influence, asked: *later };
        let later = Party { resource: *later, role: set.role };
        let nearest = if score > Score::ZERO { position - 1 } else { 0 };
        for earlier in &members[nearest..position] {
            let earlier = Party { resource: *earlier, role: set.role };
            let is_swapped = score > Score::ZERO && set.is_reversed;
            let (dependent, primary) = if is_swapped { (earlier, later) } else { (later, earlier) };
            add(draft, colocation, score, dependent, primary, influence, None);
        }
    }
}

/// Members of the previous set follow members of this one.
fn unpack_between(draft: &mut Draft<'_>, colocation: &Colocation, dependents: &Set, primaries: &Set) {
    let Some(first) = ends(dependents, dependents.members.first()) else { return };
    let Some(last) = ends(primaries, primaries.members.last()) else { return };
    let score = colocation.score.unwrap_or_default();
    for dependent in &first {
        for primary in &last {
            let influence = Influence { stated: colocation.influence, asked: *dependent };
            let dependent = Party { resource: *dependent, role: dependents.role };
            let primary = Party { resource: *primary, role: primaries.role };
            add(draft, colocation, score, dependent, primary, influence, None);
        }
    }
}

/// Who stands for a set towards its neighbour: one end of a sequential set (`None` if unknown),
/// all known members of another.
fn ends(set: &Set, end: Option<&Option<ResourceIx>>) -> Option<Vec<ResourceIx>> {
    if set.is_sequential {
        end.copied().flatten().map(|end| vec![end])
    } else {
        Some(set.members.iter().copied().flatten().collect())
    }
}

fn add(
    draft: &mut Draft<'_>,
    colocation: &Colocation,
    score: Score,
    dependent: Party,
    primary: Party,
    influence: Influence,
    node_attribute: Option<Arc<str>>,
) {
    let any_if_started = |role: Option<Role>| role.filter(|role| *role != Role::Started);
    let is_critical = draft.resource(influence.asked).is_critical;
    draft.add_colocation(ColocationRecord {
        id: colocation.id.to_shared(),
        dependent: dependent.resource,
        primary: primary.resource,
        score,
        node_attribute,
        dependent_role: any_if_started(dependent.role),
        primary_role: any_if_started(primary.role),
        influence: influence.stated.unwrap_or(is_critical),
        is_explicit: true,
    });
}
