//! Model to XML: a configuration as a CIB that Pacemaker accepts.
//!
//! What a CIB needs and a manifest leaves out is made up here: an id for every element, in a way
//! that is the same for the same cluster. What was read from a CIB keeps its ids.

mod constraints;
mod element;
mod ids;
mod options;
mod resources;
mod rest;
mod rules;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests;

use crate::diagnostic::Diagnostic;
use crate::model::option::{PROPERTIES, Standing};
use crate::model::resource::CloneChild;
use crate::model::{Cluster, NameValue, OptionSet, Resource, Value};
use element::Element;

/// The schema that the document is written under: that of Pacemaker 2.1.5 and later.
const SCHEMA: &str = "pacemaker-3.9";
/// The rules the document is written under: no later ones than every Pacemaker from 2.1.5 on knows, as
/// builds of 2.1.5 differ and each refuses what is newer than itself.
const FEATURE_SET: &str = "3.16.1";
/// What stands in a CIB for a value that only the nodes know (see `cibsecret`).
pub(super) const SECRET: &str = "lrm://";

/// Writes the configuration as a CIB without status.
pub fn write(cluster: &Cluster) -> String {
    let mut configuration = Element::new("configuration");
    configuration.push(options::properties(cluster));
    configuration.push(rest::nodes(&cluster.nodes));
    configuration.push(resources::resources(cluster));
    configuration.push(constraints::constraints(&cluster.constraints));
    configuration.extend(rest::fencing(&cluster.fencing_levels));
    configuration.extend(options::defaults("op_defaults", &cluster.operation_defaults));
    configuration.extend(options::defaults("rsc_defaults", &cluster.resource_defaults));
    configuration.extend(rest::tags(&cluster.tags));
    configuration.extend(rest::alerts(&cluster.alerts));
    configuration.extend(rest::acls(&cluster.acls));
    let mut root = Element::new("cib")
        .with("crm_feature_set", FEATURE_SET)
        .with("validate-with", SCHEMA)
        .with("epoch", "1")
        .with("num_updates", "0")
        .with("admin_epoch", "0");
    root.push(configuration);
    root.push(Element::new("status"));
    ids::settle(&mut root);
    root.to_text()
}

/// The configuration as a running Pacemaker has it: the cluster's name is a property, and properties
/// have the names that every version knows. Newer versions know new names as well; older ones would
/// take `fencing-enabled: false` for nothing, and fence.
#[must_use]
pub fn for_pacemaker(mut cluster: Cluster) -> Cluster {
    let name = cluster.name.take().map(|name| NameValue::text("cluster-name", name));
    match cluster.properties.iter_mut().find(|set| set.rule.is_none()) {
        Some(set) => set.pairs.extend(name),
        None => cluster
            .properties
            .extend(name.map(|pair| OptionSet { pairs: vec![pair], ..OptionSet::default() })),
    }
    for spec in PROPERTIES {
        let Standing::AliasOf(newer) = spec.standing else { continue };
        for set in &mut cluster.properties {
            let has_both = set.pairs.iter().any(|pair| &*pair.name == spec.name);
            for pair in set.pairs.iter_mut().filter(|pair| !has_both && &*pair.name == newer) {
                pair.name = spec.name.into();
            }
        }
    }
    cluster
}

/// What the configuration says and a CIB cannot.
pub fn unsayable(cluster: &Cluster) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if cluster.nodes.iter().any(|node| !node.addresses.is_empty()) {
        found.push(
            Diagnostic::note("not-in-a-cib", "addresses of nodes are not part of a CIB")
                .help("they belong into corosync.conf"),
        );
    }
    for (owner, set) in params(cluster) {
        for pair in &set.pairs {
            if let Value::Secret(secret) = &pair.value {
                let name = &pair.name;
                found.push(
                    Diagnostic::warning(
                        "secret-left-out",
                        format!("`{name}` of `{owner}` is the secret `{secret}`, whose value is not written"),
                    )
                    .help(format!("on the cluster, run `cibsecret set {owner} {name} VALUE`")),
                );
            }
        }
    }
    found
}

/// All sets in which secrets can stand, with their owners.
fn params(cluster: &Cluster) -> Vec<(&str, &OptionSet)> {
    let mut all: Vec<(&str, &[OptionSet])> = Vec::new();
    for template in &cluster.templates {
        all.push((template.id.as_str(), &template.params));
        all.extend(template.ops.iter().map(|operation| (template.id.as_str(), operation.params.as_slice())));
    }
    for resource in &cluster.resources {
        match resource {
            Resource::Group(group) => all.push((group.id.as_str(), &group.params)),
            Resource::Clone(clone) => {
                all.push((clone.id.as_str(), &clone.params));
                if let CloneChild::Group(group) = &clone.child {
                    all.push((group.id.as_str(), &group.params));
                }
            }
            Resource::Primitive(_) | Resource::Bundle(_) => {}
        }
        for primitive in resource.primitives() {
            let id = primitive.id.as_str();
            all.push((id, &primitive.params));
            all.extend(primitive.ops.iter().map(|operation| (id, operation.params.as_slice())));
        }
    }
    for alert in &cluster.alerts {
        all.push((&alert.id, &alert.params));
        all.extend(alert.recipients.iter().map(|recipient| (&*alert.id, recipient.params.as_slice())));
    }
    all.into_iter().flat_map(|(owner, sets)| sets.iter().map(move |set| (owner, set))).collect()
}
