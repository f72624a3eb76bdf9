//! The state machine itself.

mod carry;
mod owed;

pub use owed::Owed;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::event::{Cause, Command, Event, Outcome, Urgency};
use super::limits::Limits;
use super::result::ActionResult;
use crate::model::NodeName;
use crate::scheduler::{Action, ActionId, ActionKind, Transition};

/// A transition being carried out.
#[derive(Debug, Clone)]
pub struct Executor {
    steps: Vec<Step>,
    by_id: BTreeMap<ActionId, usize>,
    limits: Limits,
    load: Load,
    /// What could start but for limits, the next one first.
    ready: BTreeSet<Rank>,
    begun: bool,
    ending: Option<(Cause, Urgency)>,
    is_over: bool,
}

/// Where a step stands among those that are ready: what brings services about goes before what only
/// looks after them, then by priority, then in order of the transition. A first monitor that took its
/// turn before a start would keep a service down.
type Rank = (bool, Reverse<i64>, usize);

/// An action and how far it is.
#[derive(Debug, Clone)]
struct Step {
    action: Action,
    stage: Stage,
    waits_for: usize,
    followers: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    InFlight,
    Ended,
}

/// What is in flight, counted as the limits count it.
#[derive(Debug, Clone, Default)]
struct Load {
    total: u32,
    by_node: BTreeMap<NodeName, u32>,
    migrations: BTreeMap<NodeName, u32>,
}

impl Executor {
    /// A transition that waits for [`Event::Begin`]. What an action waits for counts only if it is
    /// in the transition.
    pub fn new(transition: Transition, limits: Limits) -> Self {
        let by_id: BTreeMap<_, _> =
            transition.actions.iter().enumerate().map(|(place, action)| (action.id, place)).collect();
        let mut steps: Vec<Step> = transition.actions.into_iter().map(Step::new).collect();
        for place in 0..steps.len() {
            let before: BTreeSet<usize> =
                steps[place].action.after.iter().filter_map(|id| by_id.get(id).copied()).collect();
            for first in before {
                link(&mut steps, first, place);
            }
        }
        Self {
            steps,
            by_id,
            limits,
            load: Load::default(),
            ready: BTreeSet::new(),
            begun: false,
            ending: None,
            is_over: false,
        }
    }

    /// Takes in what happened and says what to do about it. After [`Command::Done`] it says nothing.
    pub fn step(&mut self, event: Event) -> Vec<Command> {
        let mut commands = Vec::new();
        if self.is_over {
            return commands;
        }
        match event {
            Event::Begin => self.begin(),
            Event::Finished { action, result } => self.finish(action, result),
            Event::TimerFired { action } => self.lose(action, &mut commands),
            Event::Abort { because, urgency } => self.abort(because, urgency, &mut commands),
        }
        match &self.ending {
            None if self.begun => self.start_ready(None, &mut commands),
            Some((_, Urgency::Drain)) if self.begun => {
                let taken = self.still_taken();
                self.start_ready(Some(&taken), &mut commands);
            }
            None | Some((_, Urgency::Drain | Urgency::Kill | Urgency::HandOver)) => {}
        }
        self.conclude(&mut commands);
        commands
    }

    /// An action of this transition, carried ones included.
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        self.by_id.get(&id).map(|place| &self.steps[*place].action)
    }

    /// What was started and has not ended.
    pub fn in_flight(&self) -> Vec<&Action> {
        self.steps.iter().filter(|step| step.stage == Stage::InFlight).map(|step| &step.action).collect()
    }

    /// What was never started.
    pub fn unstarted(&self) -> Vec<ActionId> {
        let waiting = self.steps.iter().filter(|step| step.stage == Stage::Waiting);
        waiting.map(|step| step.action.id).collect()
    }

    /// Whether [`Command::Done`] was given.
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    fn begin(&mut self) {
        if self.begun {
            return;
        }
        self.begun = true;
        for place in 0..self.steps.len() {
            self.offer(place);
        }
    }

    /// Puts a step among the ready ones, if it is.
    fn offer(&mut self, place: usize) {
        let step = &self.steps[place];
        if step.stage == Stage::Waiting && step.waits_for == 0 {
            self.ready.insert(step.rank(place));
        }
    }

    fn finish(&mut self, id: ActionId, result: ActionResult) {
        let Some(place) = self.place_in_flight(id) else { return };
        let is_expected = result.is_expected(&self.steps[place].action);
        self.end(place);
        if is_expected {
            self.release_followers(place);
        } else if self.ending.is_none() {
            self.ending = Some((Cause::Unexpected { action: id, result }, Urgency::Drain));
        }
    }

    fn lose(&mut self, id: ActionId, commands: &mut Vec<Command>) {
        let Some(place) = self.place_in_flight(id) else { return };
        let waited = self.patience(place).unwrap_or_default();
        let result = ActionResult::timed_out(waited);
        commands.push(Command::Lost { action: id, result: result.clone() });
        self.finish(id, result);
    }

    fn abort(&mut self, because: Arc<str>, urgency: Urgency, commands: &mut Vec<Command>) {
        let earlier = self.ending.take();
        let was_killing = matches!(earlier, Some((_, Urgency::Kill | Urgency::HandOver)));
        let (cause, before) = earlier.unwrap_or((Cause::Asked(because), Urgency::Drain));
        let urgency = urgency.max(before);
        self.ending = Some((cause, urgency));
        if urgency == Urgency::Kill && !was_killing {
            commands.extend(self.in_flight().into_iter().map(|action| Command::Cancel(action.id)));
        }
    }

    /// Starts what is ready and fits within the limits, best first; what pseudo actions release on
    /// the way is taken at its own rank. Only some may be taken, where the transition is given up.
    fn start_ready(&mut self, only: Option<&BTreeSet<usize>>, commands: &mut Vec<Command>) {
        let mut tried = BTreeSet::new();
        while let Some(next) = self.ready.difference(&tried).next().copied() {
            let (_, _, place) = next;
            if only.is_some_and(|only| !only.contains(&place)) {
                tried.insert(next);
                continue;
            }
            if self.steps[place].action.kind == ActionKind::Pseudo {
                self.ready.remove(&next);
                self.steps[place].stage = Stage::Ended;
                commands.push(Command::Reached(self.steps[place].action.id));
                self.release_followers(place);
            } else if self.fits(place) {
                self.launch(place);
                let action = self.steps[place].action.id;
                commands.push(Command::Start(action));
                commands.extend(self.patience(place).map(|after| Command::SetTimer { action, after }));
            } else {
                tried.insert(next);
            }
        }
    }

    fn launch(&mut self, place: usize) {
        let step = &mut self.steps[place];
        self.ready.remove(&step.rank(place));
        step.stage = Stage::InFlight;
        self.load.add(&step.action);
    }

    fn end(&mut self, place: usize) {
        let step = &mut self.steps[place];
        step.stage = Stage::Ended;
        self.load.remove(&step.action);
    }

    fn release_followers(&mut self, place: usize) {
        for then in self.steps[place].followers.clone() {
            self.steps[then].waits_for -= 1;
            self.offer(then);
        }
    }

    fn fits(&self, place: usize) -> bool {
        let action = &self.steps[place].action;
        let has_room = |used: u32, limit: Option<u32>| limit.is_none_or(|limit| used < limit);
        has_room(self.load.total, self.limits.batch)
            && worker(action)
                .is_none_or(|node| has_room(count(&self.load.by_node, node), self.limits.on(node)))
            && migrants(action)
                .iter()
                .all(|node| has_room(count(&self.load.migrations, node), self.limits.migrations))
    }

    /// How long an answer is waited for; for ever, where the action has no timeout.
    fn patience(&self, place: usize) -> Option<Duration> {
        self.steps[place].action.patience(self.limits.grace)
    }

    fn place_in_flight(&self, id: ActionId) -> Option<usize> {
        let place = *self.by_id.get(&id)?;
        (self.steps[place].stage == Stage::InFlight).then_some(place)
    }

    fn conclude(&mut self, commands: &mut Vec<Command>) {
        let hands_over = matches!(self.ending, Some((_, Urgency::HandOver)));
        let is_idle = self.load.total == 0 && (self.begun || self.ending.is_some());
        if !is_idle && !hands_over {
            return;
        }
        self.is_over = true;
        let unstarted = self.unstarted();
        let outcome = match self.ending.take() {
            Some((cause, _)) => Outcome::Aborted { cause, unstarted },
            None if unstarted.is_empty() => Outcome::Complete,
            None => Outcome::Blocked { unstarted },
        };
        commands.push(Command::Done(outcome));
    }
}

impl Step {
    const fn new(action: Action) -> Self {
        Self { action, stage: Stage::Waiting, waits_for: 0, followers: Vec::new() }
    }

    fn rank(&self, place: usize) -> Rank {
        (self.action.is_recurring(), Reverse(self.action.priority), place)
    }
}

impl Load {
    fn add(&mut self, action: &Action) {
        self.total += 1;
        if let Some(node) = worker(action) {
            *self.by_node.entry(node.clone()).or_default() += 1;
        }
        for node in migrants(action) {
            *self.migrations.entry(node).or_default() += 1;
        }
    }

    fn remove(&mut self, action: &Action) {
        self.total = self.total.saturating_sub(1);
        if let Some(node) = worker(action) {
            lower(&mut self.by_node, node);
        }
        for node in migrants(action) {
            lower(&mut self.migrations, &node);
        }
    }
}

fn link(steps: &mut [Step], first: usize, then: usize) {
    steps[first].followers.push(then);
    steps[then].waits_for += 1;
}

fn count(counts: &BTreeMap<NodeName, u32>, node: &NodeName) -> u32 {
    counts.get(node).copied().unwrap_or(0)
}

fn lower(counts: &mut BTreeMap<NodeName, u32>, node: &NodeName) {
    if let Some(used) = counts.get_mut(node) {
        *used = used.saturating_sub(1);
    }
}

/// The member that does the work.
fn worker(action: &Action) -> Option<&NodeName> {
    match action.kind {
        ActionKind::Resource => action.router.as_ref().or(action.node.as_ref()),
        ActionKind::Cluster | ActionKind::Fence | ActionKind::Pseudo => None,
    }
}

/// Both ends of a migration.
fn migrants(action: &Action) -> Vec<NodeName> {
    if !action.task.is_migration() {
        return Vec::new();
    }
    let ends: BTreeSet<_> = ["migrate_source", "migrate_target"]
        .iter()
        .filter_map(|name| action.meta.get(*name))
        .map(|name| NodeName::new(name.as_ref()))
        .collect();
    if ends.is_empty() { worker(action).into_iter().cloned().collect() } else { ends.into_iter().collect() }
}
