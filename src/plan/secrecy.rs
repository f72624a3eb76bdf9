//! Secrets that stand in plain text in a configuration: kept out of everything that is written
//! down. What is written down has a stand-in for each; whoever knows the configuration can put the
//! values back.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Plan;
use crate::model::digest::digest;
use crate::model::secrecy::holds_secret;
use crate::model::{self, Cluster, NameValue};
use crate::scheduler::digest::{self as params_digest, Coverage};
use crate::scheduler::{Facts, NodeIx, ResourceIx, interpret};
use crate::status::ClusterStatus;

/// How a stand-in begins; equal secrets have the same number behind it.
const STAND_IN: &str = "masked:";

/// Beginnings of values that only say where a secret is.
const REFERENCES: [&str; 3] = ["secret:", "lrm://", STAND_IN];

/// Node attributes in which nodes remember the digests of fence devices.
const DIGEST_ATTRIBUTES: [&str; 2] = ["#digests-all", "#digests-secure"];

/// Where a secret stands: of which resource (or other owner), which option, and the how manieth of
/// that name, as rules may give an option several values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    owner: String,
    option: String,
    number: usize,
}

/// A plan without its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Sealed {
    /// The plan, with stand-ins.
    pub plan: Plan,
    /// Digest of the plan with its secrets; none when there are none.
    pub seal: Option<String>,
}

/// Why the secrets of a plan could not be put back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsealable {
    /// Nobody knows a value.
    #[error("the plan does not hold the secret `{option}` of `{owner}`, and it is found nowhere else")]
    Unknown {
        /// Of which resource.
        owner: String,
        /// Which option.
        option: String,
    },
    /// The values that were found are others.
    #[error("secrets that the plan was made with have changed since")]
    Changed,
}

/// Takes the secrets out of a plan. `None` if it cannot be written down at all.
pub fn seal(plan: &Plan) -> Option<Sealed> {
    let mut value = serde_json::to_value(plan).ok()?;
    let whole = value.clone();
    let mut stand_ins = StandIns::default();
    configurations(&mut value).for_each(|configuration| stand_ins.mask(configuration));
    if stand_ins.0.is_empty() {
        return Some(Sealed { plan: plan.clone(), seal: None });
    }
    Some(Sealed { plan: serde_json::from_value(value).ok()?, seal: Some(digest(&whole)) })
}

impl Sealed {
    /// The plan with its secrets, as one of these knows them; the first that knows a secret tells.
    ///
    /// # Errors
    /// When a secret is known nowhere, or has changed.
    pub fn unseal(&self, known: &[&Cluster]) -> Result<Plan, Unsealable> {
        let Some(seal) = &self.seal else { return Ok(self.plan.clone()) };
        let mut values = BTreeMap::new();
        for cluster in known {
            for (place, value) in secrets(cluster) {
                values.entry(place).or_insert(value);
            }
        }
        let mut document = serde_json::to_value(&self.plan).map_err(|_| Unsealable::Changed)?;
        let mut missing = None;
        for configuration in configurations(&mut document) {
            visit(configuration, &mut |place, value| {
                if value.starts_with(STAND_IN) {
                    match values.get(&place) {
                        Some(known) => value.clone_from(known),
                        None => missing = Some(place),
                    }
                }
            });
        }
        if let Some(Place { owner, option, .. }) = missing {
            return Err(Unsealable::Unknown { owner, option });
        }
        if digest(&document) != *seal {
            return Err(Unsealable::Changed);
        }
        serde_json::from_value(document).map_err(|_| Unsealable::Changed)
    }
}

/// Stand-ins for secrets.
#[derive(Debug, Default)]
struct StandIns(BTreeMap<String, usize>);

impl StandIns {
    /// Puts a stand-in in place of each secret of a configuration or a status.
    fn mask(&mut self, part: &mut Value) {
        visit(part, &mut |_, value| {
            if value.is_empty() || REFERENCES.iter().any(|reference| value.starts_with(reference)) {
                return;
            }
            let next = self.0.len() + 1;
            let number = *self.0.entry(value.clone()).or_insert(next);
            *value = format!("{STAND_IN}{number}");
        });
    }
}

/// The parts of a plan that are configurations.
fn configurations(plan: &mut Value) -> impl Iterator<Item = &mut Value> {
    let fields = plan.as_object_mut().into_iter().flatten();
    fields.filter(|(name, _)| *name == "desired" || *name == "retiring").map(|(_, value)| value)
}

fn secrets(cluster: &Cluster) -> Vec<(Place, String)> {
    let mut secrets = Vec::new();
    if let Ok(mut document) = serde_json::to_value(cluster) {
        visit(&mut document, &mut |place, value| secrets.push((place, value.clone())));
    }
    secrets
}

/// Shows each option that holds a secret to `look`, which may change it.
fn visit(document: &mut Value, look: &mut dyn FnMut(Place, &mut String)) {
    walk(document, "", &mut BTreeMap::new(), look);
}

fn walk(
    value: &mut Value,
    owner: &str,
    seen: &mut BTreeMap<(String, String), usize>,
    look: &mut dyn FnMut(Place, &mut String),
) {
    match value {
        Value::Object(fields) => {
            let own = fields.get("id").and_then(Value::as_str).map(str::to_owned);
            let owner = own.as_deref().unwrap_or(owner);
            let name = fields.get("name").and_then(Value::as_str).filter(|name| holds_secret(name));
            let name = name.map(str::to_owned);
            let text = fields.get_mut("value").and_then(|value| value.get_mut("Text"));
            if let (Some(option), Some(Value::String(text))) = (name, text) {
                let number = seen.entry((owner.to_owned(), option.clone())).or_default();
                *number += 1;
                look(Place { owner: owner.to_owned(), option, number: *number }, text);
                return;
            }
            for field in fields.values_mut() {
                walk(field, owner, seen, look);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, owner, seen, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What a decision is made from, without its secrets, so that the same decision is made from it.
/// `None` when it holds none.
///
/// History tells by digests whether parameters have changed since an operation ran. A digest of
/// the parameters as they are becomes a digest of what stands in for them; any other stays another.
pub fn input_without_secrets(
    cluster: &Cluster,
    status: &ClusterStatus,
    now: i64,
) -> Option<(Cluster, ClusterStatus)> {
    let mut stand_ins = StandIns::default();
    let mut masked = serde_json::to_value(cluster).ok()?;
    stand_ins.mask(&mut masked);
    let mut masked_status = serde_json::to_value(status).ok()?;
    stand_ins.mask(&mut masked_status);
    if stand_ins.0.is_empty() {
        return None;
    }
    let masked: Cluster = serde_json::from_value(masked).ok()?;
    let masked_status: ClusterStatus = serde_json::from_value(masked_status).ok()?;
    let was = interpret::interpret(cluster, status, now);
    let is = interpret::interpret(&masked, &masked_status, now);
    let status = with_digests(&was, &is);
    let cluster = with_summaries(&was, &is, &masked);
    Some((cluster, status))
}

/// The status of `is`, whose digests tell of its parameters what they told of those of `was`.
fn with_digests(was: &Facts<'_>, is: &Facts<'_>) -> ClusterStatus {
    let mut status = is.status.clone();
    for index in 0..is.resources.len() {
        let resource = ResourceIx::at(index);
        for (node, history) in &is.resource(resource).histories {
            let found = is.status.nodes.iter().zip(&mut status.nodes).find_map(|(seen, copy)| {
                let place = seen.resources.iter().position(|known| std::ptr::eq(known, *history))?;
                copy.resources.get_mut(place)
            });
            for entry in found.into_iter().flat_map(|history| &mut history.entries) {
                params_digest::transpose(entry, (was, is), resource, *node);
            }
        }
    }
    for (seen, copy) in is.status.nodes.iter().zip(&mut status.nodes) {
        let name = seen.name.as_ref().map_or(seen.id.as_str(), |name| name.as_str());
        if let Some(node) = is.node_named(name) {
            copy.attributes.iter_mut().for_each(|set| rewrite_summaries(was, is, node, &mut set.pairs));
        }
    }
    status
}

/// The configuration, whose nodes remember fence devices as those of `is` are.
fn with_summaries(was: &Facts<'_>, is: &Facts<'_>, cluster: &Cluster) -> Cluster {
    let mut cluster = cluster.clone();
    for node in &mut cluster.nodes {
        if let Some(number) = is.node_named(node.name.as_str()) {
            node.attributes.iter_mut().for_each(|set| rewrite_summaries(was, is, number, &mut set.pairs));
        }
    }
    cluster
}

fn rewrite_summaries(was: &Facts<'_>, is: &Facts<'_>, node: NodeIx, pairs: &mut [NameValue]) {
    for pair in pairs.iter_mut().filter(|pair| DIGEST_ATTRIBUTES.contains(&&*pair.name)) {
        let mut text = pair.value.to_text().to_string();
        for device in (0..is.resources.len()).map(ResourceIx::at) {
            for coverage in [Coverage::All, Coverage::Public] {
                let old = params_digest::unfencing_summary(was, device, node, coverage);
                let new = params_digest::unfencing_summary(is, device, node, coverage);
                text = text.replace(&old, &new);
            }
        }
        pair.value = model::Value::Text(text.into());
    }
}

#[cfg(test)]
mod tests;
