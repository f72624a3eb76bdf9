use super::*;
use crate::scheduler::facts::NodeFacts;
use crate::scheduler::reason::Reason;
use crate::scheduler::request::Request;
use crate::status::{JoinState, NodeState, Presence, ProcessState};

fn judge<R>(properties: &[(&str, &str)], state: NodeState, look: impl Fn(&NodeFacts<'_>) -> R) -> R {
    let cluster = with_properties(cluster(2, vec![]), properties);
    let status = status([state]);
    let facts = interpret(&cluster, &status, NOW);
    look(facts.node(node(&facts, "n1")))
}

fn reason(node: &NodeFacts<'_>) -> Option<Reason> {
    node.unclean.clone().and_then(|unclean| unclean.because)
}

#[test]
fn a_node_nobody_heard_of_is_unclean_where_fencing_makes_sure() {
    let unclean = |properties: &[(&str, &str)]| {
        let cluster = with_properties(cluster(1, vec![]), properties);
        let facts_status = status([]);
        interpret(&cluster, &facts_status, NOW).nodes[0].unclean.is_some()
    };
    assert!(unclean(&[]));
    assert!(!unclean(&[("fencing-enabled", "false")]));
    assert!(!unclean(&[("startup-fencing", "false")]));
}

#[test]
fn a_member_without_daemon_is_fenced() {
    let state = NodeState { process: ProcessState::Offline, ..NodeState::online("n1") };
    judge(&[], state, |node| {
        assert!(node.is_online);
        assert_eq!(reason(node), Some(Reason::PeerProcessLost));
    });
}

#[test]
fn a_lost_member_is_fenced_and_its_fencing_may_be_delayed() {
    let lost = NodeState { member: Presence::Absent, ..NodeState::online("n1") };
    let cluster = cluster(1, vec![]);
    let status = status([lost]);
    let facts = interpret(&cluster, &status, NOW);
    let expected = Request::Fence { node: NodeIx::at(0), reason: Reason::PeerLost, may_delay: true };
    assert_eq!(facts.requests, [expected]);
}

#[test]
fn a_node_on_its_way_up_is_in_standby_and_must_arrive_in_time() {
    let arriving = NodeState {
        member: Presence::Since(NOW - 60),
        process: ProcessState::Offline,
        join: JoinState::Down,
        expected_up: false,
        ..NodeState::online("n1")
    };
    judge(&[], arriving.clone(), |node| {
        assert!(node.is_online && node.is_pending && node.is_standby && node.unclean.is_none());
    });
    let reason = judge(&[("node-pending-timeout", "60s")], arriving, reason);
    assert_eq!(reason, Some(Reason::PeerPendingTimedOut));
}

#[test]
fn a_node_that_leaves_in_order_is_not_fenced() {
    let gone = NodeState {
        member: Presence::Absent,
        process: ProcessState::Offline,
        join: JoinState::Down,
        expected_up: false,
        ..NodeState::online("n1")
    };
    judge(&[], gone.clone(), |node| assert!(!node.is_online && node.unclean.is_none()));
    let leaving = with_attributes(NodeState { member: Presence::Absent, ..gone }, &[("shutdown", "1")]);
    judge(&[], leaving, |node| assert!(node.is_shutting_down && node.unclean.is_none()));
}

#[test]
fn without_fencing_only_a_lost_daemon_makes_a_node_unclean() {
    let lost = NodeState { process: ProcessState::Offline, ..NodeState::online("n1") };
    let off = [("fencing-enabled", "false")];
    judge(&off, lost.clone(), |node| {
        assert!(!node.is_online);
        assert_eq!(reason(node), Some(Reason::PeerUnexpectedlyDown));
    });
    let absent = NodeState { member: Presence::Absent, ..lost };
    judge(&off, absent, |node| assert!(!node.is_online && node.unclean.is_none()));
}

#[test]
fn transient_attributes_override_permanent_ones() {
    let mut cluster = cluster(1, vec![]);
    cluster.nodes[0].attributes = vec![crate::model::OptionSet::of([("standby", "on"), ("site", "a")])];
    let status = status([with_attributes(NodeState::online("n1"), &[("standby", "off")])]);
    let facts = interpret(&cluster, &status, NOW);
    assert!(!facts.nodes[0].is_standby);
    assert_eq!(facts.nodes[0].attributes.get("site").map(|site| &**site), Some("a"));
    assert_eq!(facts.nodes[0].attributes.get("#uname").map(|name| &**name), Some("n1"));
}

#[test]
fn a_partition_that_fences_itself_asks_for_all_its_nodes() {
    let cluster = with_properties(cluster(1, vec![]), &[("no-quorum-policy", "fence")]);
    let mut status = status([NodeState::online("n1")]);
    status.has_quorum = false;
    status.has_quorum_panic = true;
    let facts = interpret(&cluster, &status, NOW);
    assert_eq!(reason(&facts.nodes[0]), Some(Reason::ClusterWithoutQuorum));
}
