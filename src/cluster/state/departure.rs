//! Members that go without a word, and daemons that do not come back.

use super::flight::Keep;
use super::{Effect, State};
use crate::cluster::event::Event;
use crate::cluster::member::{Departure, Parting};
use crate::model::NodeName;
use crate::scheduler::ActionKind;
use crate::status::{JoinState, ProcessState};

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
        let mut effects = vec![Effect::Tell(Event::Gone { node: node.clone(), why: departure.why })];
        match departure.why {
            Parting::Left | Parting::ProcessDown => {
                self.live.awaited.insert(node.clone());
                // Whoever fences in its place need not wait for it.
                self.live.in_flight.retain(|flight| {
                    flight.action.kind != ActionKind::Fence || !flight.worker.is(node.as_str())
                });
            }
            Parting::NodeDown => self.lose(node),
        }
        effects.push(Effect::Changed(format!("{node} left")));
        effects
    }

    /// The node of a daemon that had died goes, too.
    fn depart_later(&mut self, departure: &Departure) -> Vec<Effect> {
        let node = &departure.member.name;
        if departure.why != Parting::NodeDown || !self.live.awaited.contains(node) {
            return Vec::new();
        }
        self.forsake(node, Reach::NodeGone)
    }

    /// A daemon is not waited for any more.
    pub(super) fn forsake(&mut self, node: &NodeName, reach: Reach) -> Vec<Effect> {
        if !self.is_frozen(node) {
            return Vec::new();
        }
        match reach {
            Reach::NodeGone => self.lose(node),
            Reach::NodePresent => {
                self.drop_flights_of(node, Keep::Traces);
                let state = self.live.ledger.node_mut(node);
                state.process = ProcessState::Offline;
                state.join = JoinState::Down;
            }
        }
        self.live.awaited.remove(node);
        self.live.detached.remove(node);
        let because = format!("the daemon of {node} did not come back");
        vec![Effect::Tell(Event::Forsaken { node: node.clone() }), Effect::Changed(because)]
    }

    fn lose(&mut self, node: &NodeName) {
        self.live.awaited.remove(node);
        self.drop_flights_of(node, Keep::Traces);
        self.live.ledger.node_lost(node);
    }
}
