//! The basis of a plan: digests of what it was made from, so that a saved plan can be refused
//! when the cluster has moved on.

use serde::{Deserialize, Serialize};

use super::step::Step;
use crate::model::Cluster;
use crate::model::digest::digest;

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
}

impl Basis {
    /// Draws up the basis of a plan.
    pub(super) fn new(generation: u64, in_force: &Cluster, declared: &Cluster, steps: &[Step]) -> Self {
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
        } else {
            None
        }
    }
}
