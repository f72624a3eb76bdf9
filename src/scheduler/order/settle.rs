//! Settling: relations are applied until nothing changes any more.
//!
//! The visits form a tree (settling an action settles what it touched), walked with a stack of
//! its own, because chains of thousands of resources are real.

use super::blocking::Blocking;
use super::effect::{self, Changed, Pair};
use crate::scheduler::act::draft::{Ability, DraftIx, Need};
use crate::scheduler::act::link::{LinkIx, Relations};
use crate::scheduler::act::verb::{Key, Moment, Notice, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{NodeIx, ResourceIx, Variant};
use crate::scheduler::variant::actions as variant;

/// What is still to be done.
#[derive(Debug, Clone, Copy)]
enum Item {
    /// Settle an action.
    Visit(DraftIx),
    /// Go on settling an action.
    Resume(Frame),
    /// Block what is colocated with an action that lost its chance to run.
    BlockDependents(DraftIx),
}

/// How far the settling of an action has come.
#[derive(Debug, Clone, Copy)]
struct Frame {
    draft: DraftIx,
    /// Inputs not yet looked at, youngest last.
    remaining: usize,
    changed: bool,
    before: (Need, Ability),
}

/// Applies all relations until nothing changes.
pub(super) fn settle(work: &mut Work<'_, '_>) {
    let mut settling = Settling::new(work);
    let upward = |verb| matches!(verb, Verb::Start | Verb::Promote);
    for draft in settling.work.actions.draft_numbers().rev() {
        let entry = settling.work.actions.draft(draft);
        if upward(entry.verb) && entry.resource.is_some() && !entry.is_runnable() {
            settling.run(Item::BlockDependents(draft));
        }
    }
    crate::scheduler::act::probe::link_beyond(settling.work);
    for draft in settling.work.actions.draft_numbers().rev() {
        settling.run(Item::Visit(draft));
    }
}

struct Settling<'w, 'p, 'a> {
    work: &'w mut Work<'p, 'a>,
    blocking: Blocking,
    stack: Vec<Item>,
    visits: usize,
    limit: usize,
}

impl<'w, 'p, 'a> Settling<'w, 'p, 'a> {
    /// More visits than any input needs; reached only if the rules themselves were at odds.
    const VISITS_PER_PART: usize = 1_000;

    fn new(work: &'w mut Work<'p, 'a>) -> Self {
        let parts = work.actions.drafts.len() + work.actions.links.len();
        let limit = parts.saturating_mul(Self::VISITS_PER_PART).saturating_add(100_000);
        Self { blocking: Blocking::new(work.placement), work, stack: Vec::new(), visits: 0, limit }
    }

    fn run(&mut self, item: Item) {
        self.stack.push(item);
        while let Some(item) = self.stack.pop() {
            match item {
                Item::Visit(draft) => {
                    self.visits += 1;
                    if self.visits > self.limit {
                        debug_assert!(false, "relations between actions do not settle");
                        self.stack.clear();
                        return;
                    }
                    let frame = self.begin(draft);
                    self.resume(frame);
                }
                Item::Resume(frame) => self.resume(frame),
                Item::BlockDependents(draft) => {
                    let blocked = self.blocking.block_dependents(self.work, draft);
                    for draft in blocked.into_iter().rev() {
                        self.stack.push(Item::Visit(draft));
                        self.stack.push(Item::BlockDependents(draft));
                    }
                }
            }
        }
    }

    fn begin(&mut self, draft: DraftIx) -> Frame {
        let entry = self.work.actions.draft_mut(draft);
        let before = (entry.need, entry.ability);
        if let Some(minimum) = &mut entry.minimum {
            minimum.seen = 0;
            entry.ability = Ability::Blocked;
        }
        Frame { draft, remaining: entry.inputs.len(), changed: false, before }
    }

    /// Looks at the remaining inputs; stops early where something else must be settled first.
    fn resume(&mut self, mut frame: Frame) {
        while let Some(position) = frame.remaining.checked_sub(1) {
            frame.remaining = position;
            let Some(link) = self.work.actions.draft(frame.draft).inputs.get(position).copied() else {
                break;
            };
            let changed = look_at(self.work, link);
            frame.changed |= changed.then;
            let first = self.work.actions.link(link).first;
            if changed.first || !changed.parts.is_empty() {
                self.stack.push(Item::Resume(frame));
                if changed.first {
                    self.stack.push(Item::Visit(first));
                    self.push_successors(first);
                }
                for part in changed.parts.into_iter().rev() {
                    self.push_successors(part);
                    self.stack.push(Item::Visit(part));
                }
                return;
            }
        }
        self.finish(frame);
    }

    fn finish(&mut self, frame: Frame) {
        let entry = self.work.actions.draft(frame.draft);
        let after = (entry.need, entry.ability);
        let changed = if entry.minimum.is_some() { after != frame.before } else { frame.changed };
        if !changed {
            return;
        }
        let lost = frame.before.1 == Ability::Runnable && after.1 == Ability::Blocked;
        let leads_up = matches!(entry.verb, Verb::Start | Verb::Promote);
        self.push_successors(frame.draft);
        self.stack.push(Item::Visit(frame.draft));
        if lost && leads_up {
            self.stack.push(Item::BlockDependents(frame.draft));
        }
    }

    /// The youngest link's successor is settled first.
    fn push_successors(&mut self, draft: DraftIx) {
        let actions = &self.work.actions;
        let links = actions.draft(draft).successors.iter().map(|link| actions.link(*link));
        self.stack.extend(links.filter(|link| !link.relations.is_empty()).map(|link| Item::Visit(link.then)));
    }
}

/// Applies one link. Says what changed.
fn look_at(work: &mut Work<'_, '_>, number: LinkIx) -> Changed {
    let link = *work.actions.link(number);
    if link.relations.is_empty() {
        return Changed::default();
    }
    let (first_node, then_node) = (node_of(work, link.first), node_of(work, link.then));
    if link.relations.has(Relations::SAME_NODE)
        && first_node.is_some()
        && then_node.is_some()
        && first_node != then_node
    {
        work.actions.link_mut(number).relations = Relations::NONE;
        return Changed::default();
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
        return Changed { then: is_new, ..Changed::default() };
    }
    apply_relations(work, number)
}

/// Where an action happens, as far as "the same node" is concerned.
fn node_of(work: &Work<'_, '_>, draft: DraftIx) -> Option<NodeIx> {
    let entry = work.actions.draft(draft);
    let group = entry.resource.filter(|resource| {
        entry.verb == Verb::Start && matches!(work.resource(*resource).variant, Variant::Group(_))
    });
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
    if matches!(facts.variant, Variant::Primitive(_)) {
        return None;
    }
    let entry = work.actions.draft(draft);
    let verb = entry.verb.completion().filter(|_| !entry.key.is_recurring())?;
    let is_clone = matches!(facts.variant, Variant::Clone(_) | Variant::Bundle(_));
    let key = if facts.notify && is_clone {
        let notice = Some(Notice { moment: Moment::ConfirmedPost, about: Some(verb) });
        Key { notice, ..Key::once(Verb::Notified) }
    } else {
        Key::once(verb)
    };
    work.actions.with_key(resource, key).first().copied()
}

fn apply_relations(work: &mut Work<'_, '_>, number: LinkIx) -> Changed {
    let mut link = *work.actions.link(number);
    let (first_node, then_node) = (work.actions.draft(link.first).node, work.actions.draft(link.then).node);
    let effective = variant::effective(work, link.first, then_node);
    let mut only_on = None;
    if link.relations.has(Relations::FIRST_REQUIRES_THEN_ON_NODE) {
        only_on = first_node;
        link.relations =
            link.relations.without(Relations::FIRST_REQUIRES_THEN_ON_NODE) | Relations::FIRST_REQUIRES_THEN;
        work.actions.link_mut(number).relations = link.relations;
    }
    let pair = Pair { first: link.first, then: link.then, effective, only_on };
    let mut changed = Changed::default();
    for (relation, rule) in effect::RULES {
        if link.relations.has(relation) {
            if relation == Relations::NESTED && is_already_up(work, pair.first) {
                work.actions.link_mut(number).relations = Relations::NONE;
                return changed;
            }
            let only_on = if relation == Relations::FIRST_REQUIRES_THEN { pair.only_on } else { None };
            changed.merge(effect::apply(work, relation, rule, Pair { only_on, ..pair }));
        }
    }
    if link.relations.has_any(Relations::FIRST_SHOWS_THEN | Relations::THEN_SHOWS_FIRST) {
        let then = variant::effective(work, link.then, first_node);
        effect::show(work, pair, then, link.relations);
    }
    let needs = Relations::FIRST_REQUIRES_THEN | Relations::THEN_REQUIRES_FIRST | Relations::RESTARTS;
    if link.relations.has_any(needs) {
        changed.then |= effect::heed_blocked_stop(work, pair);
    }
    if changed.then
        && work.actions.draft(pair.then).resource.is_some_and(|then| work.resource(then).parent.is_some())
    {
        changed.parts.push(pair.then);
    }
    changed
}

/// Whether a container that cannot start runs already: then what is nested in it can be probed.
fn is_already_up(work: &Work<'_, '_>, start: DraftIx) -> bool {
    let draft = work.actions.draft(start);
    !draft.is_runnable()
        && draft.resource.is_some_and(|resource| work.any_leaf(resource, |leaf| work.is_active(leaf)))
}
