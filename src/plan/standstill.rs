//! Standstills: changes that never happen, as resources wait for each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::address::{Address, ObjectKind};
use super::because::Because;
use super::relation::{Relations, named_resources};
use super::situation::Situation;
use super::step::Verb;
use crate::model::graph::Graph;
use crate::model::id::without_number;
use crate::model::{Cluster, Constraint};
use crate::scheduler::{Schedule, Stalled};

/// Why changes never happen, by their position in the schedule.
pub(super) fn reasons(situation: &Situation<'_>) -> BTreeMap<usize, Because> {
    let schedule = situation.schedule;
    let changes = schedule.stalled_changes();
    if changes.is_empty() {
        return BTreeMap::new();
    }
    let circles = Circles::of(schedule);
    let reason = |action: usize| {
        let (circle, at) = circles.reached_from(action, &schedule.stalled)?;
        let resources = resources_of(schedule, circles.circles.get(circle)?);
        let stalled = schedule.stalled.get(action)?;
        let own = stalled.resource.as_deref().map(without_number);
        if own.is_some_and(|own| resources.iter().any(|name| name == own)) {
            let constraints = orders_among(situation.facts.cluster, situation.relations, &resources);
            return Some(Because::Circle { resources, constraints });
        }
        // It is not part of the circle, but waits for what is.
        let first = schedule.stalled.get(at)?;
        let named = first.resource.as_deref().map(without_number);
        let resource = resources.iter().find(|name| Some(name.as_str()) == named).or(resources.first())?;
        let verb = Verb::of_task(&first.task).unwrap_or(Verb::Start);
        Some(Because::HeldUp { resource: resource.clone(), verb })
    };
    changes.iter().filter_map(|(change, action)| reason(*action).map(|because| (*change, because))).collect()
}

/// Short circles among stalled actions.
struct Circles {
    /// The actions of each, by position.
    circles: Vec<Vec<usize>>,
    /// Which circle an action is part of.
    of: BTreeMap<usize, usize>,
}

impl Circles {
    fn of(schedule: &Schedule) -> Self {
        let mut graph = Graph::new(schedule.stalled.len());
        for (then, stalled) in schedule.stalled.iter().enumerate() {
            for first in &stalled.after {
                graph.add(*first, then, Some(then));
            }
        }
        let circles: Vec<Vec<usize>> =
            graph.circles().iter().map(|circle| circle.iter().map(|edge| edge.from).collect()).collect();
        let mut of = BTreeMap::new();
        for (number, circle) in circles.iter().enumerate() {
            of.extend(circle.iter().map(|action| (*action, number)));
        }
        Self { circles, of }
    }

    /// The circle that an action waits for, and with which of its actions that begins.
    fn reached_from(&self, action: usize, stalled: &[Stalled]) -> Option<(usize, usize)> {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![action];
        while let Some(at) = waiting.pop() {
            if let Some(circle) = self.of.get(&at) {
                return Some((*circle, at));
            }
            if seen.insert(at) {
                waiting.extend(stalled.get(at).into_iter().flat_map(|stalled| stalled.after.iter().copied()));
            }
        }
        None
    }
}

/// The resources whose own actions make a circle, each once; collectives only where there is
/// nothing else.
fn resources_of(schedule: &Schedule, circle: &[usize]) -> Vec<String> {
    let actions = || circle.iter().filter_map(|action| schedule.stalled.get(*action));
    let names = |is_wanted: &dyn Fn(&Stalled) -> bool| {
        let mut names: Vec<String> = Vec::new();
        for name in actions().filter(|action| is_wanted(action)).filter_map(|it| it.resource.as_deref()) {
            let name = without_number(name);
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    };
    let own = names(&|action| action.node.is_some());
    if own.is_empty() { names(&|_| true) } else { own }
}

/// The orders that join resources of a circle.
fn orders_among(cluster: &Cluster, relations: &Relations, resources: &[String]) -> Vec<String> {
    let lineages: BTreeMap<&str, usize> = resources
        .iter()
        .enumerate()
        .flat_map(|(number, name)| relations.lineage(name).into_iter().map(move |name| (name, number)))
        .collect();
    let orders = cluster.constraints.iter().filter(|constraint| matches!(constraint, Constraint::Order(_)));
    orders
        .filter(|order| {
            let named = named_resources(order);
            let ends: BTreeSet<&str> =
                named.iter().map(|id| id.as_str()).filter(|name| lineages.contains_key(name)).collect();
            ends.len() > 1
        })
        .map(|order| Address::new(ObjectKind::Order, order.id().as_str()).to_string())
        .collect()
}
