//! Digests: whether what ran has still the parameters it ran with.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use md5::{Digest as _, Md5};

use super::facts::{Facts, NodeIx, ResourceIx};
use super::operation::Lookup;
use super::options;
use super::rule::{self, RuleInput};
use crate::model::fencing::option;
use crate::model::{AgentClass, Table};
use crate::status::HistoryEntry;

/// Digests are kept per node, task and interval.
pub(super) type DigestKey = (NodeIx, Arc<str>, Duration);

/// Digests of the configured parameters, as the first entry asked about made them.
#[derive(Debug, Clone)]
pub(super) struct Digests {
    all: String,
    restart: Option<String>,
    secure: Option<String>,
    has_op_params: bool,
}

/// What became of an operation's parameters since it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefinitionChange {
    /// Nothing.
    Same,
    /// They changed; a reload may do.
    Changed,
    /// They changed, and the resource must restart.
    NeedsRestart,
    /// Nobody knows.
    Unknown,
}

/// Parameters that no digest counts.
const NEVER_COUNTED: [&str; 6] =
    ["id", "crm_feature_set", "op-digest", "on_node", "on_node_uuid", "pcmk_external_ip"];

/// Parameters of every fence device, which its agent does not see, beside the options for whoever fences.
const DEVICE_PARAMS: [&str; 2] = ["provides", "stonith-timeout"];

/// Parameters that unfencing never counts as public.
const DEVICE_SECRETS: [&str; 3] = ["passwd", "password", "user"];

/// The first version whose secure digests cover all parameters.
const SECURE_COVERS_ALL: &str = "3.16.0";

/// Compares what an entry ran with, and what is configured now.
pub fn compare(
    facts: &Facts<'_>,
    resource: ResourceIx,
    node: NodeIx,
    entry: &HistoryEntry,
) -> DefinitionChange {
    compare_digests(facts, resource, node, entry).0
}

/// [`compare`], but what changed only in its secrets counts as the same: an observer may see
/// them masked.
pub fn compare_public(
    facts: &Facts<'_>,
    resource: ResourceIx,
    node: NodeIx,
    entry: &HistoryEntry,
) -> DefinitionChange {
    let (change, digests) = compare_digests(facts, resource, node, entry);
    let is_same_in_public =
        digests.secure.is_some() && digests.secure.as_deref() == entry.op_secure_digest.as_deref();
    if is_same_in_public { DefinitionChange::Same } else { change }
}

fn compare_digests(
    facts: &Facts<'_>,
    resource: ResourceIx,
    node: NodeIx,
    entry: &HistoryEntry,
) -> (DefinitionChange, Arc<Digests>) {
    let spoiled = &facts.resource(resource).memo.spoiled;
    let is_spoiled = !spoiled.is_empty() && spoiled.contains(&(node, Arc::clone(&entry.id)));
    let digests = known_digests(facts, resource, node, entry, is_spoiled);
    if let Some(restart) = &digests.restart {
        let recorded = entry.op_restart_digest.as_deref();
        if is_spoiled || recorded.is_some_and(|recorded| recorded != restart) {
            return (DefinitionChange::NeedsRestart, digests);
        }
    }
    let change = match entry.op_digest.as_deref() {
        None => DefinitionChange::Unknown,
        Some(recorded) if recorded == digests.all => DefinitionChange::Same,
        Some(_) if entry.interval.is_zero() && digests.has_op_params => DefinitionChange::NeedsRestart,
        Some(_) => DefinitionChange::Changed,
    };
    (change, digests)
}

/// The digests that the first entry asked about made.
fn known_digests(
    facts: &Facts<'_>,
    resource: ResourceIx,
    node: NodeIx,
    entry: &HistoryEntry,
    is_spoiled: bool,
) -> Arc<Digests> {
    let memo = &facts.resource(resource).memo;
    let key = (node, Arc::clone(&entry.operation), entry.interval);
    // There are as many as nodes on which it ran: mostly one.
    let known =
        memo.digests.borrow().iter().find(|(known, _)| *known == key).map(|(_, digests)| digests.clone());
    known.unwrap_or_else(|| {
        let digests = Arc::new(digests_for(facts, resource, node, entry, is_spoiled));
        memo.digests.borrow_mut().push((key, Arc::clone(&digests)));
        digests
    })
}

fn digests_for(
    facts: &Facts<'_>,
    resource: ResourceIx,
    node: NodeIx,
    entry: &HistoryEntry,
    is_spoiled: bool,
) -> Digests {
    let instance = facts.params(resource, Some(node));
    let op_params = operation_params(facts, resource, node, &entry.operation, entry.interval);
    let mut all = (*instance).clone();
    for (name, value) in &op_params {
        all.entry(Arc::clone(name)).or_insert_with(|| Arc::clone(value));
    }
    put_host_address(facts, resource, &mut all);
    strip(&mut all);
    if !entry.interval.is_zero() {
        let op = facts.find_operation(resource, &entry.operation, entry.interval, Lookup::Any);
        let options = facts.operation_options(resource, &entry.operation, entry.interval, op);
        all.insert("CRM_meta_timeout".into(), options.timeout.as_millis().to_string().into());
    }
    let restart = (is_spoiled || entry.op_restart_digest.is_some()).then(|| match &entry.op_force_restart {
        Some(names) => digest(&restrict(&all, names)),
        None => digest(&all),
    });
    let secure = entry
        .op_secure_digest
        .as_ref()
        .map(|_| digest(&secure_params(facts, resource, entry, &all, &instance)));
    Digests { all: digest(&all), restart, secure, has_op_params: !op_params.is_empty() }
}

/// A digest that no parameters have.
const OTHER: &str = "00000000000000000000000000000000";

/// Rewrites the digests of an entry so that they tell of the parameters in the second facts what
/// they told of those in the first: that these are the same, or are others.
pub fn transpose(
    entry: &mut HistoryEntry,
    facts: (&Facts<'_>, &Facts<'_>),
    resource: ResourceIx,
    node: NodeIx,
) {
    let was = digests_for(facts.0, resource, node, entry, false);
    let is = digests_for(facts.1, resource, node, entry, false);
    if was.all == is.all {
        return;
    }
    let rewrite = |recorded: &mut Option<Arc<str>>, was: Option<&str>, is: Option<&str>| {
        if recorded.is_some() && was != is {
            let is_same = recorded.as_deref() == was;
            *recorded = Some(is.filter(|_| is_same).unwrap_or(OTHER).into());
        }
    };
    rewrite(&mut entry.op_digest, Some(&was.all), Some(&is.all));
    rewrite(&mut entry.op_restart_digest, was.restart.as_deref(), is.restart.as_deref());
    rewrite(&mut entry.op_secure_digest, was.secure.as_deref(), is.secure.as_deref());
}

/// Parameters only for one operation, as they hold for the node.
pub fn operation_params(
    facts: &Facts<'_>,
    resource: ResourceIx,
    node: NodeIx,
    name: &str,
    interval: Duration,
) -> Table {
    let ops = facts.resource(resource).primitive().map(|primitive| &primitive.ops);
    let op = ops.and_then(|ops| ops.iter().find(|op| *op.name == *name && op.interval == interval));
    let Some(op) = op.filter(|op| !op.params.is_empty()) else { return Table::new() };
    let input =
        RuleInput { now: facts.now, attributes: Some(&facts.node(node).attributes), ..RuleInput::default() };
    options::collect(&op.params, &input, &facts.recheck)
}

/// A bundle's connection may ask for its host's name as address.
fn put_host_address(facts: &Facts<'_>, resource: ResourceIx, params: &mut Table) {
    let Some(launcher) = facts.resource(resource).launcher else { return };
    if params.get("addr").is_none_or(|addr| &**addr != "#uname") || !facts.resource(resource).is_connection()
    {
        return;
    }
    if let Some(host) = facts.current_node(launcher) {
        params.insert("addr".into(), facts.node(host).name.to_shared());
    }
}

/// Leaves only what a digest counts.
pub fn strip(params: &mut Table) {
    params.retain(|name, _| !name.starts_with("CRM_meta_") && !NEVER_COUNTED.contains(&&**name));
}

fn restrict(params: &Table, names: &str) -> Table {
    let named = |name: &str| names.split_whitespace().any(|wanted| wanted == name);
    params.iter().filter(|(name, _)| named(name)).map(|(n, v)| (Arc::clone(n), Arc::clone(v))).collect()
}

/// The parameters that are no secret. Old entries left out more than that.
fn secure_params(
    facts: &Facts<'_>,
    resource: ResourceIx,
    entry: &HistoryEntry,
    all: &Table,
    instance: &Table,
) -> Table {
    let is_old = is_before_secure(facts, entry.feature_set.as_deref());
    let mut secure = if is_old { instance.clone() } else { all.clone() };
    if is_old {
        strip(&mut secure);
        let agent = facts.resource(resource).primitive().map(|primitive| &primitive.agent);
        if agent.is_some_and(|agent| agent.class == AgentClass::Stonith) {
            secure.retain(|name, _| !is_device_param(name));
        }
    }
    if let Some(names) = &entry.op_secure_params {
        secure.retain(|name, _| !names.split_whitespace().any(|secret| *secret == **name));
    }
    secure
}

/// Whether digests of this version (or else of the status) leave out more than secrets.
fn is_before_secure(facts: &Facts<'_>, version: Option<&str>) -> bool {
    let version = version.or(facts.status.feature_set.as_deref());
    version.is_none_or(|version| rule::compare_versions(version, SECURE_COVERS_ALL).is_lt())
}

fn is_device_param(name: &str) -> bool {
    let is_action = name
        .strip_prefix("pcmk_")
        .is_some_and(|rest| ["_action", "_timeout", "_retries"].iter().any(|end| rest.ends_with(end)));
    is_action || option::is_of_device(name) || DEVICE_PARAMS.contains(&name)
}

/// The digest of a set of parameters: MD5 of an XML element `parameters` with sorted attributes.
pub fn digest(params: &Table) -> String {
    let mut text = String::from(" <parameters");
    for (name, value) in params {
        let _ = write!(text, " {name}=\"");
        escape(value, &mut text);
        text.push('"');
    }
    text.push_str("/>\n");
    let mut digest = String::with_capacity(32);
    for byte in Md5::digest(text.as_bytes()) {
        let _ = write!(digest, "{byte:02x}");
    }
    digest
}

fn escape(value: &str, text: &mut String) {
    for character in value.chars() {
        match character {
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            '"' => text.push_str("&quot;"),
            control if control.is_ascii_control() => {
                let _ = write!(text, "&#x{:02X};", u32::from(control));
            }
            other => text.push(other),
        }
    }
}

/// Which parameters of a fence device a summary for unfencing covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// All.
    All,
    /// Those that are no secret.
    Public,
}

/// The summary of a fence device by which a node remembers with what it was unfenced:
/// `ID:AGENT:DIGEST,`.
pub fn unfencing_summary(facts: &Facts<'_>, device: ResourceIx, node: NodeIx, coverage: Coverage) -> String {
    let resource = facts.resource(device);
    let mut params = (*facts.params(device, Some(node))).clone();
    strip(&mut params);
    if coverage == Coverage::Public {
        let is_old = is_before_secure(facts, None);
        params.retain(|name, _| !DEVICE_SECRETS.contains(&&**name));
        if is_old {
            params.retain(|name, _| !is_device_param(name));
        }
    }
    let kind = resource.primitive().map_or("", |primitive| &primitive.agent.kind);
    format!("{}:{kind}:{},", resource.id, digest(&params))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(pairs: &[(&str, &str)]) -> Table {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn no_parameters_have_the_well_known_digest() {
        assert_eq!(digest(&Table::new()), "f2317cad3d54cec5d7d7aa7d0bf35cf8");
        assert_eq!(digest(&table(&[("CRM_meta_timeout", "20000")])), "4811cef7f7f94e3a35a70be7916cb2fd");
    }

    #[test]
    fn markup_in_values_is_escaped() {
        let mut text = String::new();
        escape("a<b>&\"\n\u{e9}", &mut text);
        assert_eq!(text, "a&lt;b&gt;&amp;&quot;&#x0A;\u{e9}");
    }

    #[test]
    fn parameters_of_the_cluster_do_not_count() {
        let mut params = table(&[("CRM_meta_timeout", "1"), ("id", "x"), ("ip", "10.0.0.1")]);
        strip(&mut params);
        assert_eq!(params, table(&[("ip", "10.0.0.1")]));
    }

    #[test]
    fn fence_devices_have_parameters_of_their_own() {
        assert!(is_device_param("pcmk_reboot_timeout"));
        assert!(is_device_param("pcmk_host_map"));
        assert!(!is_device_param("pcmk_monitor"));
        assert!(!is_device_param("ip"));
    }
}
