//! Settling: relations are applied until nothing changes any more.
//!
//! The visits form a tree (settling an action settles what it touched), walked with a stack of
//! its own, because chains of thousands of resources are real.

mod look;

use look::{Look, conclude, look_at};

use super::blocking::Blocking;
use super::effect::{Changed, Pair, Place, Step};
use crate::scheduler::act::draft::{Ability, DraftIx, Minimum, Need};
use crate::scheduler::act::link::Relations;
use crate::scheduler::act::verb::Verb;
use crate::scheduler::act::work::Work;
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

/// Whether relations come to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing changes any more.
    Reached,
    /// They were left while things still changed.
    Never,
}

/// Applies all relations until nothing changes.
pub(super) fn settle(work: &mut Work<'_, '_>) -> Rest {
    let mut settling = Settling::new(work);
    let upward = |verb| matches!(verb, Verb::Start | Verb::Promote);
    for draft in settling.work.actions.draft_numbers().rev() {
        let entry = settling.work.actions.draft(draft);
        if upward(entry.verb) && entry.resource.is_some() && !entry.is_runnable() {
            settling.run(Item::BlockDependents(draft));
        }
    }
    let beyond = crate::scheduler::act::probe::link_beyond(settling.work);
    while settling.pass() {
        settling.is_first_pass = false;
    }
    beyond.link_dependents(settling.work);
    if settling.visits <= settling.limit { Rest::Reached } else { Rest::Never }
}

struct Settling<'w, 'p, 'a> {
    work: &'w mut Work<'p, 'a>,
    blocking: Blocking,
    stack: Vec<Item>,
    visits: usize,
    limit: usize,
    has_changed: bool,
    /// Which optional actions are shown is decided as links are looked at for the first time around.
    /// The passes after that only make sure of what is required and what is blocked.
    is_first_pass: bool,
}

impl<'w, 'p, 'a> Settling<'w, 'p, 'a> {
    /// More visits than any input needs; reached only if the rules themselves were at odds.
    const VISITS_PER_PART: usize = 1_000;

    fn new(work: &'w mut Work<'p, 'a>) -> Self {
        let parts = work.actions.drafts.len() + work.actions.links.len();
        let limit = parts.saturating_mul(Self::VISITS_PER_PART).saturating_add(100_000);
        let blocking = Blocking::new(work.placement);
        Self { blocking, work, stack: Vec::new(), visits: 0, limit, has_changed: false, is_first_pass: true }
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
                let changed = conclude(self.work, &run, self.is_first_pass);
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
                        // Who has lost a place may take it from those that go with it.
                        self.has_changed = true;
                        self.stack.push(Item::Resume(frame));
                        self.stack.extend(touched.into_iter().rev().map(Item::Visit));
                        return;
                    }
                }
            }
        }
        self.finish(&frame);
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

    fn finish(&mut self, frame: &Frame) {
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
