//! What was accepted is in force in the end, or what is in force was proposed by somebody who had seen
//! it, or its operators were told that it was given up. What was accepted with quorum and by the daemons of most
//! hosts, by one that stayed in touch for a moment, is never given up. A host gives its vote without its daemon
//! as well, but then nobody has written the change down there: it is on too few disks to be found again if
//! the others go. So it is if a daemon ends at once, as its disk is full.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::trace::{Seen, Stamped};

/// What was proposed on what, and what became of it.
#[derive(Default)]
pub(crate) struct Changes {
    /// How many hosts there are.
    hosts: usize,
    asked: BTreeMap<u64, (usize, String)>,
    /// What a proposal was made on.
    on: BTreeMap<String, String>,
    /// What was accepted, and whether with quorum.
    accepted: BTreeMap<String, bool>,
    /// When and where each was accepted, and by which hosts with a daemon.
    fresh: Vec<Fresh>,
    given_up: BTreeSet<String>,
    quorate: BTreeSet<usize>,
    rings: Vec<Vec<usize>>,
    /// Hosts whose daemon is up and does not stand still.
    awake: BTreeSet<usize>,
    /// When the ring of a host changed lately.
    turns: BTreeMap<usize, Vec<i64>>,
    /// When each host last lost or won quorum, or stood still.
    unsteady: BTreeMap<usize, i64>,
}

/// A change that was just accepted.
struct Fresh {
    at: i64,
    host: usize,
    origin: String,
    writers: BTreeSet<usize>,
}

impl Changes {
    /// How long after a change of rings it is not clear whether a host has quorum, in milliseconds.
    const UNCLEAR: i64 = 5000;
    /// How long a host may be out of touch before anybody sees it, in milliseconds.
    const UNSEEN: i64 = 2000;

    pub(crate) fn new(hosts: usize) -> Self {
        Self { hosts, ..Self::default() }
    }

    pub(crate) fn take(&mut self, stamped: &Stamped) -> Option<String> {
        match &stamped.seen {
            Seen::Proposed { id, host, origin, on } => {
                self.asked.insert(*id, (*host, origin.clone()));
                self.on.insert(origin.clone(), on.clone());
            }
            Seen::Answered { id, is_accepted: true } => {
                if let Some((host, origin)) = self.asked.get(id) {
                    let (host, origin) = (*host, origin.clone());
                    self.accept(stamped.at, host, origin);
                }
            }
            Seen::Rings { rings, quorate } => {
                // One of two hosts has quorum alone, and so may the other: neither speaks for both.
                let speaks_for_all = |host: &&usize| {
                    rings.iter().any(|ring| ring.contains(host) && ring.len() * 2 > self.hosts)
                };
                let quorate: BTreeSet<usize> = quorate.iter().filter(speaks_for_all).copied().collect();
                let changed: Vec<usize> = self.quorate.symmetric_difference(&quorate).copied().collect();
                for host in changed {
                    self.upset(host, stamped.at);
                }
                self.quorate = quorate;
                self.turn(stamped.at, rings);
            }
            Seen::DaemonUp { host } => {
                self.awake.insert(*host);
            }
            Seen::Stopped { host } => {
                self.upset(*host, stamped.at);
                self.lose_writer(*host, stamped.at);
            }
            Seen::Resumed { host } => {
                self.upset(*host, stamped.at);
                self.awake.insert(*host);
            }
            Seen::GroupLost { host } | Seen::PowerOff { host } | Seen::DaemonDown { host } => {
                self.upset(*host, stamped.at);
                self.lose_writer(*host, stamped.at);
            }
            Seen::Dropped { origin, .. } => {
                self.given_up.insert(origin.clone());
            }
            _ => {}
        }
        None
    }

    /// A host may be out of touch from now on, and may have been for a moment before anybody saw it: what was
    /// accepted there then may not have got to anybody else.
    fn upset(&mut self, host: usize, at: i64) {
        self.unsteady.insert(host, at);
        let lost = self.fresh.iter().filter(|fresh| fresh.host == host && at - fresh.at < Self::UNSEEN);
        self.accepted.extend(lost.map(|fresh| (fresh.origin.clone(), false)));
    }

    fn accept(&mut self, at: i64, host: usize, origin: String) {
        let is_steady = self.unsteady.get(&host).is_none_or(|since| at - since > Self::UNCLEAR);
        let ring = self.rings.iter().find(|ring| ring.contains(&host)).cloned().unwrap_or_default();
        let writers: BTreeSet<usize> = ring.into_iter().filter(|host| self.awake.contains(host)).collect();
        let is_quorate = self.quorate.contains(&host) && writers.len() * 2 > self.hosts;
        self.accepted.insert(origin.clone(), is_steady && is_quorate && !self.has_turned_twice(host, at));
        self.fresh.push(Fresh { at, host, origin, writers });
    }

    /// Rings form anew. A host that comes from one into another within a moment does not find out in between whether
    /// it had quorum in the first.
    fn turn(&mut self, at: i64, rings: &[Vec<usize>]) {
        for host in 0..self.hosts {
            let ring_in = |rings: &[Vec<usize>]| rings.iter().find(|ring| ring.contains(&host)).cloned();
            if ring_in(&self.rings) == ring_in(rings) {
                continue;
            }
            self.turns.entry(host).or_default().push(at);
            if self.has_turned_twice(host, at) {
                self.upset(host, at);
            }
        }
        self.rings = rings.to_vec();
    }

    fn has_turned_twice(&self, host: usize, at: i64) -> bool {
        let turns = self.turns.get(&host).into_iter().flatten();
        turns.filter(|since| at - **since < Self::UNSEEN).count() > 1
    }

    /// A daemon that heard of a change may not have written it down.
    fn lose_writer(&mut self, host: usize, at: i64) {
        self.awake.remove(&host);
        for fresh in self.fresh.iter_mut().filter(|fresh| at - fresh.at < Self::UNSEEN) {
            fresh.writers.remove(&host);
            if fresh.writers.len() * 2 <= self.hosts {
                self.accepted.insert(fresh.origin.clone(), false);
            }
        }
    }

    /// What is wrong if this is in force in the end.
    pub(crate) fn judge(&self, in_force: &str) -> Option<String> {
        let line = self.line(in_force);
        let given_up: BTreeSet<String> = self.given_up.iter().flat_map(|origin| self.line(origin)).collect();
        let lost = self.accepted.iter().find(|(origin, is_quorate)| {
            !line.contains(*origin) && (**is_quorate || !given_up.contains(*origin))
        });
        lost.map(|(origin, is_quorate)| {
            let how = if *is_quorate { "with quorum " } else { "" };
            let told = if given_up.contains(origin) { "given up" } else { "forgotten without a word" };
            format!(
                "`{origin}` was accepted {how}and {told}; in force is `{in_force}`, which stands on {line:?}"
            )
        })
    }

    /// What something stands on: it, what it was proposed on, and so on.
    fn line(&self, origin: &str) -> BTreeSet<String> {
        let mut line = BTreeSet::new();
        let mut place = Some(origin);
        while let Some(origin) = place.filter(|origin| line.insert((*origin).to_owned())) {
            place = self.on.get(origin).map(String::as_str);
        }
        line
    }
}
