//! Where lost nodes are fenced, nothing starts on a host before every other host that was told to run
//! it has said that it does not: by a stop, by a monitor, by having been fenced with success, or by
//! having come up again after a loss of power; or before somebody has looked and said that it is off.

use std::collections::{BTreeMap, BTreeSet};

use crate::setting::Setting;
use crate::world::trace::{Begun, Report, Seen, Stamped};

/// Exit code of a monitor that finds nothing.
const NOT_RUNNING: Report = Report::Exit(7);

/// Which hosts were told to run what, and did not say that they do not.
pub(crate) struct Recovery {
    is_on: bool,
    held: BTreeMap<String, BTreeSet<usize>>,
    without_power: BTreeSet<usize>,
    /// Hosts of which a fence device said that they are off, and that went on: nobody knows what they start, and
    /// they do not know what others started meanwhile.
    lied: BTreeSet<usize>,
    rings: Vec<Vec<usize>>,
}

impl Recovery {
    pub(crate) fn new(setting: Setting) -> Self {
        let (held, without_power, lied, rings) = Default::default();
        Self { is_on: setting.has_fencing(), held, without_power, lied, rings }
    }

    pub(crate) fn take(&mut self, stamped: &Stamped) -> Option<String> {
        match &stamped.seen {
            Seen::Begun(begun) if begun.task == "start" && counts(begun) => self.start(begun),
            Seen::Ended { begun, report } => {
                self.end(begun, *report);
                None
            }
            Seen::Noticed { host, resource, report } if *report == NOT_RUNNING => {
                self.let_go(resource, *host);
                None
            }
            Seen::Lied { host, resource: None } => {
                self.lied.insert(*host);
                None
            }
            Seen::Rings { rings, .. } => {
                self.rings.clone_from(rings);
                None
            }
            Seen::Confirmed { host } => {
                self.clear(*host);
                None
            }
            Seen::PowerOff { host } => {
                self.lied.remove(host);
                self.without_power.insert(*host);
                None
            }
            Seen::DaemonUp { host } => {
                if self.without_power.remove(host) {
                    self.clear(*host);
                }
                None
            }
            _ => None,
        }
    }

    fn start(&mut self, begun: &Begun) -> Option<String> {
        let holders = self.held.entry(begun.resource.clone()).or_default();
        let is_liable = |host: &&usize| **host != begun.host && !self.lied.contains(host);
        let ring = self.rings.iter().find(|ring| ring.contains(&begun.host)).into_iter().flatten();
        let mut company = ring.chain([&begun.host]);
        let is_misled = company.any(|host| self.lied.contains(host));
        let holder = holders.iter().find(is_liable).copied().filter(|_| !is_misled);
        holders.insert(begun.host);
        let holder = holder.filter(|_| self.is_on)?;
        let (resource, here) = (&begun.resource, begun.host + 1);
        Some(format!("{resource} starts on n{here}, and nothing says that n{} does not run it", holder + 1))
    }

    fn end(&mut self, begun: &Begun, report: Report) {
        match begun.task.as_str() {
            "stop" if report.is_success() => self.let_go(&begun.resource, begun.host),
            "probe" | "monitor" if report == NOT_RUNNING => self.let_go(&begun.resource, begun.host),
            "reboot" | "off" if report.is_success() => {
                if let Some(target) = begun.target {
                    self.clear(target);
                }
            }
            _ => {}
        }
    }

    fn let_go(&mut self, resource: &str, host: usize) {
        if let Some(holders) = self.held.get_mut(resource) {
            holders.remove(&host);
        }
    }

    fn clear(&mut self, host: usize) {
        self.held.values_mut().for_each(|holders| {
            holders.remove(&host);
        });
    }
}

fn counts(begun: &Begun) -> bool {
    !begun.is_clone && begun.resource != "fencer"
}
