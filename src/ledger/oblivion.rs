//! Forgetting on request: failures, or all that resources did.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ledger, failure};
use crate::model::resource::CloneChild;
use crate::model::{Cluster, NodeName, Resource, ResourceId};
use crate::status::NodeState;

/// The resources that somebody means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant(Option<BTreeSet<Arc<str>>>);

impl Meant {
    /// Whether a resource, or a numbered instance of one, as history names it, is among them.
    pub fn includes(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|meant| meant.iter().any(|id| is_instance(name, id)))
    }
}

/// There is no resource of this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchResource(pub ResourceId);

/// Whether a name in history is a resource, or a numbered instance of it.
fn is_instance(name: &str, resource: &str) -> bool {
    name.strip_prefix(resource).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

impl Ledger {
    /// The primitives a name stands for, also a resource that only history knows. No name is all.
    ///
    /// # Errors
    /// When nothing has that name.
    pub fn meant(&self, cluster: &Cluster, name: Option<&ResourceId>) -> Result<Meant, NoSuchResource> {
        let Some(name) = name else { return Ok(Meant(None)) };
        let mut found = BTreeSet::new();
        for resource in &cluster.resources {
            let primitives = resource.primitives();
            let is_child = matches!(
                resource,
                Resource::Clone(clone) if matches!(&clone.child, CloneChild::Group(group) if group.id == *name)
            );
            if resource.id() == name || is_child {
                found.extend(primitives.iter().map(|primitive| primitive.id.to_shared()));
            } else if primitives.iter().any(|primitive| primitive.id == *name) {
                found.insert(name.to_shared());
            }
        }
        let histories = self.status.nodes.iter().flat_map(|node| &node.resources);
        if histories.into_iter().any(|history| is_instance(&history.id, name.as_str())) {
            found.insert(name.to_shared());
        }
        if found.is_empty() { Err(NoSuchResource(name.clone())) } else { Ok(Meant(Some(found))) }
    }

    /// Forgets the failures of resources and all else that those did where they failed, so that it is
    /// looked again what runs there. Gives the nodes concerned. Nodes that are not `here` cannot be
    /// looked at: what is known of them stays, as it may be all that holds their resources back.
    pub fn clean_up(
        &mut self,
        node: Option<&NodeName>,
        here: &BTreeSet<NodeName>,
        is_meant: impl Fn(&str) -> bool,
    ) -> Vec<NodeName> {
        self.forget_where(node, here, |state| {
            let mut failed = failure::failed_resources(state);
            failed.retain(|resource| is_meant(resource));
            failed
        })
    }

    /// Forgets all that resources did. Gives the nodes concerned. Nodes that are not `here` are left as
    /// they are.
    pub fn refresh(
        &mut self,
        node: Option<&NodeName>,
        here: &BTreeSet<NodeName>,
        is_meant: impl Fn(&str) -> bool,
    ) -> Vec<NodeName> {
        self.forget_where(node, here, |state| {
            let known = state.resources.iter().map(|history| Arc::clone(&history.id));
            let mut all: BTreeSet<Arc<str>> = known.collect();
            all.extend(failure::failed_resources(state));
            all.retain(|resource| is_meant(resource));
            all
        })
    }

    fn forget_where(
        &mut self,
        node: Option<&NodeName>,
        here: &BTreeSet<NodeName>,
        choose: impl Fn(&NodeState) -> BTreeSet<Arc<str>>,
    ) -> Vec<NodeName> {
        let mut touched = Vec::new();
        for state in &mut self.status.nodes {
            let name = state.name.clone().unwrap_or_else(|| NodeName::new(state.id.to_shared()));
            let is_here = here.iter().any(|known| known.is(name.as_str()));
            if !is_here || node.is_some_and(|wanted| !wanted.is(name.as_str())) {
                continue;
            }
            let chosen = choose(state);
            for resource in &chosen {
                failure::clear(state, resource);
            }
            state.resources.retain(|history| !chosen.contains(&history.id));
            if !chosen.is_empty() {
                touched.push(name);
            }
        }
        touched
    }
}
