//! A host whose ring has no quorum starts nothing, promotes nothing and fences nobody, and lets go of
//! what it runs.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::trace::{Begun, Seen, Stamped};

/// Who has quorum, and since when others do not.
#[derive(Default)]
pub(crate) struct QuorumRespected {
    lost: BTreeMap<usize, i64>,
    rings: Vec<Vec<usize>>,
    in_a_ring: BTreeSet<usize>,
    /// When a host or its daemon last stood still or came up: it has to catch up first.
    late: BTreeMap<usize, i64>,
    still: BTreeSet<usize>,
    active: BTreeSet<(String, usize)>,
    /// Agents that failed to stop something, or were not let.
    excused: BTreeSet<usize>,
}

impl QuorumRespected {
    /// How long orders from before may still arrive, in milliseconds.
    const UNDER_WAY: i64 = 1500;
    /// The same where the membership layer itself is gone: it may be back soon.
    const ALONE: i64 = 2000;
    /// How long letting go may take, in milliseconds.
    const LETS_GO: i64 = 150_000;

    pub(crate) fn take(&mut self, stamped: &Stamped) -> Option<String> {
        let at = stamped.at;
        match &stamped.seen {
            Seen::Rings { rings, quorate } => self.take_rings(at, rings, quorate),
            Seen::Begun(begun) => return self.begin(at, begun),
            Seen::Ended { begun, report } if begun.task == "stop" && !report.is_success() => {
                self.excused.insert(begun.host);
            }
            Seen::Stopped { host } => {
                self.still.insert(*host);
            }
            Seen::Resumed { host } => {
                self.still.remove(host);
                self.late.insert(*host, at);
            }
            Seen::DaemonUp { host } | Seen::DaemonDown { host } => {
                self.late.insert(*host, at);
            }
            Seen::Real { host, resource, role } => {
                let key = (resource.to_string(), *host);
                if role.is_some() {
                    self.active.insert(key);
                } else {
                    self.active.remove(&key);
                }
            }
            Seen::PowerOff { host } => {
                self.active.retain(|(_, place)| place != host);
                self.excused.remove(host);
                self.still.remove(host);
            }
            Seen::Lied { host, .. } => {
                self.excused.insert(*host);
            }
            _ => {}
        }
        self.check_release(at)
    }

    fn take_rings(&mut self, at: i64, rings: &[Vec<usize>], quorate: &BTreeSet<usize>) {
        self.rings = rings.to_vec();
        self.in_a_ring = rings.iter().flatten().copied().collect();
        self.lost.retain(|host, _| !quorate.contains(host));
        let hosts = self.in_a_ring.iter().chain(self.late.keys()).copied();
        let losers: Vec<usize> = hosts.filter(|host| !quorate.contains(host)).collect();
        for host in losers {
            if self.lost.insert(host, at).map(|before| self.lost.insert(host, before)).is_none() {
                self.excused.remove(&host);
            }
        }
    }

    fn begin(&mut self, at: i64, begun: &Begun) -> Option<String> {
        if begun.resource == "fencer"
            || !matches!(begun.task.as_str(), "start" | "promote" | "reboot" | "off")
        {
            return None;
        }
        // A host that is in the same ring is there, so that it may be fenced whatever the others do: it is
        // its stops that failed.
        let is_of_ring = |target: usize| {
            self.rings.iter().any(|ring| ring.contains(&target) && ring.contains(&begun.host))
        };
        if begun.target.is_some_and(is_of_ring) {
            return None;
        }
        let lost = *self.lost.get(&begun.host)?;
        let late = self.late.get(&begun.host).copied().unwrap_or(lost);
        let allowed = if self.in_a_ring.contains(&begun.host) { Self::UNDER_WAY } else { Self::ALONE };
        let (task, resource, host) = (&begun.task, &begun.resource, begun.host + 1);
        (at - lost.max(late) > allowed)
            .then(|| format!("{task} of {resource} began on n{host} {} ms after it lost quorum", at - lost))
    }

    fn check_release(&self, at: i64) -> Option<String> {
        let is_due = |host: &usize, lost: &i64| {
            let late = self.late.get(host).copied().unwrap_or(*lost);
            at - late.max(*lost) > Self::LETS_GO && !self.still.contains(host) && !self.excused.contains(host)
        };
        let host = self.lost.iter().find(|(host, lost)| is_due(host, lost)).map(|(host, _)| *host)?;
        let (resource, _) = self.active.iter().find(|(name, place)| *place == host && name != "fencer")?;
        Some(format!("n{} lost quorum long ago and still runs {resource}", host + 1))
    }
}
