//! Sides: the parts a simulated cluster falls into when links are cut, each with its own ledger.

use serde::{Deserialize, Serialize};

use super::world::World;
use crate::engine::ledger::Ledger;
use crate::model::node::NodeKind;
use crate::model::{Cluster, NodeName};

/// Nodes that reach one another, and what they know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Side {
    /// Members, up or not.
    pub(super) members: Vec<NodeName>,
    /// What they know.
    pub(super) ledger: Ledger,
}

impl Side {
    /// Puts into a ledger what `members` see of the world: who is there, quorum, attributes.
    pub(super) fn look(ledger: &mut Ledger, members: &[NodeName], world: &mut World, cluster: &Cluster) {
        let configured = cluster.nodes.iter().filter(|node| node.kind == NodeKind::Member);
        for node in configured.clone() {
            ledger.enrol(node);
            if members.contains(&node.name) && world.is_up(&node.name) {
                ledger.node_joined(&node.name);
            } else if ledger.knows_as_up(&node.name) {
                ledger.node_lost(&node.name);
            }
        }
        let present: Vec<&NodeName> = configured
            .clone()
            .map(|node| &node.name)
            .filter(|name| members.contains(name) && world.is_up(name))
            .collect();
        ledger.status.has_quorum = has_quorum(present.len(), configured.count());
        ledger.choose_dc(&present);
        ledger.status.observed_at = Some(world.now());
        for (name, machine) in &mut world.machines {
            if machine.is_remote || members.contains(name) {
                for (attribute, value) in std::mem::take(&mut machine.attributes) {
                    ledger.set_attribute(name, &attribute, value.as_deref());
                }
            }
        }
    }

    /// Whether any of its members is up.
    pub(super) fn is_alive(&self, world: &World) -> bool {
        self.members.iter().any(|member| world.is_up(member))
    }
}

/// More than half of the votes; of two nodes, one suffices (`two_node` of corosync).
const fn has_quorum(present: usize, configured: usize) -> bool {
    if configured == 2 { present >= 1 } else { present * 2 > configured }
}
