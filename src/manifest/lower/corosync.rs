//! How nodes talk, and who may act.

use std::str::FromStr;

use super::{Lower, copy, items, period, text};
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::corosync::{
    Cipher, CorosyncEntry, HashName, LinkMode, QdeviceAlgorithm, QdeviceEntry, QuorumEntry, TlsMode,
};
use crate::manifest::vocabulary::scalar::{CountText, PortText};
use crate::model::corosync::{Corosync, Link, Qdevice, Quorum};

impl Lower<'_, '_> {
    pub(super) fn corosync(self, entry: &CorosyncEntry) -> Corosync {
        let crypto = entry.crypto.as_ref().and_then(At::get);
        let corosync = Corosync {
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
            quorum: entry.quorum.as_ref().and_then(At::get).map(quorum).unwrap_or_default(),
            qdevice: entry.qdevice.as_ref().and_then(At::get).map(qdevice),
        };
        self.check_corosync(entry, &corosync);
        corosync
    }
}

fn quorum(entry: &QuorumEntry) -> Quorum {
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
