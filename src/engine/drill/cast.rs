//! Who takes part in a drill: what can fail, and where.

use std::collections::BTreeSet;

use crate::model::{Cluster, NodeName, ResourceId};
use crate::scheduler::Facts;
use crate::scheduler::facts::{NodeKind as KindFound, ResourceFacts, Variant};

/// The members that are up, in the order of the configuration.
pub(super) fn members(cluster: &Cluster, facts: &Facts<'_>) -> Vec<NodeName> {
    let configured = cluster.members();
    configured.filter(|node| is_up(facts, &node.name)).map(|node| node.name.clone()).collect()
}

/// The nodes of a kind that are up, and that are no members.
pub(super) fn reached(cluster: &Cluster, facts: &Facts<'_>, kind: KindFound) -> Vec<NodeName> {
    let is_member = |name: &NodeName| cluster.members().any(|node| node.name == *name);
    let nodes =
        facts.nodes.iter().filter(|node| node.kind == kind && node.is_online && !is_member(&node.name));
    nodes.map(|node| node.name.clone()).collect()
}

/// What is no service by itself: fence devices, and connections to remote nodes and guests, which are
/// lost when those nodes fail.
pub(super) fn means(facts: &Facts<'_>) -> BTreeSet<String> {
    let is_means = |resource: &&ResourceFacts<'_>| resource.is_fence_device() || resource.connects.is_some();
    let means = facts.resources.iter().filter(is_means);
    means.map(|resource| resource.base_id.to_string()).collect()
}

/// Resources that run once, each with the whole that moves with it.
pub(super) fn movable(facts: &Facts<'_>, means: &BTreeSet<String>) -> Vec<(ResourceId, ResourceId)> {
    let mut movable = Vec::new();
    for top in facts.top.iter().map(|top| facts.resource(*top)) {
        let whole = ResourceId::new(&*top.id);
        match &top.variant {
            Variant::Primitive(_) if !means.contains(&*top.id) => movable.push((whole.clone(), whole)),
            Variant::Group(_) => {
                let parts = top.children.iter().map(|part| ResourceId::new(&*facts.resource(*part).id));
                movable.extend(parts.map(|part| (part, whole.clone())));
            }
            Variant::Primitive(_) | Variant::Clone(_) | Variant::Bundle(_) => {}
        }
    }
    movable
}

fn is_up(facts: &Facts<'_>, name: &NodeName) -> bool {
    facts.nodes.iter().any(|node| node.name == *name && node.is_online)
}

/// All choices of `count` nodes, in order; `None` when there are more than `room`.
pub(super) fn combinations(nodes: &[NodeName], count: usize, room: usize) -> Option<Vec<Vec<NodeName>>> {
    let mut chosen: Vec<usize> = (0..count).collect();
    let mut all = Vec::new();
    if count == 0 || count > nodes.len() {
        return Some(all);
    }
    loop {
        if all.len() >= room {
            return None;
        }
        all.push(chosen.iter().filter_map(|place| nodes.get(*place)).cloned().collect());
        // The last place that can still move on does, and those after it follow.
        let movable = (0..count).rev().find(|place| chosen[*place] < nodes.len() - count + *place);
        let Some(place) = movable else { return Some(all) };
        let begin = chosen[place] + 1;
        for (offset, slot) in chosen[place..].iter_mut().enumerate() {
            *slot = begin + offset;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_come_in_order_and_once() {
        let nodes: Vec<NodeName> = ["a", "b", "c"].into_iter().map(NodeName::from).collect();
        let pairs = combinations(&nodes, 2, 10).unwrap_or_default();
        let words: Vec<String> =
            pairs.iter().map(|pair| pair.iter().map(NodeName::as_str).collect()).collect();
        assert_eq!(words, ["ab", "ac", "bc"]);
        assert_eq!(combinations(&nodes, 2, 2), None);
    }
}
