//! What a simulated cluster does when it falls apart: who may act, who lets go, who waits for whom.

#![expect(clippy::unwrap_used, reason = "a failed test says so by panicking")]

use std::time::Duration;

use quorate::diagnostic::Sources;
use quorate::engine::simulated::Simulated;
use quorate::engine::{Desired, Engine, Event};
use quorate::manifest;
use quorate::model::{Cluster, NodeName};

/// A cluster of so many nodes with the resource `A`, without fencing; `rest` is added to its manifest.
fn cluster(nodes: usize, rest: &str) -> Cluster {
    let members: String = (1..=nodes).map(|number| format!("  node{number}: {{}}\n")).collect();
    let text = format!(
        "apiVersion: quorate/v1\nkind: Cluster\nname: test\nnodes:\n{members}\
         properties: {{stonith-enabled: false}}\n\
         resources:\n  A:\n    agent: ocf:pacemaker:Dummy\n    ops: [{{name: monitor, interval: 10s}}]\n{rest}\n"
    );
    let mut sources = Sources::default();
    sources.add("test.yaml", text);
    let reading = manifest::read(&sources);
    assert!(reading.manifest.is_some(), "{:#?}", reading.diagnostics);
    reading.manifest.unwrap().cluster
}

struct Lab {
    engine: Simulated,
    told: Vec<String>,
}

impl Lab {
    async fn new(cluster: &Cluster) -> Self {
        let mut lab = Self { engine: Simulated::in_memory(7), told: Vec::new() };
        let base = lab.engine.observe().await.unwrap().generation;
        let desired = Desired { cluster: cluster.clone(), base, origin: "test".into(), renames: Vec::new() };
        lab.engine.submit(desired).await.unwrap();
        lab.converge().await;
        lab
    }

    async fn converge(&mut self) {
        self.told.clear();
        let told = &mut self.told;
        self.engine.converge(&mut |event| tell(&event, told)).await.unwrap();
    }

    async fn advance(&mut self, seconds: u64) {
        self.told.clear();
        let told = &mut self.told;
        self.engine.advance(Duration::from_secs(seconds), &mut |event| tell(&event, told)).await.unwrap();
    }

    /// Where `A` really is.
    fn places(&self) -> Vec<String> {
        let truth = self.engine.truth();
        truth.get("A").into_iter().flatten().map(|(node, _)| node.to_string()).collect()
    }

    fn has_quorum(&self, from: &str) -> bool {
        self.engine.observe_from(&node(from)).unwrap().status.has_quorum
    }
}

/// Starts, stops and waits, as words.
fn tell(event: &Event, told: &mut Vec<String>) {
    match event {
        Event::Started(action) if action.resource.is_some() && action.interval.is_zero() => {
            let place = action.node.as_ref().map(NodeName::as_str).unwrap_or_default();
            if !action.is_probe() {
                told.push(format!("{} {place}", action.task));
            }
        }
        Event::Waiting { .. } => told.push("wait".to_owned()),
        Event::Started(_) | Event::Scheduled { .. } | Event::Finished { .. } | Event::Aborted { .. } => {}
    }
}

fn node(name: &str) -> NodeName {
    NodeName::new(name)
}

#[tokio::test]
async fn a_node_with_the_evidence_against_it_lets_go_before_the_other_takes_over() {
    let mut lab = Lab::new(&cluster(2, "isolation: {ping: [192.0.2.1], within: 20s}")).await;
    assert_eq!(lab.places(), ["node1"]);
    lab.engine.cut_link(&node("node1")).unwrap();
    lab.advance(3).await;
    assert_eq!((lab.places(), lab.told.as_slice()), (vec![], ["stop node1".to_owned()].as_slice()));
    assert!(!lab.has_quorum("node1") && lab.has_quorum("node2"));
    assert!(lab.engine.observe_from(&node("node1")).unwrap().status.is_cut_off);
    lab.advance(16).await;
    assert_eq!(lab.places(), [""; 0], "the bound is not over");
    lab.advance(3).await;
    assert_eq!(lab.places(), ["node2"]);
    lab.engine.recover_node(&node("node1")).unwrap();
    lab.converge().await;
    assert_eq!(lab.places().len(), 1);
    assert!(lab.has_quorum("node1"));
}

#[tokio::test]
async fn a_dead_node_is_waited_for_as_it_might_only_be_cut_off() {
    let mut lab = Lab::new(&cluster(2, "isolation: {carrier: [eth0], within: 9s}")).await;
    let before = lab.engine.now();
    lab.engine.fail_node(&node("node1")).unwrap();
    lab.converge().await;
    assert_eq!(lab.told, ["wait", "start node2"]);
    assert!(lab.engine.now() - before >= 9);
}

#[tokio::test]
async fn evidence_that_speaks_against_nobody_lets_both_go_on() {
    let mut lab = Lab::new(&cluster(2, "isolation: {ping: [192.0.2.1]}")).await;
    lab.engine.cut_from_peers(&node("node1")).unwrap();
    lab.converge().await;
    assert_eq!(lab.places(), ["node1", "node2"], "the gateway answers both");
}

#[tokio::test]
async fn two_unplugged_nodes_both_let_go() {
    let mut lab = Lab::new(&cluster(2, "isolation: {carrier: [eth0]}")).await;
    lab.engine.cut_link(&node("node1")).unwrap();
    lab.engine.cut_link(&node("node2")).unwrap();
    lab.advance(60).await;
    assert_eq!(lab.places(), [""; 0]);
    lab.engine.recover_node(&node("node1")).unwrap();
    lab.advance(60).await;
    assert_eq!(lab.places(), ["node1"], "it reaches the world again, though not its peer");
    assert_eq!(lab.engine.sides().len(), 2);
    lab.engine.recover_node(&node("node2")).unwrap();
    assert_eq!(lab.engine.sides().len(), 1);
}

#[tokio::test]
async fn the_witness_decides_who_goes_on_and_the_other_has_let_go_by_then() {
    let mut lab = Lab::new(&cluster(2, "corosync: {qdevice: {host: 192.0.2.9}}")).await;
    lab.engine.cut_link(&node("node1")).unwrap();
    assert!(!lab.has_quorum("node1") && lab.has_quorum("node2"));
    lab.converge().await;
    assert_eq!(lab.told, ["stop node1", "wait", "start node2"]);
    assert_eq!(lab.places(), ["node2"]);
}

#[tokio::test]
async fn a_witness_that_both_halves_reach_takes_the_side_of_its_tie_breaker() {
    for (tie_breaker, winner, loser) in [("lowest", "node1", "node2"), ("node2", "node2", "node1")] {
        let rest = format!("corosync: {{qdevice: {{host: 192.0.2.9, tie-breaker: {tie_breaker}}}}}");
        let mut lab = Lab::new(&cluster(2, &rest)).await;
        lab.engine.cut_from_peers(&node("node2")).unwrap();
        lab.converge().await;
        assert!(lab.has_quorum(winner) && !lab.has_quorum(loser), "{tie_breaker}");
        assert_eq!(lab.places(), [winner]);
    }
}

#[tokio::test]
async fn without_the_privilege_of_two_nodes_neither_half_goes_on() {
    let mut lab = Lab::new(&cluster(2, "corosync: {quorum: {two-node: false}}")).await;
    lab.engine.cut_link(&node("node1")).unwrap();
    lab.converge().await;
    assert_eq!(lab.places(), [""; 0]);
}

#[tokio::test]
async fn nodes_that_come_up_alone_wait_for_all_unless_told_otherwise() {
    for (rest, places) in [("", vec![]), ("corosync: {quorum: {wait-for-all: false}}", vec!["node1"])] {
        let mut lab = Lab::new(&cluster(2, rest)).await;
        lab.engine.fail_node(&node("node1")).unwrap();
        lab.engine.fail_node(&node("node2")).unwrap();
        lab.converge().await;
        lab.engine.recover_node(&node("node1")).unwrap();
        lab.converge().await;
        assert_eq!(lab.places(), places, "{rest}");
        lab.engine.recover_node(&node("node2")).unwrap();
        lab.converge().await;
        assert_eq!(lab.places().len(), 1, "{rest}");
    }
}

#[tokio::test]
async fn a_node_that_joins_a_quorate_one_need_not_wait_for_all() {
    let mut lab = Lab::new(&cluster(3, "corosync: {quorum: {wait-for-all: true}}")).await;
    lab.engine.fail_node(&node("node2")).unwrap();
    lab.engine.fail_node(&node("node3")).unwrap();
    lab.converge().await;
    assert!(!lab.has_quorum("node1"));
    lab.engine.recover_node(&node("node2")).unwrap();
    lab.converge().await;
    assert!(lab.has_quorum("node1"));
}

#[tokio::test]
async fn expected_votes_and_the_tie_breaker_count() {
    let mut lab = Lab::new(&cluster(3, "corosync: {quorum: {expected-votes: 5}}")).await;
    assert!(lab.has_quorum("node1"));
    lab.engine.fail_node(&node("node3")).unwrap();
    lab.converge().await;
    assert!(!lab.has_quorum("node1"), "two of five");
    for (rest, goes_on) in [("", false), ("corosync: {quorum: {auto-tie-breaker: true}}", true)] {
        let mut lab = Lab::new(&cluster(4, rest)).await;
        lab.engine.fail_node(&node("node3")).unwrap();
        lab.engine.fail_node(&node("node4")).unwrap();
        lab.converge().await;
        assert_eq!(lab.has_quorum("node1"), goes_on, "{rest}");
    }
}

/// Draws numbers; the same seed draws the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Whatever is cut, crashes and comes back, second by second.
#[tokio::test]
async fn nothing_ever_runs_twice_where_a_cut_off_node_lets_go() {
    let cases = [
        ("isolation: {carrier: [eth0], within: 15s}", 4),
        ("isolation: {ping: [192.0.2.1, 192.0.2.2], when: any}", 4),
        ("corosync: {qdevice: {host: 192.0.2.9}}", 5),
        ("corosync: {qdevice: {host: 192.0.2.9}}\nisolation: {qdevice: true, within: 5s}", 5),
    ];
    for (rest, happenings) in cases {
        let mut places = std::collections::BTreeSet::new();
        for seed in 0..10 {
            let mut dice = Dice(seed);
            let mut lab = Lab::new(&cluster(2, rest)).await;
            let mut log = Vec::new();
            for _ in 0..25 {
                let name = format!("node{}", 1 + dice.below(2));
                let happening = dice.below(happenings);
                log.push((happening, name.clone()));
                match happening {
                    0 => lab.engine.cut_link(&node(&name)).unwrap(),
                    1 => lab.engine.recover_node(&node(&name)).unwrap(),
                    2 if dice.below(3) == 0 => lab.engine.fail_node(&node(&name)).unwrap(),
                    4 => lab.engine.cut_from_peers(&node(&name)).unwrap(),
                    _ => {}
                }
                for _ in 0..dice.below(12) {
                    lab.advance(3).await;
                    assert!(lab.places().len() < 2, "{rest}, seed {seed}: {:?} after {log:?}", lab.places());
                    places.extend(lab.places());
                }
            }
        }
        assert_eq!(places.len(), 2, "{rest}: it was taken over now and then");
    }
}
