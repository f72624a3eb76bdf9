//! Secrets that stand in plain text in a configuration: kept out of everything that is written
//! down. What is written down has a stand-in for each; whoever knows the configuration can put the
//! values back.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Plan;
use crate::model::digest::digest;
use crate::model::secrecy::{is_secret, secret_in};
use crate::model::{self, Cluster, NameValue, json};
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

/// Secrets could not be left out of what was to be written down, which therefore must not be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its secrets cannot be left out of it: {0}")]
pub struct Unmaskable(String);

/// A value from its tree, in which secrets have stand-ins.
fn masked<T: DeserializeOwned>(tree: Value) -> Result<T, Unmaskable> {
    serde_json::from_value(tree).map_err(|error| Unmaskable(error.to_string()))
}

/// The same with a stand-in for each secret, for eyes that should not see them.
///
/// # Errors
/// When it cannot be read any more with stand-ins in it.
pub fn without_secrets<T: Serialize + DeserializeOwned>(value: &T) -> Result<T, Unmaskable> {
    let mut tree = json::tree(value);
    StandIns::default().mask(&mut tree);
    masked(tree)
}

/// Whether a text only says where a secret is.
fn is_reference(text: &str) -> bool {
    REFERENCES.iter().any(|reference| text.starts_with(reference)) && !text.contains(char::is_whitespace)
}

/// Whether a text stands in for a secret.
pub fn is_stand_in(text: &str) -> bool {
    text.starts_with(STAND_IN)
}

/// Whether a text is a stand-in, or has one in it.
fn holds_stand_in(text: &str) -> bool {
    let password = secret_in(text).and_then(|password| text.get(password));
    is_stand_in(text) || password.is_some_and(is_stand_in)
}

/// The first option of a configuration that has a stand-in for its secret: with it, nothing can run.
pub fn stand_in_of(cluster: &Cluster) -> Option<(String, String)> {
    let mut found = None;
    visit(&mut json::tree(cluster), &mut |place, _, value| {
        if holds_stand_in(value) {
            found.get_or_insert((place.owner, place.option));
        }
    });
    found
}

/// Takes the secrets out of a plan.
///
/// # Errors
/// When the plan cannot be read any more without them.
pub fn seal(plan: &Plan) -> Result<Sealed, Unmaskable> {
    let mut value = json::tree(plan);
    let whole = value.clone();
    let mut stand_ins = StandIns::default();
    configurations(&mut value).for_each(|configuration| stand_ins.mask(configuration));
    if stand_ins.0.is_empty() {
        return Ok(Sealed { plan: plan.clone(), seal: None });
    }
    Ok(Sealed { plan: masked(value)?, seal: Some(digest(&whole)) })
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
        let mut document = json::tree(&self.plan);
        let mut missing = None;
        for configuration in configurations(&mut document) {
            visit(configuration, &mut |place, _, value| {
                if holds_stand_in(value) {
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
        visit(part, &mut |_, extent, value| {
            if let Extent::Parts = extent {
                *value = self.mask_parts(value);
                return;
            }
            if value.is_empty() || is_reference(value) {
                return;
            }
            *value = self.stand_in(value);
        });
    }

    fn stand_in(&mut self, secret: &str) -> String {
        let next = self.0.len() + 1;
        let number = *self.0.entry(secret.to_owned()).or_insert(next);
        format!("{STAND_IN}{number}")
    }

    /// A text with a stand-in for each secret in it.
    fn mask_parts(&mut self, text: &str) -> String {
        let mut masked = String::new();
        let mut rest = text;
        while let Some(password) = secret_in(rest) {
            let secret = rest.get(password.clone()).unwrap_or_default();
            masked.push_str(rest.get(..password.start).unwrap_or_default());
            if is_stand_in(secret) {
                masked.push_str(secret);
            } else {
                masked.push_str(&self.stand_in(secret));
            }
            rest = rest.get(password.end..).unwrap_or_default();
        }
        masked + rest
    }
}

/// The parts of a plan that are configurations.
fn configurations(plan: &mut Value) -> impl Iterator<Item = &mut Value> {
    let fields = plan.as_object_mut().into_iter().flatten();
    fields.filter(|(name, _)| *name == "desired" || *name == "retiring").map(|(_, value)| value)
}

fn secrets(cluster: &Cluster) -> Vec<(Place, String)> {
    let mut secrets = Vec::new();
    visit(&mut json::tree(cluster), &mut |place, _, value| secrets.push((place, value.clone())));
    secrets
}

/// How much of a text is secret.
#[derive(Debug, Clone, Copy)]
enum Extent {
    /// All of it.
    Whole,
    /// What [`secret_in`] finds in it.
    Parts,
}

/// Is shown a text with a secret, and may change it.
type Look<'a> = dyn FnMut(Place, Extent, &mut String) + 'a;

/// Shows to `look` each option that holds a secret, each value that a rule compares one with, and each other
/// text with a secret in it.
fn visit(document: &mut Value, look: &mut Look<'_>) {
    walk(document, "", &mut BTreeMap::new(), look);
}

fn walk(value: &mut Value, owner: &str, seen: &mut BTreeMap<(String, String), usize>, look: &mut Look<'_>) {
    match value {
        Value::Object(fields) => {
            let own = fields.get("id").and_then(Value::as_str).map(str::to_owned);
            let owner = own.as_deref().unwrap_or(owner);
            let mut show = |option: &str, text: &mut String| {
                let number = seen.entry((owner.to_owned(), option.to_owned())).or_default();
                *number += 1;
                if is_secret(option, text) || is_stand_in(text) {
                    let place = Place { owner: owner.to_owned(), option: option.to_owned(), number: *number };
                    look(place, Extent::Whole, text);
                }
            };
            let name = fields.get("name").and_then(Value::as_str).map(str::to_owned);
            let text = fields.get_mut("value").and_then(|value| value.get_mut("Text"));
            if let (Some(option), Some(Value::String(text))) = (name, text) {
                show(&option, text);
                return;
            }
            let is_literal = fields.get("value_source").and_then(Value::as_str) == Some("Literal");
            let compared = fields.get("attribute").and_then(Value::as_str).filter(|_| is_literal);
            if let Some(attribute) = compared.map(str::to_owned)
                && let Some(Value::String(text)) = fields.get_mut("value")
            {
                show(&attribute, text);
                return;
            }
            // As actions have them: a plain mapping.
            for (option, text) in
                fields.get_mut("params").and_then(Value::as_object_mut).into_iter().flatten()
            {
                if let Value::String(text) = text {
                    show(option, text);
                }
            }
            for (name, field) in fields {
                look_into(field, (owner, name), seen, look);
                walk(field, owner, seen, look);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, owner, seen, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Shows the texts of a field that have a secret in them, and are no options.
fn look_into(
    field: &mut Value,
    (owner, name): (&str, &str),
    seen: &mut BTreeMap<(String, String), usize>,
    look: &mut Look<'_>,
) {
    match field {
        Value::String(text) if secret_in(text).is_some() => {
            let number = seen.entry((owner.to_owned(), name.to_owned())).or_default();
            *number += 1;
            let place = Place { owner: owner.to_owned(), option: name.to_owned(), number: *number };
            look(place, Extent::Parts, text);
        }
        Value::Array(items) => {
            for item in items.iter_mut().filter(|item| item.is_string()) {
                look_into(item, (owner, name), seen, look);
            }
        }
        Value::String(_) | Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a decision is made from, without its secrets, so that the same decision is made from it.
/// `None` when it holds none.
///
/// History tells by digests whether parameters have changed since an operation ran. A digest of
/// the parameters as they are becomes a digest of what stands in for them; any other stays another.
///
/// # Errors
/// When they cannot be left out.
pub fn input_without_secrets(
    cluster: &Cluster,
    status: &ClusterStatus,
    now: i64,
) -> Result<Option<(Cluster, ClusterStatus)>, Unmaskable> {
    let mut stand_ins = StandIns::default();
    let mut tree = json::tree(cluster);
    stand_ins.mask(&mut tree);
    let mut status_tree = json::tree(status);
    stand_ins.mask(&mut status_tree);
    if stand_ins.0.is_empty() {
        return Ok(None);
    }
    let masked_cluster: Cluster = masked(tree)?;
    let masked_status: ClusterStatus = masked(status_tree)?;
    let was = interpret::interpret(cluster, status, now);
    let is = interpret::interpret(&masked_cluster, &masked_status, now);
    let status = with_digests(&was, &is);
    let cluster = with_summaries(&was, &is, &masked_cluster);
    Ok(Some((cluster, status)))
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
