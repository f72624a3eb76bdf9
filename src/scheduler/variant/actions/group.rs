//! What a group means for actions.

use crate::scheduler::act::draft::Effective;
use crate::scheduler::act::draft::{Ability, DraftIx, Need};
use crate::scheduler::act::link::Relations;
use crate::scheduler::act::verb::{Key, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{GroupFacts, ResourceIx, Variant};
use crate::scheduler::order::effect::{Pair, Plan, Rule};

/// Adds the orderings between a group's actions and its members', and between its members.
pub fn order_inside(work: &mut Work<'_, '_>, group: ResourceIx) {
    let Variant::Group(GroupFacts { is_ordered, .. }) = work.resource(group).variant else { return };
    work.order_keys((group, Verb::Stop), (group, Verb::Stopped), Relations::BLOCKS);
    work.order_keys((group, Verb::Stopped), (group, Verb::Start), Relations::ORDERED);
    work.order_keys((group, Verb::Start), (group, Verb::Running), Relations::BLOCKS);
    let is_promotable = work.resource(work.facts.topmost(group)).is_promotable;
    let members = &work.resource(group).children;
    let mut last_active = None;
    for (position, member) in members.iter().copied().enumerate() {
        super::order_inside(work, member);
        let is_bottom = is_ordered && position == 0;
        order_member(work, group, member, is_bottom, is_promotable);
        let is_active = work.is_active(member);
        let previous = position.checked_sub(1).and_then(|position| members.get(position)).copied();
        if let Some(previous) = previous {
            if is_ordered {
                order_neighbours(work, previous, member, is_promotable);
                order_around_inactive(work, previous, member, last_active);
            } else {
                let relations =
                    Relations::FIRST_REQUIRES_THEN | Relations::BLOCKS | Relations::THEN_SHOWS_FIRST;
                work.order_keys((group, Verb::Start), (member, Verb::Start), relations);
            }
        }
        if is_active {
            last_active = Some(member);
        }
    }
}

/// A member acts between its group's step and the step's completion. The bottom member, which
/// stops last, stands for the whole.
fn order_member(
    work: &mut Work<'_, '_>,
    group: ResourceIx,
    member: ResourceIx,
    is_bottom: bool,
    is_promotable: bool,
) {
    let down = Relations::THEN_SHOWS_FIRST | Relations::ORDERED.when(is_bottom);
    let after = if is_bottom { Relations::FIRST_REQUIRES_THEN } else { Relations::FIRST_SHOWS_THEN };
    let up = Relations::BLOCKS | Relations::FIRST_REQUIRES_THEN | Relations::FIRST_SHOWS_THEN;
    if is_promotable {
        work.order_keys((group, Verb::Demote), (member, Verb::Demote), down);
        work.order_keys((member, Verb::Demote), (group, Verb::Demoted), after);
        work.order_keys((member, Verb::Promote), (group, Verb::Promoted), up);
        work.order_keys((group, Verb::Promote), (member, Verb::Promote), Relations::THEN_SHOWS_FIRST);
    }
    work.order_keys((group, Verb::Stop), (member, Verb::Stop), down);
    work.order_keys((member, Verb::Stop), (group, Verb::Stopped), after);
    work.order_keys((group, Verb::Start), (member, Verb::Start), Relations::THEN_SHOWS_FIRST);
    work.order_keys((member, Verb::Start), (group, Verb::Running), up);
}

fn order_neighbours(work: &mut Work<'_, '_>, previous: ResourceIx, member: ResourceIx, is_promotable: bool) {
    let up = Relations::FIRST_REQUIRES_THEN | Relations::BLOCKS;
    let down = Relations::ORDERED | Relations::RESTARTS;
    work.order_keys((previous, Verb::Start), (member, Verb::Start), up);
    work.order_keys((member, Verb::Stop), (previous, Verb::Stop), down);
    let is_ahead = work.is_active(member) && !work.is_active(previous);
    if is_ahead && work.facts.release.members_start_in_order() {
        let relations = Relations::THEN_REQUIRES_FIRST | Relations::BLOCKS;
        work.order_keys((member, Verb::Stop), (previous, Verb::Start), relations);
    }
    if is_promotable {
        work.order_keys((previous, Verb::Promote), (member, Verb::Promote), up);
        work.order_keys((member, Verb::Demote), (previous, Verb::Demote), Relations::ORDERED);
    }
}

/// Members stop in order even if one between them does not run.
fn order_around_inactive(
    work: &mut Work<'_, '_>,
    previous: ResourceIx,
    member: ResourceIx,
    last_active: Option<ResourceIx>,
) {
    if let Some(last_active) = last_active
        && work.is_active(member)
        && !work.is_active(previous)
    {
        work.order_keys((member, Verb::Stop), (last_active, Verb::Stop), Relations::ORDERED);
    }
}

/// Creates the members' actions, then the group's own.
pub fn act(work: &mut Work<'_, '_>, group: ResourceIx) {
    for member in &work.resource(group).children {
        super::act(work, *member);
    }
    let mut verbs = vec![Verb::Start, Verb::Running, Verb::Stop, Verb::Stopped];
    if work.resource(group).is_promotable {
        verbs.extend([Verb::Demote, Verb::Demoted, Verb::Promote, Verb::Promoted]);
    }
    for verb in verbs {
        work.add_pseudo(Some(group), Key::once(verb), Need::Optional);
    }
}

/// Where a group's action stands in effect. A member that must act makes it required for good;
/// a completion that a member prevents is blocked for good.
pub fn effective(work: &mut Work<'_, '_>, group: ResourceIx, draft: DraftIx) -> Effective {
    let entry = work.actions.draft(draft);
    if let Some((_, effective)) = entry.memo.filter(|(revision, _)| *revision == work.actions.revision(group))
    {
        return effective;
    }
    let (is_completion, verb) = (entry.verb.is_completion(), entry.verb.step());
    let (mut need, mut ability) = (entry.need, entry.ability);
    let mut lacks_action = false;
    let needs_all = !work.facts.release.members_may_lack_demotions() && !work.resource(group).notify;
    let is_in_the_way = |verb: Verb| needs_all && verb == Verb::Demote;
    for member in &work.resource(group).children {
        match work.actions.youngest(*member, verb, None) {
            Some(action) => {
                let action = work.actions.draft(action);
                need = need.max(action.need);
                if is_completion {
                    ability = ability.min(action.ability);
                }
            }
            None => lacks_action |= !verb.is_downward() || is_in_the_way(verb),
        }
    }
    work.actions.revise(draft, need, ability);
    let ability = if lacks_action { Ability::Blocked } else { ability };
    let effective = Effective { need, ability, is_migratable: false };
    work.actions.remember(draft, group, effective);
    effective
}

/// Lists the steps by which a relation is applied where a group's action comes then: to the action
/// itself, and to its members'.
pub fn expand(work: &Work<'_, '_>, rule: Rule, pair: Pair, plan: &mut Plan) {
    plan.add(rule, pair);
    let then = work.actions.draft(pair.then);
    let (then_resource, verb) = (then.resource, then.verb);
    // Members have no completions of their own.
    let group = then_resource.filter(|_| !verb.is_completion());
    let members = group.map_or(&[] as &[_], |group| &work.resource(group).children);
    for member in members {
        if let Some(action) = work.actions.youngest(*member, verb, pair.only_on) {
            plan.add(rule, Pair { then: action, ..pair });
        }
    }
}
