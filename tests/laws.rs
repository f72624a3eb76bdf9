//! Laws that hold for every decision about every cluster, over random clusters.
//!
//! `LAW_SEEDS=0-100000 cargo test --release --test laws` tries these seeds; a few hundred unless told.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed test says so by panicking, and the environment says how long to look"
)]

mod generator;

use std::collections::BTreeSet;
use std::env;

use generator::{Kinds, NOW};
use quorate::diagnostic::Sources;
use quorate::scheduler::{self, Action, ActionId, ActionKind, Schedule, Task};
use quorate::view;

/// A law: what is wrong with a schedule for a CIB, if anything.
type Law = fn(&str, &Schedule) -> Option<String>;

const LAWS: &[(&str, Law)] = &[
    ("the same input gives the same decision", is_determined),
    ("what an action waits for is in the graph, and never itself", can_be_carried_out),
    ("nothing is run on a node that is down", spares_nodes_that_are_down),
    ("a real action is there once", says_nothing_twice),
];

#[test]
fn every_decision_keeps_the_laws() {
    for seed in seeds() {
        let cluster = generator::cluster(seed, Kinds::Every);
        if let Some((name, _)) = broken(&cluster.to_string()) {
            let still_broken = |text: &str| broken(text).is_some_and(|(other, _)| other == name);
            let small = generator::shrink(cluster, &mut |smaller| still_broken(&smaller.to_string()));
            let why = broken(&small.to_string()).map(|(_, why)| why).unwrap_or_default();
            let last = seed + 1;
            panic!("{small}\nnot so: {name}: {why}\nreplay: LAW_SEEDS={seed}-{last} cargo test --test laws");
        }
    }
}

fn seeds() -> std::ops::Range<u64> {
    let text = env::var("LAW_SEEDS").unwrap_or_else(|_| "0-1000".to_owned());
    let (first, last) = text.split_once('-').unwrap();
    first.parse().unwrap()..last.parse().unwrap()
}

/// The first law that is broken, and how.
fn broken(cib: &str) -> Option<(&'static str, String)> {
    let schedule = decide(cib);
    LAWS.iter().find_map(|(name, law)| law(cib, &schedule).map(|why| (*name, why)))
}

fn decide(cib: &str) -> Schedule {
    let mut sources = Sources::default();
    sources.add("random", cib);
    let cib = quorate::cib::read(&sources).unwrap();
    scheduler::schedule(&cib.cluster, &cib.status, NOW)
}

fn is_determined(cib: &str, schedule: &Schedule) -> Option<String> {
    let again = view::transition::json(&decide(cib));
    (again != view::transition::json(schedule)).then(|| "decided differently again".to_owned())
}

fn can_be_carried_out(_: &str, schedule: &Schedule) -> Option<String> {
    let mut done: BTreeSet<ActionId> = BTreeSet::new();
    let mut waiting: Vec<&Action> = schedule.transition.actions.iter().collect();
    loop {
        let before = waiting.len();
        waiting.retain(|action| {
            let is_ready = action.after.iter().all(|id| done.contains(id));
            if is_ready {
                done.insert(action.id);
            }
            !is_ready
        });
        if waiting.is_empty() {
            return None;
        }
        if waiting.len() == before {
            let keys: Vec<&str> = waiting.iter().map(|action| &*action.key).collect();
            return Some(format!("wait forever: {}", keys.join(", ")));
        }
    }
}

fn spares_nodes_that_are_down(cib: &str, schedule: &Schedule) -> Option<String> {
    let down: Vec<String> = cib
        .lines()
        .filter(|line| line.contains("<node_state ") && line.contains("crmd=\"offline\""))
        .filter_map(|line| line.split("uname=\"").nth(1)?.split('"').next().map(str::to_owned))
        .collect();
    let is_down = |action: &&Action| {
        action.kind == ActionKind::Resource
            && action.task != Task::Notify
            && action.node.as_ref().is_some_and(|node| down.iter().any(|name| name == node.as_str()))
    };
    schedule
        .transition
        .actions
        .iter()
        .find(is_down)
        .map(|action| format!("{} on a node that is down", action.key))
}

fn says_nothing_twice(_: &str, schedule: &Schedule) -> Option<String> {
    let mut seen = BTreeSet::new();
    let real = schedule.transition.actions.iter().filter(|action| action.kind != ActionKind::Pseudo);
    let mut names = real.map(|action| {
        let notify = action.notify.as_deref().unwrap_or_default();
        format!("{} {:?} {:?} {:?} {notify}", action.task, action.resource, action.node, action.interval)
    });
    names.find(|name| !seen.insert(name.clone()))
}
