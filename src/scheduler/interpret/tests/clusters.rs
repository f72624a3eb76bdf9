//! Small clusters and histories to interpret.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{Agent, AgentClass, Cluster, Node, Operation, OptionSet, Primitive, Resource};
use crate::status::{ClusterStatus, HistoryEntry, NodeState, ResourceHistory, ResultCode, ResultStatus};

/// A cluster of members `n1`, `n2`, ... that may fence.
pub(super) fn cluster(nodes: usize, resources: Vec<Resource>) -> Cluster {
    let device = Primitive::new("fence", Agent::parse("stonith:fence_dummy").unwrap());
    let resources = resources.into_iter().chain([Resource::Primitive(device)]).collect();
    Cluster {
        nodes: (1..=nodes).map(|number| Node::member(&format!("n{number}"))).collect(),
        resources,
        ..Cluster::default()
    }
}

/// Cluster properties as one set.
pub(super) fn with_properties(cluster: Cluster, pairs: &[(&str, &str)]) -> Cluster {
    Cluster { properties: vec![OptionSet::of(pairs.iter().copied())], ..cluster }
}

pub(super) fn dummy(id: &str) -> Primitive {
    Primitive::new(id, Agent::parse("ocf:pacemaker:Dummy").unwrap())
}

pub(super) fn with_meta(primitive: Primitive, pairs: &[(&str, &str)]) -> Primitive {
    Primitive { meta: vec![OptionSet::of(pairs.iter().copied())], ..primitive }
}

pub(super) fn operation(name: &str, seconds: u64, options: &[(&str, &str)]) -> Operation {
    Operation {
        name: name.into(),
        interval: Duration::from_secs(seconds),
        options: options.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        ..Operation::default()
    }
}

pub(super) fn status<const N: usize>(nodes: [NodeState; N]) -> ClusterStatus {
    ClusterStatus { has_quorum: true, nodes: nodes.into(), ..ClusterStatus::default() }
}

pub(super) fn online(name: &str, resources: Vec<ResourceHistory>) -> NodeState {
    NodeState { resources, ..NodeState::online(name) }
}

/// A node with transient attributes.
pub(super) fn with_attributes(state: NodeState, pairs: &[(&str, &str)]) -> NodeState {
    NodeState { attributes: vec![OptionSet::of(pairs.iter().copied())], ..state }
}

/// The history of a dummy.
pub(super) fn history(id: &str, entries: Vec<HistoryEntry>) -> ResourceHistory {
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

/// An entry that ended with `rc`, where `expected` was expected.
pub(super) fn entry(task: &str, seconds: u64, call: i64, rc: u8, expected: u8) -> HistoryEntry {
    let id: Arc<str> = format!("{task}_{seconds}_{call}").into();
    HistoryEntry {
        operation_key: Some(format!("{task}_{}", seconds * 1000).into()),
        id,
        operation: task.into(),
        interval: Duration::from_secs(seconds),
        call_id: Some(call),
        rc: Some(ResultCode(rc)),
        status: Some(if rc == expected { ResultStatus::Done } else { ResultStatus::Error }),
        transition_key: Some(format!("1:1:{expected}:uuid").into()),
        ..HistoryEntry::default()
    }
}

pub(super) fn started(call: i64) -> HistoryEntry {
    entry("start", 0, call, 0, 0)
}

pub(super) fn probe(call: i64, rc: u8) -> HistoryEntry {
    entry("monitor", 0, call, rc, 7)
}

/// An entry of a migration between two nodes.
pub(super) fn migration(task: &str, call: i64, rc: u8, source: &str, target: &str) -> HistoryEntry {
    HistoryEntry {
        migrate_source: Some(source.into()),
        migrate_target: Some(target.into()),
        ..entry(task, 0, call, rc, 0)
    }
}
