//! The parts of a cluster in an overview: nodes, resources, failures.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{NodeName, Role};
use crate::plan::aside::Freeze;
use crate::plan::because;
use crate::plan::fail_count::{FailCount, fail_counts};
use crate::scheduler::facts::{FailedAction, NodeFacts, ResourceFacts, Variant};
use crate::scheduler::{Facts, ResourceIx};
use crate::status::{HistoryEntry, ResultCode};

/// How a node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeOverview {
    /// Its name.
    pub name: NodeName,
    /// Whether it is reached through a resource.
    pub is_remote: bool,
    /// Everything that is said of it; the first is the gravest.
    pub states: Vec<NodeCondition>,
    /// Primitives that run there.
    pub running: Vec<Running>,
}

/// What can be said of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeCondition {
    /// Lost without notice: must be fenced.
    Unclean,
    /// Not there any more; what it may still run is given the time to end.
    Lost,
    /// Its daemon does not answer.
    Silent,
    /// Its daemon left, and let what runs there run on.
    Detached,
    /// Not there.
    Offline,
    /// On its way up.
    Pending,
    /// Shutting down.
    ShuttingDown,
    /// In standby.
    Standby,
    /// In maintenance.
    Maintenance,
    /// There.
    Online,
}

impl NodeOverview {
    /// The same of a node on which nothing is done for now: that is more than maintenance.
    pub(super) fn freeze(&mut self, why: Freeze) {
        let condition = match why {
            Freeze::Lost => NodeCondition::Lost,
            Freeze::Silent => NodeCondition::Silent,
            Freeze::Detached => NodeCondition::Detached,
        };
        let is_told_by_that = |state: &NodeCondition| {
            let is_lost = why == Freeze::Lost && *state == NodeCondition::Offline;
            is_lost || matches!(state, NodeCondition::Maintenance | NodeCondition::Online)
        };
        self.states.retain(|state| !is_told_by_that(state));
        self.states.insert(0, condition);
    }
}

/// A primitive that runs on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Which.
    pub resource: String,
    /// In which role.
    pub role: Role,
}

/// How a resource is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceOverview {
    /// Its name.
    pub id: String,
    /// What it is: an agent, or the kind of collective.
    pub kind: String,
    /// How many collectives are around it.
    pub depth: usize,
    /// Its role.
    pub role: Role,
    /// Where it is active.
    pub nodes: Vec<NodeName>,
    /// What is being done with it there, where that is known: `start`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<String>,
    /// Whether it is a collective.
    pub is_collective: bool,
    /// Whether it may be started and stopped.
    pub is_managed: bool,
    /// Whether nothing may be done with it.
    pub is_blocked: bool,
    /// Why nothing is done about it for now, where it is active on such nodes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Freeze>,
    /// Whether it has failed.
    pub is_failed: bool,
    /// Whether it is no longer configured.
    pub is_removed: bool,
    /// The role that it was told to have.
    pub target_role: Option<Role>,
    /// How often it failed where, as far as that still counts.
    pub fail_counts: Vec<FailCount>,
    /// Where it runs, but not at its best.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<Degradation>,
}

/// A resource that runs on a node, but not at its best, as its agent said last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Degradation {
    /// Where.
    pub node: NodeName,
    /// What the agent said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_reason: Option<String>,
}

impl ResourceOverview {
    /// Whether it was told to start, and did not say that it has.
    pub fn is_starting(&self) -> bool {
        self.pending.as_deref() == Some("start")
    }

    /// The same, where `why` says of a node why nothing is done there.
    pub(super) fn freeze(&mut self, why: impl Fn(&NodeName) -> Option<Freeze>) {
        let reasons: Option<Vec<Freeze>> = self.nodes.iter().map(why).collect();
        self.frozen = reasons.and_then(|reasons| reasons.first().copied());
    }
}

/// A failure that is still remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureOverview {
    /// Of which resource.
    pub resource: String,
    /// Where.
    pub node: NodeName,
    /// Which operation.
    pub operation: String,
    /// What the agent answered.
    pub rc: u8,
    /// The same in words.
    pub answer: String,
    /// What the agent said.
    pub exit_reason: Option<String>,
    /// When, seconds since 1970.
    pub at: Option<i64>,
}

/// How a node is.
pub(super) fn node_overview(facts: &Facts<'_>, node: &NodeFacts<'_>) -> NodeOverview {
    let all = [
        (node.unclean.is_some(), NodeCondition::Unclean),
        (!node.is_online, NodeCondition::Offline),
        (node.is_pending, NodeCondition::Pending),
        (node.is_shutting_down, NodeCondition::ShuttingDown),
        (node.is_standby || node.is_standby_on_failure, NodeCondition::Standby),
        (node.in_maintenance, NodeCondition::Maintenance),
        (node.is_online, NodeCondition::Online),
    ];
    let running = node.running.iter().map(|resource| {
        let resource = facts.resource(*resource);
        Running { resource: resource.id.to_string(), role: shown_role(resource) }
    });
    NodeOverview {
        name: node.name.clone(),
        is_remote: node.is_remote(),
        states: all.into_iter().filter(|(holds, _)| *holds).map(|(_, condition)| condition).collect(),
        running: running.collect(),
    }
}

/// How a resource is, and what is in it.
pub(super) fn list(facts: &Facts<'_>, index: ResourceIx, depth: usize, list_of: &mut Vec<ResourceOverview>) {
    let resource = facts.resource(index);
    list_of.push(ResourceOverview {
        fail_counts: fail_counts(facts, index),
        degraded: degradations(facts, resource),
        ..resource_overview(facts, resource, depth)
    });
    for child in &resource.children {
        list(facts, *child, depth + 1, list_of);
    }
}

/// The role of a resource, in the words of what can be promoted where that is so: an instance that was started, and was
/// not promoted since, is unpromoted.
fn shown_role(resource: &ResourceFacts<'_>) -> Role {
    match resource.current_role {
        Role::Started if resource.is_promotable => Role::Unpromoted,
        role @ (Role::Stopped | Role::Started | Role::Unpromoted | Role::Promoted) => role,
    }
}

fn resource_overview(facts: &Facts<'_>, resource: &ResourceFacts<'_>, depth: usize) -> ResourceOverview {
    let kind = match &resource.variant {
        Variant::Primitive(primitive) => primitive.agent.to_string(),
        Variant::Group(_) => "group".to_owned(),
        Variant::Clone(_) if resource.is_promotable => "promotable clone".to_owned(),
        Variant::Clone(_) => "clone".to_owned(),
        Variant::Bundle(_) => "bundle".to_owned(),
    };
    ResourceOverview {
        id: resource.id.to_string(),
        kind,
        depth,
        role: shown_role(resource),
        nodes: resource.active_on.iter().map(|node| facts.node(*node).name.clone()).collect(),
        pending: resource.pending.as_ref().map(|pending| pending.task.to_string()),
        is_collective: resource.primitive().is_none(),
        is_managed: resource.is_managed,
        is_blocked: resource.is_blocked,
        frozen: None,
        is_failed: resource.is_failed,
        is_removed: resource.is_removed,
        target_role: resource.target_role,
        fail_counts: Vec::new(),
        degraded: Vec::new(),
    }
}

/// Where a resource is degraded: by its recurring monitors, or by what ran once if nothing ran since.
fn degradations(facts: &Facts<'_>, resource: &ResourceFacts<'_>) -> Vec<Degradation> {
    let here = resource.histories.iter().filter(|(node, _)| resource.active_on.contains(node));
    let degraded = here.filter_map(|(node, history)| {
        let newest = history.entries.iter().filter_map(|entry| entry.call_id).max();
        let counts = |entry: &&HistoryEntry| !entry.interval.is_zero() || entry.call_id == newest;
        let mut entries = history.entries.iter().filter(counts);
        let said = entries.find(|entry| entry.rc.is_some_and(ResultCode::is_degraded))?;
        Some(Degradation { node: facts.node(*node).name.clone(), exit_reason: said_text(&said.exit_reason) })
    });
    degraded.collect()
}

fn said_text(reason: &Option<Arc<str>>) -> Option<String> {
    reason.as_ref().map(Arc::to_string).filter(|text| !text.is_empty())
}

/// A failure that is still remembered.
pub(in crate::plan) fn failure(facts: &Facts<'_>, failed: &FailedAction) -> FailureOverview {
    let node = facts.node(failed.node).name.clone();
    FailureOverview {
        resource: failed.resource.to_string(),
        node,
        operation: failed.task.to_string(),
        rc: failed.rc.0,
        answer: because::answer(failed).to_owned(),
        exit_reason: said_text(&failed.exit_reason),
        at: failed.at,
    }
}
