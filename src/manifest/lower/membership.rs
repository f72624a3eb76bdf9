//! How nodes talk, who may act, and how a node knows that it is cut off.

use std::str::FromStr;
use std::sync::Arc;

use super::{Lower, copy, items, period, text};
use crate::manifest::document::Place;
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::corosync::{
    Cipher, CorosyncEntry, Evidence as EvidenceName, HashName, IsolationEntry, LinkMode, QdeviceAlgorithm,
    QdeviceEntry, QuorumEntry, TlsMode,
};
use crate::manifest::vocabulary::scalar::{CountText, PortText};
use crate::model::corosync::{Corosync, Link, Qdevice, Quorum};
use crate::model::isolation::{Evidence, Isolation};

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
        let has_evidence =
            !isolation.carrier.is_empty() || !isolation.ping.is_empty() || isolation.arbiter.is_some();
        if !has_evidence && !isolation.qdevice {
            self.findings
                .error("missing-field", place, "`isolation` names no evidence")
                .label_key(place, "how would a node know that it is cut off?")
                .help("name at least one of `carrier: [eth0]`, `ping: [GATEWAY]`, `arbiter: URL` and `qdevice: true`")
                .report();
        }
        if isolation.qdevice && self.gathered.corosync.and_then(At::get).is_none_or(|c| c.qdevice.is_none()) {
            let at = entry.qdevice.as_ref().map_or(place, |at| at.place);
            self.findings
                .error("missing-field", at, "the witness is to be evidence, but there is none")
                .label_key(at, "which witness?")
                .help("add one: `corosync: {qdevice: {host: HOST}}`")
                .report();
        }
        isolation
    }

    pub(super) fn corosync(self, entry: &CorosyncEntry) -> Corosync {
        let crypto = entry.crypto.as_ref().and_then(At::get);
        Corosync {
            token: period(&entry.token),
            token_coefficient: period(&entry.token_coefficient),
            consensus: period(&entry.consensus),
            link_mode: copy(&entry.link_mode).map(|mode| mode.as_str().into()),
            cipher: crypto.and_then(|crypto| copy(&crypto.cipher)).map(|cipher| cipher.as_str().into()),
            hash: crypto.and_then(|crypto| copy(&crypto.hash)).map(|hash| hash.as_str().into()),
            links: items(&entry.links)
                .filter_map(At::get)
                .map(|link| Link {
                    port: port(&link.port),
                    priority: count(&link.priority),
                    ping_interval: period(&link.ping_interval),
                    ping_timeout: period(&link.ping_timeout),
                })
                .collect(),
            quorum: entry
                .quorum
                .as_ref()
                .and_then(At::get)
                .map(|quorum| self.quorum(entry, quorum))
                .unwrap_or_default(),
            qdevice: entry.qdevice.as_ref().and_then(At::get).map(qdevice),
        }
    }

    fn quorum(self, corosync: &CorosyncEntry, entry: &QuorumEntry) -> Quorum {
        let clash = |field: &Field<bool>, name: &str, why: &str| {
            if let Some(at) = field.as_ref().filter(|at| at.get() == Some(&true)) {
                self.findings
                    .error("conflicting-quorum", at.place, format!("`{name}` {why}"))
                    .label_key(at.place, "corosync refuses this")
                    .report();
            }
        };
        let members = self.gathered.nodes.iter().filter(|(_, at)| {
            at.get().is_some_and(|node| node.remote.as_ref().and_then(At::get) != Some(&true))
        });
        let size = members.count();
        if size != 2 {
            clash(&entry.two_node, "two-node", &format!("in a cluster of {size}"));
        }
        if corosync.qdevice.is_some() {
            clash(&entry.two_node, "two-node", "beside a qdevice");
            clash(&entry.auto_tie_breaker, "auto-tie-breaker", "beside a qdevice");
        } else if copy(&entry.two_node) == Some(true) {
            clash(&entry.auto_tie_breaker, "auto-tie-breaker", "beside `two-node`");
        }
        Quorum {
            expected_votes: count(&entry.expected_votes),
            two_node: copy(&entry.two_node),
            wait_for_all: copy(&entry.wait_for_all),
            last_man_standing: copy(&entry.last_man_standing),
            last_man_standing_window: period(&entry.last_man_standing_window),
            auto_tie_breaker: copy(&entry.auto_tie_breaker),
            auto_tie_breaker_node: text(&entry.auto_tie_breaker_node),
        }
    }
}

fn qdevice(entry: &QdeviceEntry) -> Qdevice {
    Qdevice {
        host: entry.host.text().into(),
        port: port(&entry.port),
        algorithm: copy(&entry.algorithm).map(|algorithm| algorithm.as_str().into()),
        tie_breaker: text(&entry.tie_breaker),
        tls: copy(&entry.tls).map(|tls| tls.as_str().into()),
        timeout: period(&entry.timeout),
        sync_timeout: period(&entry.sync_timeout),
    }
}

fn count<T: FromStr>(field: &Field<CountText>) -> Option<T> {
    field.as_ref()?.get()?.0.parse().ok()
}

fn port(field: &Field<PortText>) -> Option<u16> {
    field.as_ref()?.get()?.0.parse().ok()
}

macro_rules! words {
    ($($name:ident { $($variant:ident = $word:literal),* })*) => {
        $(impl $name {
            /// The word that is written.
            pub(in crate::manifest) const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word that is written.
            pub(in crate::manifest) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),*
                }
            }

            /// The value of a word.
            pub(in crate::manifest) fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        })*
    };
}

words! {
    LinkMode { Passive = "passive", Active = "active", Rr = "rr" }
    Cipher { None = "none", Aes256 = "aes256", Aes192 = "aes192", Aes128 = "aes128" }
    HashName { None = "none", Md5 = "md5", Sha1 = "sha1", Sha256 = "sha256", Sha384 = "sha384", Sha512 = "sha512" }
    QdeviceAlgorithm { Ffsplit = "ffsplit", Lms = "lms" }
    TlsMode { On = "on", Off = "off", Required = "required" }
}
