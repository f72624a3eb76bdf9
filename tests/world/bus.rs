//! The group: messages in one order, views, quorum. Messages take a while and stand still while
//! members find out who is there, as they do in a totem ring. What was on its way when a ring broke is
//! delivered to all of a part or to none of it.

use std::collections::BTreeSet;

use quorate::cluster::{Departure, Input, Member, MemberId, Parting, Quorum, View};

use super::host::Letter;
use super::trace::Seen;
use super::{Item, World};

/// A message on its way.
pub(super) struct Wire {
    number: u64,
    /// Who sent it: it has it already.
    sender: usize,
    /// Where it is to go, and when it will be there.
    arrivals: Vec<(usize, i64)>,
}

/// A message that did not get to a host before the cables changed.
pub(super) struct Torn {
    host: usize,
    process: u32,
    input: Input,
    /// Who has it.
    had_by: Vec<usize>,
}

impl World {
    /// How long the loss of a host goes unnoticed.
    pub(crate) const DETECTION: i64 = 1000;

    pub(crate) fn multicast(&mut self, host: usize, bytes: Vec<u8>) {
        let is_orders = |start: &[u8]| start.ends_with(br#""m":{"orders""#);
        if bytes.iter().take(40).enumerate().any(|(end, _)| is_orders(&bytes[..end])) {
            self.orders.push((host, bytes.clone()));
        }
        self.messages += 1;
        self.longest_message = self.longest_message.max(bytes.len());
        let delay = 1 + i64::try_from(self.dice.roll(self.message_delay)).unwrap();
        let at = self.hosts[host].last_sent.max(self.now + delay);
        self.hosts[host].last_sent = at;
        let process = self.hosts[host].process;
        self.plan(at - self.now, Item::Sequence { host, process, bytes });
    }

    /// A message gets its place in the order, unless its sender is dead. It waits while the ring does
    /// not know yet who is there.
    pub(crate) fn sequence(&mut self, host: usize, process: u32, bytes: Vec<u8>) {
        let sender = &self.hosts[host];
        if sender.process != process || sender.daemon.is_none() || !sender.has_group {
            return;
        }
        // What somebody says stays in its order.
        let has_stalled = self.stalled.iter().any(|(other, life, _)| (*other, *life) == (host, process));
        let ring = self.ring_of(host).filter(|ring| !has_stalled && self.is_whole(ring));
        let Some(ring) = ring else {
            self.stalled.push((host, process, bytes));
            return;
        };
        let from = sender.member().id;
        self.asked += 1;
        let number = self.asked;
        let mut arrivals = Vec::new();
        for to in ring {
            if self.hosts[to].daemon.is_some() {
                let after = i64::try_from(self.dice.roll(self.message_delay)).unwrap();
                let message = self.in_words_of(host, to, &bytes);
                let input = Input::Delivered { from, message };
                arrivals.push((to, self.post(to, after, input, Some(number))));
            }
        }
        let now = self.now;
        self.wires.retain(|wire| wire.arrivals.iter().any(|(_, at)| *at > now));
        self.wires.push(Wire { number, sender: host, arrivals });
    }

    /// A message as a daemon hears it: in its own version if both speak the same one.
    fn in_words_of(&self, from: usize, to: usize, bytes: &[u8]) -> Vec<u8> {
        let (from, to) = (self.hosts[from].ahead, self.hosts[to].ahead);
        if from == to {
            return bytes.to_vec();
        }
        let text = std::str::from_utf8(bytes).unwrap();
        let (version, rest) = text.strip_prefix(r#"{"v":"#).unwrap().split_once(',').unwrap();
        let version = i64::from(version.parse::<u32>().unwrap()) + i64::from(from) - i64::from(to);
        format!(r#"{{"v":{version},{rest}"#).into_bytes()
    }

    /// Puts something in the inbox of a daemon, behind all that is there.
    pub(crate) fn send(&mut self, host: usize, after: i64, input: Input) {
        self.post(host, after, input, None);
    }

    fn post(&mut self, host: usize, after: i64, input: Input, wire: Option<u64>) -> i64 {
        let last = self.hosts[host].inbox.back().map_or(self.now, |letter| letter.at);
        let at = last.max(self.now + after);
        self.hosts[host].inbox.push_back(Letter { at, input, wire });
        self.plan(at - self.now, Item::Inbox(host));
        at
    }

    /// Cables or hosts changed: of what is on its way, each part of a ring gets what any of it has.
    pub(super) fn tear(&mut self) {
        let now = self.now;
        for wire in std::mem::take(&mut self.wires) {
            let there: Vec<usize> = wire.arrivals.iter().map(|(host, _)| *host).collect();
            for part in self.parts(&there) {
                let has_it = |host: &usize| {
                    *host == wire.sender || wire.arrivals.iter().any(|(to, at)| to == host && *at <= now)
                };
                if part.iter().any(has_it) {
                    continue;
                }
                let mut had_by: Vec<usize> = there.iter().copied().filter(|host| has_it(host)).collect();
                had_by.push(wire.sender);
                for host in part {
                    let process = self.hosts[host].process;
                    let inbox = &mut self.hosts[host].inbox;
                    let Some(place) = inbox.iter().position(|letter| letter.wire == Some(wire.number)) else {
                        continue;
                    };
                    let lost = inbox.remove(place);
                    let torn = lost.map(|letter| Torn {
                        host,
                        process,
                        input: letter.input,
                        had_by: had_by.clone(),
                    });
                    self.torn.extend(torn);
                }
            }
        }
    }

    /// What was on its way to a host gets there after all, if it is in one ring with somebody who has it.
    fn repair(&mut self) {
        for Torn { host, process, input, had_by } in std::mem::take(&mut self.torn) {
            let ring = self.ring_of(host).unwrap_or_default();
            let is_there = self.hosts[host].process == process && self.hosts[host].daemon.is_some();
            if is_there && had_by.iter().any(|other| ring.contains(other)) {
                self.send(host, 0, input);
            }
        }
    }

    /// Rings form anew, by what the cables say.
    pub(crate) fn reform(&mut self) {
        self.form_rings();
        self.repair();
        let mut quorate = BTreeSet::new();
        for ring in &self.rings {
            let quorum = self.quorum_of(ring);
            quorate.extend(ring.iter().copied().filter(|host| self.quorum_on(*host, &quorum).quorate));
        }
        self.see(Seen::Rings { rings: self.rings.clone(), quorate });
        self.announce_views();
        for (host, process, bytes) in std::mem::take(&mut self.stalled) {
            self.sequence(host, process, bytes);
        }
    }

    /// Tells daemons who is there, where that changed. Quorum and view come in either order.
    pub(crate) fn announce_views(&mut self) {
        for ring in self.rings.clone() {
            let members = self.members_of(&ring);
            let quorum = self.quorum_of(&ring);
            for host in ring.clone() {
                if self.hosts[host].daemon.is_none() || !self.hosts[host].has_group {
                    continue;
                }
                let me = self.hosts[host].member().id;
                let before = self.hosts[host].last_view.as_ref();
                let is_news = before.is_none_or(|before| before.members != members);
                let left = before.map(|before| self.departures(&before.members, &members, &ring));
                let view = View { me, members: members.clone(), left: left.unwrap_or_default() };
                let quorum_first = self.dice.pick(&[true, false]);
                if quorum_first {
                    self.tell_quorum(host, &quorum);
                }
                if is_news {
                    self.hosts[host].last_view = Some(view.clone());
                    self.send(host, 0, Input::View(view));
                }
                if !quorum_first {
                    self.tell_quorum(host, &quorum);
                }
            }
        }
    }

    /// A daemon is told that it has lost these hosts, if it believes that they are there.
    pub(super) fn part(&mut self, host: usize, lost: &[usize]) {
        let is_lost = |member: &Member| lost.iter().any(|other| self.hosts[*other].number == member.id.node);
        let Some(before) = self.hosts[host].last_view.clone() else { return };
        let (gone, members): (Vec<_>, Vec<_>) = before.members.into_iter().partition(is_lost);
        if gone.is_empty() || self.hosts[host].daemon.is_none() {
            return;
        }
        let departure = |member| Departure { member, why: Parting::NodeDown };
        let view = View { me: before.me, members, left: gone.into_iter().map(departure).collect() };
        self.hosts[host].last_view = Some(view.clone());
        self.send(host, 0, Input::View(view));
    }

    /// The quorum of a ring, as it is good for one of its hosts: alone, and with evidence against itself, it
    /// has none.
    fn quorum_on(&self, host: usize, quorum: &Quorum) -> Quorum {
        let is_cut_off = self.hosts[host].has_evidence && quorum.nodes.len() == 1;
        Quorum { quorate: quorum.quorate && !is_cut_off, ..quorum.clone() }
    }

    fn tell_quorum(&mut self, host: usize, quorum: &Quorum) {
        if self.hosts[host].last_quorum.as_ref() != Some(quorum) {
            self.hosts[host].last_quorum = Some(quorum.clone());
            self.send(host, 1, Input::Quorum(quorum.clone()));
        }
    }

    fn departures(&self, before: &[Member], now: &[Member], ring: &[usize]) -> Vec<Departure> {
        let is_in_ring = |id: MemberId| ring.iter().any(|host| self.hosts[*host].number == id.node);
        let gone = before.iter().filter(|member| !now.contains(member));
        gone.map(|member| Departure {
            member: member.clone(),
            why: if is_in_ring(member.id) { Parting::ProcessDown } else { Parting::NodeDown },
        })
        .collect()
    }

    pub(crate) fn quorum_of(&self, ring: &[usize]) -> Quorum {
        let votes = u32::try_from(ring.len()).unwrap();
        let expected_votes = u32::try_from(self.hosts.len()).unwrap();
        Quorum {
            quorate: self.is_two_node || votes * 2 > expected_votes,
            votes,
            expected_votes,
            is_witness_silent: false,
            nodes: ring.iter().map(|host| self.hosts[*host].name.clone()).collect(),
        }
    }
}
