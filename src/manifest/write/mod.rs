//! From the model back to a manifest as people would have written it.

mod constraint;
mod entry;
pub(super) mod layout;
mod options;
mod resource;
mod rest;
pub(super) mod scalar;
mod settings;
#[cfg(test)]
mod tests;

use super::Manifest;
use super::typed::{At, Field, Map};
use super::vocabulary::{ApiVersion, Defaults, File, Kind};

/// Writes a manifest. Reading it back gives the same one, except for what no manifest can say:
/// names of rules, the order among constraints of different kinds, and spellings of booleans and
/// of lengths of time on operations.
pub fn write(manifest: &Manifest) -> String {
    let file = file(manifest);
    match serde_yaml::to_value(&file) {
        Ok(value) => layout::lay_out(&value),
        // Better no manifest than an empty one, which would be taken for one.
        Err(error) => unreachable!("the vocabulary holds nothing that YAML could not: {error}"),
    }
}

/// The manifest in the words of the vocabulary.
fn file(manifest: &Manifest) -> File {
    let cluster = &manifest.cluster;
    let settings = &manifest.settings;
    let defaults = Defaults {
        resource: options::options(&cluster.resource_defaults),
        operation: options::options(&cluster.operation_defaults),
    };
    let has_defaults = defaults.resource.is_some() || defaults.operation.is_some();
    File {
        api_version: some(ApiVersion::V1),
        kind: some(Kind::Cluster),
        name: cluster.name.clone().and_then(some),
        tolerate: list(settings.tolerated.iter().map(ToString::to_string).collect()),
        nodes: map(cluster.nodes.iter().map(|node| (node.name.to_string(), entry::node(node)))),
        properties: options::options(&cluster.properties),
        defaults: if has_defaults { some(defaults) } else { None },
        templates: map(cluster
            .templates
            .iter()
            .map(|template| (template.id.to_string(), resource::template(template)))),
        resources: map(cluster.resources.iter().flat_map(resource::entries)),
        constraints: constraint::constraints(&cluster.constraints),
        fencing: list(entry::fencing(&cluster.fencing_levels)),
        tags: map(cluster.tags.iter().map(|(id, members)| (id.to_string(), names(members)))),
        tickets: map(settings
            .tickets
            .iter()
            .map(|(id, description)| (id.to_string(), entry::ticket(description.as_deref())))),
        alerts: map(cluster.alerts.iter().map(|alert| (alert.id.to_string(), rest::alert(alert)))),
        acls: rest::acls(&cluster.acls),
        secrets: map(settings.secrets.iter().map(|(name, source)| (name.to_string(), entry::secret(source)))),
        moved: list(settings.moved.iter().map(entry::moved).collect()),
        reconcile: settings::reconcile(&settings.reconcile),
        corosync: cluster.corosync.as_ref().map(|corosync| At::new(settings::corosync(corosync))),
        isolation: cluster.isolation.as_ref().map(|isolation| At::new(settings::isolation(isolation))),
    }
}

/// A field with a value.
fn some<T>(value: T) -> Field<T> {
    Some(At::new(value))
}

/// A field of text.
fn text(value: Option<impl ToString>) -> Field<String> {
    value.map(|value| At::new(value.to_string()))
}

/// A list, unless it is empty.
fn list<T>(items: Vec<T>) -> Field<Vec<At<T>>> {
    if items.is_empty() { None } else { some(items.into_iter().map(At::new).collect()) }
}

/// Names as a list.
fn names<T: ToString>(names: &[T]) -> Vec<At<String>> {
    names.iter().map(|name| At::new(name.to_string())).collect()
}

/// A mapping, unless it is empty.
fn map<T>(entries: impl IntoIterator<Item = (String, T)>) -> Field<Map<T>> {
    let entries: Vec<_> = entries.into_iter().map(|(key, value)| (At::new(key), At::new(value))).collect();
    if entries.is_empty() { None } else { some(Map(entries)) }
}
