//! Looking at one link: whether it has an effect, what takes its place, what is left to do after it.

use super::Run;
use crate::scheduler::act::draft::{DraftIx, Need};
use crate::scheduler::act::link::{LinkIx, Relations};
use crate::scheduler::act::verb::{Key, Moment, Notice, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{NodeIx, ResourceIx};
use crate::scheduler::order::effect::{self, Changed, Pair, Plan};
use crate::scheduler::variant::actions as variant;

/// What a look at a link leads to.
pub(super) enum Look {
    /// It has no effect.
    Nothing,
    /// Another link took its place.
    Replaced,
    /// It is to be applied; before that, some actions must be settled anew.
    Apply(Box<Run>, Vec<DraftIx>),
}

/// Looks at one link.
pub(super) fn look_at(work: &mut Work<'_, '_>, number: LinkIx) -> Look {
    let link = *work.actions.link(number);
    if link.relations.is_empty() {
        return Look::Nothing;
    }
    let (first_node, then_node) = (node_of(work, link.first), node_of(work, link.then));
    if link.relations.has(Relations::SAME_NODE)
        && first_node.is_some()
        && then_node.is_some()
        && first_node != then_node
    {
        work.actions.link_mut(number).relations = Relations::NONE;
        return Look::Nothing;
    }
    let (first, then) = (work.actions.draft(link.first), work.actions.draft(link.then));
    let (first_resource, then_resource) = (first.resource, then.resource);
    if link.relations.has(Relations::CANCELS) && then.is_required() && first_resource.is_some() {
        cancel(work, link.first);
    }
    if let (Some(first_resource), Some(then_resource)) = (first_resource, then_resource)
        && !work.is_within(then_resource, first_resource)
        && let Some(completion) = completion(work, link.first, first_resource)
    {
        let is_new = work.actions.link_drafts(completion, link.then, link.relations);
        if is_new {
            work.actions.link_mut(number).relations = Relations::NONE;
        }
        return if is_new { Look::Replaced } else { Look::Nothing };
    }
    plan_link(work, number)
}

/// Where an action happens, as far as "the same node" is concerned.
fn node_of(work: &Work<'_, '_>, draft: DraftIx) -> Option<NodeIx> {
    let entry = work.actions.draft(draft);
    let group = entry
        .resource
        .filter(|resource| entry.verb == Verb::Start && work.resource(*resource).variant.is_group());
    group.map_or(entry.node, |group| work.placement.node_of(group))
}

fn cancel(work: &mut Work<'_, '_>, draft: DraftIx) {
    let entry = work.actions.draft_mut(draft);
    entry.need = Need::Optional;
    if let (Verb::Reload, Some(resource)) = (entry.verb, entry.resource) {
        work.state_mut(resource).reloads = false;
    }
}

/// What others wait for in place of a collective's step: that the step is complete.
fn completion(work: &Work<'_, '_>, draft: DraftIx, resource: ResourceIx) -> Option<DraftIx> {
    let facts = work.resource(resource);
    if facts.variant.is_primitive() {
        return None;
    }
    let entry = work.actions.draft(draft);
    if entry.key.is_recurring() || entry.key.notice.is_some() {
        return None;
    }
    let is_clone = facts.variant.has_instances();
    let step = entry.verb.completion();
    let key = if facts.notify && is_clone {
        let about = step.or_else(|| entry.verb.is_completion().then_some(entry.verb))?;
        let notice = Some(Notice { moment: Moment::ConfirmedPost, about: Some(about) });
        Key { notice, ..Key::once(Verb::Notified) }
    } else {
        Key::once(step?)
    };
    work.actions.with_key(resource, key).first().copied()
}

fn plan_link(work: &mut Work<'_, '_>, number: LinkIx) -> Look {
    let mut link = *work.actions.link(number);
    let (first_node, then_node) = (node_of(work, link.first), node_of(work, link.then));
    let effective = variant::effective(work, link.first, then_node);
    let mut only_on = None;
    if link.relations.has(Relations::FIRST_REQUIRES_THEN_ON_NODE) {
        only_on = first_node;
        link.relations =
            link.relations.without(Relations::FIRST_REQUIRES_THEN_ON_NODE) | Relations::FIRST_REQUIRES_THEN;
        work.actions.link_mut(number).relations = link.relations;
    }
    if link.relations.has(Relations::NESTED) && is_already_up(work, link.first) {
        work.actions.link_mut(number).relations = Relations::NONE;
        return Look::Nothing;
    }
    let pair = Pair { first: link.first, then: link.then, effective, only_on: None };
    let mut plan = Plan::new();
    for (relation, rule) in effect::RULES {
        if link.relations.has(relation) {
            let only_on = if relation == Relations::FIRST_REQUIRES_THEN { only_on } else { None };
            variant::expand(work, relation, rule, Pair { only_on, ..pair }, &mut plan);
        }
    }
    let steps = plan.steps.into_iter();
    let changed = Changed::default();
    let relations = link.relations;
    let run = Run { pair, relations, steps, changed, is_skipping: false, instance_changed: false };
    Look::Apply(Box::new(run), plan.touched)
}

/// What is left to do once a link has been applied: `shows` if it may show an optional action. Says
/// what changed in all.
pub(super) fn conclude(work: &mut Work<'_, '_>, run: &Run, shows: bool) -> Changed {
    let mut changed = run.changed;
    if shows && run.relations.has_any(Relations::FIRST_SHOWS_THEN | Relations::THEN_SHOWS_FIRST) {
        let first_node = node_of(work, run.pair.first);
        let then = variant::effective(work, run.pair.then, first_node);
        effect::show(work, run.pair, then, run.relations);
    }
    let needs = Relations::FIRST_REQUIRES_THEN | Relations::THEN_REQUIRES_FIRST | Relations::RESTARTS;
    if run.relations.has_any(needs) {
        changed.then |= effect::heed_blocked_stop(work, run.pair);
    }
    changed
}

/// Whether a container that cannot start runs already: then what is nested in it can be probed.
fn is_already_up(work: &Work<'_, '_>, start: DraftIx) -> bool {
    let draft = work.actions.draft(start);
    !draft.is_runnable()
        && draft.resource.is_some_and(|resource| work.any_leaf(resource, |leaf| work.is_active(leaf)))
}
