//! Effects: what a relation does to the two actions that it joins.

use crate::model::Role;
use crate::scheduler::act::draft::{Ability, DraftIx, Effective, Join, Need};
use crate::scheduler::act::link::Relations;
use crate::scheduler::act::verb::Verb;
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{NodeIx, ResourceIx};
use crate::scheduler::reason::{ActionRef, Reason};
use crate::scheduler::task::Task;
use crate::scheduler::variant::actions as variant;
use crate::scheduler::variant::actions::instance::When;

/// Two joined actions, and where the first one stands in effect.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// Comes first.
    pub first: DraftIx,
    /// Comes then.
    pub then: DraftIx,
    /// Where first stands.
    pub effective: Effective,
    /// Only what then does on this node is meant.
    pub only_on: Option<NodeIx>,
}

/// What a rule changed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Changed {
    /// The first action.
    pub first: bool,
    /// The then action.
    pub then: bool,
}

/// One step of applying a link.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// A rule is applied to a pair.
    Apply {
        /// What is done.
        rule: Rule,
        /// To whom.
        pair: Pair,
        /// How then is related to the action that the link is about.
        place: Place,
    },
    /// Two interleaved instances' actions are linked.
    Join {
        /// Comes first.
        first: DraftIx,
        /// Comes then.
        then: DraftIx,
        /// By what.
        relation: Relations,
    },
    /// What comes is about an instance that does this; only if that can run.
    BeginInstance(DraftIx),
    /// What came was about an instance that does this; if it changed, what follows it is settled.
    EndInstance(DraftIx),
}

/// Whose action a rule is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The linked action itself, or a member's of the group whose it is: what changes it changes
    /// the whole.
    Whole,
    /// An instance's, or a member's of an instance: what changes it concerns only what follows.
    Instance,
    /// One of a pair of interleaved instances.
    Interleaved,
}

/// What one relation does to a pair of actions by themselves.
pub type Rule = fn(&mut Work<'_, '_>, Pair) -> Changed;

/// Every relation that changes actions, in the order they are applied.
pub const RULES: [(Relations, Rule); 11] = [
    (Relations::FIRST_REQUIRES_THEN, first_requires_then),
    (Relations::RESTARTS, restarts),
    (Relations::THEN_REQUIRES_FIRST, then_requires_first),
    (Relations::PROMOTED_THEN_REQUIRES_FIRST, promoted_then_requires_first),
    (Relations::COUNTS, counts),
    (Relations::NESTED, blocks),
    (Relations::BLOCKS, blocks),
    (Relations::MIGRATES, migrates),
    (Relations::ELSE_REAL, else_real),
    (Relations::ORDERED, nothing),
    (Relations::ASYMMETRICAL, asymmetrical),
];

/// The steps by which a link is applied.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is to be done, in order.
    pub steps: Vec<Step>,
    /// Actions that planning itself has changed.
    pub touched: Vec<DraftIx>,
    /// Whose actions are being planned.
    pub place: Place,
}

impl Default for Plan {
    fn default() -> Self {
        Self::new()
    }
}

impl Plan {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self { steps: Vec::new(), touched: Vec::new(), place: Place::Whole }
    }

    /// One more step.
    pub fn add(&mut self, rule: Rule, pair: Pair) {
        self.steps.push(Step::Apply { rule, pair, place: self.place });
    }
}

/// The name of an action in the reason of another.
fn name_of(work: &Work<'_, '_>, cause: DraftIx) -> ActionRef {
    let draft = work.actions.draft(cause);
    let task = if draft.verb.is_fencing() || draft.verb == Verb::FenceOn {
        Task::Pseudo("stonith".into())
    } else {
        super::render::task(work, draft)
    };
    let resource = draft.resource.map_or_else(|| "".into(), |resource| work.resource(resource).id.clone());
    ActionRef { resource, task }
}

fn are_of_one_resource(work: &Work<'_, '_>, a: DraftIx, b: DraftIx) -> bool {
    work.actions.draft(a).resource == work.actions.draft(b).resource
}

/// The action that is the cause where only a point in between seems to be.
fn origin(work: &Work<'_, '_>, cause: DraftIx, of: fn(&Join) -> Option<DraftIx>) -> DraftIx {
    work.actions.draft(cause).join.as_ref().and_then(of).unwrap_or(cause)
}

/// Makes an action required because of another. Says whether that is new.
fn require(work: &mut Work<'_, '_>, target: DraftIx, cause: DraftIx) -> bool {
    if work.actions.draft(target).is_required() {
        return false;
    }
    let cause = origin(work, cause, |join| join.required_by);
    if let Some(join) = &mut work.actions.draft_mut(target).join {
        join.required_by.get_or_insert(cause);
    }
    if !are_of_one_resource(work, target, cause) {
        let reason = Reason::Required(name_of(work, cause));
        work.actions.draft_mut(target).give_reason(reason);
    }
    work.actions.draft_mut(target).need = Need::Required;
    true
}

/// Blocks an action because of another. Says whether that is new.
fn block(work: &mut Work<'_, '_>, target: DraftIx, cause: DraftIx) -> bool {
    if !work.actions.draft(target).is_runnable() {
        return false;
    }
    let cause = origin(work, cause, |join| join.blocked_by);
    if let Some(join) = &mut work.actions.draft_mut(target).join {
        join.blocked_by.get_or_insert(cause);
    }
    if !are_of_one_resource(work, target, cause) {
        let reason = Reason::Unrunnable(name_of(work, cause));
        work.actions.draft_mut(target).give_reason(reason);
    }
    work.actions.draft_mut(target).ability = Ability::Blocked;
    true
}

/// Takes an action out of a live migration because of another. Says whether that is new.
fn keep_from_migrating(work: &mut Work<'_, '_>, target: DraftIx, cause: DraftIx) -> bool {
    if !work.actions.draft(target).is_migratable {
        return false;
    }
    if !are_of_one_resource(work, target, cause) {
        let reason = Reason::Unmigrateable(name_of(work, cause));
        work.actions.draft_mut(target).give_reason(reason);
    }
    work.actions.draft_mut(target).is_migratable = false;
    true
}

fn nothing(_work: &mut Work<'_, '_>, _pair: Pair) -> Changed {
    Changed::default()
}

fn first_requires_then(work: &mut Work<'_, '_>, pair: Pair) -> Changed {
    let first_migrates = work.actions.draft(pair.first).is_migratable;
    let then = pair.effective.is_required() && !first_migrates && require(work, pair.then, pair.first);
    Changed { then, ..Changed::default() }
}

fn blocks(work: &mut Work<'_, '_>, pair: Pair) -> Changed {
    if pair.effective.is_runnable() {
        return Changed::default();
    }
    let blocked = block(work, pair.then, pair.first);
    let kept = keep_from_migrating(work, pair.then, pair.first);
    Changed { then: blocked || kept, ..Changed::default() }
}

fn then_requires_first(work: &mut Work<'_, '_>, pair: Pair) -> Changed {
    let then = work.actions.draft(pair.then);
    if !then.is_required() {
        return Changed::default();
    }
    let then_migrates = then.is_migratable;
    let is_kept_back = pair.effective.is_required() && !work.actions.draft(pair.first).is_required();
    let mut first = is_kept_back && require(work, pair.first, pair.then);
    if pair.effective.is_migratable && !then_migrates {
        first |= keep_from_migrating(work, pair.first, pair.then);
    }
    Changed { first, ..Changed::default() }
}

fn promoted_then_requires_first(work: &mut Work<'_, '_>, pair: Pair) -> Changed {
    let then = work.actions.draft(pair.then);
    let is_promoted =
        then.resource.is_some_and(|resource| work.resource(resource).current_role == Role::Promoted);
    if !then.is_required() || !is_promoted {
        return Changed::default();
    }
    let then_migrates = then.is_migratable;
    let mut first = require(work, pair.first, pair.then);
    if !then_migrates {
        first |= keep_from_migrating(work, pair.first, pair.then);
    }
    Changed { first, ..Changed::default() }
}

/// The outcome counts only once all inputs have been looked at.
fn counts(work: &mut Work<'_, '_>, pair: Pair) -> Changed {
    if pair.effective.is_runnable()
        && let Some(minimum) = &mut work.actions.draft_mut(pair.then).minimum
    {
        minimum.seen += 1;
        if minimum.seen >= minimum.wanted {
            work.actions.draft_mut(pair.then).ability = Ability::Runnable;
        }
    }
    Changed::default()
}

fn migrates(work: &mut Work<'_, '_>, pair: Pair) -> Changed {
    let then = work.actions.draft(pair.then);
    let (can_migrate, is_required) = (then.is_migratable && then.is_runnable(), then.is_required());
    let mut first = !can_migrate && block(work, pair.first, pair.then);
    first |= is_required && require(work, pair.first, pair.then);
    Changed { first, ..Changed::default() }
}

fn else_real(work: &mut Work<'_, '_>, pair: Pair) -> Changed {
    if pair.effective.is_runnable() {
        return Changed::default();
    }
    let mut then = keep_from_migrating(work, pair.then, pair.first);
    let draft = work.actions.draft_mut(pair.then);
    then |= draft.is_pseudo;
    draft.is_pseudo = false;
    Changed { then, ..Changed::default() }
}

fn asymmetrical(work: &mut Work<'_, '_>, pair: Pair) -> Changed {
    if pair.effective.is_runnable() || is_done_already(work, pair.then) {
        return Changed::default();
    }
    let required = require(work, pair.then, pair.first);
    let blocked = block(work, pair.then, pair.first);
    Changed { then: required || blocked, ..Changed::default() }
}

/// Whether an optional action would only repeat what is already so.
fn is_done_already(work: &Work<'_, '_>, then: DraftIx) -> bool {
    let draft = work.actions.draft(then);
    let Some(resource) = draft.resource.filter(|_| !draft.is_required()) else { return false };
    let facts = work.resource(resource);
    // The start of a group has no node of its own.
    let goes_to = draft.node.or_else(|| variant::instance::node_at(work, resource, When::Next));
    let runs_on = variant::instance::node_at(work, resource, When::Now);
    (draft.verb == Verb::Stop && facts.current_role == Role::Stopped)
        || (draft.verb == Verb::Start && runs_on.is_some() && runs_on == goes_to)
}

fn restarts(work: &mut Work<'_, '_>, pair: Pair) -> Changed {
    let then = work.actions.draft(pair.then);
    let (is_required, is_runnable) = (then.is_required(), then.is_runnable());
    let is_managed = then.resource.is_some_and(|resource| work.resource(resource).is_managed);
    let is_stuck = !is_runnable && is_managed && are_of_one_resource(work, pair.first, pair.then);
    if !is_required && !is_stuck {
        return Changed::default();
    }
    let then_migrates = then.is_migratable;
    let mut changed = Changed::default();
    if work.actions.draft(pair.first).is_runnable() || is_required {
        changed.first |= require(work, pair.first, pair.then);
    }
    if !then_migrates {
        changed.first |= keep_from_migrating(work, pair.first, pair.then);
    }
    let first = work.actions.draft(pair.first);
    if first.is_required() && !first.is_runnable() {
        changed.then |= block(work, pair.then, pair.first);
    }
    changed
}

/// What depends on both sides in effect, and is no step towards the fixpoint: which optional
/// actions are shown.
pub fn show(work: &mut Work<'_, '_>, pair: Pair, then: Effective, relations: Relations) {
    let can_run = work.actions.draft(pair.first).is_runnable();
    let shows_then = relations.has(Relations::FIRST_SHOWS_THEN) && can_run && pair.effective.is_required();
    if shows_then && !work.actions.draft(pair.then).is_shown {
        work.actions.draft_mut(pair.then).is_shown = true;
    }
    let shows_first = relations.has(Relations::THEN_SHOWS_FIRST) && then.is_required();
    if shows_first && !work.actions.draft(pair.first).is_shown {
        work.actions.draft_mut(pair.first).is_shown = true;
    }
}

/// What needs a stop that is blocked for good is blocked itself.
pub fn heed_blocked_stop(work: &mut Work<'_, '_>, pair: Pair) -> bool {
    let first = work.actions.draft(pair.first);
    let is_stuck = |resource: ResourceIx| {
        let facts = work.resource(resource);
        !facts.is_managed && facts.is_blocked
    };
    let is_stop = first.verb == Verb::Stop && first.resource.is_some_and(is_stuck);
    let is_blocked_stop = !first.is_runnable() && (is_stop || first.join.is_some());
    let blocks = is_blocked_stop && work.actions.draft(pair.then).is_runnable();
    if blocks {
        work.actions.draft_mut(pair.then).ability = Ability::Blocked;
    }
    blocks
}
