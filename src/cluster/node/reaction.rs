//! What a daemon does about what follows from messages.

use std::time::Duration;

use super::{Node, Phase};
use crate::cluster::border::Output;
use crate::cluster::event::Event;
use crate::cluster::member::{MemberId, Moment};
use crate::cluster::message::Tiding;
use crate::cluster::request::{Accepted, Leave, Refusal};
use crate::cluster::state::Effect;
use crate::executor::ActionResult;
use crate::ledger::AgentTraits;
use crate::model::NodeName;
use crate::scheduler::{ActionKind, Task};
use crate::status::ResultCode;

impl Node {
    pub(super) fn react(&mut self, now: Moment, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Begun(flight) => {
                    self.sight.see_clock(flight.call.by, flight.since, now);
                    if self.is_me(&flight.worker) {
                        self.begin(now, flight);
                    }
                }
                Effect::Ended { call, result } => self.control.ended(call, &result, &mut self.out),
                Effect::Kill { call, worker } => {
                    if self.is_me(&worker) {
                        self.out.push(Output::Kill(call));
                    }
                }
                Effect::Changed(because) => self.control.reconsider(&because),
                Effect::Durable => self.must_persist = true,
                Effect::Renamed(renames) => self.out.push(Output::Rename(renames)),
                Effect::Touched(node) => self.is_touched |= self.is_me(&node),
                Effect::Heard { from, seq, answer } => self.note_heard(from, seq, answer),
                Effect::Acquitted => self.sight.acquit(),
                Effect::Parted { node, how } => self.note_parted(&node, how),
                Effect::Alone(solo) => self.alone.note(solo),
                Effect::Tell(event) => {
                    if event == (Event::Quorum { quorate: true }) {
                        self.alone.end();
                    }
                    self.out.push(Output::Tell(event));
                }
            }
        }
    }

    /// Begins an action here. To shut down, nothing is left to be done but to say so.
    fn begin(&mut self, now: Moment, flight: Box<crate::cluster::call::Flight>) {
        if flight.action.kind == ActionKind::Cluster && flight.action.task == Task::Shutdown {
            let result = ActionResult::done(ResultCode::OK, Duration::ZERO);
            let traits = AgentTraits::default();
            self.tell(now, Tiding::Ended { call: flight.call, result, traits }, None);
        } else {
            self.persist();
            self.out.push(Output::Begin(flight));
        }
    }

    fn note_heard(&mut self, from: MemberId, seq: u64, answer: Result<Accepted, Refusal>) {
        if from != self.me {
            return;
        }
        if let Some(request) = self.outbox.was_heard(seq) {
            self.persist();
            self.out.push(Output::Answer { request, answer });
        }
    }

    fn note_parted(&mut self, node: &NodeName, how: Leave) {
        if !self.is_me(node) {
            return;
        }
        self.keep_record();
        self.phase = Phase::Outside;
        for request in self.outbox.close() {
            self.out.push(Output::Answer { request, answer: Err(Refusal::Leaving) });
        }
        self.out.push(Output::Leave(how));
    }
}
