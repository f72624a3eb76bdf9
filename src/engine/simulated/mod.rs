//! The simulated engine: a whole cluster in virtual time, without touching this host.
//!
//! The *world* holds what is really so: which machines are up, what is active on them, which
//! answers are forced upon agents. The *ledger* holds what the cluster knows; only agents' answers
//! bring the one into the other, so that a probe finds the truth and a failure stays unknown until
//! its monitor runs. Everything is kept in one file between commands, and the same commands with the
//! same seed give the same cluster to the millisecond.

mod agent;
mod control;
mod fencing;
mod hands;
mod injection;
mod monitor;
mod quorum;
mod side;
mod split;
mod stage;
mod store;
mod world;

pub use injection::{Answer, Injection, Repeat};

use std::path::Path;
use std::time::Duration;

use super::change;
use super::converge::{self, Bounds};
use super::{BoxFuture, Desired, Engine, EngineError, Event, Observation, Outcome};
use crate::cluster::Change;
use crate::diagnostic::{Diagnostic, without_effect};
use crate::ledger::Ledger;
use crate::model::rename;
use crate::model::{Cluster, Generation, Moment, NodeName, Rename};
use crate::plan::aside::{Aside, AtWork};
use crate::scheduler::facts::Properties;
use crate::status::rename::rename_in_status;
use hands::SimulatedHands;
use side::Side;
use store::{State, Store};
use world::{Machine, World};

/// A simulated cluster.
#[derive(Debug)]
pub struct Simulated {
    state: State,
    store: Option<Store>,
    /// Who was at work on it when this was read.
    at_work: Option<AtWork>,
    bounds: Bounds,
}

impl Simulated {
    /// The simulated cluster kept in `dir`; a new one when there is none. No other process can open
    /// it meanwhile.
    ///
    /// # Errors
    /// [`EngineError::Locked`] while another process has it open, [`EngineError::Damaged`] when its
    /// file cannot be understood, [`EngineError::Storage`] when it cannot be read.
    pub fn open(dir: &Path) -> Result<Self, EngineError> {
        let store = Store::lock(dir)?;
        let state = store.load()?.unwrap_or_else(|| new_state(0));
        Ok(Self { state, store: Some(store), at_work: None, bounds: Bounds::default() })
    }

    /// The simulated cluster kept in `dir` as it was last saved, also while another process has it
    /// open. Nothing is made there, and what happens to this value is not kept.
    ///
    /// # Errors
    /// As for [`Simulated::open`], which alone is locked out.
    pub fn peek(dir: &Path) -> Result<Self, EngineError> {
        let state = store::peek(dir)?.unwrap_or_else(|| new_state(0));
        Ok(Self { state, store: None, at_work: store::at_work(dir), bounds: Bounds::default() })
    }

    /// A simulated cluster that is gone when this value is; latencies follow from `seed`.
    pub fn in_memory(seed: u64) -> Self {
        Self { state: new_state(seed), store: None, at_work: None, bounds: Bounds::default() }
    }

    /// Changes how long converging keeps trying.
    pub fn set_bounds(&mut self, bounds: Bounds) {
        self.bounds = bounds;
    }

    fn save(&self) -> Result<(), EngineError> {
        self.store.as_ref().map_or(Ok(()), |store| store.save(&self.state))
    }

    fn observation(&self) -> Observation {
        self.observation_of(&self.state.sides[0])
    }

    /// What a side would see, without letting it write that down.
    fn observation_of(&self, side: &Side) -> Observation {
        let mut world = self.state.world.clone();
        let mut ledger = side.ledger.clone();
        Side::look(&mut ledger, &side.members, &mut world, &self.state.in_force);
        Observation {
            now: world.now(),
            generation: self.state.generation,
            origin: self.state.origin.clone(),
            in_force: self.state.in_force.clone(),
            overlay: self.state.overlay.clone(),
            status: ledger.status,
            aside: Aside { at_work: self.at_work.clone(), unseen: self.unseen(), ..Aside::default() },
        }
    }

    fn put_in_force(&mut self, desired: Desired) -> Result<Generation, EngineError> {
        if desired.base != self.state.generation {
            return Err(EngineError::Conflict {
                planned: desired.base,
                actual: self.state.generation,
                in_force: self.state.origin.clone(),
            });
        }
        self.rename(&desired.renames);
        self.state.overlay = rename::in_overlay(&self.state.overlay, &desired.renames).into_owned();
        self.boot_members(&desired.cluster);
        self.state.generation.0 += 1;
        self.state.in_force = desired.cluster;
        self.state.origin = desired.origin;
        self.save()?;
        Ok(self.state.generation)
    }

    /// Cut-off nodes hear of it as well: there is one desired state.
    fn take_change(&mut self, wanted: &Change) -> Result<Generation, EngineError> {
        let State { world, sides, in_force, overlay, .. } = &mut self.state;
        let now = Moment::at(world.now());
        let mut changed = overlay.clone();
        for side in sides {
            changed = overlay.clone();
            change::apply(wanted, in_force, &mut changed, &mut side.ledger, now)?;
        }
        *overlay = changed;
        self.save()?;
        Ok(self.state.generation)
    }

    /// What runs under an old name runs under the new one from now on, and is known by it.
    fn rename(&mut self, renames: &[Rename]) {
        self.state.world.rename(renames);
        for side in &mut self.state.sides {
            rename_in_status(&mut side.ledger.status, renames);
        }
    }

    /// Nodes that appear in the configuration come up; those that vanish from it are gone.
    fn boot_members(&mut self, cluster: &Cluster) {
        let members: Vec<&NodeName> = cluster.members().map(|node| &node.name).collect();
        let State { world, sides, .. } = &mut self.state;
        world.machines.retain(|name, machine| machine.is_remote || members.contains(&name));
        world.monitors.retain(|monitor| world.machines.contains_key(&monitor.operation.node));
        for side in sides.iter_mut() {
            side.members.retain(|name| members.contains(&name));
            side.ledger.keep_members(&members, |name| world.machines.contains_key(name));
        }
        for name in members {
            if !world.machines.contains_key(name) {
                world.machines.insert(name.clone(), Machine { is_up: true, ..Machine::default() });
                sides[0].members.push(name.clone());
            }
        }
    }

    /// Lets each side do what it thinks right: the first one first, but those that have to wait only
    /// when they have, and not at all if that would be after `until`.
    async fn converge_all(
        &mut self,
        until: u64,
        report: &mut converge::Report<'_>,
    ) -> Result<Outcome, EngineError> {
        let turns = self.turns();
        let State { world, sides, in_force, overlay, .. } = &mut self.state;
        let now = Moment::at(world.now());
        if overlay.pause_at(now).is_some() {
            return Ok(Outcome::Stuck);
        }
        let wanted = overlay.over(in_force, now);
        let mut worst = Outcome::Converged;
        for (turn, place) in turns.into_iter().filter(|(turn, _)| *turn <= until) {
            let Some(side) = sides.get_mut(place) else { continue };
            if turn > world.clock {
                let length = Duration::from_millis(turn - world.clock);
                report(Event::Waiting { length: Some(length), because: side.why_it_waits() });
                world.clock = turn;
            }
            let mut hands = SimulatedHands::new(world, &wanted, side, place == 0);
            let outcome =
                converge::converge(&wanted, &mut side.ledger, &mut hands, &self.bounds, report).await?;
            if worst == Outcome::Converged {
                worst = outcome;
            }
        }
        self.drop_dead_sides();
        self.save()?;
        Ok(worst)
    }

    /// The sides that are alive, each with the moment from which it may act.
    fn turns(&mut self) -> Vec<(u64, usize)> {
        let State { world, sides, in_force, .. } = &mut self.state;
        for side in sides.iter_mut() {
            side.note_losses(world, in_force);
            if !side.is_alive(world) {
                // Nobody is left to look, but nobody will take the dead for alive either.
                Side::look(&mut side.ledger, &side.members, world, in_force);
            }
        }
        let bound = in_force.release_bound().filter(|_| !Properties::always_fence(in_force));
        let turn = |side: &Side| bound.and_then(|bound| side.holds_until(world, in_force, bound));
        let alive = sides.iter().enumerate().filter(|(_, side)| side.is_alive(world));
        let mut turns: Vec<_> = alive.map(|(place, side)| (turn(side).unwrap_or(0), place)).collect();
        turns.sort_unstable();
        turns
    }

    /// A cut-off node that went down belongs to the rest again, as far as anyone can tell.
    fn drop_dead_sides(&mut self) {
        let State { world, sides, .. } = &mut self.state;
        let mut orphans = Vec::new();
        let mut place = 1;
        while place < sides.len() {
            if sides[place].is_alive(world) {
                place += 1;
            } else {
                orphans.append(&mut sides.remove(place).members);
            }
        }
        sides[0].members.append(&mut orphans);
    }
}

impl Engine for Simulated {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn observe(&mut self) -> BoxFuture<'_, Result<Observation, EngineError>> {
        Box::pin(async { Ok(self.observation()) })
    }

    fn submit(&mut self, desired: Desired) -> BoxFuture<'_, Result<Generation, EngineError>> {
        Box::pin(async { self.put_in_force(desired) })
    }

    fn change(&mut self, change: Change) -> BoxFuture<'_, Result<Generation, EngineError>> {
        Box::pin(async move { self.take_change(&change) })
    }

    fn converge<'a>(
        &'a mut self,
        report: &'a mut (dyn FnMut(Event) + Send),
    ) -> BoxFuture<'a, Result<Outcome, EngineError>> {
        Box::pin(self.converge_all(u64::MAX, report))
    }

    /// Any cluster can be simulated.
    fn admit(&self, _: &Cluster) -> Result<(), EngineError> {
        Ok(())
    }

    /// Whoever opened it has locked its folder, and time passes only within a command.
    fn claim<'a>(
        &'a mut self,
        _: &'a mut (dyn FnMut(Event) + Send),
    ) -> BoxFuture<'a, Result<(), EngineError>> {
        Box::pin(async { Ok(()) })
    }

    fn check<'a>(&'a mut self, cluster: &'a Cluster) -> BoxFuture<'a, Vec<Diagnostic>> {
        Box::pin(async {
            let mut found = without_effect(&[
                ("alerts", !cluster.alerts.is_empty(), "nobody is told of what is only simulated"),
                (
                    "acls",
                    !cluster.acls.roles.is_empty(),
                    "whoever simulates a cluster may do everything there",
                ),
            ]);
            found.extend(quorum::not_simulated(cluster));
            found
        })
    }
}

fn new_state(seed: u64) -> State {
    let ledger = Ledger::new(format!("simulated-{seed}"));
    State::new(World::new(seed), Side::new(Vec::new(), ledger))
}

#[cfg(test)]
mod tests;
