//! Changes that somebody asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Effect, Solo, State};
use crate::cluster::event::Event;
use crate::cluster::member::Moment;
use crate::cluster::request::{Change, Lifetime, Meanwhile, Override, Proposal, Refusal};
use crate::ledger::NoSuchResource;
use crate::model::fencing::{TERMINATE, asks_for_fencing};
use crate::model::rename::{rename_instance, rename_key};
use crate::model::{Generation, NodeName, Overlay, ResourceId};
use crate::scheduler::facts::{NoQuorumPolicy, Properties};
use crate::status::rename::rename_in_status;

impl State {
    /// Puts a change in force, or says why not. Nothing is changed then.
    pub(super) fn apply_change(
        &mut self,
        change: &Change,
        by: &NodeName,
        at: Moment,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        self.check_peace(change, at)?;
        self.check_quorum(change, at)?;
        match change {
            Change::Propose(proposal) => self.propose(proposal, effects)?,
            Change::Override(wanted) => {
                self.check_override(wanted)?;
                self.durable.overlay.put(wanted.clone());
                self.note_override(effects);
                self.note_solo(Solo::Override(wanted.id.clone()), effects);
            }
            Change::Restore(id) => {
                if !self.durable.overlay.take_away(id) {
                    return Err(Refusal::UnknownOverride(id.clone()));
                }
                self.note_override(effects);
            }
            Change::Pause(pause) => {
                self.durable.overlay.pause = Some(pause.clone());
                self.note_override(effects);
                self.note_solo(Solo::Pause, effects);
            }
            Change::Resume => {
                self.durable.overlay.pause = None;
                self.note_override(effects);
            }
            Change::Cleanup { resource, node } => {
                self.forget(resource.as_ref(), node.as_ref(), Extent::Failures, effects)?;
            }
            Change::Refresh { resource, node } => {
                self.forget(resource.as_ref(), node.as_ref(), Extent::Everything, effects)?;
            }
            Change::Attribute { node, name, value, lifetime } => {
                self.check_node(node)?;
                self.set_attribute(node, name, value.as_ref(), *lifetime, effects)?;
            }
            Change::Ticket { id, granted, standby } => {
                self.live.ledger.status.set_ticket(id, *granted, *standby, at.seconds());
                effects.push(Effect::Changed(format!("ticket {id}")));
            }
            Change::Forsake(node) => {
                self.check_node(node)?;
                if !self.is_frozen(node) {
                    let is_here = self.member_on(node).is_some();
                    let refusal = if is_here { Refusal::NotLost } else { Refusal::StillSeen };
                    return Err(refusal(node.clone()));
                }
                effects.extend(self.give_up(node));
            }
            Change::ConfirmDown(node) => {
                self.check_node(node)?;
                if self.member_on(node).is_some() {
                    return Err(Refusal::NotLost(node.clone()));
                }
                effects.extend(self.confirm_down(node, by, at));
            }
        }
        Ok(())
    }

    fn propose(&mut self, proposal: &Proposal, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
        if proposal.base != self.durable.generation {
            return Err(Refusal::Conflict {
                planned: proposal.base,
                actual: self.durable.generation,
                origin: proposal.origin.clone(),
                in_force: self.durable.origin.clone(),
            });
        }
        self.rename(proposal, effects);
        let is_quorate = self.is_quorate();
        let daemons = self.live.members.len();
        let durable = &mut self.durable;
        durable.generation = Generation(durable.generation.0 + 1);
        durable.revision += 1;
        durable.cluster = Arc::new(proposal.cluster.clone());
        durable.origin.clone_from(&proposal.origin);
        if is_quorate {
            durable.confirm(daemons);
        }
        durable.prolong();
        self.enrol();
        effects.push(Effect::Durable);
        let (generation, origin) = (self.durable.generation, proposal.origin.clone());
        effects.push(Effect::Changed(format!("generation {} from {origin}", generation.0)));
        effects.push(Effect::Tell(Event::InForce { generation, origin }));
        Ok(())
    }

    /// Refuses what would not outlast the next merge: the partition with quorum keeps its own. A desired state
    /// is taken, as it may be what brings quorum back, and so is what only concerns the nodes that are here.
    fn check_quorum(&self, change: &Change, at: Moment) -> Result<(), Refusal> {
        let meanwhile = match change {
            Change::Attribute { name, value: Some(value), .. }
                if &**name == TERMINATE && asks_for_fencing(value) =>
            {
                Meanwhile::Unfenced
            }
            Change::Override(_)
            | Change::Restore(_)
            | Change::Pause(_)
            | Change::Resume
            | Change::Attribute { lifetime: Lifetime::Forever, .. }
            | Change::Ticket { .. } => Meanwhile::Lost,
            Change::Propose(_)
            | Change::Cleanup { .. }
            | Change::Refresh { .. }
            | Change::Attribute { .. }
            | Change::Forsake(_)
            | Change::ConfirmDown(_) => return Ok(()),
        };
        let needs_none = || {
            let properties = Properties::at(&self.durable.cluster, at.seconds());
            properties.no_quorum_policy == NoQuorumPolicy::Ignore
        };
        if self.is_quorate() || needs_none() { Ok(()) } else { Err(Refusal::NoQuorum(meanwhile)) }
    }

    /// Whether this partition has quorum. Who just lost others may not know yet that it lost that, too.
    fn is_quorate(&self) -> bool {
        self.live.ledger.status.has_quorum && !self.live.is_quorum_in_doubt
    }

    /// What is known and being done under an old name goes on under the new one.
    fn rename(&mut self, proposal: &Proposal, effects: &mut Vec<Effect>) {
        let renames = &proposal.renames;
        if renames.is_empty() {
            return;
        }
        rename_in_status(&mut self.live.ledger.status, renames);
        for flight in &mut self.live.in_flight {
            let Some(old) = flight.action.resource.clone() else { continue };
            let new = rename_instance(&old, renames);
            flight.action.key = rename_key(&flight.action.key, &old, &new);
            flight.action.resource = Some(new);
            let instance = flight.action.instance.as_ref();
            flight.action.instance = instance.map(|instance| rename_instance(instance, renames));
        }
        for over in &mut self.durable.overlay.overrides {
            if let Some(resource) = over.what.resource_mut()
                && let Some(rename) = renames.iter().find(|rename| rename.from == *resource)
            {
                *resource = rename.to.clone();
            }
        }
        let members = self.live.members.iter().map(|seat| seat.member.name.clone());
        effects.extend(members.map(Effect::Touched));
        effects.push(Effect::Renamed(renames.clone()));
    }

    fn note_override(&mut self, effects: &mut Vec<Effect>) {
        self.durable.revision += 1;
        effects.push(Effect::Durable);
        effects.push(Effect::Tell(Event::Overridden));
        effects.push(Effect::Changed("overrides changed".to_owned()));
    }

    /// Nodes that are apart have to go by one pause and one maintenance, where those with quorum take over what a
    /// lost node has had the time to let go of: it does not while it is left alone, and nobody hears of a change.
    fn check_peace(&self, change: &Change, at: Moment) -> Result<(), Refusal> {
        let before = &self.durable.overlay;
        let mut after = before.clone();
        match change {
            Change::Pause(pause) => after.pause = Some(pause.clone()),
            Change::Resume => after.pause = None,
            Change::Override(wanted) => after.put(wanted.clone()),
            Change::Restore(id) => {
                after.take_away(id);
            }
            Change::Propose(_)
            | Change::Cleanup { .. }
            | Change::Refresh { .. }
            | Change::Attribute { .. }
            | Change::Ticket { .. }
            | Change::Forsake(_)
            | Change::ConfirmDown(_) => return Ok(()),
        }
        let nodes = || self.live.ledger.status.nodes.iter().filter_map(|state| state.name.as_ref());
        let Some(lost) = nodes().find(|node| self.may_hold(node)) else { return Ok(()) };
        let until = |overlay: &Overlay, node: &NodeName| overlay.alone_until(node, at);
        let is_safe = if self.live.ledger.status.has_quorum {
            nodes().all(|node| !self.may_hold(node) || until(&after, node) >= until(before, node))
        } else {
            nodes().all(|node| until(&after, node) <= until(before, node))
        };
        if is_safe { Ok(()) } else { Err(Refusal::Apart(lost.clone())) }
    }

    fn note_solo(&self, solo: Solo, effects: &mut Vec<Effect>) {
        if !self.is_quorate() {
            effects.push(Effect::Alone(solo));
        }
    }

    fn check_override(&self, wanted: &Override) -> Result<(), Refusal> {
        if let Some(node) = wanted.what.node() {
            self.check_node(node)?;
        }
        match wanted.what.resource() {
            Some(resource) if !self.durable.cluster.resource_ids().contains(&resource) => {
                Err(Refusal::UnknownResource(resource.clone()))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn check_node(&self, node: &NodeName) -> Result<(), Refusal> {
        let is_configured = self.durable.cluster.nodes.iter().any(|known| known.name.is(node.as_str()));
        let is_known = is_configured || self.live.ledger.status.node(node.as_str()).is_some();
        if is_known { Ok(()) } else { Err(Refusal::UnknownNode(node.clone())) }
    }

    fn forget(
        &mut self,
        resource: Option<&ResourceId>,
        node: Option<&NodeName>,
        extent: Extent,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        if let Some(node) = node {
            self.check_node(node)?;
        }
        let meant = self
            .live
            .ledger
            .meant(&self.durable.cluster, resource)
            .map_err(|NoSuchResource(resource)| Refusal::UnknownResource(resource))?;
        let here = self.within_reach();
        let touched = match extent {
            Extent::Failures => self.live.ledger.clean_up(node, &here, |name| meant.includes(name)),
            Extent::Everything => self.live.ledger.refresh(node, &here, |name| meant.includes(name)),
        };
        effects.extend(touched.into_iter().map(Effect::Touched));
        effects.push(Effect::Changed("history was cleaned up".to_owned()));
        Ok(())
    }

    /// Nodes that can be asked what runs on them: members, and those behind a connection.
    fn within_reach(&self) -> BTreeSet<NodeName> {
        let names = self.live.ledger.status.nodes.iter().filter_map(|state| state.name.clone());
        let is_reached =
            |name: &NodeName| self.member_on(name).is_some() || self.durable.is_remote(name.as_str());
        names.filter(is_reached).collect()
    }
}

/// How much is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// What failed.
    Failures,
    /// All of it.
    Everything,
}
