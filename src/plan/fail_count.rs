//! Fail counts: how often resources failed where, as far as that still counts.

use serde::{Deserialize, Serialize};

use crate::model::{NodeName, Score};
use crate::scheduler::{Facts, ResourceIx, failures};

/// How often a resource failed on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailCount {
    /// Where.
    pub node: NodeName,
    /// How often; infinite after a failure that bans it at once.
    pub count: Score,
    /// After how many it must leave (`migration-threshold`); none if it may fail for ever.
    pub limit: Option<Score>,
}

/// How often a primitive failed on each node. Of alike instances only the first tells: failures
/// are counted for all of them together.
pub(super) fn fail_counts(facts: &Facts<'_>, index: ResourceIx) -> Vec<FailCount> {
    let resource = facts.resource(index);
    let is_echo = !resource.is_unique
        && resource.id.ends_with(|last: char| last.is_ascii_digit())
        && resource.id.rsplit_once(':').is_some_and(|(_, number)| number != "0");
    if resource.primitive().is_none() || is_echo {
        return Vec::new();
    }
    let limit = resource.migration_threshold;
    let limit = (!limit.is_mandatory() && limit > Score::ZERO).then_some(limit);
    let counts = facts.node_numbers().map(|node| FailCount {
        node: facts.node(node).name.clone(),
        count: failures::effective_count(facts, index, node, None),
        limit,
    });
    counts.filter(|failed| failed.count > Score::ZERO).collect()
}
