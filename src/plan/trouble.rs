//! Troubles: resources that are not as they should be, whatever is planned.

use serde::{Deserialize, Serialize};

use super::because::{Because, failed_because};
use super::fail_count::fail_counts;
use super::step::{Step, Verb};
use super::{Blocked, Facts, Unplaced};
use crate::model::id::without_number;
use crate::model::{NodeName, Role};
use crate::scheduler::ResourceIx;
use crate::scheduler::facts::{NodeIx, ResourceFacts};
use crate::status::ResultCode;

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
        resources.filter(|resource| resource.variant.is_primitive())
    };
    let twice = primitives().filter(|resource| runs_twice(resource)).map(|resource| Trouble::RunsTwice {
        resource: resource.id.to_string(),
        nodes: active_on(facts, resource),
        is_split: false,
    });
    let failed = primitives().filter_map(|resource| failed(facts, resource));
    let numbers = (0..facts.resources.len()).map(ResourceIx::at);
    let dead = numbers.filter_map(|resource| dead(facts, resource));
    twice.chain(failed).chain(dead).collect()
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
        let own = || steps.iter().filter(|step| is_it(&step.resource));
        let is_ending = own().any(|step| restores(step.verb));
        match trouble {
            Trouble::RunsTwice { nodes, .. } => {
                let is_left = |node: &NodeName| {
                    own().any(|step| lets_go(step.verb) && step.from.as_ref() == Some(node))
                };
                let kept = nodes.iter().filter(|node| !is_fenced(node) && !is_left(node)).count();
                kept > 1 && !own().any(|step| restarts(step.verb))
            }
            Trouble::Failed { nodes, .. } => {
                let ends_with_its_nodes = !nodes.is_empty() && nodes.iter().all(is_fenced);
                !is_ending && !ends_with_its_nodes && !is_told()
            }
        }
    });
    troubles
}

/// Whether a step of this kind ends a failure: nothing of what failed goes on.
const fn restores(verb: Verb) -> bool {
    lets_go(verb) || matches!(verb, Verb::Start | Verb::Demote | Verb::RePromote)
}

/// Whether a step of this kind ends what runs where it is from.
const fn lets_go(verb: Verb) -> bool {
    restarts(verb) || matches!(verb, Verb::Stop)
}

/// Whether a step of this kind stops a resource wherever it is active, and starts it once.
const fn restarts(verb: Verb) -> bool {
    matches!(verb, Verb::Move | Verb::Migrate | Verb::Restart | Verb::Recover)
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

/// What is unmanaged, has failed, and is not there any more: nobody starts it again.
fn dead(facts: &Facts<'_>, index: ResourceIx) -> Option<Trouble> {
    let resource = facts.resource(index);
    if !is_left_down(resource) || fail_counts(facts, index).is_empty() && !was_found_dead(resource) {
        return None;
    }
    Some(Trouble::Failed {
        resource: resource.id.to_string(),
        nodes: Vec::new(),
        because: Some(failure(facts, resource).unwrap_or(Because::NotRunning)),
        hold: Hold::Unmanaged,
    })
}

/// Whether it should run, does not, and is unmanaged.
fn is_left_down(resource: &ResourceFacts<'_>) -> bool {
    let is_left_alone = !resource.is_managed && !resource.is_blocked && !resource.is_failed;
    let is_wanted = resource.target_role.is_none_or(|role| role > Role::Stopped) && !resource.is_removed;
    let is_single = resource.primitive().is_some() && resource.id == resource.base_id;
    is_left_alone && is_wanted && is_single && resource.active_on.is_empty()
}

/// What should run, does not, and is unmanaged, though nothing is known of a failure: it was never started, or
/// its failure was forgotten.
pub(super) fn left_down<'f>(facts: &'f Facts<'_>) -> impl Iterator<Item = &'f str> {
    let all = (0..facts.resources.len()).map(ResourceIx::at);
    let down = all.filter(|index| is_left_down(facts.resource(*index)) && dead(facts, *index).is_none());
    down.map(|index| &*facts.resource(index).id)
}

/// Whether the last that is known of it somewhere is that a monitor missed it.
fn was_found_dead(resource: &ResourceFacts<'_>) -> bool {
    resource.histories.iter().any(|(_, history)| {
        let last = history.entries.iter().max_by_key(|entry| entry.call_id);
        last.is_some_and(|last| !last.interval.is_zero() && last.rc == Some(ResultCode::NOT_RUNNING))
    })
}

/// What failed: where it is active first, else anywhere.
fn failure(facts: &Facts<'_>, resource: &ResourceFacts<'_>) -> Option<Because> {
    let own = || {
        facts.remembered_failures().filter(|failed| without_number(&failed.resource) == &*resource.base_id)
    };
    let is_here = |node: &NodeIx| resource.active_on.contains(node);
    let failed = own().find(|failed| is_here(&failed.node)).or_else(|| own().next())?;
    Some(failed_because(failed, &facts.node(failed.node).name))
}

fn active_on(facts: &Facts<'_>, resource: &ResourceFacts<'_>) -> Vec<NodeName> {
    resource.active_on.iter().map(|node| facts.node(*node).name.clone()).collect()
}
