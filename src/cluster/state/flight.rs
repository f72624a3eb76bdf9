//! Actions in flight: taken up, ended, and given up.

use super::{Effect, State};
use crate::cluster::call::{Call, Flight};
use crate::cluster::event::Event;
use crate::cluster::member::Moment;
use crate::executor::ActionResult;
use crate::ledger::roster::Roster;
use crate::ledger::{AgentTraits, Performed};
use crate::model::NodeName;
use crate::scheduler::{ActionKind, Task};
use crate::status::ResultCode;

impl State {
    /// Takes up an action. What the cluster does itself is done with that.
    pub(super) fn take_up(&mut self, flight: Flight, effects: &mut Vec<Effect>) {
        let (call, at) = (flight.call, flight.since);
        let is_done_at_once =
            flight.action.kind == ActionKind::Cluster && flight.action.task != Task::Shutdown;
        effects.push(Effect::Tell(Event::Started(Box::new(flight.clone()))));
        self.live.ledger.transition = self.live.ledger.transition.max(call.transition);
        self.live.in_flight.push(flight.clone());
        if is_done_at_once {
            let result = ActionResult::done(ResultCode::OK, std::time::Duration::ZERO);
            self.end_flight(call, &result, &AgentTraits::default(), at, effects);
        } else {
            effects.push(Effect::Begun(Box::new(flight)));
        }
    }

    /// Writes down how an action ended. What is not in flight has ended already.
    pub(super) fn end_flight(
        &mut self,
        call: Call,
        result: &ActionResult,
        traits: &AgentTraits,
        at: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let Some(place) = self.live.in_flight.iter().position(|flight| flight.call == call) else { return };
        let flight = self.live.in_flight.remove(place);
        let done = Performed {
            action: &flight.action,
            agent: flight.agent.as_ref(),
            traits,
            result,
            at: at.seconds(),
            start_failure_is_fatal: flight.start_failure_is_fatal,
        };
        let is_outlived = self.live.is_outlived(&flight);
        if !is_outlived {
            self.record(&done, effects);
        }
        if flight.action.kind == ActionKind::Fence {
            self.live.remember_fencing(&flight, result, at);
        }
        effects.push(Effect::Ended { call, result: result.clone() });
        if let Some(node) = flight.action.node.clone().filter(|_| !is_outlived) {
            self.follow_membership(&flight, &node, result, effects);
        }
        effects.push(Effect::Tell(Event::Finished {
            call: Some(call),
            worker: flight.worker,
            action: Box::new(flight.action),
            result: result.clone(),
            at,
        }));
    }

    /// Writes down a result.
    pub(super) fn record(&mut self, done: &Performed<'_>, effects: &mut Vec<Effect>) {
        let may_end_guests = done.action.task.takes_node_down() || done.action.task == Task::Stop;
        if may_end_guests {
            let roster = Roster::of(&self.durable.cluster, &self.live.ledger.status);
            self.live.ledger.record_with_guests(done, &roster);
        } else {
            self.live.ledger.record(done);
        }
        effects.extend(done.action.node.clone().map(Effect::Touched));
    }

    /// A node that was fenced or shut down is not a member any more.
    fn follow_membership(
        &mut self,
        flight: &Flight,
        node: &NodeName,
        result: &ActionResult,
        effects: &mut Vec<Effect>,
    ) {
        if !result.is_expected(&flight.action) {
            return;
        }
        if flight.action.task == Task::Shutdown {
            self.unseat(node);
            self.drop_flights_of(node, Keep::Nothing);
            let how = self.live.leaving.remove(node).unwrap_or(crate::cluster::request::Leave::Drained);
            effects.push(Effect::Parted { node: node.clone(), how });
        } else if flight.action.task.takes_node_down() {
            self.drop_flights_of(node, Keep::Nothing);
            self.live.awaited.retain(|known, _| !known.is(node.as_str()));
            self.live.detached.retain(|known| !known.is(node.as_str()));
        }
    }

    /// Takes a member's seat away.
    pub(super) fn unseat(&mut self, node: &NodeName) {
        self.live.members.retain(|seat| !seat.member.name.is(node.as_str()));
    }

    /// Gives up what a worker had in flight.
    pub(super) fn drop_flights_of(&mut self, worker: &NodeName, keep: Keep) {
        let ledger = &mut self.live.ledger;
        self.live.in_flight.retain(|flight| {
            if !flight.worker.is(worker.as_str()) {
                return true;
            }
            if keep == Keep::Traces && flight.action.task.may_activate() {
                ledger.record_pending(&flight.action, flight.agent.as_ref(), flight.since.seconds());
            }
            false
        });
    }
}

/// What stays known of actions that are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// That they may or may not have come about.
    Traces,
    /// Nothing: the node is down.
    Nothing,
}
