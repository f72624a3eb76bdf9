//! Priority fencing delay: the side with the more important resources shoots first.

use std::time::Duration;

use super::work::Work;
use crate::scheduler::facts::{NodeIx, NodeKind};

/// How long the fencing of a node is held back. Not at all, unless half of the members are gone
/// and the node runs what matters most.
pub fn priority_delay(work: &Work<'_, '_>, node: NodeIx) -> Duration {
    let delay = work.facts.properties.priority_fencing_delay;
    let target = work.node(node);
    if delay.is_zero() || target.kind != NodeKind::Member || target.is_online {
        return Duration::ZERO;
    }
    let members = || work.facts.nodes.iter().filter(|node| node.kind == NodeKind::Member);
    let online = members().filter(|node| node.is_online).count();
    let highest = members().map(|node| node.priority).max();
    let lowest = members().map(|node| node.priority).min();
    let holds_half = online * 2 <= members().count();
    if holds_half && highest != lowest && highest == Some(target.priority) { delay } else { Duration::ZERO }
}
