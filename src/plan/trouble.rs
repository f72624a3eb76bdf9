//! Troubles: resources that are not as they should be, whatever is planned.

use serde::{Deserialize, Serialize};

use super::because::{Because, failed_because};
use super::step::{Step, Verb};
use super::{Blocked, Facts, Unplaced};
use crate::model::NodeName;
use crate::model::id::without_number;
use crate::scheduler::facts::{NodeIx, ResourceFacts, Variant};

/// A resource that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "concern", rename_all = "kebab-case")]
pub enum Trouble {
    /// It has failed and was not recovered.
    #[serde(rename = "failed-resource")]
    Failed {
        /// Which.
        resource: String,
        /// Where it is active, as far as anyone knows.
        nodes: Vec<NodeName>,
        /// What failed.
        because: Option<Because>,
        /// What keeps it from being recovered.
        hold: Hold,
    },
    /// It is active on several nodes, and should be on one.
    RunsTwice {
        /// Which.
        resource: String,
        /// Where.
        nodes: Vec<NodeName>,
        /// Whether these nodes do not see one another.
        is_split: bool,
    },
}

/// What keeps a resource that has failed from being recovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// Nothing may be done with it until its failure is forgotten.
    Blocked,
    /// It was told to be left alone.
    Unmanaged,
    /// Nothing of its own.
    None,
}

impl Trouble {
    /// Which resource.
    pub fn resource(&self) -> &str {
        match self {
            Self::Failed { resource, .. } | Self::RunsTwice { resource, .. } => resource,
        }
    }

    /// Whether somebody asked for it: what is unmanaged is left as it is.
    pub fn is_tolerated(&self) -> bool {
        matches!(self, Self::Failed { hold: Hold::Unmanaged, .. })
    }
}

/// All resources that are not as they should be.
pub(super) fn troubles(facts: &Facts<'_>) -> Vec<Trouble> {
    let primitives = || {
        let resources = facts.resources.iter();
        resources.filter(|resource| matches!(resource.variant, Variant::Primitive(_)))
    };
    let twice = primitives().filter(|resource| runs_twice(resource)).map(|resource| Trouble::RunsTwice {
        resource: resource.id.to_string(),
        nodes: active_on(facts, resource),
        is_split: false,
    });
    let failed = primitives().filter_map(|resource| failed(facts, resource));
    twice.chain(failed).collect()
}

/// The troubles that stay: no step ends them, and nothing says already why there is none.
pub(super) fn lasting(
    facts: &Facts<'_>,
    steps: &[Step],
    blocked: &[Blocked],
    unplaced: &[Unplaced],
) -> Vec<Trouble> {
    let mut troubles = troubles(facts);
    troubles.retain(|trouble| {
        let is_it = |name: &Option<String>| name.as_deref() == Some(trouble.resource());
        let is_told = || {
            blocked.iter().any(|blocked| is_it(&blocked.resource))
                || unplaced.iter().any(|unplaced| unplaced.resource == trouble.resource())
        };
        let is_fenced = |node: &NodeName| {
            steps.iter().any(|step| step.verb == Verb::Fence && step.from.as_ref() == Some(node))
        };
        let is_ending = steps.iter().any(|step| is_it(&step.resource));
        match trouble {
            Trouble::RunsTwice { .. } => !is_ending,
            Trouble::Failed { nodes, .. } => {
                let ends_with_its_nodes = !nodes.is_empty() && nodes.iter().all(is_fenced);
                !is_ending && !ends_with_its_nodes && !is_told()
            }
        }
    });
    troubles
}

fn runs_twice(resource: &ResourceFacts<'_>) -> bool {
    resource.active_on.len() > 1 && resource.partial_migration.is_none()
}

fn failed(facts: &Facts<'_>, resource: &ResourceFacts<'_>) -> Option<Trouble> {
    let because = failure(facts, resource);
    // What is blocked without a failure is active too often, which is told by itself.
    let has_failed = resource.is_failed || resource.is_blocked && because.is_some();
    if !has_failed {
        return None;
    }
    let hold = match (resource.is_blocked, resource.is_managed) {
        (true, _) => Hold::Blocked,
        (false, false) => Hold::Unmanaged,
        (false, true) => Hold::None,
    };
    let nodes = active_on(facts, resource);
    Some(Trouble::Failed { resource: resource.id.to_string(), nodes, because, hold })
}

/// What failed: where it is active first, else anywhere.
fn failure(facts: &Facts<'_>, resource: &ResourceFacts<'_>) -> Option<Because> {
    let own = || {
        facts.failed_actions.iter().filter(|failed| without_number(&failed.resource) == &*resource.base_id)
    };
    let is_here = |node: &NodeIx| resource.active_on.contains(node);
    let failed = own().find(|failed| is_here(&failed.node)).or_else(|| own().next())?;
    Some(failed_because(failed, &facts.node(failed.node).name))
}

fn active_on(facts: &Facts<'_>, resource: &ResourceFacts<'_>) -> Vec<NodeName> {
    resource.active_on.iter().map(|node| facts.node(*node).name.clone()).collect()
}
