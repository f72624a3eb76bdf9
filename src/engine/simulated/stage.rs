//! Stages: simulated clusters that begin as a copy of another, or of what was seen of a real one.

use std::sync::Arc;

use super::side::Side;
use super::store::State;
use super::world::{Machine, World};
use super::{Bounds, Simulated};
use crate::engine::Observation;
use crate::ledger::Ledger;
use crate::ledger::roster::Roster;
use crate::model::{Generation, NodeName, Role};
use crate::scheduler::facts::{NodeFacts, NodeKind, ResourceFacts};
use crate::scheduler::{Facts, interpret};
use crate::status::{ClusterStatus, HistoryEntry, ResultCode};

impl Simulated {
    /// The same cluster once more, in memory: what happens to one does not happen to the other.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { state: self.state.clone(), store: None, at_work: None, bounds: self.bounds.clone() }
    }

    /// A cluster in memory that is as another was seen: what was believed to be active is active,
    /// and what is known is known. Its recurring monitors begin anew with the next convergence.
    pub fn resembling(observation: &Observation, seed: u64) -> Self {
        let mut world = World::new(seed);
        world.clock = u64::try_from(observation.now).unwrap_or_default().saturating_mul(1000);
        let effective = observation.effective();
        let facts = interpret::interpret(&effective, &observation.status, observation.now);
        for node in &facts.nodes {
            let is_remote = node.kind != NodeKind::Member;
            let machine =
                Machine { is_up: node.is_online || waits(&facts, node), is_remote, ..Machine::default() };
            world.machines.insert(node.name.clone(), machine);
        }
        let leaves = facts.top.iter().flat_map(|top| facts.leaves(*top)).map(|leaf| facts.resource(leaf));
        let roster = Roster::of(&effective, &observation.status);
        for leaf in leaves {
            // A guest lives as long as what launched it, connected or not.
            if leaf.active_on.iter().any(|node| facts.node(*node).is_online) {
                world.begin_guest(&leaf.id, &roster);
            }
            for node in leaf.active_on.iter().map(|node| facts.node(*node)).filter(|node| node.is_online) {
                world.set_role(&name_in_history(leaf), &node.name, leaf.current_role.max(Role::Started));
            }
        }
        let members: Vec<NodeName> = world
            .machines
            .iter()
            .filter(|(_, machine)| !machine.is_remote)
            .map(|(name, _)| name.clone())
            .collect();
        let mut ledger = Ledger::new(format!("simulated-{seed}"));
        ledger.status = without_monitors(&observation.status);
        let mut state = State::new(world, Side::new(members, ledger));
        state.generation = Generation(observation.generation.0.max(1));
        state.in_force = observation.effective().into_owned();
        Self { state, store: None, at_work: None, bounds: Bounds::default() }
    }
}

/// Whether a remote node may well be up: it is not connected, and nothing was heard of a failure.
fn waits(facts: &Facts<'_>, node: &NodeFacts<'_>) -> bool {
    let connects = |resource: &&ResourceFacts<'_>| {
        resource.connects.is_some_and(|remote| facts.node(remote).name == node.name)
    };
    let has_failed = |resource: &ResourceFacts<'_>| {
        resource.is_failed || facts.remembered_failures().any(|failed| *failed.resource == *resource.base_id)
    };
    node.kind == NodeKind::Remote
        && (node.unclean.is_none() || node.is_unseen)
        && !facts.resources.iter().filter(connects).any(has_failed)
}

/// The name under which agents and history know an instance.
fn name_in_history(resource: &ResourceFacts<'_>) -> Arc<str> {
    match &resource.history_name {
        Some(name) => Arc::clone(name),
        None if resource.is_unique => Arc::clone(&resource.id),
        None => Arc::clone(&resource.base_id),
    }
}

/// Nothing runs recurring monitors of another cluster here, so that they must not be known to run.
fn without_monitors(status: &ClusterStatus) -> ClusterStatus {
    let mut status = status.clone();
    for history in status.nodes.iter_mut().flat_map(|node| &mut node.resources) {
        history.entries.retain(|entry| !is_standing_monitor(entry));
    }
    status
}

fn is_standing_monitor(entry: &HistoryEntry) -> bool {
    !entry.interval.is_zero()
        && *entry.operation == *"monitor"
        && matches!(entry.rc, Some(ResultCode::OK | ResultCode::PROMOTED))
}
