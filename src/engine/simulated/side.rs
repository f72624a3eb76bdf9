//! Sides: the parts a simulated cluster falls into when links are cut, each with its own ledger.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::quorum::Votes;
use super::world::World;
use crate::ledger::Ledger;
use crate::model::{Cluster, NodeName};

/// Nodes that reach one another, and what they know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Side {
    /// Members, up or not.
    pub(super) members: Vec<NodeName>,
    /// What they know.
    pub(super) ledger: Ledger,
    /// Nodes that vanished without a word, and when, in the world's milliseconds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) lost: BTreeMap<NodeName, u64>,
}

impl Side {
    /// Puts into a ledger what `members` see of the world: who is there, quorum, attributes.
    pub(super) fn look(ledger: &mut Ledger, members: &[NodeName], world: &mut World, cluster: &Cluster) {
        let configured = cluster.members();
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
        for name in Votes::of(cluster, world).initiated(members) {
            if let Some(machine) = world.machines.get_mut(&name) {
                machine.waits_for_all = false;
            }
        }
        let votes = Votes::of(cluster, world);
        ledger.status.has_quorum = votes.has_quorum(members);
        ledger.status.is_cut_off = votes.is_cut_off(members);
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

    pub(super) fn new(members: Vec<NodeName>, ledger: Ledger) -> Self {
        Self { members, ledger, lost: BTreeMap::new() }
    }

    /// Notes who vanished since the last look, and who is back.
    pub(super) fn note_losses(&mut self, world: &World, cluster: &Cluster) {
        self.lost.retain(|name, _| cluster.nodes.iter().any(|node| node.name == *name));
        for node in cluster.members() {
            if self.members.contains(&node.name) && world.is_up(&node.name) {
                self.lost.remove(&node.name);
            } else if self.ledger.knows_as_up(&node.name) {
                self.lost.entry(node.name.clone()).or_insert(world.clock);
            }
        }
    }

    /// Until when it leaves alone what a lost node ran, which may need so long to let go of it.
    /// Whoever has no quorum takes nothing over, and lets go of its own at once.
    pub(super) fn holds_until(&self, world: &World, cluster: &Cluster, bound: Duration) -> Option<u64> {
        let bound = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
        let until = self.lost.values().max()?.saturating_add(bound);
        (until > world.clock && Votes::of(cluster, world).has_quorum(&self.members)).then_some(until)
    }

    /// What it waits for while it holds still.
    pub(super) fn why_it_waits(&self) -> String {
        let lost: Vec<&str> = self.lost.keys().map(NodeName::as_str).collect();
        format!("{} may take so long to let go of its resources", lost.join(" or "))
    }

    /// Whether any of its members is up.
    pub(super) fn is_alive(&self, world: &World) -> bool {
        self.members.iter().any(|member| world.is_up(member))
    }
}
