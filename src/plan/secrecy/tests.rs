//! Claims about secrets.

#![expect(clippy::unwrap_used, reason = "a claim that cannot be made ends its test")]

use super::*;
use crate::model::{Agent, AgentClass, Node, OptionSet, Overlay, Primitive, Resource};
use crate::plan::{Inputs, Prune, plan};
use crate::scheduler;
use crate::scheduler::digest::digest as params_md5;
use crate::status::{HistoryEntry, NodeState, ResourceHistory, ResultCode, ResultStatus};

const SECRET: &str = "hunter2";

fn cluster(password: &str) -> Cluster {
    let mut device = Primitive::new("db", Agent::parse("ocf:heartbeat:pgsql").unwrap());
    device.params = vec![OptionSet::of([("ip", "10.0.0.1"), ("passwd", password)])];
    Cluster {
        properties: vec![OptionSet::of([("stonith-enabled", "false")])],
        nodes: vec![Node::member("node1")],
        resources: vec![Resource::Primitive(device)],
        ..Cluster::default()
    }
}

/// A node on which the resource was started with this password.
fn status(password: &str) -> ClusterStatus {
    let params = [("ip", "10.0.0.1"), ("passwd", password)];
    let digest = params_md5(&params.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect());
    let entry = HistoryEntry {
        id: "db_last_0".into(),
        operation: "start".into(),
        call_id: Some(1),
        rc: Some(ResultCode::OK),
        status: Some(ResultStatus::Done),
        transition_key: Some("1:1:0:uuid".into()),
        op_digest: Some(digest.into()),
        ..HistoryEntry::default()
    };
    let mut node = NodeState::online("node1");
    node.resources = vec![ResourceHistory {
        id: "db".into(),
        class: AgentClass::Ocf,
        provider: Some("heartbeat".into()),
        kind: "pgsql".into(),
        container: None,
        shutdown_lock: None,
        entries: vec![entry],
    }];
    ClusterStatus { has_quorum: true, nodes: vec![node], ..ClusterStatus::default() }
}

fn plan_for(declared: &Cluster) -> Plan {
    plan(&Inputs {
        generation: 0,
        in_force: &Cluster::default(),
        overlay: Overlay::none(),
        status: &status(SECRET),
        now: 1_000,
        declared,
        renames: &[],
        prune: Prune::No,
        origin: "test",
    })
    .plan
}

#[test]
fn a_sealed_plan_holds_no_secret_and_is_whole_again_where_it_is_known() {
    let declared = cluster(SECRET);
    let plan = plan_for(&declared);
    let sealed = seal(&plan).unwrap();
    assert!(!serde_json::to_string(&sealed.plan).unwrap().contains(SECRET));
    assert_eq!(sealed.unseal(&[&declared]).unwrap(), plan);
    assert_eq!(sealed.unseal(&[&cluster("other")]), Err(Unsealable::Changed));
    assert!(matches!(sealed.unseal(&[]), Err(Unsealable::Unknown { .. })));
}

#[test]
fn a_plan_that_only_refers_to_secrets_needs_no_seal() {
    let mut declared = cluster("x");
    let Resource::Primitive(primitive) = &mut declared.resources[0] else { return };
    primitive.params[0].pairs[1].value = model::Value::Secret("db".into());
    assert_eq!(seal(&plan_for(&declared)).unwrap().seal, None);
}

#[test]
fn the_same_is_decided_without_the_secret() {
    let cluster = cluster(SECRET);
    for (ran_with, changes) in [(SECRET, 0), ("an older one", 1)] {
        let status = status(ran_with);
        let (masked, masked_status) = input_without_secrets(&cluster, &status, 1_000).unwrap().unwrap();
        let text = serde_json::to_string(&(&masked, &masked_status)).unwrap();
        assert!(!text.contains(SECRET));
        let schedule = scheduler::schedule(&masked, &masked_status, 1_000);
        assert_eq!(schedule.changes.len(), changes, "it ran with {ran_with}");
        assert_eq!(schedule.changes, scheduler::schedule(&cluster, &status, 1_000).changes);
    }
}

/// Secrets that are no parameters: in a rule, in the image of a bundle, in the address of an arbiter.
const ELSEWHERE: &str = "apiVersion: quorate/v1
kind: Cluster
name: c
nodes: {n1: {}, n2: {}}
properties: {stonith-enabled: false}
isolation: {arbiter: 'http://u:hunter2@h/'}
resources:
  A: {agent: 'ocf:heartbeat:Dummy'}
  U1: {agent: 'ocf:heartbeat:Dummy'}
  U:
    bundle: U1
    container: {type: podman, image: 'http://u:hunter2@h/i', replicas: 1}
    network: {ip-range-start: 10.0.0.9}
constraints:
  location:
    - {resource: A, rule: 'url eq \"http://u:hunter2@h/\"', score: 5}
";

#[test]
fn a_plan_with_secrets_that_are_no_parameters_is_whole_again() {
    let declared = |secret: &str| {
        let mut sources = crate::diagnostic::Sources::default();
        sources.add("m.yaml", ELSEWHERE.replace(SECRET, secret));
        let reading = crate::manifest::read(&sources);
        reading.manifest.unwrap_or_else(|| unreachable!("{:?}", reading.diagnostics)).cluster
    };
    let cluster = declared(SECRET);
    let plan = plan_for(&cluster);
    let sealed = seal(&plan).unwrap();
    assert!(!serde_json::to_string(&sealed.plan).unwrap().contains(SECRET));
    let unsealed = sealed.unseal(&[&cluster]).unwrap();
    assert_eq!(unsealed, plan);
    assert_eq!(stand_in_of(&unsealed.desired), None, "no stand-in gets in force");
    assert_eq!(sealed.unseal(&[&declared("another")]), Err(Unsealable::Changed));
}
