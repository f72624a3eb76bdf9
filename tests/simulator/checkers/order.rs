//! What is ordered after something starts only while that runs, and that stops only after it. Members
//! of a group run where the first of them does.

use std::collections::{BTreeMap, BTreeSet};

use crate::setting::{ORDERS, TOGETHER};
use crate::world::trace::{Begun, Report, Seen, Stamped};

/// What is said to run, what really does, and who is in touch.
#[derive(Default)]
pub(crate) struct OrderRespected {
    /// Until when it counted as running; `None`: it still does.
    said: BTreeMap<(String, usize), Option<i64>>,
    real: BTreeSet<(String, usize)>,
    /// What was told to start and was not heard to.
    starting: BTreeSet<(String, usize)>,
    /// What was seen to have failed and was not told to stop.
    failed: BTreeSet<(String, usize)>,
    rings: Vec<Vec<usize>>,
    /// Hosts whose daemon was away, stood still or changed its ring lately, or that were told lies.
    unsteady: BTreeMap<usize, i64>,
    /// Hosts that stand still, or whose daemon does.
    still: BTreeSet<usize>,
    lied: BTreeSet<(Option<String>, usize)>,
    without_power: BTreeSet<usize>,
    /// Since when a host has no daemon.
    daemons_down: BTreeMap<usize, i64>,
    /// Since when a host has the daemon that it has.
    daemons_up: BTreeMap<usize, i64>,
    /// From when to when a host stood still last; `None`: it still does.
    stood_still: BTreeMap<usize, (i64, Option<i64>)>,
}

impl OrderRespected {
    /// How long a decision may have been under way, in milliseconds.
    const UNDER_WAY: i64 = 3000;
    /// How long a host that went may be waited for before its services count as ended, in milliseconds.
    const WAITED_FOR: i64 = 25_000;
    /// How long a host is left alone whose daemon was away.
    const STEADY: i64 = 15_000;

    pub(crate) fn take(&mut self, stamped: &Stamped) -> Option<String> {
        let at = stamped.at;
        match &stamped.seen {
            Seen::Begun(begun) => {
                let found = self.begin(at, begun);
                if begun.task == "start" {
                    self.starting.insert((begun.resource.clone(), begun.host));
                }
                return found;
            }
            Seen::Ended { begun, report } => self.end(at, begun, *report),
            Seen::Noticed { host, resource, report } if report.is_success() => {
                self.said.insert((resource.to_string(), *host), None);
                self.failed.remove(&(resource.to_string(), *host));
            }
            Seen::Noticed { host, resource, .. } => self.fail(at, resource, *host),
            Seen::Real { host, resource, role } => {
                let key = (resource.to_string(), *host);
                if role.is_some() {
                    self.real.insert(key);
                } else {
                    self.real.remove(&key);
                    self.lied.remove(&(Some(resource.to_string()), *host));
                }
            }
            Seen::PowerOff { host } => {
                self.real.retain(|(_, place)| place != host);
                self.failed.retain(|(_, place)| place != host);
                self.lied.retain(|(_, place)| place != host);
                self.without_power.insert(*host);
                self.still.remove(host);
                // Where nobody fences, and where a daemon had left its services running, others take
                // them for running until they have waited long enough.
                if self.daemons_down.get(host) == Some(&at) {
                    self.over_on(at + Self::WAITED_FOR, *host);
                }
                self.unsteady.insert(*host, at);
            }
            Seen::Confirmed { host } => self.over_on(at, *host),
            Seen::DaemonUp { host } => {
                if self.without_power.remove(host) {
                    self.over_on(at, *host);
                }
                self.daemons_down.remove(host);
                self.daemons_up.insert(*host, at);
                self.unsteady.insert(*host, at);
            }
            Seen::DaemonDown { host } => {
                self.daemons_down.insert(*host, at);
                self.unsteady.insert(*host, at);
            }
            Seen::Stopped { host } => {
                self.still.insert(*host);
                self.stood_still.insert(*host, (at, None));
            }
            Seen::Resumed { host } => self.resume(at, *host),
            Seen::GroupLost { host } => {
                self.unsteady.insert(*host, at);
            }
            Seen::Rings { rings, .. } => {
                for ring in rings.iter().filter(|ring| !self.rings.contains(ring)) {
                    self.unsteady.extend(ring.iter().map(|host| (*host, at)));
                }
                self.rings.clone_from(rings);
            }
            Seen::Lied { host, resource } => {
                self.lied.insert((resource.as_deref().map(str::to_owned), *host));
            }
            _ => {}
        }
        None
    }

    fn resume(&mut self, at: i64, host: usize) {
        self.still.remove(&host);
        self.unsteady.insert(host, at);
        if let Some((_, until)) = self.stood_still.get_mut(&host) {
            *until = Some(at);
        }
    }

    fn end(&mut self, at: i64, begun: &Begun, report: Report) {
        if report != Report::Unheard {
            self.starting.remove(&(begun.resource.clone(), begun.host));
        }
        match begun.task.as_str() {
            "start" | "probe" if report.is_success() => {
                self.said.insert((begun.resource.clone(), begun.host), None);
            }
            "reboot" | "off" if report.is_success() => {
                if let Some(target) = begun.target {
                    self.over_on(at, target);
                }
            }
            _ => {}
        }
    }

    fn fail(&mut self, at: i64, resource: &str, host: usize) {
        self.over(at, resource, host);
        self.failed.insert((resource.to_owned(), host));
    }

    fn over(&mut self, at: i64, resource: &str, host: usize) {
        if let Some(until) = self.said.get_mut(&(resource.to_owned(), host)) {
            until.get_or_insert(at);
        }
    }

    fn over_on(&mut self, at: i64, host: usize) {
        for ((_, place), until) in &mut self.said {
            if *place == host {
                until.get_or_insert(at);
            }
        }
    }

    fn begin(&mut self, at: i64, begun: &Begun) -> Option<String> {
        let found = match begun.task.as_str() {
            "start" => self.start(at, begun),
            "stop" => self.stop(at, begun),
            _ => None,
        };
        if begun.task == "stop" {
            self.failed.remove(&(begun.resource.clone(), begun.host));
            self.over(at, &begun.resource, begun.host);
        }
        found
    }

    fn start(&self, at: i64, begun: &Begun) -> Option<String> {
        let (first, then) = ORDERS.into_iter().find(|(_, then)| *then == begun.resource)?;
        let runs = |host: usize| {
            let until = self.said.get(&(first.to_owned(), host));
            // A host that is out of touch cannot say that it stopped.
            let is_in_touch =
                self.rings.iter().any(|ring| ring.contains(&begun.host) && ring.contains(&host));
            let allowed = if is_in_touch { Self::UNDER_WAY } else { Self::WAITED_FOR };
            // What was starting or had failed where a daemon left, with its services running, is left alone, as
            // all that is not managed, and counts as started.
            let key = (first.to_owned(), host);
            let is_left = self.daemons_down.contains_key(&host)
                && (self.starting.contains(&key) || self.failed.contains(&key));
            // A fence device said that the host is off, so that others count it as ended; it runs all the same.
            let is_lied_about = self.lied.contains(&(None, host)) && self.real.contains(&key);
            let is_unheard_of = || {
                until.is_some_and(|until| until.is_some_and(|at| self.is_unheard_of(begun.host, host, at)))
            };
            is_left
                || is_lied_about
                || is_unheard_of()
                || until.is_some_and(|until| until.is_none_or(|until| at - until < allowed))
        };
        let is_bound = TOGETHER.contains(&(then, first));
        let mut hosts = self.said.keys().chain(&self.starting).map(|(_, host)| *host);
        let is_well = if is_bound { runs(begun.host) } else { hosts.any(runs) };
        (!is_well).then(|| format!("{then} starts on n{} and {first} does not run", begun.host + 1))
    }

    /// Whether nobody can know that something ended: the daemon that did it is gone, and whoever is in touch with
    /// the one that counts on it stood still at that moment, or has another daemon since.
    fn is_unheard_of(&self, starter: usize, ended_on: usize, at: i64) -> bool {
        let Some(ring) = self.rings.iter().find(|ring| ring.contains(&starter)) else { return false };
        let is_deaf = |host: &usize| {
            let stood_still = self.stood_still.get(host);
            self.daemons_down.contains_key(host)
                || self.daemons_up.get(host).is_some_and(|since| *since > at)
                || stood_still
                    .is_some_and(|(from, until)| *from <= at && until.is_none_or(|until| until >= at))
        };
        self.daemons_down.contains_key(&ended_on) && ring.iter().all(is_deaf)
    }

    fn stop(&self, at: i64, begun: &Begun) -> Option<String> {
        let (first, then) = ORDERS.into_iter().find(|(first, _)| *first == begun.resource)?;
        let is_steady = |host: usize| {
            self.unsteady.get(&host).is_none_or(|since| at - since > Self::STEADY)
                // Nobody knows what runs where there is no daemon, or one that says nothing.
                && !self.daemons_down.contains_key(&host)
                && !self.still.contains(&host)
                && !self.lied.contains(&(None, host))
                && !self.lied.contains(&(Some(then.to_owned()), host))
        };
        let ring = self.rings.iter().find(|ring| ring.contains(&begun.host))?;
        let mut runners = self.real.iter().filter(|(name, host)| *name == then && ring.contains(host));
        let (_, host) = runners.find(|(_, host)| is_steady(*host) && is_steady(begun.host))?;
        Some(format!("{first} stops on n{} and {then} still runs on n{}", begun.host + 1, host + 1))
    }
}
