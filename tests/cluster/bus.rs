//! The group: messages in one order, views, quorum. Messages take a while and stand still while
//! members find out who is there, as they do in a totem ring.

use quorate::cluster::{Departure, Input, MemberId, Parting, Quorum, View};

use crate::world::{Item, World};

impl World {
    /// How long the loss of a host goes unnoticed.
    pub(crate) const DETECTION: i64 = 1000;

    pub(crate) fn multicast(&mut self, host: usize, bytes: Vec<u8>) {
        if bytes.starts_with(br#"{"v":1,"m":{"orders""#) {
            self.orders.push((host, bytes.clone()));
        }
        let delay = 1 + i64::try_from(self.dice.roll(3)).unwrap();
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
        let ring = self.ring_of(host).filter(|ring| self.is_whole(ring));
        let Some(ring) = ring else {
            self.stalled.push((host, process, bytes));
            return;
        };
        let from = sender.member().id;
        for to in ring {
            if self.hosts[to].daemon.is_some() {
                let after = i64::try_from(self.dice.roll(3)).unwrap();
                self.send(to, after, Input::Delivered { from, message: bytes.clone() });
            }
        }
    }

    fn ring_of(&self, host: usize) -> Option<Vec<usize>> {
        self.rings.iter().find(|ring| ring.contains(&host)).cloned()
    }

    /// Whether a ring is what the cables say.
    fn is_whole(&self, ring: &[usize]) -> bool {
        let island = |host: &usize| self.hosts[*host].island;
        let first = ring.first().map(island);
        ring.iter().all(|host| self.hosts[*host].is_up && Some(island(host)) == first)
            && self.hosts.iter().enumerate().all(|(place, host)| {
                ring.contains(&place) || !host.is_up || !host.has_group || Some(host.island) != first
            })
    }

    /// Rings form anew, by what the cables say.
    pub(crate) fn reform(&mut self) {
        let mut rings: Vec<Vec<usize>> = Vec::new();
        for host in 0..self.hosts.len() {
            if !self.hosts[host].is_up || !self.hosts[host].has_group {
                continue;
            }
            let island = self.hosts[host].island;
            match rings.iter_mut().find(|ring| self.hosts[ring[0]].island == island) {
                Some(ring) => ring.push(host),
                None => rings.push(vec![host]),
            }
        }
        self.rings = rings;
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
                let quorum_first = self.dice.one_in(2);
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

    fn tell_quorum(&mut self, host: usize, quorum: &Quorum) {
        if self.hosts[host].last_quorum.as_ref() != Some(quorum) {
            self.hosts[host].last_quorum = Some(quorum.clone());
            self.send(host, 1, Input::Quorum(quorum.clone()));
        }
    }

    fn departures(
        &self,
        before: &[quorate::cluster::Member],
        now: &[quorate::cluster::Member],
        ring: &[usize],
    ) -> Vec<Departure> {
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
            nodes: ring.iter().map(|host| self.hosts[*host].name.clone()).collect(),
        }
    }
}
