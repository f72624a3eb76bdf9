//! The basis of a plan: digests of what it was made from, so that a saved plan can be refused
//! when the cluster has moved on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::step::Step;
use crate::model::{Cluster, json};

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

/// SHA-256 of a JSON document without its field `digest`, in hexadecimal. Names count in sorted
/// order, so that it does not matter in which order they are kept.
pub fn document_digest(document: &Value) -> String {
    let Value::Object(fields) = document else { return digest(&sorted(document)) };
    let fields = fields.iter().filter(|(name, _)| *name != "digest");
    digest(&fields.map(|(name, value)| (name.clone(), sorted(value))).collect::<BTreeMap<_, _>>())
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, Value> =
                fields.iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(fields.into_iter().map(|(name, value)| (name.clone(), value)).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// SHA-256 of the value's JSON, in hexadecimal.
pub fn digest(value: &impl Serialize) -> String {
    Sha256::digest(json::bytes(value)).iter().map(|byte| format!("{byte:02x}")).collect()
}
