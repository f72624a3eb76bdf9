//! Members that go without a word, and daemons that do not come back.

use std::time::Duration;

use super::flight::Keep;
use super::{Awaited, Effect, State};
use crate::cluster::call::{Call, Flight};
use crate::cluster::event::Event;
use crate::cluster::member::{Departure, Moment, Parting};
use crate::model::NodeName;
use crate::scheduler::ActionKind;
use crate::status::{JoinState, Presence, ProcessState};

/// Why a daemon is not waited for any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::cluster) enum Reach {
    /// Its node is still there, without it.
    NodePresent,
    /// Its node went, too.
    NodeGone,
}

impl State {
    /// A member is not there any more. One that had taken its leave is not missed.
    pub(in crate::cluster) fn depart(&mut self, departure: &Departure) -> Vec<Effect> {
        let node = &departure.member.name;
        if self.member(departure.member.id).is_none() {
            return self.depart_later(departure);
        }
        self.unseat(node);
        self.live.leaving.remove(node);
        self.live.is_quorum_in_doubt |= departure.why == Parting::NodeDown;
        let mut effects = vec![Effect::Tell(Event::Gone { node: node.clone(), why: departure.why })];
        match departure.why {
            Parting::Left | Parting::ProcessDown if self.is_fenced(node) => self.lose(node),
            Parting::Left | Parting::ProcessDown => {
                self.live.awaited.insert(node.clone(), Awaited::Return);
                // Whoever fences in its place need not wait for it.
                self.live.in_flight.retain(|flight| {
                    flight.action.kind != ActionKind::Fence || !flight.worker.is(node.as_str())
                });
            }
            Parting::NodeDown if self.release_wait().is_some() => self.await_release(node),
            Parting::NodeDown => self.lose(node),
        }
        effects.push(Effect::Changed(format!("{node} left")));
        effects
    }

    /// Whether a node was fenced, and did not come back since.
    fn is_fenced(&self, node: &NodeName) -> bool {
        self.live.ledger.status.node(node.as_str()).is_some_and(|state| state.is_fenced)
    }

    /// The node of a daemon that had died goes, too; or one whose daemon was seen and did not come to agree on
    /// a state: what is known of it is from before, and it may run anything.
    fn depart_later(&mut self, departure: &Departure) -> Vec<Effect> {
        let node = &departure.member.name;
        let awaited = self.live.awaited.get(node);
        let is_stranger =
            awaited.is_none() && self.member_on(node).is_none() && self.durable.has_member(node);
        if departure.why == Parting::NodeDown && is_stranger && self.release_wait().is_some() {
            self.live.ledger.node_mut(node).resources.clear();
            self.await_release(node);
            return vec![Effect::Changed(format!("{node} went before it was asked what it runs"))];
        }
        let is_awaited = matches!(awaited, Some(Awaited::Return | Awaited::Supervisor));
        if departure.why == Parting::NodeDown && is_awaited {
            self.forsake(node, Reach::NodeGone)
        } else {
            Vec::new()
        }
    }

    /// A node is not waited for any more. One that just went after its daemon had ended, and that nobody
    /// fences, may have lost its cluster in good order: it gets the time to see that, too.
    pub(super) fn forsake(&mut self, node: &NodeName, reach: Reach) -> Vec<Effect> {
        let awaited = self.live.awaited.get(node).copied();
        match (reach, awaited) {
            (Reach::NodeGone, Some(Awaited::Return | Awaited::Supervisor)) if !self.durable.has_fencing() => {
                self.await_release(node);
                return vec![Effect::Changed(format!("{node} went"))];
            }
            (Reach::NodeGone, Some(_)) => self.lose(node),
            // Nobody fences it, and its supervisor ends what runs there; it is given the time.
            (Reach::NodePresent, Some(Awaited::Return)) if !self.durable.has_fencing() => {
                self.live.awaited.insert(node.clone(), Awaited::Supervisor);
                self.drop_flights_of(node, Keep::Traces);
                return vec![Effect::Changed(format!("the daemon of {node} did not come back"))];
            }
            (Reach::NodePresent, Some(Awaited::Return | Awaited::Supervisor)) => {
                self.live.awaited.remove(node);
                self.drop_flights_of(node, Keep::Traces);
                let state = self.live.ledger.node_mut(node);
                state.process = ProcessState::Offline;
                state.join = JoinState::Down;
            }
            (Reach::NodePresent, Some(Awaited::Release)) | (_, None) => return Vec::new(),
        }
        Self::forsaken(node)
    }

    /// Somebody knows that a node will not come back.
    pub(super) fn give_up(&mut self, node: &NodeName) -> Vec<Effect> {
        self.lose(node);
        Self::forsaken(node)
    }

    /// Somebody made sure that a node is down: this counts as its fencing.
    pub(super) fn confirm_down(&mut self, node: &NodeName, by: &NodeName, at: Moment) -> Vec<Effect> {
        let fences = |flight: &&Flight| {
            flight.action.kind == ActionKind::Fence
                && flight.action.node.as_ref().is_some_and(|target| target.is(node.as_str()))
        };
        let calls: Vec<(Call, NodeName)> = self
            .live
            .in_flight
            .iter()
            .filter(fences)
            .map(|flight| (flight.call, flight.worker.clone()))
            .collect();
        self.live.in_flight.retain(|flight| !fences(&flight));
        self.drop_flights_of(node, Keep::Nothing);
        self.live.awaited.retain(|known, _| !known.is(node.as_str()));
        self.live.detached.retain(|known| !known.is(node.as_str()));
        self.live.ledger.node_fenced(node);
        self.live.remember_confirmation(node, by, at);
        let mut effects: Vec<Effect> =
            calls.into_iter().map(|(call, worker)| Effect::Kill { call, worker }).collect();
        let (down, by) = (node.clone(), by.clone());
        effects.push(Effect::Acquitted);
        effects.push(Effect::Tell(Event::ConfirmedDown { node: down, by }));
        effects.push(Effect::Changed(format!("{node} is down, somebody says")));
        effects
    }

    fn forsaken(node: &NodeName) -> Vec<Effect> {
        let because = format!("{node} is not waited for any more");
        vec![Effect::Tell(Event::Forsaken { node: node.clone() }), Effect::Changed(because)]
    }

    /// How long a node may hold what it may not run any more: those who take it over wait no longer.
    /// `None` where nobody waits: then they fence it, or it is as good as lost at once.
    pub(in crate::cluster) fn hold_bound(&self) -> Option<Duration> {
        if self.durable.has_fencing() {
            return self.durable.watchdog_bound();
        }
        self.durable.cluster.release_bound()
    }

    /// How long a node that went is given, where nobody fences it but something makes it let go.
    pub(in crate::cluster) fn release_wait(&self) -> Option<Duration> {
        self.durable.cluster.release_bound().filter(|_| !self.durable.has_fencing())
    }

    /// Whether a node that is waited for lets go of nothing yet: it is left alone, and is given its time once
    /// that is over.
    pub(in crate::cluster) fn lets_go_later(&self, node: &NodeName, what: Awaited, now: Moment) -> bool {
        matches!(what, Awaited::Release | Awaited::Supervisor)
            && self.durable.overlay.alone_until(node, now).is_some()
    }

    /// Whether a node is out of sight, and may hold what others take over unless it lets go of it in time.
    pub(super) fn may_hold(&self, node: &NodeName) -> bool {
        if self.hold_bound().is_none() || self.member_on(node).is_some() {
            return false;
        }
        let is_awaited = self.live.awaited.get(node) == Some(&Awaited::Release);
        let state = self.live.ledger.status.node(node.as_str());
        let is_lost = state
            .is_some_and(|state| state.member == Presence::Absent && state.expected_up && !state.is_fenced);
        is_awaited || is_lost && self.durable.has_fencing() && !self.durable.is_remote(node.as_str())
    }

    fn await_release(&mut self, node: &NodeName) {
        self.drop_flights_of(node, Keep::Traces);
        self.live.awaited.insert(node.clone(), Awaited::Release);
    }

    fn lose(&mut self, node: &NodeName) {
        self.live.awaited.remove(node);
        self.live.detached.remove(node);
        self.drop_flights_of(node, Keep::Traces);
        self.live.ledger.node_lost(node);
    }
}
