//! How a node knows that it is cut off: evidence that can speak.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::node::is_address;
use super::{Lower, copy, is_hole, items, period, text};
use crate::manifest::document::Place;
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::corosync::{Evidence as EvidenceName, IsolationEntry};
use crate::model::isolation::{Evidence, Isolation};

/// The shortest bound: a look takes up to three seconds, and a node whose services have not ended is
/// reset a second before the end.
const WITHIN_MIN: Duration = Duration::from_secs(5);
/// The interface by which a host talks to itself.
const LOOPBACK: &str = "lo";
/// The longest name that an interface can have, in bytes.
const INTERFACE_MAX: usize = 15;

impl Lower<'_, '_> {
    pub(super) fn isolation(self, place: Place, entry: &IsolationEntry) -> Isolation {
        let list = |field: &Field<Vec<At<String>>>| -> Vec<Arc<str>> {
            items(field).filter_map(At::get).map(|item| item.as_str().into()).collect()
        };
        let isolation = Isolation {
            carrier: list(&entry.carrier),
            ping: list(&entry.ping),
            arbiter: text(&entry.arbiter),
            qdevice: copy(&entry.qdevice).unwrap_or(false),
            when: match copy(&entry.when) {
                Some(EvidenceName::Any) => Evidence::Any,
                Some(EvidenceName::All) | None => Evidence::All,
            },
            within: period(&entry.within),
        };
        items(&entry.carrier).for_each(|at| self.check_interface(at));
        items(&entry.ping).for_each(|at| self.check_ping(at));
        entry.arbiter.iter().for_each(|at| self.check_arbiter(at));
        self.check_within(entry, isolation.within);
        self.check_evidence(place, entry, &isolation);
        isolation
    }

    /// There must be some evidence, and the witness that is named as such.
    fn check_evidence(self, place: Place, entry: &IsolationEntry, isolation: &Isolation) {
        let is_unread = is_hole(&entry.carrier)
            || is_hole(&entry.ping)
            || is_hole(&entry.arbiter)
            || is_hole(&entry.qdevice)
            || items(&entry.carrier).chain(items(&entry.ping)).any(|at| at.value.is_none());
        if isolation.proofs().is_empty() && !is_unread {
            self.findings
                .error("missing-field", place, "`isolation` names no evidence")
                .label_key(place, "how would a node know that it is cut off?")
                .help("name at least one of `carrier: [eth0]`, `ping: [GATEWAY]`, `arbiter: URL` and `qdevice: true`")
                .report();
        }
        // What could not be read of the messaging layer may have had a witness.
        let has_witness =
            self.gathered.corosync.is_some_and(|at| at.get().is_none_or(|c| c.qdevice.is_some()));
        if isolation.qdevice && !has_witness {
            let at = entry.qdevice.as_ref().map_or(place, |at| at.place);
            self.findings
                .error("missing-field", at, "the witness is to be evidence, but there is none")
                .label_key(at, "which witness?")
                .help("add one: `corosync: {qdevice: {host: HOST}}`")
                .report();
        }
    }

    fn check_interface(self, at: &At<String>) {
        let Some(name) = at.get() else { return };
        if name == LOOPBACK {
            self.findings
                .error("invalid-name", at.place, format!("`{name}` cannot be evidence"))
                .here("it is up on every host, whatever is unplugged")
                .help("name the interface by which clients reach the services: `carrier: [eth0]`")
                .report();
            return;
        }
        let is_name = !name.is_empty()
            && name.len() <= INTERFACE_MAX
            && !matches!(name.as_str(), "." | "..")
            && !name.contains(|c: char| c == '/' || c == ':' || c.is_whitespace() || c.is_control());
        if !is_name {
            self.findings
                .error("invalid-name", at.place, format!("`{name}` cannot be the name of an interface"))
                .here("never has a carrier")
                .help("`ip link` lists the interfaces of a host: `carrier: [eth0]`")
                .report();
        }
    }

    fn check_ping(self, at: &At<String>) {
        let Some(text) = at.get() else { return };
        let (why, help) = match text.parse::<IpAddr>() {
            Err(_) if text.contains('/') => ("not an address", "write it without the prefix length"),
            Err(_) => (
                "not an address",
                "a node that is cut off cannot look up names: write the address itself, such as the gateway's",
            ),
            Ok(ip) if ip.is_loopback() || ip.is_unspecified() => (
                "every host answers itself",
                "ping what a node that is cut off does not reach, such as the gateway",
            ),
            Ok(ip) if ip.is_multicast() => ("a group, no host", "ping one host, such as the gateway"),
            Ok(_) => {
                self.check_outsider(at, 0..text.len(), "evidence");
                return;
            }
        };
        self.findings
            .error("invalid-address", at.place, format!("`{text}` cannot be evidence"))
            .here(why)
            .help(help)
            .report();
    }

    fn check_arbiter(self, at: &At<String>) {
        let Some(url) = at.get() else { return };
        let draft = || {
            self.findings.error(
                "invalid-address",
                at.place,
                format!("`{url}` is not the address of an arbiter"),
            )
        };
        if let Some(rest) = url.strip_prefix("https://") {
            draft()
                .here("plain HTTP is all that nodes speak with an arbiter")
                .replace("if it answers plain HTTP as well", format!("http://{rest}"))
                .report();
            return;
        }
        match url.strip_prefix("http://").and_then(host) {
            Some(host) if is_address(host) => {
                let from = url.find(host).unwrap_or(0);
                self.check_outsider(at, from..from + host.len(), "an arbiter");
            }
            Some(_) | None => draft().help("write `http://HOST/` or `http://HOST:PORT/PATH`").report(),
        }
    }

    /// Reports bytes of a text that lead to a member: it answers itself, and is gone when it is needed most.
    pub(super) fn check_outsider(self, at: &At<String>, within: Range<usize>, what: &str) {
        let Some(host) = at.text().get(within.clone()).filter(|_| at.value.is_some()) else { return };
        let Some(member) = self.member_at(host) else { return };
        self.findings
            .error(
                "invalid-address",
                at.place,
                format!("`{host}` cannot be {what}: it is a node of this cluster"),
            )
            .within(within, format!("leads to `{member}`"))
            .help("it must be a host of its own, which answers whichever of the nodes is down")
            .report();
    }

    fn check_within(self, entry: &IsolationEntry, within: Option<Duration>) {
        if let (Some(at), Some(_)) = (&entry.within, within.filter(|within| *within < WITHIN_MIN)) {
            self.findings
                .error("invalid-value", at.place, "`within` leaves no time for letting go")
                .here("less than five seconds")
                .help("a look takes up to three seconds, then the services stop: give it the time that they need, such as `20s`")
                .report();
        }
    }
}

/// The host that what follows `http://` names, with a port that can be one.
fn host(rest: &str) -> Option<&str> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match place.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((inner, after)) if inner.parse::<std::net::Ipv6Addr>().is_ok() => {
            (inner, after.strip_prefix(':'))
        }
        Some(_) => return None,
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let is_good = !rest.contains(|c: char| c.is_whitespace() || c.is_control())
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    Some(host).filter(|_| is_good)
}
