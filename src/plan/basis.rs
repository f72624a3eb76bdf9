//! The basis of a plan: digests of what it was made from, so that a saved plan can be refused
//! when the cluster has moved on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Inputs;
use super::step::Step;
use crate::model::digest::digest;
use crate::scheduler::Facts;

/// What a plan was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// Generation in force.
    pub generation: u64,
    /// Digest of the desired state in force.
    pub in_force: String,
    /// Digest of what the manifest declares.
    pub manifest: String,
    /// Digest of the steps that the observed status called for. The status itself may change as
    /// it likes (monitors run all the time) while it calls for the same steps.
    pub steps: String,
    /// Digest of where everything was: which nodes could run something, and what was active where.
    /// What a plan leaves alone is part of what its reviewers saw.
    #[serde(default)]
    pub seats: String,
}

/// What has changed since a plan was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staleness {
    /// Another desired state came in force.
    Generation {
        /// The plan's.
        planned: u64,
        /// The cluster's.
        actual: u64,
    },
    /// The desired state in force is another, although the generation is the same: another cluster.
    InForce,
    /// The cluster needs other steps now.
    Steps,
    /// Nodes or resources are not where they were.
    Seats,
}

impl Basis {
    /// Draws up the basis of a plan.
    pub(super) fn new(inputs: &Inputs<'_>, steps: &[Step], facts: &Facts<'_>) -> Self {
        let Inputs { generation, in_force, declared, .. } = *inputs;
        let manifest = digest(declared);
        let is_same = std::ptr::eq(in_force, declared);
        Self {
            generation,
            in_force: if is_same { manifest.clone() } else { digest(in_force) },
            manifest,
            steps: digest(
                &steps
                    .iter()
                    .map(|step| (step.verb, step.method, &step.resource, &step.from, &step.to))
                    .collect::<Vec<_>>(),
            ),
            seats: digest(&seats(facts)),
        }
    }

    /// What differs between the basis of a saved plan and one made just now.
    pub fn staleness(&self, now: &Self) -> Option<Staleness> {
        if self.generation != now.generation {
            Some(Staleness::Generation { planned: self.generation, actual: now.generation })
        } else if self.in_force != now.in_force {
            Some(Staleness::InForce)
        } else if self.steps != now.steps {
            Some(Staleness::Steps)
        } else if self.seats != now.seats {
            Some(Staleness::Seats)
        } else {
            None
        }
    }
}

/// Where everything is.
#[derive(Serialize)]
struct Seats<'a> {
    /// Nodes: whether they are online, unclean, in standby, in maintenance.
    nodes: Vec<(&'a str, [bool; 4])>,
    /// Resources, with the nodes on which they are active.
    active: BTreeMap<&'a str, Vec<&'a str>>,
}

/// What can be said of nodes and resources without the passing detail of their histories.
fn seats<'a>(facts: &'a Facts<'_>) -> Seats<'a> {
    let nodes = facts.nodes.iter().map(|node| {
        let is_standby = node.is_standby || node.is_standby_on_failure;
        (node.name.as_str(), [node.is_online, node.unclean.is_some(), is_standby, node.in_maintenance])
    });
    let mut active: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for resource in facts.resources.iter().filter(|resource| resource.primitive().is_some()) {
        // Instance numbers come and go.
        let places = active.entry(&*resource.base_id).or_default();
        places.extend(resource.active_on.iter().map(|node| facts.node(*node).name.as_str()));
    }
    active.values_mut().for_each(|nodes| nodes.sort_unstable());
    Seats { nodes: nodes.collect(), active }
}
