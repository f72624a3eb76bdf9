//! Overview: how a cluster is, in two questions. Is what the manifest says in force (sync), and
//! is what is in force so (health)?

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fail_count::{FailCount, fail_counts};
use super::unplaced::Unplaced;
use super::{Because, Caution, Inputs, Plan, Prune, Verb, plan};
use crate::model::{Cluster, Moment, NodeName, Overlay, Override, Pause, Role};
use crate::scheduler::facts::{NodeFacts, NodeKind, ResourceFacts, Variant};
use crate::scheduler::{Facts, ResourceIx, interpret};
use crate::status::ClusterStatus;

/// How a cluster is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// When it was looked at, seconds since 1970.
    #[serde(skip)]
    pub at: i64,
    /// The cluster's name.
    pub name: Option<String>,
    /// Generation in force.
    pub generation: u64,
    /// Whether what the manifest says is in force.
    pub sync: Sync,
    /// Whether what is in force is so.
    pub health: Health,
    /// Why the health is what it is, worst first.
    pub concerns: Vec<Concern>,
    /// Whether there is quorum.
    pub has_quorum: bool,
    /// The designated controller's node.
    pub dc: Option<NodeName>,
    /// Nodes, in order of their names.
    pub nodes: Vec<NodeOverview>,
    /// Resources; members follow their collective.
    pub resources: Vec<ResourceOverview>,
    /// What was asked for on top of what is in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// Whether decisions are paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// Failures that are still remembered.
    pub failures: Vec<FailureOverview>,
}

/// Whether what the manifest says is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sync {
    /// It is.
    Synced,
    /// Something differs.
    OutOfSync,
    /// There is no manifest to compare with.
    Unknown,
}

/// Whether what is in force is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Health {
    /// It is.
    Healthy,
    /// Nearly: something is being done, or is about to be.
    Progressing,
    /// Something failed, is missing or cannot be done.
    Degraded,
    /// The cluster was told to leave things alone.
    Suspended,
    /// Nothing is in force.
    Missing,
}

/// Something that keeps a cluster from being healthy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "concern", rename_all = "kebab-case")]
pub enum Concern {
    /// There is no quorum.
    NoQuorum,
    /// A resource has no node.
    Unplaced(Unplaced),
    /// This is a node that takes itself to be cut off.
    CutOff,
    /// A node must be fenced.
    UncleanNode {
        /// Which.
        node: NodeName,
    },
    /// A node vanished without a word, and nobody can make sure that it is down.
    LostNode {
        /// Which.
        node: NodeName,
    },
    /// A node is not there.
    OfflineNode {
        /// Which.
        node: NodeName,
    },
    /// A resource has failed and was not recovered.
    FailedResource {
        /// Which.
        resource: String,
    },
    /// Something should be done and cannot be.
    Blocked {
        /// Of which resource or node.
        subject: String,
        /// What.
        verb: Verb,
        /// Why not.
        because: Because,
    },
    /// Actions are due.
    Due {
        /// How many.
        actions: usize,
    },
    /// The cluster is in maintenance.
    Maintenance,
    /// Decisions are paused.
    Paused,
}

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
    /// Whether it is a collective.
    pub is_collective: bool,
    /// Whether it may be started and stopped.
    pub is_managed: bool,
    /// Whether nothing may be done with it.
    pub is_blocked: bool,
    /// Whether it has failed.
    pub is_failed: bool,
    /// Whether it is no longer configured.
    pub is_removed: bool,
    /// The role that it was told to have.
    pub target_role: Option<Role>,
    /// How often it failed where, as far as that still counts.
    pub fail_counts: Vec<FailCount>,
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

/// Looks at a cluster. `declared` is what the manifest says, if there is one.
pub fn overview(
    generation: u64,
    in_force: &Cluster,
    overlay: &Overlay,
    status: &ClusterStatus,
    now: i64,
    declared: Option<&Cluster>,
) -> Overview {
    let inputs = Inputs { generation, ..Inputs::drift(in_force, overlay, status, now) };
    let due = plan(&inputs).plan;
    let moment = Moment::at(now);
    let effective = overlay.over(in_force, moment);
    let facts = interpret::interpret(&effective, status, now);
    let concerns = concerns(&facts, status, &due);
    let mut resources = Vec::new();
    for top in &facts.top {
        list(&facts, *top, 0, &mut resources);
    }
    Overview {
        at: now,
        name: in_force.name.clone(),
        generation,
        sync: sync(in_force, declared),
        health: health(in_force, &concerns),
        concerns,
        has_quorum: facts.properties.has_quorum,
        dc: facts.nodes.iter().find(|node| node.is_dc).map(|node| node.name.clone()),
        nodes: facts.nodes.iter().map(|node| node_overview(&facts, node)).collect(),
        resources,
        overrides: overlay.active(moment).cloned().collect(),
        pause: overlay.pause_at(moment).cloned(),
        failures: facts.failed_actions.iter().map(|failed| failure(&facts, failed)).collect(),
    }
}

fn sync(in_force: &Cluster, declared: Option<&Cluster>) -> Sync {
    match declared {
        None => Sync::Unknown,
        Some(declared) => {
            let merged = super::merge::merge(in_force, declared, Prune::No);
            let is_same = super::difference::difference(in_force, &merged.cluster, &[]).is_empty();
            if is_same { Sync::Synced } else { Sync::OutOfSync }
        }
    }
}

fn concerns(facts: &Facts<'_>, status: &ClusterStatus, due: &Plan) -> Vec<Concern> {
    let mut concerns = Vec::new();
    if facts.cluster.nodes.is_empty() && facts.nodes.is_empty() {
        return concerns;
    }
    if facts.properties.maintenance_mode {
        concerns.push(Concern::Maintenance);
    }
    if due.cautions.contains(&Caution::Paused) {
        concerns.push(Concern::Paused);
    }
    if status.is_cut_off {
        concerns.push(Concern::CutOff);
    } else if !facts.properties.has_quorum {
        concerns.push(Concern::NoQuorum);
    }
    for node in &facts.nodes {
        if node.unclean.is_some() {
            concerns.push(Concern::UncleanNode { node: node.name.clone() });
        } else if is_lost(node, status) {
            concerns.push(Concern::LostNode { node: node.name.clone() });
        } else if !node.is_online && node.kind != NodeKind::Guest {
            concerns.push(Concern::OfflineNode { node: node.name.clone() });
        }
    }
    concerns.extend(due.unplaced.iter().cloned().map(Concern::Unplaced));
    concerns.extend(due.blocked.iter().map(|blocked| {
        Concern::Blocked {
            subject: blocked
                .resource
                .clone()
                .or_else(|| blocked.from.as_ref().map(ToString::to_string))
                .unwrap_or_default(),
            verb: blocked.verb,
            because: blocked.because.clone(),
        }
    }));
    for resource in &facts.resources {
        if resource.is_failed && matches!(resource.variant, Variant::Primitive(_)) {
            concerns.push(Concern::FailedResource { resource: resource.id.to_string() });
        }
    }
    if !due.steps.is_empty() {
        concerns.push(Concern::Due { actions: due.steps.len() });
    }
    concerns
}

/// Whether a member that should be up was not heard of again: it may be down, or only out of reach.
fn is_lost(node: &NodeFacts<'_>, status: &ClusterStatus) -> bool {
    let should_be_up = || status.node(node.name.as_str()).is_some_and(|state| state.expected_up);
    !node.is_online && node.kind == NodeKind::Member && should_be_up()
}

fn health(in_force: &Cluster, concerns: &[Concern]) -> Health {
    let is_only_due = concerns.iter().all(|concern| matches!(concern, Concern::Due { .. }));
    if in_force.nodes.is_empty() && in_force.resources.is_empty() {
        Health::Missing
    } else if concerns.contains(&Concern::Maintenance) || concerns.contains(&Concern::Paused) {
        Health::Suspended
    } else if concerns.is_empty() {
        Health::Healthy
    } else if is_only_due {
        Health::Progressing
    } else {
        Health::Degraded
    }
}

fn node_overview(facts: &Facts<'_>, node: &NodeFacts<'_>) -> NodeOverview {
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
        Running { resource: resource.id.to_string(), role: resource.current_role }
    });
    NodeOverview {
        name: node.name.clone(),
        is_remote: node.is_remote(),
        states: all.into_iter().filter(|(holds, _)| *holds).map(|(_, condition)| condition).collect(),
        running: running.collect(),
    }
}

fn list(facts: &Facts<'_>, index: ResourceIx, depth: usize, list_of: &mut Vec<ResourceOverview>) {
    let resource = facts.resource(index);
    list_of.push(ResourceOverview {
        fail_counts: fail_counts(facts, index),
        ..resource_overview(facts, resource, depth)
    });
    for child in &resource.children {
        list(facts, *child, depth + 1, list_of);
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
        role: resource.current_role,
        nodes: resource.active_on.iter().map(|node| facts.node(*node).name.clone()).collect(),
        is_collective: resource.primitive().is_none(),
        is_managed: resource.is_managed,
        is_blocked: resource.is_blocked,
        is_failed: resource.is_failed,
        is_removed: resource.is_removed,
        target_role: resource.target_role,
        fail_counts: Vec::new(),
    }
}

fn failure(facts: &Facts<'_>, failed: &crate::scheduler::facts::FailedAction) -> FailureOverview {
    let node = facts.node(failed.node).name.clone();
    FailureOverview {
        resource: failed.resource.to_string(),
        node,
        operation: failed.task.to_string(),
        rc: failed.rc.0,
        answer: super::because::answer(failed).to_owned(),
        exit_reason: failed.exit_reason.as_ref().map(Arc::to_string).filter(|text| !text.is_empty()),
        at: failed.at,
    }
}
