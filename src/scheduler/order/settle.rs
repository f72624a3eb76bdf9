//! Settling: relations are applied until nothing changes any more.
//!
//! The visits form a tree (settling an action settles what it touched), walked with a stack of
//! its own, because chains of thousands of resources are real.

use super::blocking::Blocking;
use super::effect::{self, Changed, Pair, Place, Plan, Step};
use crate::scheduler::act::draft::{Ability, DraftIx, Minimum, Need};
use crate::scheduler::act::link::{LinkIx, Relations};
use crate::scheduler::act::verb::{Key, Moment, Notice, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{NodeIx, ResourceIx, Variant};
use crate::scheduler::variant::actions as variant;

/// What is still to be done.
#[derive(Debug, Clone)]
enum Item {
    /// Settle an action.
    Visit(DraftIx),
    /// Go on settling an action.
    Resume(Frame),
    /// Block what is colocated with an action that lost its chance to run.
    BlockDependents(DraftIx),
}

/// How far the settling of an action has come.
#[derive(Debug, Clone)]
struct Frame {
    draft: DraftIx,
    /// Inputs not yet looked at, youngest last.
    remaining: usize,
    changed: bool,
    before: (Need, Ability),
    /// The link being applied.
    run: Option<Box<Run>>,
}

/// How far a link has been applied.
#[derive(Debug, Clone)]
struct Run {
    pair: Pair,
    relations: Relations,
    steps: std::vec::IntoIter<Step>,
    changed: Changed,
    /// The instance at hand cannot act.
    is_skipping: bool,
    /// The instance at hand was changed.
    instance_changed: bool,
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
    while settling.pass() {}
}

struct Settling<'w, 'p, 'a> {
    work: &'w mut Work<'p, 'a>,
    blocking: Blocking,
    stack: Vec<Item>,
    visits: usize,
    limit: usize,
    has_changed: bool,
}

impl<'w, 'p, 'a> Settling<'w, 'p, 'a> {
    /// More visits than any input needs; reached only if the rules themselves were at odds.
    const VISITS_PER_PART: usize = 1_000;

    fn new(work: &'w mut Work<'p, 'a>) -> Self {
        let parts = work.actions.drafts.len() + work.actions.links.len();
        let limit = parts.saturating_mul(Self::VISITS_PER_PART).saturating_add(100_000);
        let blocking = Blocking::new(work.placement);
        Self { blocking, work, stack: Vec::new(), visits: 0, limit, has_changed: false }
    }

    /// Settles every action, youngest first. Says whether anything changed that may matter to
    /// actions which had been settled before.
    fn pass(&mut self) -> bool {
        self.has_changed = false;
        for draft in self.work.actions.draft_numbers().rev() {
            self.run(Item::Visit(draft));
        }
        let is_revised = std::mem::take(&mut self.work.actions.is_revised);
        (self.has_changed || is_revised) && self.visits <= self.limit
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
        let entry = self.work.actions.draft(draft);
        let before = (entry.need, entry.ability);
        if entry.minimum.is_some() {
            let entry = self.work.actions.draft_mut(draft);
            entry.minimum = entry.minimum.map(|minimum| Minimum { seen: 0, ..minimum });
            entry.ability = Ability::Blocked;
        }
        let entry = self.work.actions.draft(draft);
        Frame { draft, remaining: entry.inputs.len(), changed: false, before, run: None }
    }

    /// Looks at the remaining inputs; stops early where something else must be settled first.
    fn resume(&mut self, mut frame: Frame) {
        loop {
            if let Some(mut run) = frame.run.take() {
                if let Some(nested) = self.advance(&mut run) {
                    frame.run = Some(run);
                    self.stack.push(Item::Resume(frame));
                    self.stack.extend(nested.into_iter().rev());
                    return;
                }
                let changed = conclude(self.work, &run);
                frame.changed |= changed.then;
                self.has_changed |= changed.then;
                let mut nested = Vec::new();
                if changed.first {
                    nested.extend(self.successors(run.pair.first));
                    nested.push(Item::Visit(run.pair.first));
                }
                if !nested.is_empty() {
                    self.stack.push(Item::Resume(frame));
                    self.stack.extend(nested.into_iter().rev());
                    return;
                }
            }
            let Some(position) = frame.remaining.checked_sub(1) else { break };
            frame.remaining = position;
            let Some(link) = self.work.actions.draft(frame.draft).inputs.get(position).copied() else {
                break;
            };
            match look_at(self.work, link) {
                Look::Nothing => {}
                Look::Replaced => {
                    frame.changed = true;
                    self.has_changed = true;
                }
                Look::Apply(run, touched) => {
                    frame.run = Some(run);
                    if !touched.is_empty() {
                        self.stack.push(Item::Resume(frame));
                        self.stack.extend(touched.into_iter().rev().map(Item::Visit));
                        return;
                    }
                }
            }
        }
        self.finish(frame);
    }

    /// Applies a link's steps one by one. Returns what must be settled before the next one.
    fn advance(&mut self, run: &mut Run) -> Option<Vec<Item>> {
        while let Some(step) = run.steps.next() {
            let nested = match step {
                Step::BeginInstance(action) => {
                    run.instance_changed = false;
                    run.is_skipping = !self.work.actions.draft(action).is_runnable();
                    Vec::new()
                }
                Step::EndInstance(action) => {
                    run.is_skipping = false;
                    if run.instance_changed { self.successors(action) } else { Vec::new() }
                }
                Step::Join { first, then, relation } => {
                    self.work.actions.link_drafts(first, then, relation);
                    Vec::new()
                }
                Step::Apply { .. } if run.is_skipping => Vec::new(),
                Step::Apply { rule, mut pair, place } => {
                    if place == Place::Interleaved {
                        pair.effective = variant::effective(self.work, pair.first, None);
                    }
                    let changed = rule(self.work, pair);
                    self.follow(run, pair, place, changed)
                }
            };
            if !nested.is_empty() {
                return Some(nested);
            }
        }
        None
    }

    /// What must be settled at once after a rule was applied.
    fn follow(&mut self, run: &mut Run, pair: Pair, place: Place, changed: Changed) -> Vec<Item> {
        self.has_changed |= changed.first || changed.then;
        let mut nested = Vec::new();
        if changed.then && self.has_parent(pair.then) {
            nested.push(Item::Visit(pair.then));
        }
        match place {
            Place::Whole => {
                run.changed.first |= changed.first;
                run.changed.then |= changed.then;
            }
            Place::Instance => {
                run.changed.first |= changed.first;
                run.instance_changed |= changed.then;
            }
            Place::Interleaved => {
                run.changed.first |= changed.first;
                run.changed.then |= changed.then;
            }
        }
        nested
    }

    fn has_parent(&self, draft: DraftIx) -> bool {
        let resource = self.work.actions.draft(draft).resource;
        resource.is_some_and(|resource| self.work.resource(resource).parent.is_some())
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
        let mut nested = Vec::new();
        if lost && leads_up {
            nested.push(Item::BlockDependents(frame.draft));
        }
        nested.push(Item::Visit(frame.draft));
        nested.extend(self.successors(frame.draft));
        self.stack.extend(nested.into_iter().rev());
    }

    /// What follows an action, youngest link first.
    fn successors(&self, draft: DraftIx) -> Vec<Item> {
        let actions = &self.work.actions;
        let links = actions.draft(draft).successors.iter().rev().map(|link| actions.link(*link));
        links.filter(|link| !link.relations.is_empty()).map(|link| Item::Visit(link.then)).collect()
    }
}

/// What a look at a link leads to.
enum Look {
    /// It has no effect.
    Nothing,
    /// Another link took its place.
    Replaced,
    /// It is to be applied; before that, some actions must be settled anew.
    Apply(Box<Run>, Vec<DraftIx>),
}

/// Looks at one link.
fn look_at(work: &mut Work<'_, '_>, number: LinkIx) -> Look {
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
    if entry.key.is_recurring() || entry.key.notice.is_some() {
        return None;
    }
    let is_clone = matches!(facts.variant, Variant::Clone(_) | Variant::Bundle(_));
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
            effect::expand(work, relation, rule, Pair { only_on, ..pair }, &mut plan);
        }
    }
    let steps = plan.steps.into_iter();
    let changed = Changed::default();
    let relations = link.relations;
    let run = Run { pair, relations, steps, changed, is_skipping: false, instance_changed: false };
    Look::Apply(Box::new(run), plan.touched)
}

/// What is left to do once a link has been applied. Says what changed in all.
fn conclude(work: &mut Work<'_, '_>, run: &Run) -> Changed {
    let mut changed = run.changed;
    if run.relations.has_any(Relations::FIRST_SHOWS_THEN | Relations::THEN_SHOWS_FIRST) {
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
