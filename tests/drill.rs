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
use quorate::model::{Cluster, Generation, NodeName};
use quorate::plan::Trouble;
use quorate::plan::aside::Aside;
use quorate::plan::drill::{Ending, Mishap, Report, Trial, Why};
use quorate::plan::secrecy::is_stand_in;
use quorate::plan::trouble::Hold;
use quorate::scheduler::Schedule;
use quorate::view::plan::Detail;
use quorate::view::{Ink, recording, transition};
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
        .block_on(drill(
            beginning,
            Extent { nodes, resources: true, everywhere: true, trials_max: 10_000 },
            &mut |_, _| {},
        ))
        .unwrap()
}

fn drilled(resources: &str) -> Report {
    let head = "apiVersion: quorate/v1\nkind: Cluster\nname: drilled\n";
    let mut sources = Sources::default();
    sources.add("drilled.yaml", format!("{head}{resources}"));
    let reading = manifest::read(&sources);
    let manifest = reading.manifest.unwrap_or_else(|| unreachable!("{:?}", reading.diagnostics));
    run(Beginning::Cold(&manifest.cluster), 1)
}

fn trial<'r>(report: &'r Report, wanted: &str) -> &'r Trial {
    let word = |mishap: &Mishap| match mishap {
        Mishap::Nodes { nodes } => nodes.iter().map(NodeName::as_str).collect::<Vec<_>>().join("+"),
        Mishap::Resource { resource, node, .. } => format!("{resource}@{node}"),
    };
    report.trials.iter().find(|trial| word(&trial.mishap) == wanted).unwrap()
}

fn whys(trial: &Trial) -> Vec<(&str, &Why)> {
    trial.down.iter().map(|casualty| (casualty.resource.as_str(), &casualty.why)).collect()
}

#[test]
fn what_on_fail_leaves_dead_is_down() {
    let with = |on_fail: &str| {
        drilled(&format!(
            "nodes: {{n1: {{}}, n2: {{}}, n3: {{}}}}
properties: {{stonith-enabled: false}}
resources:
  a: {{agent: 'ocf:pacemaker:Dummy', ops: [{{name: monitor, interval: 10s, on-fail: {on_fail}}}]}}
"
        ))
    };
    let blocked = with("block");
    let [("a", Why::Trouble { trouble })] = whys(trial(&blocked, "a@n1"))[..] else {
        unreachable!("{blocked:?}")
    };
    assert!(matches!(trouble, Trouble::Failed { hold: Hold::Blocked, .. }), "{trouble:?}");
    assert_eq!(trial(&blocked, "a@n1").ending, Ending::Settled);
    assert_eq!(whys(trial(&with("ignore"), "a@n1")), [("a", &Why::Ignored)]);
    assert!(!trial(&with("stop"), "a@n1").is_survived());
    assert!(trial(&with("restart"), "a@n1").is_survived());
}

#[test]
fn a_node_that_nothing_can_fence_is_named() {
    let report = drilled(
        "nodes: {n1: {}, n2: {}}
properties: {stonith-enabled: true}
resources:
  f1: {agent: 'stonith:fence_ipmilan', params: {pcmk_host_list: n1}, ops: [{name: monitor, interval: 1min}]}
  a: {agent: 'ocf:pacemaker:Dummy', ops: [{name: monitor, interval: 10s}]}
constraints: {location: [{resource: a, node: n2, score: 100}]}
",
    );
    let text = quorate::view::drill::text(&report, Detail::Usual, Ink::Plain);
    assert!(text.contains("a stays down: n2 cannot be fenced: no fence device can fence n2"), "{text}");
}

#[test]
fn guests_and_remote_nodes_fail_as_nodes_and_are_no_services() {
    let report = drilled(
        "nodes: {n1: {}, n2: {}, n3: {}, rem1: {remote: true}}
properties: {stonith-enabled: true}
resources:
  f: {agent: 'stonith:fence_dummy', params: {pcmk_host_list: 'n1 n2 n3 rem1'}}
  rem1: {agent: 'ocf:pacemaker:remote', params: {server: 10.0.0.1}, ops: [{name: monitor, interval: 30s}]}
  vm:
    agent: 'ocf:heartbeat:VirtualDomain'
    meta: {remote-node: guest1}
    ops: [{name: monitor, interval: 10s}]
  app: {agent: 'ocf:pacemaker:Dummy', ops: [{name: monitor, interval: 10s}]}
constraints: {location: [{resource: app, node: rem1, score: 100}]}
",
    );
    assert_eq!(whys(trial(&report, "rem1")), []);
    assert_eq!(whys(trial(&report, "guest1")), []);
    assert!(report.is_survived(), "{report:#?}");
    let guests = report.trials.iter().filter(|trial| match &trial.mishap {
        Mishap::Resource { resource, .. } => resource == "guest1",
        Mishap::Nodes { .. } => false,
    });
    assert_eq!(guests.count(), 0);
}

#[test]
fn a_remote_node_without_monitor_dies_unnoticed() {
    let report = drilled(
        "nodes: {n1: {}, n2: {}, rem1: {remote: true}}
properties: {stonith-enabled: false}
resources:
  rem1: {agent: 'ocf:pacemaker:remote', params: {server: 10.0.0.1}}
",
    );
    assert_eq!(whys(trial(&report, "rem1")), [("rem1", &Why::Unnoticed)]);
}

#[test]
fn a_remote_node_that_was_never_connected_is_taken_for_up() {
    let text = r#"<cib validate-with="pacemaker-3.9" have-quorum="1"><configuration>
        <crm_config><cluster_property_set id="p"><nvpair id="p1" name="stonith-enabled" value="false"/>
        </cluster_property_set></crm_config>
        <nodes><node id="1" uname="n1"/></nodes>
        <resources><primitive id="r1" class="ocf" provider="pacemaker" type="remote"/></resources>
        <constraints/></configuration><status>
        <node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="1">
        <lrm_resources/></lrm></node_state></status></cib>"#;
    let mut sources = Sources::default();
    sources.add("cib.xml", text);
    let cib = cib::read(&sources).unwrap();
    let observation = Observation {
        now: NOW,
        generation: Generation(0),
        origin: String::new(),
        in_force: cib.cluster,
        overlay: Overlay::default(),
        status: cib.status,
        aside: Aside::default(),
    };
    assert_eq!(run(Beginning::Seen(&observation), 1).down_before, []);
}

#[test]
fn resources_break_wherever_they_could_run() {
    let report = run(Beginning::Cold(&example("two-node-web/3-together.yaml")), 0);
    let places: Vec<(&str, &str, bool)> = report
        .trials
        .iter()
        .filter_map(|trial| match &trial.mishap {
            Mishap::Resource { resource, node, after_move } => {
                Some((resource.as_str(), node.as_str(), *after_move))
            }
            Mishap::Nodes { .. } => None,
        })
        .collect();
    assert_eq!(
        places,
        [
            ("ClusterIP", "node1", false),
            ("WebSite", "node1", false),
            ("ClusterIP", "node2", true),
            ("WebSite", "node2", true)
        ]
    );
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
            origin: String::new(),
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
        let report = runtime.block_on(drill(Beginning::Seen(&observation), extent, &mut |_, _| {}));
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
