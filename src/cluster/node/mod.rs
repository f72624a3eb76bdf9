//! One daemon's whole logic.

mod alone;
mod clock;
mod doubt;
mod joining;
mod outbox;
mod reaction;
mod record;
mod release;
mod sight;
mod vigil;

use std::collections::{BTreeMap, VecDeque};

use alone::Alone;
use joining::Round;
use outbox::Outbox;
pub(super) use sight::Sight;
pub use vigil::Vigil;

use super::border::{Input, Output, Record, Settings, Timer};
use super::control::{Control, Ground};
use super::event::Event;
use super::member::{Departure, Member, MemberId, Moment, Parting, Quorum, Uptime, View};
use super::message::{Message, Tiding, Unreadable};
use super::request::{Refusal, Request, RequestId};
use super::state::merge::Announcements;
use super::state::{Durable, Heard, Seat, State};
use crate::model::NodeName;
use crate::status::ClusterStatus;

/// One daemon's whole logic.
#[derive(Debug, Clone)]
pub struct Node {
    settings: Settings,
    me: MemberId,
    phase: Phase,
    /// Whether the state is one that members agreed on, now or before.
    has_lived: bool,
    /// Whether this daemon goes on alone, as its group is away.
    is_cut_off: bool,
    view: Vec<Member>,
    sight: Sight,
    state: State,
    round: Round,
    /// What was said by those who agreed on the present state.
    agreed_on: Announcements,
    outbox: Outbox,
    control: Control,
    /// What was given out to be kept.
    kept: Record,
    is_touched: bool,
    must_persist: bool,
    alone: Alone,
    /// Since when this node has to let go of what it runs, where that has a bound.
    releases: Option<Uptime>,
    /// Whether that has to wait for the end of a pause or of maintenance.
    is_left_alone: bool,
    has_let_go: bool,
    is_condemned: bool,
    /// What this daemon said last of its clock.
    clock_told: Option<Option<std::sync::Arc<str>>>,
    vigils: BTreeMap<NodeName, vigil::Begun>,
    /// When the present step is.
    uptime: Uptime,
    out: Vec<Output>,
}

/// How far a daemon is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It has no group, or has left it.
    Outside,
    /// Members are finding out what they agree on.
    Joining,
    /// Members agreed on a state.
    Settled,
}

impl Node {
    /// A daemon that starts. `durable` is what was last persisted, `record` what was kept since the
    /// node booted.
    pub fn new(settings: Settings, durable: Option<Durable>, mut record: Record) -> Self {
        // Whoever starts does not want to leave any more.
        for set in &mut record.attributes {
            set.pairs.retain(|pair| &*pair.name != "shutdown");
        }
        let mut state = State::new(durable.unwrap_or_default());
        let heard = Heard { life: settings.life, seq: 0 };
        state.live.heard.insert(settings.name.clone(), heard);
        state.live.in_flight.clone_from(&record.in_flight);
        let own = state.live.ledger.node_mut(&settings.name);
        own.resources.clone_from(&record.resources);
        own.attributes.clone_from(&record.attributes);
        Self {
            settings,
            me: MemberId::default(),
            phase: Phase::Outside,
            has_lived: false,
            is_cut_off: false,
            view: Vec::new(),
            sight: Sight::default(),
            state,
            round: Round::default(),
            agreed_on: Announcements::new(),
            outbox: Outbox::default(),
            control: Control::default(),
            kept: record,
            is_touched: false,
            must_persist: false,
            alone: Alone::default(),
            releases: None,
            is_left_alone: false,
            has_let_go: false,
            is_condemned: false,
            clock_told: None,
            vigils: BTreeMap::new(),
            uptime: Uptime::default(),
            out: Vec::new(),
        }
    }

    /// Takes in what happened and says what to do about it. All that is known should be given at
    /// once: there is one decision for all of it. Others are told of `now`; how long something took here is told
    /// by `uptime`.
    pub fn step(&mut self, now: Moment, uptime: Uptime, inputs: Vec<Input>) -> Vec<Output> {
        self.uptime = uptime;
        let mut queue = VecDeque::from(inputs);
        loop {
            while let Some(input) = queue.pop_front() {
                self.take(now, input);
            }
            self.notice_fencing(now);
            self.judge_solitude();
            // Nobody is told to act on what could still be forgotten.
            self.persist();
            self.lead(now);
            if !self.is_cut_off {
                break;
            }
            self.loop_back(&mut queue);
            if queue.is_empty() {
                break;
            }
        }
        self.time_release(now);
        self.finish_release(now);
        self.compare_clocks(now);
        self.note_vigils(now);
        self.keep_record();
        self.persist();
        std::mem::take(&mut self.out)
    }

    /// What members agree on, once they do.
    pub fn state(&self) -> Option<&State> {
        self.has_lived.then_some(&self.state)
    }

    /// The desired state as this daemon knows it, before members agreed as well.
    pub const fn durable(&self) -> &Durable {
        &self.state.durable
    }

    /// Whether members agree on a state and this daemon is one of them.
    pub const fn is_settled(&self) -> bool {
        matches!(self.phase, Phase::Settled)
    }

    /// Whether this daemon is the designated controller.
    pub fn is_dc(&self) -> bool {
        self.is_settled() && self.state.dc().is_some_and(|dc| dc.id == self.me)
    }

    /// What the membership layer said last.
    pub const fn quorum(&self) -> &Quorum {
        self.sight.quorum()
    }

    /// The cluster as the scheduler would see it here and now.
    pub fn status(&self, now: Moment) -> ClusterStatus {
        self.control.status(&self.ground(now))
    }

    /// The desired cluster with all overrides that are in force at a moment.
    pub fn effective(&self, now: Moment) -> std::sync::Arc<crate::model::Cluster> {
        super::state::Effective::of(&self.state.durable, now).cluster
    }

    fn take(&mut self, now: Moment, input: Input) {
        match input {
            Input::View(_) | Input::Quorum(_) if self.sight.is_released() => {}
            Input::View(view) => self.take_view(now, view),
            Input::Quorum(quorum) => {
                let timer = self.sight.take_quorum(quorum, &self.view);
                self.out.extend(timer);
                self.control.reconsider("quorum");
            }
            Input::GroupLost => self.lose_group(),
            // Who lets go of everything hears nobody else any more.
            Input::Delivered { from, .. } if self.sight.is_released() && from != self.me => {}
            Input::Delivered { from, message } => self.take_message(now, from, &message),
            Input::Ended { call, result, traits } => {
                self.tell(now, Tiding::Ended { call, result, traits }, None);
            }
            Input::Observed { action, agent, result, traits } => {
                self.tell(now, Tiding::Observed { action, agent, result, traits }, None);
            }
            Input::AttributeSet { node, name, value, lifetime } => {
                self.tell(now, Tiding::Attribute { node, name, value, lifetime }, None);
            }
            Input::Evidence(evidence) => self.sight.take_evidence(evidence),
            Input::Release => self.release(now),
            Input::Timer(timer) => self.take_timer(now, timer),
            Input::Request { id, request } => self.take_request(now, id, request),
        }
    }

    fn take_request(&mut self, now: Moment, id: RequestId, request: Request) {
        if self.outbox.is_closed() {
            self.out.push(Output::Answer { request: id, answer: Err(Refusal::Leaving) });
            return;
        }
        if let Request::Change(change) = &request
            && let Some(refusal) = self.objection(now, change)
        {
            self.out.push(Output::Answer { request: id, answer: Err(refusal) });
            return;
        }
        let tiding = match request {
            Request::Change(change) => Tiding::Change(self.credible(change)),
            Request::Leave(leave) => Tiding::Leave(leave),
        };
        self.tell(now, tiding, Some(id));
    }

    /// Tells all members something; later, if they are still agreeing.
    fn tell(&mut self, now: Moment, tiding: Tiding, request: Option<RequestId>) {
        let word = self.outbox.add(now, tiding, request);
        if self.is_settled() {
            self.out.push(Output::Multicast(Message::Word(Box::new(word)).encode()));
        }
    }

    fn take_view(&mut self, now: Moment, view: View) {
        self.out.push(Output::ClearTimer(Timer::Group));
        let was_away = self.is_cut_off || self.phase == Phase::Outside;
        self.is_cut_off = false;
        if self.outbox.is_closed() {
            return;
        }
        self.me = view.me;
        for departure in &view.left {
            self.sight.note_departure(departure);
            let effects = self.state.depart(departure);
            self.react(now, effects);
        }
        self.view = view.members;
        self.out.extend(self.sight.take_view(&self.view, now));
        let all_agree = self.view.iter().all(|member| self.state.member(member.id).is_some());
        if was_away || !self.is_settled() || !all_agree {
            self.begin_first_round(now);
        }
    }

    fn lose_group(&mut self) {
        if self.outbox.is_closed() || self.is_cut_off || self.sight.is_released() {
            return;
        }
        self.phase = Phase::Outside;
        let after = self.settings.group_grace;
        self.out.push(Output::SetTimer { timer: Timer::Group, after });
    }

    /// Goes on alone: without a group nobody else can be heard, and there is no quorum.
    fn go_alone(&mut self, now: Moment) {
        let me = Member { id: self.me, name: self.settings.name.clone() };
        let others = self.state.live.members.iter().map(|seat| seat.member.clone());
        let left = others
            .filter(|member| member.id != me.id)
            .map(|member| Departure { member, why: Parting::NodeDown })
            .collect();
        let nodes = vec![me.name.clone()];
        self.take_view(now, View { me: self.me, members: vec![me], left });
        self.sight.take_quorum(Quorum { nodes, ..Quorum::default() }, &self.view);
        self.is_cut_off = true;
    }

    /// Without a group, a message to all is one to oneself.
    fn loop_back(&mut self, queue: &mut VecDeque<Input>) {
        let from = self.me;
        for output in std::mem::take(&mut self.out) {
            if let Output::Multicast(message) = output {
                queue.push_back(Input::Delivered { from, message });
            } else {
                self.out.push(output);
            }
        }
    }

    fn take_message(&mut self, now: Moment, from: MemberId, bytes: &[u8]) {
        let message = match Message::decode(bytes) {
            Ok(message) => message,
            Err(error) => {
                let is_stranger = matches!(error, Unreadable::Version(_)) && self.is_in_view(from);
                // Told once: it goes on speaking.
                if !is_stranger || self.sight.note_stranger(from, now) {
                    self.out.push(Output::Tell(Event::Refused { from, because: error.to_string() }));
                    self.control.reconsider("a daemon speaks another version");
                }
                return;
            }
        };
        match message {
            Message::Announcement(announcement) => self.take_announcement(now, from, *announcement),
            Message::Handover(handover) => self.take_handover(from, *handover),
            Message::Close { view, without } => self.take_close(now, &view, &without),
            // What is said while members agree is said again afterwards, or void.
            Message::Word(_) | Message::Orders(_) | Message::Ruling(_) if !self.is_settled() => {}
            Message::Word(word) => {
                let effects = self.state.apply_word(from, &word);
                self.react(now, effects);
            }
            Message::Orders(orders) => {
                if from == self.me {
                    self.control.orders_came(&orders);
                }
                let effects = self.state.apply_orders(from, *orders);
                self.react(now, effects);
            }
            Message::Ruling(ruling) => {
                if from == self.me {
                    self.control.ruling_came(&ruling);
                }
                let effects = self.state.apply_ruling(from, *ruling);
                self.react(now, effects);
            }
        }
    }

    fn take_timer(&mut self, now: Moment, timer: Timer) {
        match timer {
            Timer::Group => self.go_alone(now),
            Timer::Announce => self.close_round(now),
            Timer::QuorumGain => {
                self.sight.believe();
                self.control.reconsider("quorum");
            }
            Timer::Recheck => self.control.time_has_come(),
            Timer::Release => self.end_release(now),
            Timer::Return(node) => self.control.give_up_on(node),
            Timer::Call(call) => self.control.call_is_overdue(call),
        }
    }

    /// Does the controller's work, where this is the controller.
    fn lead(&mut self, now: Moment) {
        if !self.is_dc() {
            self.control.resign(&mut self.out);
            return;
        }
        let ground = Ground {
            state: &self.state,
            sight: &self.sight,
            view: &self.view,
            settings: &self.settings,
            me: self.me,
            now,
        };
        self.control.lead(&ground, &mut self.out);
    }

    fn ground(&self, now: Moment) -> Ground<'_> {
        Ground {
            state: &self.state,
            sight: &self.sight,
            view: &self.view,
            settings: &self.settings,
            me: self.me,
            now,
        }
    }

    fn is_in_view(&self, id: MemberId) -> bool {
        self.view.iter().any(|member| member.id == id)
    }

    fn is_me(&self, node: &NodeName) -> bool {
        self.settings.name.is(node.as_str())
    }

    fn seat(&self) -> Seat {
        Seat {
            member: Member { id: self.me, name: self.settings.name.clone() },
            life: self.settings.life,
            jobs: self.settings.jobs,
        }
    }
}
