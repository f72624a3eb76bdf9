//! Fencing topology.

use super::{Lowering, shared};
use crate::cib::xml::Element;
use crate::model::fencing::FencingTarget;
use crate::model::{FencingLevel, NodeName, ResourceId};

/// Lowers the levels in order; those without target, devices or an index of 1 to 9 are dropped.
pub(super) fn lower_levels(lowering: &mut Lowering<'_>, section: Element<'_>) -> Vec<FencingLevel> {
    section.children_named("fencing-level").filter_map(|level| lower_level(lowering, level)).collect()
}

fn lower_level(lowering: &mut Lowering<'_>, element: Element<'_>) -> Option<FencingLevel> {
    let attribute = shared(element, "target-attribute").zip(shared(element, "target-value"));
    let target = match (element.attribute("target"), shared(element, "target-pattern"), attribute) {
        (Some(node), _, _) => FencingTarget::Node(NodeName::from(node)),
        (None, Some(pattern), _) => FencingTarget::Pattern(pattern),
        (None, None, Some((name, value))) => FencingTarget::Attribute { name, value },
        (None, None, None) => {
            lowering.dropped(element, "it has no target");
            return None;
        }
    };
    if let Some(why) = target.fault() {
        // Dropped, it would leave any single device to do for what may need several.
        lowering.warn(
            element,
            "invalid-pattern",
            format!("a level's `target-pattern` is not a regular expression, so that it fails for every node: {why}"),
        );
    }
    let index =
        element.attribute("index").and_then(|text| text.parse().ok()).filter(|index| (1..=9).contains(index));
    let Some(index) = index else {
        lowering.dropped(element, "its index is not 1 to 9");
        return None;
    };
    let devices =
        element.attribute("devices").unwrap_or_default().split(',').filter(|device| !device.is_empty());
    Some(FencingLevel {
        id: shared(element, "id"),
        target,
        index,
        devices: devices.map(ResourceId::from).collect(),
    })
}
