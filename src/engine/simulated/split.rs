//! What no node of a cluster that fell apart can see: the same resource active on both sides.

use std::collections::{BTreeMap, BTreeSet};

use super::Simulated;
use crate::model::{NodeName, Resource};
use crate::plan::Trouble;

impl Simulated {
    /// Resources that are really active on sides that do not see one another, and should be once.
    pub fn unseen(&self) -> Vec<Trouble> {
        let sides = &self.state.sides;
        if sides.len() < 2 {
            return Vec::new();
        }
        let side_of = |node: &NodeName| sides.iter().position(|side| side.members.contains(node));
        let mut active: BTreeMap<&str, Vec<&NodeName>> = BTreeMap::new();
        for (node, machine) in &self.state.world.machines {
            for resource in machine.active.keys() {
                active.entry(resource).or_default().push(node);
            }
        }
        let is_split = |nodes: &[&NodeName]| {
            nodes.iter().filter_map(|node| side_of(node)).collect::<BTreeSet<usize>>().len() > 1
        };
        let once = self.state.in_force.resources.iter().flat_map(active_once);
        once.filter_map(|resource| {
            let nodes = active.get(resource.as_str()).filter(|nodes| is_split(nodes))?;
            let nodes = nodes.iter().map(|node| (*node).clone()).collect();
            Some(Trouble::RunsTwice { resource, nodes, is_split: true })
        })
        .collect()
    }
}

/// What of a resource is active in one place only.
fn active_once(resource: &Resource) -> Vec<String> {
    match resource {
        Resource::Primitive(primitive) => vec![primitive.id.to_string()],
        Resource::Group(group) => group.members.iter().map(|member| member.id.to_string()).collect(),
        Resource::Clone(_) | Resource::Bundle(_) => Vec::new(),
    }
}
