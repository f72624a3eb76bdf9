//! Claims about overviews.

use super::*;
use crate::model::{Node, Overlay};
use crate::plan::aside::Frozen;
use crate::status::{JoinState, NodeState, ProcessState};

fn healthy() -> Overview {
    let names = ["n1", "n2"];
    let cluster = Cluster { nodes: names.map(Node::member).to_vec(), ..Cluster::default() };
    let status = ClusterStatus {
        has_quorum: true,
        nodes: names.map(NodeState::online).to_vec(),
        ..ClusterStatus::default()
    };
    overview(1, &cluster, &Overlay::default(), &status, 1_000, None)
}

fn noting(silent: &[&str], detached: &[&str]) -> Overview {
    let names = |nodes: &[&str]| -> Vec<NodeName> { nodes.iter().map(|name| NodeName::new(*name)).collect() };
    let frozen = |node, why| Frozen { node, why, until: None };
    let silent = names(silent).into_iter().map(|node| frozen(node, Freeze::Silent));
    let detached = names(detached).into_iter().map(|node| frozen(node, Freeze::Detached));
    let aside = Aside { frozen: silent.chain(detached).collect(), ..Aside::default() };
    healthy().noting(&aside)
}

#[test]
fn a_cluster_is_not_healthy_while_the_daemon_of_a_node_is_silent() {
    assert_eq!(noting(&[], &[]).health, Health::Healthy);
    let view = noting(&["n1"], &[]);
    assert_eq!(view.health, Health::Degraded);
    assert!(matches!(view.concerns.as_slice(), [Concern::Frozen(Frozen { why: Freeze::Silent, .. })]));
    assert_eq!(view.nodes.first().map(|node| node.states.clone()), Some(vec![NodeCondition::Silent]));
    assert_eq!(view.nodes.last().map(|node| node.states.clone()), Some(vec![NodeCondition::Online]));
}

/// The cluster when its second node is like this.
fn when_the_second(node: NodeState) -> Overview {
    let names = ["n1", "n2"];
    let cluster = Cluster { nodes: names.map(Node::member).to_vec(), ..Cluster::default() };
    let status = ClusterStatus {
        has_quorum: true,
        nodes: vec![NodeState::online("n1"), node],
        ..ClusterStatus::default()
    };
    overview(1, &cluster, &Overlay::default(), &status, 1_000, None)
}

#[test]
fn a_node_that_is_seen_without_its_daemon_is_a_concern() {
    let process = ProcessState::Offline;
    let view = when_the_second(NodeState {
        process,
        expected_up: false,
        join: JoinState::Down,
        ..NodeState::online("n2")
    });
    assert_eq!(view.concerns, [Concern::PendingNode { node: NodeName::new("n2") }]);
    assert_eq!(view.health, Health::Degraded);
}

#[test]
fn what_a_node_says_of_its_manifest_file_is_a_concern_on_all_nodes() {
    let attributes = vec![crate::model::OptionSet::of([(MANIFEST, "c.yaml cannot be used")])];
    let view = when_the_second(NodeState { attributes, ..NodeState::online("n2") });
    let because = "c.yaml cannot be used".to_owned();
    assert_eq!(view.concerns, [Concern::Manifest { node: NodeName::new("n2"), because }]);
    assert_eq!(view.health, Health::Degraded);
}

#[test]
fn a_cluster_is_suspended_where_a_daemon_left_its_resources_running() {
    let view = noting(&[], &["n2"]);
    assert_eq!(view.health, Health::Suspended);
    assert_eq!(view.nodes.last().map(|node| node.states.clone()), Some(vec![NodeCondition::Detached]));
}
