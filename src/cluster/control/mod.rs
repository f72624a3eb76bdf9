//! The designated controller: decides, gives orders, and follows what comes of them.
//!
//! Whatever happens, it decides at once, with what is in flight as facts: what the new plan still
//! wants goes on, what touches the same resource waits for it, and everything else starts. So no
//! recovery waits for a slow action that it has nothing to do with.

mod debt;
mod decision;
mod deliberation;
mod dispatch;
mod obstacle;
mod patience;

use std::collections::BTreeMap;
use std::time::Duration;

use debt::Debt;
use patience::Patience;

use super::border::{Output, Settings, Timer};
use super::call::{Call, Flight};
use super::member::{Member, MemberId, Moment};
use super::message::{Finding, Message, Orders, Ruling};
use super::node::Sight;
use super::state::{Awaited, Effective, Mark, Reach, State};
use crate::executor::{self, ActionResult, Command, Executor};
use crate::model::{Isolation, NodeName};
use crate::scheduler::ActionId;

/// What a decision stands on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) state: &'a State,
    pub(super) sight: &'a Sight,
    pub(super) view: &'a [Member],
    pub(super) settings: &'a Settings,
    pub(super) me: MemberId,
    pub(super) now: Moment,
}

/// The controller's own memory. None of it is needed by the next controller.
#[derive(Debug, Clone, Default)]
pub(super) struct Control {
    leads: bool,
    /// Since when, by its own clock.
    leads_since: Option<Moment>,
    /// Why a decision is due.
    because: Vec<String>,
    transition: u64,
    running: Option<Running>,
    /// What transitions before this one still have to tell.
    debts: Vec<Debt>,
    /// What the orders of now are good for.
    mark: Option<Mark>,
    /// Ordered, but not yet seen in the group's order.
    sent: Vec<Flight>,
    /// Found, but not yet seen in the group's order.
    ruled: Vec<Finding>,
    effective: Option<Effective>,
    patience: Patience,
    /// When to decide again by itself.
    recheck: Option<Moment>,
    /// What the timer is set to.
    timer_at: Option<Moment>,
    /// What was told of last.
    held_until: Option<Moment>,
    /// Whose return is timed.
    timed: BTreeMap<NodeName, Awaited>,
    given_up: Vec<NodeName>,
    overdue: Vec<Call>,
    /// What the executor asks for.
    commands: Vec<Command>,
    /// What is to be ordered at the end of this step.
    batch: Vec<Flight>,
    ended_guests: Vec<NodeName>,
}

/// A transition being carried out.
#[derive(Debug, Clone)]
struct Running {
    executor: Executor,
    number: u64,
    calls: BTreeMap<Call, ActionId>,
    /// Whether it did anything, so that what came of it is worth a look.
    has_worked: bool,
    start_failure_is_fatal: bool,
    roster: crate::ledger::roster::Roster,
    /// Until when actions wait that are ready, but were tried too often lately.
    held: Vec<Moment>,
}

impl Control {
    /// A decision is due, for this reason.
    pub(super) fn reconsider(&mut self, because: &str) {
        if !self.because.iter().any(|known| known == because) {
            self.because.push(because.to_owned());
        }
    }

    /// Members agreed anew: nothing of before counts.
    pub(super) fn begin_anew(&mut self, because: &str) {
        *self = Self { transition: self.transition, ..Self::default() };
        self.reconsider(because);
    }

    /// Another member leads, or nobody.
    pub(super) fn resign(&mut self, out: &mut Vec<Output>) {
        if self.leads {
            let timers = self.running.iter().flat_map(|running| running.calls.keys());
            out.extend(timers.map(|call| Output::ClearTimer(Timer::Call(*call))));
            out.extend(self.timed.keys().map(|node| Output::ClearTimer(Timer::Return(node.clone()))));
            out.extend(self.recheck.map(|_| Output::ClearTimer(Timer::Recheck)));
        }
        *self = Self { transition: self.transition, ..Self::default() };
    }

    /// Own orders came back in the group's order; they count as facts from now on, or not at all.
    pub(super) fn orders_came(&mut self, orders: &Orders) {
        self.sent.retain(|sent| !orders.flights.iter().any(|flight| flight.call == sent.call));
    }

    /// An own finding came back.
    pub(super) fn ruling_came(&mut self, ruling: &Ruling) {
        self.ruled.retain(|finding| *finding != ruling.finding);
    }

    /// It is time to look again.
    pub(super) fn time_has_come(&mut self) {
        (self.recheck, self.timer_at) = (None, None);
        self.reconsider("time passed");
    }

    /// The daemon of a node had its time to return.
    pub(super) fn give_up_on(&mut self, node: NodeName) {
        self.given_up.push(node);
    }

    /// A run took too long.
    pub(super) fn call_is_overdue(&mut self, call: Call) {
        self.overdue.push(call);
    }

    /// Follows the end of an action.
    pub(super) fn ended(&mut self, call: Call, result: &ActionResult, out: &mut Vec<Output>) {
        if !self.leads {
            return;
        }
        out.push(Output::ClearTimer(Timer::Call(call)));
        self.settle_debts(call, result);
        let known = self.running.as_ref().and_then(|running| running.calls.get(&call).copied());
        let (Some(action), Some(running)) = (known, self.running.as_mut()) else {
            self.reconsider("an earlier action ended");
            return;
        };
        running.calls.remove(&call);
        running.has_worked = true;
        let is_expected = running.executor.action(action).is_some_and(|action| result.is_expected(action));
        if !is_expected {
            let key = running.executor.action(action).map(|action| action.key.to_string());
            let because = format!("{} answered {}", key.unwrap_or_default(), result.rc.name());
            self.reconsider(&because);
            // What else was planned may be wrong now.
            self.drop_transition();
            return;
        }
        let finished = executor::Event::Finished { action, result: result.clone() };
        self.commands.extend(running.executor.step(finished));
    }

    /// Starts nothing more of the present transition.
    fn drop_transition(&mut self) {
        self.note_debts();
        self.running = None;
        self.commands.clear();
    }

    /// Whether nothing is being decided or done.
    pub(super) fn is_idle(&self) -> bool {
        self.because.is_empty() && self.running.is_none() && self.sent.is_empty()
    }

    /// Does all of a controller's work that is due.
    pub(super) fn lead(&mut self, ground: &Ground<'_>, out: &mut Vec<Output>) {
        let since = self.leads_since.map_or(ground.now, |since| since.min(ground.now));
        self.leads_since = Some(since);
        if !self.leads {
            self.leads = true;
            self.transition = self.transition.max(ground.state.live.ledger.transition);
            self.reconsider("this node leads from now on");
            self.time_flights(ground, out);
        }
        if self.mark.replace(ground.state.mark()) != Some(ground.state.mark()) {
            // What was said before the members changed is refused by all.
            self.sent.clear();
            self.ruled.clear();
            self.reconsider("the members changed");
        }
        self.find(ground, out);
        self.take_overdue(ground, out);
        let commands = std::mem::take(&mut self.commands);
        self.obey(commands, ground, out);
        self.decide_while_due(ground, out);
        self.dispatch(ground, out);
        self.set_recheck(ground, out);
    }

    /// Times what the controller before had in flight.
    fn time_flights(&self, ground: &Ground<'_>, out: &mut Vec<Output>) {
        for flight in &ground.state.live.in_flight {
            // It was asked for by another clock, so that nobody knows how much of its time is over.
            let Some(after) = dispatch::patience(&flight.action) else { continue };
            out.push(Output::SetTimer { timer: Timer::Call(flight.call), after });
        }
    }

    /// Finds what is true for all from now on: quorum, daemons that do not return, overrides that ended.
    fn find(&mut self, ground: &Ground<'_>, out: &mut Vec<Output>) {
        let state = ground.state;
        let has_quorum = ground.sight.has_quorum();
        let is_news = state.live.ledger.status.has_quorum != has_quorum || state.live.is_quorum_in_doubt;
        if ground.sight.is_coherent(ground.view) && is_news {
            self.rule(ground, Finding::Quorum(has_quorum), out);
        }
        self.time_returns(ground, out);
        for node in std::mem::take(&mut self.given_up) {
            let reach = match state.live.awaited.get(&node) {
                Some(Awaited::Return | Awaited::Supervisor) => Reach::NodePresent,
                Some(Awaited::Release) => Reach::NodeGone,
                None => continue,
            };
            self.rule(ground, Finding::Forsaken { node, reach }, out);
        }
        for (node, awaited) in &state.live.awaited {
            let has_gone = !ground.sight.sees(node) && ground.sight.is_coherent(ground.view);
            if matches!(awaited, Awaited::Return | Awaited::Supervisor) && has_gone {
                let (node, reach) = (node.clone(), Reach::NodeGone);
                self.rule(ground, Finding::Forsaken { node, reach }, out);
            }
        }
        let has_lapsed = |until: Option<Moment>| until.is_some_and(|until| until <= ground.now);
        let overrides: Vec<_> = state
            .durable
            .overlay
            .overrides
            .iter()
            .filter(|over| has_lapsed(over.until))
            .map(|over| over.id.clone())
            .collect();
        let pause = state.durable.overlay.pause.as_ref().is_some_and(|pause| has_lapsed(pause.until));
        if pause || !overrides.is_empty() {
            self.rule(ground, Finding::Lapsed { overrides, pause }, out);
        }
    }

    fn time_returns(&mut self, ground: &Ground<'_>, out: &mut Vec<Output>) {
        let mut awaited = ground.state.live.awaited.clone();
        awaited.retain(|node, what| !ground.state.lets_go_later(node, *what, ground.now));
        for node in self.timed.keys().filter(|node| !awaited.contains_key(*node)) {
            out.push(Output::ClearTimer(Timer::Return(node.clone())));
        }
        if ground.sight.hears_strangers() {
            return;
        }
        for (node, what) in awaited.iter().filter(|(node, what)| self.timed.get(*node) != Some(*what)) {
            let after = patience_for(ground.state, ground.settings, *what);
            out.push(Output::SetTimer { timer: Timer::Return(node.clone()), after });
        }
        self.timed = awaited;
    }

    /// Says what was found, once.
    fn rule(&mut self, ground: &Ground<'_>, finding: Finding, out: &mut Vec<Output>) {
        if self.ruled.contains(&finding) {
            return;
        }
        self.ruled.push(finding.clone());
        let ruling = Ruling { mark: ground.state.mark(), at: ground.now, finding };
        out.push(Output::Multicast(Message::Ruling(Box::new(ruling)).encode()));
    }
}

/// How long a node is waited for.
pub(super) fn patience_for(state: &State, settings: &Settings, what: Awaited) -> Duration {
    match what {
        Awaited::Return => settings.return_grace,
        Awaited::Release => state.release_wait().unwrap_or(settings.release_grace),
        Awaited::Supervisor => state.release_wait().unwrap_or(Isolation::WITHIN_DEFAULT),
    }
}
