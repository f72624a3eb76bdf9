//! Steps: the actions of a transition in one order, joined as people think of them.
//!
//! A stop and a start of one resource are one *move* when nothing else has to happen between
//! them; otherwise they are two steps, and the resource is down from the one to the other.
//! Monitors, probes and notifications happen in the background.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::because::Because;
use super::fencing::FencingMethod;
use crate::model::NodeName;
use crate::scheduler::{Action, ActionKind, Change, ChangeKind, Schedule, Task, Transition};

/// One thing that is done, as people think of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// From one.
    pub number: usize,
    /// What is done.
    pub verb: Verb,
    /// With which resource; none for nodes.
    pub resource: Option<String>,
    /// Where, or from where.
    pub from: Option<NodeName>,
    /// To where, if not the same.
    pub to: Option<NodeName>,
    /// How a node is fenced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<FencingMethod>,
    /// Why.
    pub because: Because,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Starts a resource.
    Start,
    /// Stops a resource.
    Stop,
    /// Stops here, starts there.
    Move,
    /// Moves without stopping.
    Migrate,
    /// Stops and starts in place.
    Restart,
    /// Stops and starts after a failure.
    Recover,
    /// Takes up parameters in place.
    Reload,
    /// Promotes.
    Promote,
    /// Demotes.
    Demote,
    /// Demotes and promotes in place.
    RePromote,
    /// Fences a node.
    Fence,
    /// Unfences a node.
    Unfence,
    /// Lets a node shut down.
    Shutdown,
}

impl Verb {
    /// The verb's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Move => "move",
            Self::Migrate => "migrate",
            Self::Restart => "restart",
            Self::Recover => "recover",
            Self::Reload => "reload",
            Self::Promote => "promote",
            Self::Demote => "demote",
            Self::RePromote => "re-promote",
            Self::Fence => "fence",
            Self::Unfence => "unfence",
            Self::Shutdown => "shut down",
        }
    }

    /// What a change of this kind is called.
    pub(super) const fn of_change(kind: &ChangeKind) -> Self {
        match kind {
            ChangeKind::Start => Self::Start,
            ChangeKind::Stop => Self::Stop,
            ChangeKind::Move => Self::Move,
            ChangeKind::Migrate => Self::Migrate,
            ChangeKind::Restart => Self::Restart,
            ChangeKind::Recover => Self::Recover,
            ChangeKind::Reload => Self::Reload,
            ChangeKind::Promote => Self::Promote,
            ChangeKind::Demote => Self::Demote,
            ChangeKind::RePromote => Self::RePromote,
            ChangeKind::Fence(Task::FenceOn) => Self::Unfence,
            ChangeKind::Fence(_) => Self::Fence,
        }
    }

    /// What an action alone is called; `None` for what happens in the background.
    pub const fn of_task(task: &Task) -> Option<Self> {
        match sight(task) {
            Sight::Step(verb) => Some(verb),
            Sight::Background(_) | Sight::Hidden => None,
        }
    }
}

/// How people see a task.
enum Sight {
    Step(Verb),
    Background(BackgroundKind),
    Hidden,
}

const fn sight(task: &Task) -> Sight {
    match task {
        Task::Start => Sight::Step(Verb::Start),
        Task::Stop => Sight::Step(Verb::Stop),
        Task::Promote => Sight::Step(Verb::Promote),
        Task::Demote => Sight::Step(Verb::Demote),
        Task::MigrateTo | Task::MigrateFrom => Sight::Step(Verb::Migrate),
        Task::Reload => Sight::Step(Verb::Reload),
        Task::FenceReboot | Task::FenceOff => Sight::Step(Verb::Fence),
        Task::FenceOn => Sight::Step(Verb::Unfence),
        Task::Shutdown => Sight::Step(Verb::Shutdown),
        Task::Monitor => Sight::Background(BackgroundKind::Monitor),
        Task::Cancel => Sight::Background(BackgroundKind::EndMonitor),
        Task::Notify => Sight::Background(BackgroundKind::Notify),
        Task::ClearFailCount => Sight::Background(BackgroundKind::ForgetFailures),
        Task::Delete | Task::ClearHistory => Sight::Background(BackgroundKind::ForgetHistory),
        Task::Pseudo(_) => Sight::Hidden,
    }
}

/// Something that happens in the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Background {
    /// What.
    pub kind: BackgroundKind,
    /// With which resource.
    pub resource: String,
    /// Where.
    pub node: Option<NodeName>,
    /// Of a recurring monitor.
    pub interval: Duration,
}

/// Kinds of things that happen in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackgroundKind {
    /// Finds out whether a resource runs somewhere.
    Probe,
    /// Begins to monitor.
    Monitor,
    /// Ends a recurring monitor.
    EndMonitor,
    /// Tells clone instances about each other.
    Notify,
    /// Forgets failures.
    ForgetFailures,
    /// Forgets the history of a resource.
    ForgetHistory,
}

/// Several actions in a row that belong to one change.
pub(super) struct Run<'a> {
    /// Which change, by its number in the schedule.
    pub(super) change: Option<usize>,
    /// Whether these are all actions of the change.
    pub(super) is_whole: bool,
    /// The actions.
    pub(super) actions: Vec<&'a Action>,
}

/// The actions that people care about, in one order, as long runs of one change as there can be.
pub(super) fn runs(schedule: &Schedule) -> Vec<Run<'_>> {
    let changes = changes_of_actions(schedule);
    let mut runs: Vec<Run<'_>> = Vec::new();
    for index in in_order(&schedule.transition, &changes) {
        let (Some(action), Some(change)) = (schedule.transition.actions.get(index), changes.get(index))
        else {
            continue;
        };
        match runs.last_mut() {
            Some(run) if change.is_some() && run.change == *change => run.actions.push(action),
            Some(_) | None => runs.push(Run { change: *change, is_whole: false, actions: vec![action] }),
        }
    }
    let mut parts: BTreeMap<usize, usize> = BTreeMap::new();
    for change in runs.iter().filter_map(|run| run.change) {
        *parts.entry(change).or_default() += 1;
    }
    let stalled = schedule.stalled_changes();
    for run in &mut runs {
        let is_all = |change| parts.get(&change) == Some(&1) && !stalled.contains_key(&change);
        run.is_whole = run.change.is_some_and(is_all);
    }
    runs
}

/// For each action the change it is part of, if any.
fn changes_of_actions(schedule: &Schedule) -> Vec<Option<usize>> {
    let mut by_name: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (index, change) in schedule.changes.iter().enumerate() {
        let is_fencing = matches!(change.kind, ChangeKind::Fence(_));
        let name = change.resource.as_deref().filter(|_| !is_fencing);
        by_name.entry(name).or_default().push(index);
    }
    let change_of = |action: &Action| {
        let names = [action.instance.as_deref(), action.resource.as_deref()];
        let mut near = names.iter().filter_map(|name| by_name.get(name)).flatten().copied();
        near.find(|change| schedule.changes.get(*change).is_some_and(|change| belongs(action, change)))
    };
    schedule.transition.actions.iter().map(change_of).collect()
}

/// Whether an action is part of a change.
fn belongs(action: &Action, change: &Change) -> bool {
    if change.is_blocked {
        return false;
    }
    let is_node = |node: &Option<NodeName>| node.is_some() && *node == action.node;
    if let ChangeKind::Fence(task) = &change.kind {
        return action.task == *task && is_node(&change.from);
    }
    let is_resource =
        change.resource.is_some() && [&action.instance, &action.resource].contains(&&change.resource);
    is_resource && (is_node(&change.from) || is_node(&change.to))
}

/// Numbers of the visible actions in an order that keeps `after`: what is in the background goes
/// first, then what continues the change at hand, then the first in the schedule.
fn in_order(transition: &Transition, changes: &[Option<usize>]) -> Vec<usize> {
    let actions = &transition.actions;
    let position: BTreeMap<_, _> =
        actions.iter().enumerate().map(|(index, action)| (action.id, index)).collect();
    let mut waits: Vec<usize> = vec![0; actions.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); actions.len()];
    for (index, action) in actions.iter().enumerate() {
        for earlier in action.after.iter().filter_map(|id| position.get(id)) {
            if let (Some(follower), Some(wait)) = (followers.get_mut(*earlier), waits.get_mut(index)) {
                follower.push(index);
                *wait += 1;
            }
        }
    }
    let mut ready = Ready::default();
    for (index, action) in actions.iter().enumerate() {
        if waits.get(index) == Some(&0) {
            ready.add(index, action, changes);
        }
    }
    let mut order = Vec::new();
    let mut current = None;
    while let Some((index, is_visible)) = ready.take(current, changes) {
        if is_visible {
            current = changes.get(index).copied().flatten();
            order.push(index);
        }
        for follower in followers.get(index).into_iter().flatten() {
            let (Some(wait), Some(action)) = (waits.get_mut(*follower), actions.get(*follower)) else {
                continue;
            };
            *wait -= 1;
            if *wait == 0 {
                ready.add(*follower, action, changes);
            }
        }
    }
    order
}

/// Actions whose predecessors are done.
#[derive(Default)]
struct Ready {
    background: BTreeSet<usize>,
    visible: BTreeSet<usize>,
    of_change: BTreeSet<(usize, usize)>,
}

impl Ready {
    fn add(&mut self, index: usize, action: &Action, changes: &[Option<usize>]) {
        if action.kind == ActionKind::Pseudo || Verb::of_task(&action.task).is_none() {
            self.background.insert(index);
            return;
        }
        self.visible.insert(index);
        if let Some(change) = changes.get(index).copied().flatten() {
            self.of_change.insert((change, index));
        }
    }

    fn take(&mut self, current: Option<usize>, changes: &[Option<usize>]) -> Option<(usize, bool)> {
        if let Some(index) = self.background.pop_first() {
            return Some((index, false));
        }
        let continued = current
            .and_then(|change| self.of_change.range((change, 0)..=(change, usize::MAX)).next().copied())
            .map(|(_, index)| index);
        let index = continued.or_else(|| self.visible.first().copied())?;
        self.visible.remove(&index);
        if let Some(change) = changes.get(index).copied().flatten() {
            self.of_change.remove(&(change, index));
        }
        Some((index, true))
    }
}

/// The word for a single action, where it has one.
pub(super) fn verb_of(action: &Action) -> Option<Verb> {
    Verb::of_task(&action.task)
}

/// What happens in the background, in the order of the transition.
pub(super) fn background(transition: &Transition) -> Vec<Background> {
    transition
        .actions
        .iter()
        .filter(|action| action.kind != ActionKind::Pseudo)
        .filter_map(|action| {
            let kind = match sight(&action.task) {
                Sight::Background(BackgroundKind::Monitor) if action.is_probe() => BackgroundKind::Probe,
                Sight::Background(kind) => kind,
                Sight::Step(_) | Sight::Hidden => return None,
            };
            let resource = action.instance.as_ref().or(action.resource.as_ref())?;
            Some(Background {
                kind,
                resource: resource.to_string(),
                node: action.node.clone(),
                interval: action.interval,
            })
        })
        .collect()
}

impl Verb {
    /// The verb for a task, by the task's name; also where this only tells that something was done.
    pub(super) fn of_name(task: &str) -> Option<Self> {
        let task = match task {
            "running" | "started" => "start",
            "stopped" => "stop",
            "promoted" => "promote",
            "demoted" => "demote",
            other => other,
        };
        [Self::Start, Self::Stop, Self::Promote, Self::Demote, Self::Migrate, Self::Reload]
            .into_iter()
            .find(|verb| verb.as_str() == task || (*verb == Self::Migrate && task.starts_with("migrate")))
    }
}
