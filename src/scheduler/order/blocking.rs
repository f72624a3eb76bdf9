//! Blocking: what must run with something that cannot start cannot start either.

use crate::model::{Role, Score};
use crate::scheduler::act::draft::{Ability, DraftIx};
use crate::scheduler::act::verb::{Key, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::assign::Placement;
use crate::scheduler::facts::ResourceIx;
use crate::scheduler::reason::Reason;

/// A mandatory follower.
#[derive(Debug, Clone, Copy)]
struct Follower {
    dependent: ResourceIx,
    dependent_is_promoted: bool,
    primary_is_promoted: bool,
}

/// Mandatory colocations by whom they follow.
#[derive(Debug)]
pub(super) struct Blocking {
    followers: Vec<Vec<Follower>>,
}

impl Blocking {
    /// Collects the mandatory colocations. Who follows a member of a group by somebody's wish
    /// follows the group.
    pub(super) fn new(placement: &Placement<'_>) -> Self {
        let facts = &placement.facts;
        let mut followers: Vec<Vec<Follower>> = vec![Vec::new(); facts.resources.len()];
        for record in placement.colocations.iter().filter(|record| record.score >= Score::INFINITY) {
            let follower = Follower {
                dependent: record.dependent,
                dependent_is_promoted: record.dependent_role == Some(Role::Promoted),
                primary_is_promoted: record.primary_role == Some(Role::Promoted),
            };
            followers[record.primary.index()].push(follower);
            let group = facts
                .resource(record.primary)
                .parent
                .filter(|parent| record.is_explicit && facts.resource(*parent).variant.is_group());
            if let Some(group) = group {
                followers[group.index()].push(follower);
            }
        }
        Self { followers }
    }

    /// Blocks whatever must run where `cause` was to lead. Returns what was blocked.
    pub(super) fn block_dependents(&self, work: &mut Work<'_, '_>, cause: DraftIx) -> Vec<DraftIx> {
        let draft = work.actions.draft(cause);
        let (Some(failed), verb) = (draft.resource, draft.verb) else { return Vec::new() };
        if work.resource(failed).primitive().is_none() {
            return Vec::new();
        }
        let top = work.facts.bundle_of(failed).unwrap_or_else(|| work.facts.topmost(failed));
        let followers = &self.followers[top.index()];
        if followers.is_empty() || has_chance(work, top, verb) {
            return Vec::new();
        }
        let reason = Reason::ColocationWith(work.resource(failed).id.clone());
        let mut blocked = Vec::new();
        for follower in followers {
            if verb == Verb::Promote && !follower.primary_is_promoted {
                continue;
            }
            let verb = if follower.dependent_is_promoted { Verb::Promote } else { Verb::Start };
            block_tree(work, follower.dependent, verb, &reason, &mut blocked);
        }
        blocked
    }
}

/// Whether some part of a collective may still act.
fn has_chance(work: &Work<'_, '_>, top: ResourceIx, verb: Verb) -> bool {
    work.resource(top).children.iter().any(|child| {
        let actions = work.actions.with_key(*child, Key::once(verb));
        actions.is_empty() || actions.iter().any(|action| work.actions.draft(*action).is_runnable())
    })
}

fn block_tree(
    work: &mut Work<'_, '_>,
    resource: ResourceIx,
    verb: Verb,
    reason: &Reason,
    blocked: &mut Vec<DraftIx>,
) {
    for draft in work.actions.with_key(resource, Key::once(verb)).to_vec() {
        let entry = work.actions.draft_mut(draft);
        if entry.is_runnable() {
            entry.ability = Ability::Blocked;
            entry.give_reason(reason.clone());
            blocked.push(draft);
        }
    }
    for child in &work.resource(resource).children {
        block_tree(work, *child, verb, reason, blocked);
    }
}
