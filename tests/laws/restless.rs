//! What makes a cluster never come to rest, by the specification's own rules: one plan undoes what the
//! one before it did, or does it over again. `docs/conformance.md` says why, for each.

use std::time::Duration;

use quorate::model::constraint::Constraint;
use quorate::model::{Role, Score};
use quorate::scheduler::facts::{NodeKind, PlacementStrategy, ResourceFacts, ResourceIx};
use quorate::scheduler::{Facts, Task};
use quorate::status::NodeState;

use crate::Case;

/// Whether there is anything of the kind.
pub(crate) fn never_rests(case: &Case<'_>) -> bool {
    let facts = &case.placement.facts;
    facts.resources.iter().any(is_left_in_trouble)
        || has_forgotten_connection(facts)
        || facts.nodes.iter().any(|node| node.is_standby_on_failure)
        || case.cib.status.nodes.iter().any(|state| left_with_a_migration(facts, state))
        || has_one_way_order_in_between(case)
        || case.placement.colocations.iter().any(|record| {
            let changes_its_mind = !record.influence || record.primary_role == Some(Role::Unpromoted);
            let avoids_containers = record.score < Score::ZERO
                && facts.resource(record.primary).variant.is_bundle()
                && facts.resource(record.dependent).variant.has_instances();
            changes_its_mind || avoids_containers
        })
        || instances_need_capacity(facts)
        || has_uncounted_failure(case)
}

/// It has failed or is active twice, and nobody may do anything about it: what comes after it restarts
/// with every plan, for the sake of the start that does not come.
fn is_left_in_trouble(known: &ResourceFacts<'_>) -> bool {
    !known.is_managed && (known.is_failed || known.active_on.len() > 1)
}

/// A connection that is not configured any more and has failed: its node is fenced, and as the node is
/// known from the failure alone, that it was fenced is not.
fn has_forgotten_connection(facts: &Facts<'_>) -> bool {
    let is_removed = |connection: ResourceIx| facts.resource(connection).is_removed;
    let mut remote = facts.nodes.iter().filter(|node| node.kind == NodeKind::Remote);
    remote.any(|node| node.connection.is_none_or(is_removed))
}

/// What migrated from here is to stop here, and cannot while the node is down.
fn left_with_a_migration(facts: &Facts<'_>, state: &NodeState) -> bool {
    let is_down = facts.nodes.iter().any(|node| node.id == state.id && !node.is_online);
    let mut entries = state.resources.iter().flat_map(|history| &history.entries);
    is_down && entries.any(|entry| *entry.operation == *Task::MigrateTo.as_str())
}

/// A start that a one-way order holds back is required all the same, and whatever comes after it by
/// another order restarts for its sake.
fn has_one_way_order_in_between(case: &Case<'_>) -> bool {
    let orders = case.cib.cluster.constraints.iter().filter_map(|constraint| match constraint {
        Constraint::Order(order) => Some(order),
        Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Ticket(_) => None,
    });
    let (one_way, both): (Vec<_>, Vec<_>) = orders.partition(|order| order.symmetrical == Some(false));
    !one_way.is_empty() && !both.is_empty()
}

/// Instances are packed one by one, in an order that depends on where they are.
fn instances_need_capacity(facts: &Facts<'_>) -> bool {
    let is_counted = facts.properties.placement_strategy != PlacementStrategy::Default;
    let mut leaves = (0..facts.resources.len()).map(ResourceIx::at);
    is_counted
        && leaves.any(|leaf| {
            let known = facts.resource(leaf);
            !known.utilization.is_empty() && facts.resource(facts.topmost(leaf)).variant.has_instances()
        })
}

/// A failure that expires and was never counted is not cleared: only counts are.
fn has_uncounted_failure(case: &Case<'_>) -> bool {
    let facts = &case.placement.facts;
    let expires = |id: &str| {
        let mut known = facts.resources.iter().filter(|known| *known.base_id == *id || *known.id == *id);
        known.any(|known| known.failure_timeout > Duration::ZERO)
    };
    case.cib.status.nodes.iter().any(|node| {
        node.resources.iter().any(|history| {
            let has_failed = history.entries.iter().any(|entry| entry.id.ends_with("_last_failure_0"));
            let start = format!("fail-count-{}#", history.id);
            let mut pairs = node.attributes.iter().flat_map(|set| &set.pairs);
            let is_counted = pairs.any(|pair| pair.name.starts_with(&start));
            has_failed && !is_counted && expires(&history.id)
        })
    })
}
