//! Digests: whether two values say the same, without keeping both.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

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
    let json = serde_json::to_vec(value).unwrap_or_default();
    Sha256::digest(&json).iter().map(|byte| format!("{byte:02x}")).collect()
}
