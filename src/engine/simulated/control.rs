//! What people do to a simulated cluster: fail and recover nodes, cut links, force answers, let
//! time pass. None of it tells the cluster anything; it finds out by itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::hands::{MonitorRun, SimulatedHands};
use super::quorum::Cut;
use super::side::Side;
use super::store::State;
use super::world::World;
use super::{Injection, Simulated};
use crate::engine::converge::{self, Report};
use crate::engine::{EngineError, Observation, Outcome};
use crate::ledger::roster::Roster;
use crate::model::AgentClass;
use crate::model::id::without_number;
use crate::model::{Moment, NodeName, Resource, ResourceId, Role};
use crate::scheduler::{self, interpret};
use crate::status::ClusterStatus;

/// What every agent may be asked to do; a `probe` is a monitor that runs once.
const OPERATIONS: [&str; 10] = [
    "start",
    "stop",
    "monitor",
    "probe",
    "promote",
    "demote",
    "notify",
    "migrate_to",
    "migrate_from",
    "reload-agent",
];

/// What a fence device may be asked to do as well.
const FENCING: [&str; 4] = ["fence", "reboot", "off", "on"];

/// The last moment that can be written down: the end of the year 9999, milliseconds since 1970.
const LAST_MOMENT: u64 = 253_402_207_200_000;

impl Simulated {
    /// Takes a node down at once, as a power failure does.
    ///
    /// # Errors
    /// When there is no such node, or the state cannot be saved.
    pub fn fail_node(&mut self, node: &NodeName) -> Result<(), EngineError> {
        let node = self.known(node)?;
        let roster = self.roster();
        self.state.world.crash(&node, &roster);
        self.save()
    }

    /// Brings a node back: boots it if it is down, and mends its link if that was cut.
    ///
    /// # Errors
    /// As for [`Simulated::fail_node`].
    pub fn recover_node(&mut self, node: &NodeName) -> Result<(), EngineError> {
        let node = self.known(node)?;
        self.mend_link(&node);
        self.state.world.boot(&node);
        self.save()
    }

    /// Pulls a node's cable: it reaches neither the others nor anything else (no carrier, no gateway,
    /// no arbiter, no witness). It goes on by itself, and so do they.
    ///
    /// # Errors
    /// As for [`Simulated::fail_node`].
    pub fn cut_link(&mut self, node: &NodeName) -> Result<(), EngineError> {
        self.cut(node, Cut::Cable)
    }

    /// Cuts a node off from all other nodes only: whatever else there is still answers it.
    ///
    /// # Errors
    /// As for [`Simulated::fail_node`].
    pub fn cut_from_peers(&mut self, node: &NodeName) -> Result<(), EngineError> {
        self.cut(node, Cut::Peers)
    }

    fn cut(&mut self, node: &NodeName, cut: Cut) -> Result<(), EngineError> {
        let node = self.known(node)?;
        if let Some(machine) = self.state.world.machines.get_mut(&node) {
            machine.cut = Some(cut);
        }
        let sides = &mut self.state.sides;
        let is_alone = |side: &Side| side.members.len() == 1 && side.members.contains(&node);
        if sides.iter().any(is_alone) {
            return self.save();
        }
        let Some(side) = sides.iter_mut().find(|side| side.members.contains(&node)) else {
            return self.save();
        };
        side.members.retain(|member| *member != node);
        let mut ledger = side.ledger.clone();
        ledger.writer = format!("{}-{node}", ledger.writer).into();
        sides.push(Side::new(vec![node], ledger));
        self.save()
    }

    /// Ends a resource on a node (or wherever it is active), as a crash of the service does.
    ///
    /// # Errors
    /// When it is not active there, or the state cannot be saved.
    pub fn fail_resource(
        &mut self,
        resource: &ResourceId,
        node: Option<&NodeName>,
    ) -> Result<(), EngineError> {
        let is_there = |name: &NodeName| node.is_none_or(|node| name.is(node.as_str()));
        let mut failed: Vec<Arc<str>> = Vec::new();
        for (_, machine) in self.state.world.machines.iter_mut().filter(|(name, _)| is_there(name)) {
            failed.extend(machine.active.keys().filter(|active| is_instance(active, resource)).cloned());
            machine.active.retain(|active, _| !is_instance(active, resource));
        }
        let roster = self.roster();
        for launcher in &failed {
            self.state.world.end_guest(launcher, &roster);
        }
        if failed.is_empty() {
            let place = node.map_or_else(|| "any node".to_owned(), ToString::to_string);
            return Err(EngineError::Refused(format!("{resource} is not active on {place}")));
        }
        self.save()
    }

    /// Forces an answer upon an agent or a fence device. A newer one for the same operation comes first.
    ///
    /// # Errors
    /// When the state cannot be saved.
    pub fn inject(&mut self, injection: Injection) -> Result<(), EngineError> {
        self.state.world.injections.insert(0, injection);
        self.save()
    }

    /// Takes all forced answers of a resource away, or all there are.
    ///
    /// # Errors
    /// When the state cannot be saved.
    pub fn clear_injections(&mut self, resource: Option<&ResourceId>) -> Result<(), EngineError> {
        let is_other =
            |injection: &Injection| resource.is_some_and(|resource| injection.resource != *resource);
        self.state.world.injections.retain(is_other);
        self.save()
    }

    /// Sets or takes away a node attribute that lasts until the node leaves.
    ///
    /// # Errors
    /// As for [`Simulated::fail_node`].
    pub fn set_attribute(
        &mut self,
        node: &NodeName,
        name: &str,
        value: Option<&str>,
    ) -> Result<(), EngineError> {
        let node = self.known(node)?;
        if let Some(machine) = self.state.world.machines.get_mut(&node) {
            machine.attributes.insert(name.into(), value.map(Arc::from));
        }
        self.save()
    }

    /// Lets time pass. Monitors run when they are due; whenever one answers something new, or a
    /// moment comes at which a decision may differ, the cluster acts on it.
    ///
    /// # Errors
    /// When that leads beyond the year 9999, or the state cannot be saved.
    pub async fn advance(
        &mut self,
        length: Duration,
        report: &mut Report<'_>,
    ) -> Result<Outcome, EngineError> {
        let length = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        let deadline = self.state.world.clock.checked_add(length).filter(|moment| *moment <= LAST_MOMENT);
        let Some(deadline) = deadline else {
            return Err(EngineError::Refused("that long leads beyond the year 9999".to_owned()));
        };
        let mut outcome = self.converge_all(deadline, report).await?;
        let mut recheck = self.next_decision();
        let mut settled = self.all_due();
        loop {
            let next = [self.next_due(), recheck].into_iter().flatten().min();
            let Some(at) = next.filter(|at| *at <= deadline) else { break };
            self.state.world.clock = self.state.world.clock.max(at);
            if at > settled && self.monitors_are_steady() {
                self.skip_monitors(recheck.map_or(deadline, |recheck| recheck.min(deadline)));
            }
            let has_changed = self.run_monitors(at, report)?;
            if has_changed || recheck.is_some_and(|recheck| recheck <= at) {
                outcome = self.converge_all(deadline, report).await?;
                recheck = self.next_decision();
                settled = self.all_due();
            }
        }
        self.state.world.clock = self.state.world.clock.max(deadline);
        self.save()?;
        Ok(outcome)
    }

    /// Lets time pass until every monitor that runs has run once more, so that what failed is found.
    ///
    /// # Errors
    /// As for [`Simulated::advance`].
    pub async fn settle(&mut self, report: &mut Report<'_>) -> Result<Outcome, EngineError> {
        let until = self.all_due().saturating_sub(self.state.world.clock);
        self.advance(Duration::from_millis(until), report).await
    }

    /// When every monitor that runs will have run once more.
    fn all_due(&self) -> u64 {
        let World { clock, monitors, .. } = &self.state.world;
        monitors.iter().map(|monitor| monitor.due).max().unwrap_or(*clock)
    }

    /// Whether monitors will go on to answer what they answered last, as long as nothing happens.
    fn monitors_are_steady(&self) -> bool {
        !self.state.world.injections.iter().any(Injection::is_single)
    }

    /// Leaves out the monitors that would answer the same once more: years pass in no time.
    fn skip_monitors(&mut self, until: u64) {
        for monitor in &mut self.state.world.monitors {
            monitor.skip_to(until);
        }
    }

    /// Where each resource is really active, whatever anyone knows.
    pub fn truth(&self) -> BTreeMap<Arc<str>, Vec<(NodeName, Role)>> {
        self.state.world.active()
    }

    /// What a node sees: the same from everywhere, unless links are cut.
    ///
    /// # Errors
    /// When there is no such node.
    pub fn observe_from(&self, node: &NodeName) -> Result<Observation, EngineError> {
        let node = self.known(node)?;
        let side = self.state.sides.iter().find(|side| side.members.contains(&node));
        Ok(side.map_or_else(|| self.observation(), |side| self.observation_of(side)))
    }

    /// The parts into which cut links split the members; a whole cluster is one.
    pub fn sides(&self) -> Vec<&[NodeName]> {
        self.state.sides.iter().map(|side| side.members.as_slice()).collect()
    }

    /// Virtual time, seconds since 1970.
    pub fn now(&self) -> i64 {
        self.state.world.now()
    }

    /// Names of the nodes that there are: members, and remote nodes and guests that were ever up.
    pub fn nodes(&self) -> Vec<String> {
        self.state.world.machines.keys().map(ToString::to_string).collect()
    }

    /// Names of everything in force that has an agent, and of the collectives around it.
    pub fn resources(&self) -> Vec<String> {
        self.state.in_force.resource_ids().into_iter().map(ToString::to_string).collect()
    }

    /// The operations of a resource's agent that can be given an answer; none for a collective.
    pub fn operations(&self, resource: &ResourceId) -> Vec<&'static str> {
        let base = without_number(resource.as_str());
        let mut primitives = self.state.in_force.resources.iter().flat_map(Resource::primitives);
        let Some(primitive) = primitives.find(|primitive| primitive.id == *base) else { return Vec::new() };
        let agent = self.state.in_force.agent_of(primitive);
        let is_device = agent.is_some_and(|agent| agent.class == AgentClass::Stonith);
        let mut operations = OPERATIONS.to_vec();
        if !self.is_promotable(base) {
            operations.retain(|operation| !matches!(*operation, "promote" | "demote"));
        }
        operations.extend(if is_device { FENCING.as_slice() } else { &[] });
        operations
    }

    /// Whether anything looks at a resource from time to time: a recurring monitor of it, or of
    /// something in it.
    pub fn is_monitored(&self, resource: &ResourceId) -> bool {
        let named = |it: &&Resource| {
            it.id() == resource || it.primitives().iter().any(|primitive| primitive.id == *resource)
        };
        let around = self.state.in_force.resources.iter().filter(named);
        let mut own = around.flat_map(|it| {
            let is_all = it.id() == resource;
            it.primitives().into_iter().filter(move |primitive| is_all || primitive.id == *resource)
        });
        own.any(|primitive| {
            let mut ops = primitive.ops.iter();
            ops.any(|op| &*op.name == "monitor" && !op.interval.is_zero())
        })
    }

    fn is_promotable(&self, base: &str) -> bool {
        let status = ClusterStatus::default();
        let facts = interpret::interpret(&self.state.in_force, &status, 0);
        facts.resources.iter().any(|resource| &*resource.base_id == base && resource.is_promotable)
    }

    fn known(&self, node: &NodeName) -> Result<NodeName, EngineError> {
        let known = self.state.world.machines.keys().find(|name| name.is(node.as_str()));
        known.cloned().ok_or_else(|| EngineError::Refused(format!("there is no node {node}")))
    }

    fn roster(&self) -> Roster {
        Roster::of(&self.state.in_force, &ClusterStatus::default())
    }

    /// Mends a node's links. Sides that are not cut off any more become one; each node's own record
    /// of itself counts.
    fn mend_link(&mut self, node: &NodeName) {
        let State { world, sides, .. } = &mut self.state;
        if let Some(machine) = world.machines.get_mut(node) {
            machine.cut = None;
        }
        let is_cut = |name: &NodeName| world.machines.get(name).is_some_and(|machine| machine.cut.is_some());
        let is_open = |side: &Side| !side.members.iter().all(is_cut);
        let Some(first) = sides.iter().position(is_open) else { return };
        while let Some(place) = sides.iter().rposition(is_open).filter(|place| *place > first) {
            let side = sides.remove(place);
            let Some(whole) = sides.get_mut(first) else { return };
            for member in side.members {
                whole.ledger.adopt(&member, &side.ledger);
                whole.members.push(member);
            }
        }
    }

    /// Runs the monitors that are due until `until`; whether one answered something new.
    pub(super) fn run_monitors(&mut self, until: u64, report: &mut Report<'_>) -> Result<bool, EngineError> {
        let State { world, sides, in_force, .. } = &mut self.state;
        let mut has_changed = false;
        for (place, side) in sides.iter_mut().enumerate() {
            let mut hands = SimulatedHands::new(world, in_force, side, place == 0);
            loop {
                match hands.run_due_monitor(until) {
                    MonitorRun::NoneDue => break,
                    MonitorRun::Same => {}
                    MonitorRun::Changed(action, result) => {
                        has_changed = true;
                        let roster = Roster::of(in_force, &side.ledger.status);
                        converge::record(&mut side.ledger, &roster, &mut hands, &action, &result, false)?;
                        report(converge::finished(&action, &result));
                    }
                }
            }
        }
        Ok(has_changed)
    }

    /// When the next monitor runs.
    pub(super) fn next_due(&mut self) -> Option<u64> {
        let State { world, sides, in_force, .. } = &mut self.state;
        let mut due = Vec::new();
        for (place, side) in sides.iter().enumerate() {
            due.extend(SimulatedHands::new(world, in_force, side, place == 0).next_due());
        }
        due.into_iter().min()
    }

    /// The next moment at which a side may decide differently, or ceases to wait.
    fn next_decision(&mut self) -> Option<u64> {
        let clock = self.state.world.clock;
        let turns = self.turns().into_iter().map(|(turn, _)| turn).filter(|turn| *turn > clock);
        turns.chain(self.next_recheck()).min()
    }

    /// The next moment at which the first side may decide differently.
    fn next_recheck(&self) -> Option<u64> {
        let observation = self.observation();
        let schedule = scheduler::schedule(&observation.effective(), &observation.status, observation.now);
        let lapse = observation.overlay.lapses_at(Moment::at(observation.now)).map(Moment::seconds);
        let next = [schedule.recheck_by, lapse].into_iter().flatten().min()?;
        let moment = u64::try_from(next).ok()?.checked_mul(1000)?;
        (moment > self.state.world.clock).then_some(moment)
    }
}

/// Whether `active` is this resource or an instance of it.
fn is_instance(active: &str, resource: &ResourceId) -> bool {
    *resource == *active || active.rsplit_once(':').is_some_and(|(base, _)| *resource == *base)
}
