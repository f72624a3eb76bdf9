//! Node health: attributes that say how well a node is, as preferences of all resources.

use super::location::{LocationRecord, add_record};
use crate::model::constraint::Discovery;
use crate::model::{Score, scalar};
use crate::scheduler::assign::draft::Draft;
use crate::scheduler::facts::HealthStrategy;

/// Adds a preference of every top-level resource for each node whose health is not neutral.
pub(crate) fn unpack(draft: &mut Draft<'_>) {
    if draft.facts.properties.node_health_strategy == HealthStrategy::None {
        return;
    }
    for node in draft.facts.node_numbers() {
        let score = health(draft, node);
        if score == Score::ZERO {
            continue;
        }
        for resource in draft.facts.top.clone() {
            let allows = draft.resource(resource).meta.get("allow-unhealthy-nodes");
            let allows = allows.is_some_and(|text| scalar::parse_boolean(text) == Some(true));
            if score > Score::ZERO || !allows {
                let nodes = vec![(node, score)];
                let record =
                    LocationRecord { id: None, resource, role: None, discovery: Discovery::Always, nodes };
                add_record(draft, record);
            }
        }
    }
}

/// The sum of a node's health attributes.
fn health(draft: &Draft<'_>, node: crate::scheduler::facts::NodeIx) -> Score {
    let properties = &draft.facts.properties;
    let base = match properties.node_health_strategy {
        HealthStrategy::Progressive => properties.node_health_base,
        HealthStrategy::None
        | HealthStrategy::MigrateOnRed
        | HealthStrategy::OnlyGreen
        | HealthStrategy::Custom => Score::ZERO,
    };
    let attributes = &draft.facts.node(node).attributes;
    let first = std::sync::Arc::<str>::from("#health");
    let health = attributes.range(first..).take_while(|(name, _)| name.starts_with("#health"));
    health.fold(base, |sum, (_, value)| sum.plus(properties.parse_score(value).unwrap_or_default()))
}
