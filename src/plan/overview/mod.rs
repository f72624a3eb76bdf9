//! Overview: how a cluster is, in two questions. Is what the manifest says in force (sync), and
//! is what is in force so (health)?

mod part;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(in crate::plan) use part::failure;
pub use part::{Degradation, FailureOverview, NodeCondition, NodeOverview, ResourceOverview, Running};
use serde::{Deserialize, Serialize};

use super::aside::{Aside, AtWork, Freeze, Frozen, MANIFEST, Witness};
use super::retirement::retiring;
use super::trouble::{self, Trouble};
use super::unplaced::Unplaced;
use super::{Because, Caution, Inputs, Plan, Prune, Verb, plan};
use crate::model::{Cluster, Moment, NodeName, Overlay, Override, Pause};
use crate::scheduler::facts::{NodeFacts, NodeKind};
use crate::scheduler::{Facts, interpret};
use crate::status::node::{CLOCK, ClockDifference};
use crate::status::{ClusterStatus, JoinState, NodeState, Presence, ProcessState};

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
    /// Nothing is done on a node for now.
    Frozen(Frozen),
    /// The witness that should vote does not.
    SilentWitness(Witness),
    /// The clock of a node is not the controller's.
    Clock {
        /// Whose.
        node: NodeName,
        /// The controller's node.
        of: NodeName,
        /// By how many seconds it is ahead; less than zero where it is behind.
        ahead: i64,
    },
    /// A node is not there.
    OfflineNode {
        /// Which.
        node: NodeName,
    },
    /// A node is seen, and its daemon takes no part in the cluster.
    PendingNode {
        /// Which.
        node: NodeName,
    },
    /// A daemon takes part whose node is not among the nodes in force: nothing runs there.
    UnknownNode {
        /// Which.
        node: NodeName,
    },
    /// The manifest file of a node is not in force, and does not come in force by itself.
    Manifest {
        /// Whose file.
        node: NodeName,
        /// Why not, as the node says it.
        because: String,
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
    /// A resource should run, does not, and is unmanaged: nobody starts it.
    LeftDown {
        /// Which.
        resource: String,
    },
    /// A resource runs, but not at its best.
    DegradedResource {
        /// Which.
        resource: String,
        /// Where, and what its agent says of it.
        #[serde(flatten)]
        degradation: Degradation,
    },
    /// Resources were told to stop by an `apply --prune`, and are not deleted yet.
    Retiring {
        /// Which.
        resources: Vec<String>,
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
    /// Another command is at work: what it has begun is not known here.
    AtWork(AtWork),
    /// A resource is not as it should be.
    #[serde(untagged)]
    Trouble(Trouble),
}

impl Overview {
    /// The same with what is known beside the cluster's own knowledge, which comes first.
    #[must_use]
    pub fn noting(mut self, aside: &Aside) -> Self {
        let at_work = aside.at_work.iter().cloned().map(Concern::AtWork);
        let unseen = aside.unseen.iter().cloned().map(Concern::Trouble);
        let frozen = aside.frozen.iter().cloned().map(Concern::Frozen);
        let witness = aside.witness.into_iter().map(Concern::SilentWitness);
        self.concerns.splice(0..0, at_work.chain(frozen).chain(witness).chain(unseen));
        let why = |node: &NodeName| {
            aside.frozen.iter().find(|frozen| frozen.node == *node).map(|frozen| frozen.why)
        };
        for node in &mut self.nodes {
            if let Some(why) = why(&node.name) {
                node.freeze(why);
            }
        }
        for resource in &mut self.resources {
            resource.freeze(why);
        }
        let is_missed = aside.frozen.iter().any(|frozen| frozen.why != Freeze::Detached);
        let is_worse = is_missed || !aside.unseen.is_empty() || aside.witness.is_some();
        self.health = match self.health {
            Health::Healthy | Health::Progressing if is_worse => Health::Degraded,
            Health::Healthy if !aside.frozen.is_empty() => Health::Suspended,
            Health::Healthy if aside.at_work.is_some() => Health::Progressing,
            health @ (Health::Healthy
            | Health::Progressing
            | Health::Degraded
            | Health::Suspended
            | Health::Missing) => health,
        };
        self
    }
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
    let mut resources = Vec::new();
    for top in &facts.top {
        part::list(&facts, *top, 0, &mut resources);
    }
    let concerns = concerns(&facts, status, &due, &resources);
    Overview {
        at: now,
        name: in_force.name.clone(),
        generation,
        sync: sync(in_force, declared),
        health: health(in_force, &concerns),
        concerns,
        has_quorum: facts.properties.has_quorum,
        dc: facts.nodes.iter().find(|node| node.is_dc).map(|node| node.name.clone()),
        nodes: facts.nodes.iter().map(|node| part::node_overview(&facts, node)).collect(),
        resources,
        overrides: overlay.active(moment).cloned().collect(),
        pause: overlay.pause_at(moment).cloned(),
        failures: facts.remembered_failures().map(|failed| failure(&facts, failed)).collect(),
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

fn concerns(
    facts: &Facts<'_>,
    status: &ClusterStatus,
    due: &Plan,
    resources: &[ResourceOverview],
) -> Vec<Concern> {
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
        } else if node.is_pending && node.kind == NodeKind::Member {
            concerns.push(Concern::PendingNode { node: node.name.clone() });
        } else if is_lost(node, status) {
            concerns.push(Concern::LostNode { node: node.name.clone() });
        } else if !node.is_online && node.kind == NodeKind::Member && is_seen(node, status) {
            concerns.push(Concern::PendingNode { node: node.name.clone() });
        } else if !node.is_online && node.kind != NodeKind::Guest {
            concerns.push(Concern::OfflineNode { node: node.name.clone() });
        }
    }
    concerns.extend(unknown_nodes(facts, status));
    concerns.extend(status.nodes.iter().filter_map(manifest_of));
    concerns.extend(status.nodes.iter().filter_map(clock_of));
    concerns.extend(trouble::troubles(facts).into_iter().map(Concern::Trouble));
    if !facts.properties.maintenance_mode {
        let left_down = trouble::left_down(facts);
        concerns.extend(left_down.map(|resource| Concern::LeftDown { resource: resource.to_owned() }));
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
    for resource in resources {
        let of_it = |degradation: &Degradation| Concern::DegradedResource {
            resource: resource.id.clone(),
            degradation: degradation.clone(),
        };
        concerns.extend(resource.degraded.iter().map(of_it));
    }
    let retiring = retiring(facts.cluster);
    if !retiring.is_empty() {
        let resources = retiring.into_iter().map(str::to_owned).collect();
        concerns.push(Concern::Retiring { resources });
    }
    if !due.steps.is_empty() {
        concerns.push(Concern::Due { actions: due.steps.len() });
    }
    concerns
}

/// Whether the membership layer sees a node.
fn is_seen(node: &NodeFacts<'_>, status: &ClusterStatus) -> bool {
    let state = status.node(node.name.as_str());
    state.is_some_and(|state| matches!(state.member, Presence::Present | Presence::Since(_)))
}

/// Nodes that take part, and that nothing is known of.
fn unknown_nodes(facts: &Facts<'_>, status: &ClusterStatus) -> impl Iterator<Item = Concern> {
    let takes_part =
        |state: &&NodeState| state.process == ProcessState::Online && state.join == JoinState::Member;
    let names = status.nodes.iter().filter(takes_part).filter_map(|state| state.name.clone());
    names
        .filter(|name| !facts.nodes.iter().any(|node| node.name.is(name.as_str())))
        .map(|node| Concern::UnknownNode { node })
}

/// What a node says of its own manifest file.
fn manifest_of(node: &NodeState) -> Option<Concern> {
    Some(Concern::Manifest { node: node.name.clone()?, because: said_by(node, MANIFEST)?.to_string() })
}

/// What a node says of its own clock.
fn clock_of(node: &NodeState) -> Option<Concern> {
    let ClockDifference { of, ahead } = ClockDifference::read(&said_by(node, CLOCK)?)?;
    Some(Concern::Clock { node: node.name.clone()?, of, ahead })
}

/// What a node says of itself in an attribute.
fn said_by(node: &NodeState, attribute: &str) -> Option<Arc<str>> {
    let mut pairs = node.attributes.iter().flat_map(|set| &set.pairs);
    pairs.find(|pair| *pair.name == *attribute).map(|pair| pair.value.to_text())
}

/// Whether a member that should be up was not heard of again: it may be down, or only out of reach.
fn is_lost(node: &NodeFacts<'_>, status: &ClusterStatus) -> bool {
    let should_be_up = || status.node(node.name.as_str()).is_some_and(|state| state.expected_up);
    !node.is_online && node.kind == NodeKind::Member && should_be_up()
}

fn health(in_force: &Cluster, concerns: &[Concern]) -> Health {
    let is_only_due =
        concerns.iter().all(|concern| matches!(concern, Concern::Due { .. } | Concern::Retiring { .. }));
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
