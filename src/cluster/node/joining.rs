//! Agreeing on a state: everyone in the view says what it has, whoever has what is taken hands it over,
//! and with the last of these messages all change to the same state. A change of the view begins it
//! anew. Who says nothing in time is left out until it does.

use std::collections::{BTreeMap, BTreeSet};

use super::{Node, Phase};
use crate::cluster::border::{Output, Timer};
use crate::cluster::event::Event;
use crate::cluster::member::{MemberId, Moment};
use crate::cluster::message::Message;
use crate::cluster::state::merge::{Accord, Announcement, Announcements, Handover};
use crate::cluster::state::{Durable, Live, State};

/// What was said so far since the view changed last: what was said before concerns an earlier round, though it
/// may be about the same members.
#[derive(Debug, Clone, Default)]
pub(super) struct Round {
    said: Announcements,
    handed: BTreeMap<MemberId, Handover>,
    left_out: BTreeSet<MemberId>,
    has_handed: bool,
}

impl Node {
    /// Says what this daemon has.
    pub(super) fn begin_round(&mut self, now: Moment) {
        self.phase = Phase::Joining;
        self.round.left_out.clear();
        self.round.has_handed = false;
        let announcement = self.state.announce(&self.seat(), self.has_lived, self.tag(), now);
        self.out.push(Output::Multicast(Message::Announcement(Box::new(announcement)).encode()));
        let after = self.settings.announce_grace;
        self.out.push(Output::SetTimer { timer: Timer::Announce, after });
        self.try_to_settle();
    }

    /// The view changed: what was said until now is void.
    pub(super) fn begin_first_round(&mut self, now: Moment) {
        self.round = Round::default();
        self.begin_round(now);
    }

    /// Who is in the present view: what this round is about.
    fn tag(&self) -> Vec<MemberId> {
        let mut tag: Vec<MemberId> = self.view.iter().map(|member| member.id).collect();
        tag.sort_unstable();
        tag
    }

    pub(super) fn take_announcement(&mut self, now: Moment, from: MemberId, said: Announcement) {
        let is_of_now = said.view == self.tag();
        if self.is_settled() && is_of_now && self.is_overtaken(from, &said) {
            if !self.agreed_on.get(&from).is_some_and(|agreed_on| agreed_on.says_the_same(&said)) {
                // What was agreed on was even older.
                self.begin_round(now);
            }
            return;
        }
        self.round.said.insert(from, said);
        if self.is_settled() && is_of_now {
            // One that was left out, or that lost its group for a moment.
            self.begin_round(now);
        } else {
            self.try_to_settle();
        }
    }

    /// Whether a member said this before it agreed on the present state, too: it may have said what it has
    /// twice, and the second time must not begin another round, which would be answered by another, for ever.
    fn is_overtaken(&self, from: MemberId, said: &Announcement) -> bool {
        self.state.member(from).is_some() && said.epoch < self.state.epoch
    }

    pub(super) fn take_handover(&mut self, from: MemberId, handover: Handover) {
        self.round.handed.insert(from, handover);
        self.try_to_settle();
    }

    /// Members were too slow: asks the others to go on without them.
    pub(super) fn close_round(&mut self, now: Moment) {
        if self.phase != Phase::Joining {
            return;
        }
        let view = self.tag();
        let without = self.silent();
        if without.contains(&self.me) {
            // The others went on without me; I say again what I have.
            self.begin_round(now);
            return;
        }
        if !without.is_empty() {
            self.out.push(Output::Multicast(Message::Close { view, without }.encode()));
        }
        let after = self.settings.announce_grace;
        self.out.push(Output::SetTimer { timer: Timer::Announce, after });
    }

    pub(super) fn take_close(&mut self, now: Moment, view: &[MemberId], without: &[MemberId]) {
        if self.phase != Phase::Joining || view != self.tag() {
            return;
        }
        let silent = self.silent();
        if without.iter().any(|id| !silent.contains(id)) {
            return;
        }
        if without.contains(&self.me) {
            // Of this round I am no part; what I say begins another one.
            self.forget_those_who_agree(without);
            self.round.said.clear();
            self.round.handed.clear();
            self.begin_round(now);
            return;
        }
        self.round.left_out = without.iter().copied().collect();
        self.try_to_settle();
    }

    /// Others go on without this daemon: what it knew of their nodes is from before, and they may run anything from
    /// now on. It counts if they go before they could say what they have.
    fn forget_those_who_agree(&mut self, without: &[MemberId]) {
        for member in self.view.iter().filter(|member| !without.contains(&member.id)) {
            if self.state.live.ledger.status.node(member.name.as_str()).is_some() {
                self.state.live.ledger.node_mut(&member.name).resources.clear();
            }
        }
    }

    /// Members of the view that have not said what they have.
    fn silent(&self) -> Vec<MemberId> {
        let tag = self.tag();
        let has_said = |id: &MemberId| self.round.said.get(id).is_some_and(|said| said.view == tag);
        tag.iter().copied().filter(|id| !has_said(id)).collect()
    }

    fn try_to_settle(&mut self) {
        if self.phase != Phase::Joining {
            return;
        }
        let silent = self.silent();
        if silent.iter().any(|id| !self.round.left_out.contains(id)) {
            return;
        }
        let tag = self.tag();
        let mut said = self.round.said.clone();
        said.retain(|id, _| tag.contains(id) && !silent.contains(id));
        let Some(accord) = Accord::of(&said).filter(|_| said.contains_key(&self.me)) else { return };
        self.hand_over(accord, &tag);
        let Some((durable, live)) = self.spoils(accord, &tag, &said) else { return };
        self.settle(said, durable, live);
    }

    /// Gives what is taken from here to the others.
    fn hand_over(&mut self, accord: Accord, tag: &[MemberId]) {
        let hands_durable = accord.hands_durable && accord.durable == self.me;
        let hands_live = accord.hands_live && accord.live == Some(self.me);
        if self.round.has_handed || !(hands_durable || hands_live) {
            return;
        }
        self.round.has_handed = true;
        let handover = Handover {
            view: tag.to_vec(),
            durable: hands_durable.then(|| self.state.durable.clone()),
            live: hands_live.then(|| self.state.live.clone()),
        };
        self.out.push(Output::Multicast(Message::Handover(Box::new(handover)).encode()));
    }

    /// What was taken, once it is here.
    fn spoils(
        &self,
        accord: Accord,
        tag: &[MemberId],
        said: &Announcements,
    ) -> Option<(Durable, Option<Live>)> {
        let is_announced = |id: MemberId, handover: &Handover| {
            handover.view == tag && said.get(&id).is_some_and(|said| said.is_fulfilled_by(handover))
        };
        let handed = |id: MemberId| self.round.handed.get(&id).filter(|handover| is_announced(id, handover));
        let durable = if accord.hands_durable {
            handed(accord.durable)?.durable.clone()?
        } else {
            self.state.durable.clone()
        };
        let live = match accord.live {
            Some(holder) if accord.hands_live => Some(handed(holder)?.live.clone()?),
            Some(_) => Some(self.state.live.clone()),
            None => None,
        };
        Some((durable, live))
    }

    fn settle(&mut self, said: Announcements, durable: Durable, live: Option<Live>) {
        let agreed = State::agreed(&self.view, &said, durable, live);
        self.agreed_on = said;
        let before = std::mem::replace(&mut self.state, agreed);
        self.phase = Phase::Settled;
        self.has_lived = true;
        self.round = Round::default();
        self.is_touched = true;
        self.out.push(Output::ClearTimer(Timer::Announce));
        self.compare_durable(&before.durable);
        self.control.begin_anew("the members agreed on a state");
        let members = self.state.live.members.iter().map(|seat| seat.member.name.clone()).collect();
        if let Some(dc) = self.state.dc() {
            let dc = dc.name.clone();
            self.out.push(Output::Tell(Event::Settled { members, dc }));
        }
        let words: Vec<_> = self.outbox.waiting().cloned().collect();
        for word in words {
            self.out.push(Output::Multicast(Message::Word(Box::new(word)).encode()));
        }
    }

    /// Keeps the desired state that was agreed on, and says so if it cost one of this node's own.
    fn compare_durable(&mut self, before: &Durable) {
        let agreed = &self.state.durable;
        if agreed == before {
            return;
        }
        self.out.extend(self.alone.forgone(&agreed.overlay).map(Output::Tell));
        if agreed.loses(before) {
            let (generation, origin) = (before.generation, before.origin.clone());
            self.out.push(Output::Tell(Event::Dropped { generation, origin }));
        }
        if before.generation != agreed.generation || before.cluster != agreed.cluster {
            let (generation, origin) = (agreed.generation, agreed.origin.clone());
            self.out.push(Output::Tell(Event::InForce { generation, origin }));
        }
        self.must_persist = true;
        self.persist();
    }
}
