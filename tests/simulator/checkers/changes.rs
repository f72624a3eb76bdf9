//! What was accepted is in force in the end, or what is in force was proposed by somebody who had seen
//! it, or its operators were told that it was given up. What was accepted with quorum, by a host that stayed
//! in touch for a moment, is never given up.

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
    /// When and where each was accepted.
    fresh: Vec<(i64, usize, String)>,
    given_up: BTreeSet<String>,
    quorate: BTreeSet<usize>,
    /// When each host last lost or won quorum, or stood still.
    unsteady: BTreeMap<usize, i64>,
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
                    let is_steady = self.unsteady.get(host).is_none_or(|at| stamped.at - at > Self::UNCLEAR);
                    self.accepted.insert(origin.clone(), is_steady && self.quorate.contains(host));
                    self.fresh.push((stamped.at, *host, origin.clone()));
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
            }
            Seen::Stopped { host }
            | Seen::Resumed { host }
            | Seen::GroupLost { host }
            | Seen::PowerOff { host }
            | Seen::DaemonDown { host } => self.upset(*host, stamped.at),
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
        let is_recent = |since: &i64| at - since < Self::UNSEEN;
        for (_, _, origin) in self.fresh.iter().filter(|(since, place, _)| *place == host && is_recent(since))
        {
            self.accepted.insert(origin.clone(), false);
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
