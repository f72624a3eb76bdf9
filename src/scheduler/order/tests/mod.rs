//! Tests of acting and ordering, from small clusters to whole schedules.
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

mod chains;
mod examples;
mod rules;
mod sets;

use std::time::Duration;

use crate::model::constraint::{Order, OrderScope};
use crate::model::{
    Agent, AgentClass, Cluster, Constraint, ConstraintId, Group, Node, Operation, OptionSet, Primitive,
    Resource, ResourceId,
};
use crate::scheduler::{Schedule, schedule};
use crate::status::{ClusterStatus, HistoryEntry, NodeState, ResourceHistory, ResultCode, ResultStatus};

/// A cluster of members `n1`, `n2`, ... without fencing.
fn cluster(nodes: usize, resources: Vec<Resource>) -> Cluster {
    Cluster {
        nodes: (1..=nodes).map(|number| Node::member(&format!("n{number}"))).collect(),
        properties: vec![OptionSet::of([("fencing-enabled", "false")])],
        resources,
        ..Cluster::default()
    }
}

fn dummy(id: &str) -> Primitive {
    Primitive::new(id, Agent::parse("ocf:pacemaker:Dummy").unwrap())
}

/// A dummy with a monitor every ten seconds.
fn monitored(id: &str) -> Primitive {
    let monitor =
        Operation { name: "monitor".into(), interval: Duration::from_secs(10), ..Operation::default() };
    Primitive { ops: vec![monitor], ..dummy(id) }
}

fn with_meta(primitive: Primitive, name: &str, value: &str) -> Primitive {
    Primitive { meta: vec![OptionSet::of([(name, value)])], ..primitive }
}

fn group(id: &str, members: Vec<Primitive>) -> Resource {
    let id = ResourceId::new(id);
    Resource::Group(Group { id, description: None, meta: Vec::new(), params: Vec::new(), members })
}

/// Start one before the other.
fn order(first: &str, then: &str) -> Constraint {
    Constraint::Order(Order {
        id: ConstraintId::new(format!("{first}-{then}")),
        scope: OrderScope::Pair {
            first: ResourceId::new(first),
            then: ResourceId::new(then),
            first_action: None,
            then_action: None,
            require_all: None,
        },
        kind: None,
        score: None,
        symmetrical: None,
    })
}

fn online(name: &str, resources: Vec<ResourceHistory>) -> NodeState {
    NodeState { resources, ..NodeState::online(name) }
}

fn status(nodes: Vec<NodeState>) -> ClusterStatus {
    ClusterStatus { has_quorum: true, nodes, ..ClusterStatus::default() }
}

fn history(id: &str, entries: Vec<HistoryEntry>) -> ResourceHistory {
    ResourceHistory {
        id: id.into(),
        class: AgentClass::Ocf,
        provider: Some("pacemaker".into()),
        kind: "Dummy".into(),
        container: None,
        shutdown_lock: None,
        entries,
    }
}

/// What a resource that is where it should be would remember; `rc` is what the task answered.
fn entry(id: &str, task: &str, seconds: u64, call: i64, rc: u8) -> HistoryEntry {
    let expected = if task == "monitor" && seconds == 0 { 7 } else { 0 };
    HistoryEntry {
        id: format!("{id}_{task}_{}", seconds * 1000).into(),
        operation: task.into(),
        operation_key: Some(format!("{id}_{task}_{}", seconds * 1000).into()),
        interval: Duration::from_secs(seconds),
        call_id: Some(call),
        rc: Some(ResultCode(rc)),
        status: Some(ResultStatus::Done),
        transition_key: Some(format!("1:1:{expected}:uuid").into()),
        op_digest: Some(digest_of(seconds).into()),
        ..HistoryEntry::default()
    }
}

/// The digest of no parameters, with or without the default timeout.
fn digest_of(seconds: u64) -> &'static str {
    if seconds == 0 { "f2317cad3d54cec5d7d7aa7d0bf35cf8" } else { "4811cef7f7f94e3a35a70be7916cb2fd" }
}

fn running(id: &str) -> ResourceHistory {
    history(id, vec![entry(id, "start", 0, 1, 0)])
}

/// A resource that runs and whose monitor answers `rc`.
fn watched(id: &str, rc: u8) -> ResourceHistory {
    history(id, vec![entry(id, "start", 0, 1, 0), entry(id, "monitor", 10, 2, rc)])
}

fn probed(id: &str) -> ResourceHistory {
    history(id, vec![entry(id, "monitor", 0, 1, 7)])
}

fn plan(cluster: &Cluster, status: &ClusterStatus) -> Schedule {
    schedule(cluster, status, 1_000_000)
}

/// Actions as `ID KEY NODE <- INPUTS`, by id.
fn actions(schedule: &Schedule) -> Vec<String> {
    let mut actions: Vec<_> = schedule.transition.actions.iter().collect();
    actions.sort_by_key(|action| action.id);
    let line = |action: &&crate::scheduler::Action| {
        let node = action.node.as_ref().map(|node| format!(" {node}")).unwrap_or_default();
        let inputs: String = action.after.iter().map(|id| format!(" {}", id.0)).collect();
        format!("{} {}{node} <-{inputs}", action.id.0, action.key)
    };
    actions.iter().map(line).collect()
}

/// Changes as `KIND RESOURCE: REASON`.
fn changes(schedule: &Schedule) -> Vec<String> {
    let line = |change: &crate::scheduler::Change| {
        let resource = change.resource.as_deref().unwrap_or_default();
        let reason = change.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{:?} {resource}{reason}", change.kind)
    };
    schedule.changes.iter().map(line).collect()
}
