//! Who reaches whom, and what rings become of it.

use super::{Item, World};

impl World {
    /// How long rings last that cables do not settle, in milliseconds, and how much longer at most.
    const RESTLESS: (i64, usize) = (2500, 4000);

    /// Whether two hosts hear each other. A membership layer makes no use of a cable that works one way.
    pub(crate) fn are_linked(&self, one: usize, other: usize) -> bool {
        let is_there = |host: usize| self.hosts[host].is_up && !self.hosts[host].is_paused;
        let is_cut = self.cuts.contains(&(one, other)) || self.cuts.contains(&(other, one));
        is_there(one) && is_there(other) && (one == other || !is_cut)
    }

    /// These hosts reach only one another from now on.
    pub(crate) fn cut(&mut self, hosts: &[usize]) {
        for host in hosts {
            for other in (0..self.hosts.len()).filter(|other| !hosts.contains(other)) {
                self.cuts.insert((*host, other));
                self.cuts.insert((other, *host));
            }
        }
        self.recable(Self::DETECTION);
    }

    /// One host is not heard by another any more.
    pub(crate) fn cut_one_way(&mut self, from: usize, to: usize) {
        self.cuts.insert((from, to));
        self.recable(Self::DETECTION);
    }

    /// These cables work again.
    pub(crate) fn mend(&mut self, is_meant: impl Fn(usize, usize) -> bool) {
        self.cuts.retain(|(from, to)| !is_meant(*from, *to));
        self.recable(200);
    }

    /// All hosts reach one another again.
    pub(crate) fn heal(&mut self) {
        self.cuts.clear();
        self.recable(200);
    }

    /// The membership layer finds out in this time.
    pub(crate) fn recable(&mut self, after: i64) {
        self.tear();
        self.plan(after, Item::Reform);
    }

    pub(super) fn ring_of(&self, host: usize) -> Option<Vec<usize>> {
        self.rings.iter().find(|ring| ring.contains(&host)).cloned()
    }

    /// Whether a ring is what the cables say: its members reach one another, and it would not be one
    /// with another.
    pub(super) fn is_whole(&self, ring: &[usize]) -> bool {
        let hears_all = |host: usize| ring.iter().all(|member| self.are_linked(host, *member));
        let are_of_one = ring.iter().all(|host| self.hosts[*host].ring == self.hosts[ring[0]].ring);
        let would_join = |host: usize| {
            let others = self.ring_of(host).unwrap_or_else(|| vec![host]);
            self.hosts[host].has_group && others.into_iter().all(hears_all)
        };
        are_of_one
            && ring.iter().all(|host| hears_all(*host))
            && (0..self.hosts.len()).filter(|host| !ring.contains(host)).all(|host| !would_join(host))
    }

    /// These hosts, in parts that reach one another.
    pub(super) fn parts(&self, hosts: &[usize]) -> Vec<Vec<usize>> {
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for host in hosts.iter().copied().filter(|host| self.are_linked(*host, *host)) {
            match parts.iter_mut().find(|part| part.iter().all(|member| self.are_linked(host, *member))) {
                Some(part) => part.push(host),
                None => parts.push(vec![host]),
            }
        }
        parts
    }

    /// Forms rings. Where cables contradict one another, they will be others after a while.
    pub(super) fn form_rings(&mut self) {
        let mut there: Vec<usize> =
            (0..self.hosts.len()).filter(|host| self.hosts[*host].has_group).collect();
        if self.is_contradictory(&there) {
            let turn = self.dice.roll(there.len());
            there.rotate_left(turn);
            if !self.is_restless {
                self.is_restless = true;
                let (least, more) = Self::RESTLESS;
                let after = least + i64::try_from(self.dice.roll(more)).unwrap();
                self.later(after, |world| {
                    world.is_restless = false;
                    world.tear();
                    world.reform();
                });
            }
        }
        let parts = self.parts(&there);
        let before = std::mem::replace(&mut self.rings, parts);
        for ring in &mut self.rings {
            ring.sort_unstable();
        }
        for ring in self.rings.clone() {
            let is_one = ring.iter().all(|host| self.hosts[*host].ring == self.hosts[ring[0]].ring);
            if is_one && before.contains(&ring) {
                continue;
            }
            self.meet(&ring);
        }
    }

    /// Hosts form a ring. Who comes from another one than others do, though it believed to be in one with them
    /// all the time, learns first that it had lost them.
    fn meet(&mut self, ring: &[usize]) {
        let came_from: Vec<u64> = ring.iter().map(|host| self.hosts[*host].ring).collect();
        for (host, own) in ring.iter().zip(&came_from) {
            let strangers = ring.iter().zip(&came_from).filter(|(_, other)| *other != own);
            let strangers: Vec<usize> = strangers.map(|(other, _)| *other).collect();
            self.part(*host, &strangers);
        }
        self.asked += 1;
        for host in ring {
            self.hosts[*host].ring = self.asked;
        }
    }

    /// Whether one reaches another and that one a third, which the first does not.
    fn is_contradictory(&self, hosts: &[usize]) -> bool {
        hosts.iter().any(|one| {
            let heard = || hosts.iter().filter(|host| self.are_linked(*one, **host));
            heard().any(|other| heard().any(|third| !self.are_linked(*other, *third)))
        })
    }
}
