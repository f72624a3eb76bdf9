//! Checks of all resources of a cluster against the agents of this host.

use std::collections::{BTreeMap, BTreeSet};

use super::{Configured, check, nearest};
use crate::agent::metadata::{Metadata, MetadataError};
use crate::agent::{Installation, catalog};
use crate::diagnostic::{Diagnostic, Part};
use crate::model::{Agent, Cluster, Primitive, Resource};

/// The code of the finding that an agent is not there or does not answer.
pub const UNAVAILABLE: &str = "unavailable-agent";

/// Compares all resources of a cluster with the agents of this host; each agent is asked once. An
/// agent that is not there or does not answer is a finding like any other.
pub async fn check_cluster(site: &Installation, cluster: &Cluster) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut known: BTreeMap<Agent, Option<Metadata>> = BTreeMap::new();
    let mut sharing = Sharing::default();
    for primitive in hosted(cluster) {
        let Some(resource) = Configured::of(cluster, primitive) else { continue };
        if !known.contains_key(resource.agent) {
            let metadata = describe(site, &resource, &mut found).await;
            known.insert(resource.agent.clone(), metadata);
        }
        if let Some(Some(metadata)) = known.get(resource.agent) {
            found.extend(check(&resource, metadata));
            sharing.note(&resource, metadata);
        }
    }
    found.extend(sharing.findings());
    found
}

/// The primitives that run on the host itself; those in containers have their agents there.
fn hosted(cluster: &Cluster) -> impl Iterator<Item = &Primitive> {
    let outside = cluster.resources.iter().filter(|resource| !matches!(resource, Resource::Bundle(_)));
    outside.flat_map(Resource::primitives)
}

async fn describe(
    site: &Installation,
    resource: &Configured<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Metadata> {
    match catalog::describe(site, resource.agent).await {
        Ok(metadata) => Some(metadata),
        Err(MetadataError::Unavailable(problem)) => {
            let message = format!("`{}`: the agent cannot be used on this host: {problem}", resource.id());
            let finding = Diagnostic::error(UNAVAILABLE, message).about_resource(resource.id(), Part::Agent);
            let installed = catalog::agents(site, &resource.agent.class, resource.agent.provider.as_deref());
            found.push(match nearest(&resource.agent.kind, installed.iter().map(String::as_str)) {
                Some(near) if near != &*resource.agent.kind => {
                    finding.help(format!("did you mean `{near}`?"))
                }
                Some(_) | None => finding,
            });
            None
        }
        Err(error @ (MetadataError::NotXml { .. } | MetadataError::NotMetadata(_))) => {
            let message =
                format!("`{}`: what {} says of itself is of no use: {error}", resource.id(), resource.agent);
            found.push(
                Diagnostic::warning("broken-metadata", message).about_resource(resource.id(), Part::Agent),
            );
            None
        }
    }
}

/// Which resources have equal values where no two may.
#[derive(Default)]
struct Sharing(BTreeMap<(Agent, String, String), Vec<String>>);

impl Sharing {
    fn note(&mut self, resource: &Configured<'_>, metadata: &Metadata) {
        let groups: BTreeSet<&String> =
            metadata.parameters.iter().filter_map(|parameter| parameter.unique_group.as_ref()).collect();
        for group in groups {
            let members =
                metadata.parameters.iter().filter(|known| known.unique_group.as_ref() == Some(group));
            let given = members.filter_map(|known| {
                let (_, value) = resource.params().find(|(name, _)| *name == known.name)?;
                Some(format!("{}={}", known.name, value.to_text()))
            });
            let values = given.collect::<Vec<_>>().join(", ");
            if !values.is_empty() {
                let key = (resource.agent.clone(), group.clone(), values);
                self.0.entry(key).or_default().push(resource.id().to_owned());
            }
        }
    }

    fn findings(self) -> impl Iterator<Item = Diagnostic> {
        self.0.into_iter().filter(|(_, ids)| ids.len() > 1).map(|((agent, _, values), ids)| {
            let message = format!("`{}` all have `{values}`", ids.join("`, `"));
            let first = values.split('=').next().unwrap_or_default().to_owned();
            let last = ids.last().map(String::as_str).unwrap_or_default();
            Diagnostic::warning("shared-parameter", message)
                .about_resource(last, Part::Param(first))
                .help(format!("{agent} says that no two of its resources may have the same value there"))
        })
    }
}
