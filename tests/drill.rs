//! Drills and recordings: the same every time, and from whatever beginning.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "this test reads manifests and cases from files and says when the latter are missing"
)]

use std::path::{Path, PathBuf};
use std::{env, fs};

use quorate::diagnostic::Sources;
use quorate::engine::Observation;
use quorate::engine::drill::{Beginning, Extent, drill};
use quorate::model::Overlay;
use quorate::model::secrecy::{holds_secret, is_secret};
use quorate::model::{Cluster, Generation};
use quorate::plan::aside::Aside;
use quorate::plan::drill::{Mishap, Report};
use quorate::plan::secrecy::is_stand_in;
use quorate::scheduler::Schedule;
use quorate::view::{recording, transition};
use quorate::{cib, manifest, scheduler};

/// A moment for cases that do not name one.
const NOW: i64 = 1_700_000_000;

fn sources(path: &Path) -> Sources {
    let mut sources = Sources::default();
    sources.add(path.display().to_string(), fs::read_to_string(path).unwrap());
    sources
}

fn example(name: &str) -> Cluster {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    manifest::read(&sources(&path)).manifest.unwrap().cluster
}

fn run(beginning: Beginning<'_>, nodes: usize) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime
        .block_on(drill(beginning, Extent { nodes, resources: true, everywhere: true, trials_max: 10_000 }))
        .unwrap()
}

/// The conformance cases, where they are.
fn cases() -> Vec<(String, cib::Cib)> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = env::var_os("QUORATE_SHARED").map_or_else(|| package.join("../shared"), PathBuf::from);
    let conformance = shared.join("scheduler/conformance");
    let Ok(list) = fs::read_to_string(conformance.join("lists/dev.txt")) else {
        assert!(env::var_os("QUORATE_SHARED_REQUIRED").is_none(), "the shared data is not there");
        eprintln!("SKIPPED: no conformance cases at {} (set QUORATE_SHARED)", conformance.display());
        return Vec::new();
    };
    let read = |case: &str| {
        let cib = cib::read(&sources(&conformance.join("cases/xml").join(format!("{case}.xml")))).ok()?;
        Some((case.to_owned(), cib))
    };
    list.split_whitespace().filter_map(read).collect()
}

#[test]
fn the_same_drill_gives_the_same_report() {
    let cluster = example("many-nodes.yaml");
    assert_eq!(run(Beginning::Cold(&cluster), 2), run(Beginning::Cold(&cluster), 2));
}

#[test]
fn every_pair_is_tried_once() {
    let report = run(Beginning::Cold(&example("many-nodes.yaml")), 2);
    let pairs = report.trials.iter().filter(|trial| match &trial.mishap {
        Mishap::Nodes { nodes } => nodes.len() == 2,
        Mishap::Resource { .. } => false,
    });
    assert_eq!(pairs.count(), 15);
}

#[test]
fn all_nodes_at_once_are_spared() {
    let report = run(Beginning::Cold(&example("two-node-web/1-address.yaml")), 2);
    assert_eq!(report.too_many_nodes, Some(2));
    assert!(report.is_survived());
}

#[test]
fn a_failure_counts_from_the_failure_and_a_move_from_its_stop() {
    let report = run(Beginning::Cold(&example("two-node-web/3-together.yaml")), 1);
    let outages = |trial: usize| {
        report.trials[trial]
            .outages
            .iter()
            .map(|outage| (outage.resource.as_str(), outage.steps))
            .collect::<Vec<_>>()
    };
    // node1 fails: its address starts elsewhere, then the site.
    assert_eq!(outages(0), [("WebSite", 2), ("ClusterIP", 1)]);
    // node2 fails, where nothing runs.
    assert_eq!(outages(1), []);
}

#[test]
fn drills_begin_with_any_cluster_that_was_seen() {
    for (name, cib) in cases().into_iter().step_by(9) {
        let observation = Observation {
            now: NOW,
            generation: Generation(0),
            in_force: cib.cluster,
            overlay: Overlay::default(),
            status: cib.status,
            aside: Aside::default(),
        };
        if observation.status.nodes.len() > 6 {
            continue;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let extent = Extent { nodes: 1, resources: false, everywhere: false, trials_max: 20 };
        let report = runtime.block_on(drill(Beginning::Seen(&observation), extent));
        assert!(report.is_ok(), "{name}: {report:?}");
    }
}

#[test]
fn recorded_decisions_are_made_again_to_the_byte() {
    for (name, cib) in cases() {
        let schedule = scheduler::schedule(&cib.cluster, &cib.status, NOW);
        let text = recording::write(&cib.cluster, &cib.status, NOW, &schedule).unwrap();
        let recorded = recording::read(&text).unwrap();
        assert_eq!(recorded.schedule, transition::json(&recorded.decide()), "{name}");
        assert_eq!(without_secrets(recorded.decide()), without_secrets(schedule), "{name}");
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told(&document), Vec::<String>::new(), "{name}");
    }
}

/// A schedule without the parameters that a recording leaves out, and without digests of them.
fn without_secrets(mut schedule: Schedule) -> Schedule {
    for action in &mut schedule.transition.actions {
        action.params.retain(|name, value| !is_secret(name, value) && !is_stand_in(value));
        action.meta.retain(|name, _| !name.starts_with("digests_"));
    }
    schedule
}

/// Values of options that hold secrets, unless something stands in for them.
fn told(document: &serde_json::Value) -> Vec<String> {
    let children: Vec<&serde_json::Value> = match document {
        serde_json::Value::Object(fields) => {
            if fields.get("name").and_then(|name| name.as_str()).is_some_and(holds_secret)
                && let Some(value) = fields.get("value").and_then(|value| value.get("Text"))
            {
                let value = value.as_str().unwrap();
                let is_kept = value.is_empty() || value.starts_with("masked:") || value.starts_with("lrm://");
                return if is_kept { Vec::new() } else { vec![value.to_owned()] };
            }
            fields.values().collect()
        }
        serde_json::Value::Array(items) => items.iter().collect(),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => Vec::new(),
    };
    children.into_iter().flat_map(told).collect()
}
