//! Forgetting on request: failures, or all that resources did.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ledger, failure};
use crate::model::NodeName;
use crate::status::NodeState;

impl Ledger {
    /// Forgets the failures of resources and all else that those did where they failed, so that it is
    /// looked again what runs there. Gives the nodes concerned.
    pub fn clean_up(&mut self, node: Option<&NodeName>, is_meant: impl Fn(&str) -> bool) -> Vec<NodeName> {
        self.forget_where(node, |state| {
            let mut failed = failure::failed_resources(state);
            failed.retain(|resource| is_meant(resource));
            failed
        })
    }

    /// Forgets all that resources did. Gives the nodes concerned.
    pub fn refresh(&mut self, node: Option<&NodeName>, is_meant: impl Fn(&str) -> bool) -> Vec<NodeName> {
        self.forget_where(node, |state| {
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
        choose: impl Fn(&NodeState) -> BTreeSet<Arc<str>>,
    ) -> Vec<NodeName> {
        let mut touched = Vec::new();
        for state in &mut self.status.nodes {
            let name = state.name.clone().unwrap_or_else(|| NodeName::new(state.id.to_shared()));
            if node.is_some_and(|wanted| !wanted.is(name.as_str())) {
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
