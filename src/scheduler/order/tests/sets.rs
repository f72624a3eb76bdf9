//! Large sets in order decide as their pairs would, and cost no more than their members.

use std::collections::{BTreeMap, BTreeSet};

use super::{cluster, dummy, entry, history, online, order, plan, running, status, watched, with_meta};
use crate::model::constraint::{Order, OrderKind, OrderScope, ResourceSet};
use crate::model::{Cluster, Constraint, ConstraintId, Primitive, Resource, ResourceId};
use crate::scheduler::{ActionKind, Change, Schedule};
use crate::status::{ClusterStatus, ResourceHistory};

fn names(letter: char, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{letter}{number}")).collect()
}

/// All of one set before all of another.
fn in_sets(first: &[String], then: &[String], kind: OrderKind, symmetrical: Option<bool>) -> Constraint {
    let set = |names: &[String]| ResourceSet {
        resources: names.iter().map(|name| ResourceId::new(name.as_str())).collect(),
        sequential: Some(false),
        ..ResourceSet::default()
    };
    let scope = OrderScope::Sets(vec![set(first), set(then)]);
    Constraint::Order(Order {
        id: ConstraintId::new("sets"),
        scope,
        kind: Some(kind),
        score: None,
        symmetrical,
    })
}

/// The same, pair by pair.
fn in_pairs(
    first: &[String],
    then: &[String],
    kind: OrderKind,
    symmetrical: Option<bool>,
) -> Vec<Constraint> {
    let pair = |first: &String, then: &String| match order(first, then) {
        Constraint::Order(order) => Constraint::Order(Order { kind: Some(kind), symmetrical, ..order }),
        other @ (Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Ticket(_)) => other,
    };
    first.iter().flat_map(|first| then.iter().map(move |then| pair(first, then))).collect()
}

/// What changes and why, but for which of several causes is named, and which real actions wait for
/// which, through points in time as well.
fn decided(schedule: &Schedule) -> (Vec<String>, BTreeSet<(String, String)>) {
    let told = |change: &Change| {
        let told = format!("{change:?}");
        told.split_once("ActionRef").map_or(told.clone(), |(told, _)| told.to_owned())
    };
    let changes = schedule.changes.iter().map(told).collect();
    let by_id: BTreeMap<_, _> =
        schedule.transition.actions.iter().map(|action| (action.id, action)).collect();
    let mut pairs = BTreeSet::new();
    for action in by_id.values().filter(|action| action.kind != ActionKind::Pseudo) {
        let mut open: Vec<_> = action.after.clone();
        let mut seen = BTreeSet::new();
        while let Some(before) = open.pop().and_then(|id| by_id.get(&id)) {
            if seen.insert(before.id) {
                open.extend(&before.after);
                if before.kind != ActionKind::Pseudo {
                    pairs.insert((before.key.to_string(), action.key.to_string()));
                }
            }
        }
    }
    (changes, pairs)
}

/// A resource whose stop failed: nothing more can be done with it.
fn stuck(id: &str) -> ResourceHistory {
    let failed = entry(id, "stop", 0, 3, 1);
    history(id, vec![entry(id, "start", 0, 1, 0), failed])
}

/// What to make of the members of both sets: their settings, and what is known of them.
type Case = (&'static str, fn(&str) -> Primitive, fn(&str) -> Option<ResourceHistory>);

fn stops(id: &str, name: &str) -> Primitive {
    if id == name { with_meta(dummy(id), "target-role", "Stopped") } else { dummy(id) }
}

const CASES: &[Case] = &[
    ("nothing runs", dummy, |_| None),
    ("everything runs", dummy, |id| Some(running(id))),
    ("one of the first is to stop", |id| stops(id, "a3"), |id| Some(running(id))),
    ("one of the first is not to start", |id| stops(id, "a3"), |_| None),
    ("one of the last is to stop", |id| stops(id, "b3"), |id| Some(running(id))),
    ("one of the first has failed", dummy, |id| Some(watched(id, if id == "a5" { 7 } else { 0 }))),
    ("two of the first have failed", dummy, |id| {
        Some(watched(id, if matches!(id, "a5" | "a9") { 7 } else { 0 }))
    }),
    ("one of the first is new", dummy, |id| (id != "a7").then(|| running(id))),
    (
        "one of the last cannot stop",
        |id| stops(id, "a3"),
        |id| Some(if id == "b4" { stuck(id) } else { running(id) }),
    ),
    (
        "one of the first cannot stop",
        |id| stops(id, "b3"),
        |id| Some(if id == "a4" { stuck(id) } else { running(id) }),
    ),
    (
        "one migrates",
        |id| if id == "a2" { with_meta(dummy(id), "allow-migrate", "true") } else { dummy(id) },
        |id| Some(running(id)),
    ),
];

fn of_case(case: &Case, constraints: Vec<Constraint>, names: &[String]) -> (Cluster, ClusterStatus) {
    let (_, settings, known) = case;
    let resources = names.iter().map(|name| Resource::Primitive(settings(name))).collect();
    let cluster = Cluster { constraints, ..cluster(2, resources) };
    let histories = names.iter().filter_map(|name| known(name)).collect();
    (cluster, status(vec![online("n1", histories), online("n2", Vec::new())]))
}

#[test]
fn large_sets_are_ordered_as_their_pairs_are() {
    let (first, then) = (names('a', 18), names('b', 17));
    let all = [first.clone(), then.clone()].concat();
    for case in CASES {
        for (kind, symmetrical) in
            [(OrderKind::Mandatory, None), (OrderKind::Mandatory, Some(false)), (OrderKind::Optional, None)]
        {
            let sets = vec![in_sets(&first, &then, kind, symmetrical)];
            let (cluster, status) = of_case(case, sets, &all);
            let by_sets = decided(&plan(&cluster, &status));
            let pairs = in_pairs(&first, &then, kind, symmetrical);
            let (cluster, status) = of_case(case, pairs, &all);
            let by_pairs = decided(&plan(&cluster, &status));
            assert_eq!(by_sets.0, by_pairs.0, "{}, {kind:?}", case.0);
            let differ: Vec<_> = by_sets.1.symmetric_difference(&by_pairs.1).take(5).collect();
            assert!(differ.is_empty(), "{}, {kind:?}: {differ:?}", case.0);
        }
    }
}

#[test]
fn large_sets_in_order_wait_for_one_point() {
    let (first, then) = (names('a', 300), names('b', 300));
    let all = [first.clone(), then.clone()].concat();
    let sets = vec![in_sets(&first, &then, OrderKind::Mandatory, None)];
    let (cluster, status) = of_case(&CASES[0], sets, &all);
    let waits: usize =
        plan(&cluster, &status).transition.actions.iter().map(|action| action.after.len()).sum();
    assert!(waits < 10 * all.len(), "{waits} waits");
}
