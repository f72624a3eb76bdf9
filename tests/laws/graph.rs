//! Laws about the actions and their order.

use std::collections::{BTreeMap, BTreeSet};

use quorate::model::NodeName;
use quorate::scheduler::facts::{NodeKind, ResourceFacts, Variant};
use quorate::scheduler::{Action, ActionId, ActionKind, Task};

use crate::Case;

pub(crate) fn can_be_carried_out(case: &Case<'_>) -> Option<String> {
    let order = linear(&case.schedule.transition.actions, &mut |_| 0);
    let stuck = case.schedule.transition.actions.iter().filter(|action| !order.contains(&action.id));
    let keys: Vec<&str> = stuck.map(|action| &*action.key).collect();
    (!keys.is_empty()).then(|| format!("wait forever: {}", keys.join(", ")))
}

pub(crate) fn spares_nodes_that_are_down(case: &Case<'_>) -> Option<String> {
    let facts = &case.placement.facts;
    let down: BTreeSet<&str> = facts
        .nodes
        .iter()
        .filter(|node| !node.is_online && node.connection.is_none())
        .map(|node| node.name.as_str())
        .collect();
    let is_down = |action: &&Action| {
        action.kind == ActionKind::Resource
            && action.node.as_ref().is_some_and(|node| down.contains(node.as_str()))
    };
    let found = case.schedule.transition.actions.iter().find(is_down)?;
    Some(format!("{} on a node that is down", found.key))
}

/// Two instances of one name on a node that were once told apart, and have a history each, are two. Nothing
/// is promised for a member of a cloned group whose first member is to run in a guest node: it may be sent
/// to a node that has an instance already.
pub(crate) fn says_nothing_twice(case: &Case<'_>) -> Option<String> {
    let mut seen = BTreeSet::new();
    let is_real = |action: &&Action| action.kind != ActionKind::Pseudo && !is_torn_from_a_guest(case, action);
    let real = case.schedule.transition.actions.iter().filter(is_real);
    let mut names = real.map(|action| {
        let notify = action.notify.as_deref().unwrap_or_default();
        let resource = history_name(case, action).or(action.resource.as_deref());
        format!("{} {resource:?} {:?} {:?} {notify}", action.task, action.node, action.interval)
    });
    names.find(|name| !seen.insert(name.clone()))
}

/// Whether an action is that of a member of a cloned group that is apart from its first member, which has
/// a guest node.
fn is_torn_from_a_guest(case: &Case<'_>, action: &Action) -> bool {
    let facts = &case.placement.facts;
    let is_meant = |resource: &&ResourceFacts<'_>| Some(&resource.id) == action.instance.as_ref();
    let parent = facts.resources.iter().find(is_meant).and_then(|resource| resource.parent);
    let group = parent.map(|parent| facts.resource(parent)).filter(|group| group.parent.is_some());
    let first = group.and_then(|group| group.children.first());
    let node = first.and_then(|first| case.placement.assigned[first.index()]).map(|node| facts.node(node));
    node.is_some_and(|node| node.kind == NodeKind::Guest && Some(&node.name) != action.node.as_ref())
}

/// The name of the history on an action's node that the action's key speaks of.
fn history_name<'c>(case: &Case<'c>, action: &Action) -> Option<&'c str> {
    let state = case.cib.status.nodes.iter().find(|state| state.name == action.node)?;
    let mut histories = state.resources.iter().map(|history| &*history.id);
    histories.find(|id| action.key.strip_prefix(id).is_some_and(|rest| rest.starts_with('_')))
}

/// In whatever order the actions are carried out, a primitive is active in one place at a time. What
/// was active more than once to begin with, what migrates, and what asks for less than fencing are
/// left out.
pub(crate) fn never_runs_twice(case: &Case<'_>) -> Option<String> {
    let actions = &case.schedule.transition.actions;
    let facts = &case.placement.facts;
    let migrates = |id: &str| {
        let mut own = actions.iter().filter(|action| action.resource.as_deref() == Some(id));
        own.any(|action| action.task == Task::MigrateTo || action.task == Task::MigrateFrom)
    };
    let mut active: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for resource in &facts.resources {
        let is_single = resource.parent.is_none_or(|parent| {
            let parent = facts.resource(parent);
            matches!(parent.variant, Variant::Group(_)) && parent.parent.is_none()
        });
        let is_primitive = matches!(resource.variant, Variant::Primitive(_)) && resource.launcher.is_none();
        let is_watched = is_single && is_primitive && resource.is_managed && resource.needs_fencing();
        if is_watched && resource.active_on.len() < 2 && !migrates(&resource.id) {
            let nodes = resource.active_on.iter().map(|node| facts.node(*node).name.as_str());
            active.insert(&resource.id, nodes.collect());
        }
    }
    let mut dice = Dice(case.seed);
    let wishes: [&mut dyn FnMut(&Action) -> u64; 3] = [
        &mut |action| u64::from(action.task != Task::Start),
        &mut |action| u64::from(action.task == Task::Stop),
        &mut |_| dice.roll(),
    ];
    wishes.into_iter().find_map(|wish| first_double(actions, &linear(actions, wish), active.clone()))
}

fn first_double<'a>(
    actions: &'a [Action],
    order: &[ActionId],
    mut active: BTreeMap<&'a str, BTreeSet<&'a str>>,
) -> Option<String> {
    let by_id: BTreeMap<ActionId, &Action> = actions.iter().map(|action| (action.id, action)).collect();
    for action in order.iter().filter_map(|id| by_id.get(id)) {
        let Some(node) = action.node.as_ref().map(NodeName::as_str) else { continue };
        if matches!(action.task, Task::FenceOff | Task::FenceReboot) {
            active.values_mut().for_each(|nodes| {
                nodes.remove(node);
            });
        }
        let resource = action.instance.as_deref().or(action.resource.as_deref());
        let Some(nodes) = resource.and_then(|resource| active.get_mut(resource)) else { continue };
        if action.task == Task::Stop {
            nodes.remove(node);
        }
        if action.task == Task::Start && action.kind == ActionKind::Resource {
            nodes.insert(node);
            if nodes.len() > 1 {
                return Some(format!("{} on {node} while active elsewhere", action.key));
            }
        }
    }
    None
}

/// All that can be done, in an order that the graph allows: of what is ready, the lowest wish first.
pub(crate) fn linear(actions: &[Action], wish: &mut dyn FnMut(&Action) -> u64) -> Vec<ActionId> {
    let mut done: BTreeSet<ActionId> = BTreeSet::new();
    let mut waiting: Vec<(u64, &Action)> = actions.iter().map(|action| (wish(action), action)).collect();
    waiting.sort_by_key(|(wish, action)| (*wish, action.id));
    let mut order = Vec::new();
    let is_ready =
        |action: &Action, done: &BTreeSet<ActionId>| action.after.iter().all(|id| done.contains(id));
    while let Some(next) = waiting.iter().position(|(_, action)| is_ready(action, &done)) {
        let (_, action) = waiting.remove(next);
        done.insert(action.id);
        order.push(action.id);
    }
    order
}

/// Numbers that look random and follow from a seed.
struct Dice(u64);

impl Dice {
    const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}
