//! Settings beside the cluster.

use std::str::FromStr;

use super::{Lower, copy, items, period, text};
use crate::manifest::document::Place;
use crate::manifest::settings::{
    Corosync, Evidence, Isolation, Link, Moved, Qdevice, Quorum, Reconcile, ReconcileMode, SecretSource,
    Settings,
};
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::corosync::{
    Cipher, CorosyncEntry, Evidence as EvidenceName, HashName, IsolationEntry, LinkMode, QdeviceAlgorithm,
    QdeviceEntry, QuorumEntry, TlsMode,
};
use crate::manifest::vocabulary::rest::{MovedEntry, ReconcileMode as ModeName};
use crate::manifest::vocabulary::scalar::{CountText, PortText};
use crate::model::Rule;
use crate::model::rule::Condition;

impl Lower<'_, '_> {
    pub(super) fn settings(self) -> Settings {
        let gathered = self.gathered;
        let secrets = gathered.secrets.iter().filter_map(|(key, at)| {
            let entry = at.get()?;
            let source = match (&entry.file, &entry.env) {
                (Some(file), None) => SecretSource::File(file.text().into()),
                (None, Some(variable)) => SecretSource::Environment(variable.text().into()),
                (_, _) => {
                    self.findings
                        .error(
                            "one-of",
                            key.place,
                            format!("secret `{}` needs one of `file` and `env`", key.text()),
                        )
                        .help("the value itself never stands in a manifest")
                        .report();
                    return None;
                }
            };
            Some((key.text().into(), source))
        });
        Settings {
            tolerated: gathered.tolerate.iter().map(|code| code.text().into()).collect(),
            secrets: secrets.collect(),
            corosync: gathered.corosync.and_then(At::get).map(|entry| self.corosync(entry)),
            isolation: gathered.isolation.and_then(|at| Some(self.isolation(at.place, at.get()?))),
            reconcile: self.reconcile(),
            tickets: gathered
                .tickets
                .iter()
                .map(|(key, at)| {
                    (key.text().into(), at.get().and_then(|entry| text::<String>(&entry.description)))
                })
                .collect(),
            moved: gathered.moved.iter().filter_map(|at| self.moved(at)).collect(),
        }
    }

    fn moved(self, at: &At<MovedEntry>) -> Option<Moved> {
        let entry = at.get()?;
        let kind = |path: &At<String>| path.text().split_once('.').map(|(kind, _)| kind.to_owned());
        for path in [&entry.from, &entry.to] {
            let is_known =
                kind(path).is_some_and(|kind| matches!(kind.as_str(), "resources" | "constraints" | "nodes"));
            if path.value.is_some() && !is_known {
                self.findings
                    .error(
                        "invalid-path",
                        path.place,
                        format!("`{}` is not the path of something that has a name", path.text()),
                    )
                    .help("write `resources.NAME`, `constraints.NAME` or `nodes.NAME`")
                    .report();
                return None;
            }
        }
        if kind(&entry.from) != kind(&entry.to) {
            self.findings
                .error("invalid-path", entry.to.place, "a renaming from one kind of thing to another")
                .label(entry.from.place, "this kind")
                .report();
        }
        self.check_moved_names(entry);
        Some(Moved { from: entry.from.text().into(), to: entry.to.text().into() })
    }

    fn check_moved_names(self, entry: &MovedEntry) {
        let Some(name) = entry.to.text().strip_prefix("resources.") else { return };
        if !self.names.resources.contains_key(name) {
            self.findings
                .error("unknown-resource", entry.to.place, format!("unknown resource `{name}`"))
                .within("resources.".len()..entry.to.text().len(), "no resource has this name")
                .help("`to` is the name that stands in the manifest now")
                .report();
        }
        let old = entry.from.text().strip_prefix("resources.").unwrap_or("");
        if let Some((place, _)) = self.names.resources.get(old) {
            self.findings
                .error(
                    "moved-still-there",
                    entry.from.place,
                    format!("`{old}` was renamed, but is still in the manifest"),
                )
                .label(*place, "still here")
                .help("remove the renaming, or the old resource")
                .report();
        }
    }

    fn reconcile(self) -> Reconcile {
        let Some(entry) = self.gathered.reconcile.and_then(At::get) else { return Reconcile::default() };
        let windows = items(&entry.windows).filter_map(|at| {
            let rule = self.rule(&Some(at.clone()))?;
            if !is_about_time(&rule) {
                self.findings
                    .error("invalid-window", at.place, "a window that asks for more than date and time")
                    .help("use only `date` and `date-spec`, such as `date-spec hours=1-4 weekdays=6-7`")
                    .report();
            }
            Some(rule)
        });
        Reconcile {
            mode: match copy(&entry.mode) {
                Some(ModeName::Manual) => ReconcileMode::Manual,
                Some(ModeName::Auto) | None => ReconcileMode::Auto,
            },
            self_heal: copy(&entry.self_heal),
            prune: copy(&entry.prune).unwrap_or(false),
            windows: windows.collect(),
        }
    }

    fn isolation(self, place: Place, entry: &IsolationEntry) -> Isolation {
        let list = |field: &Field<Vec<At<String>>>| -> Vec<std::sync::Arc<str>> {
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
        isolation
    }

    fn corosync(self, entry: &CorosyncEntry) -> Corosync {
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
                    .label_key(at.place, "corosync refuses the two together")
                    .report();
            }
        };
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

fn is_about_time(rule: &Rule) -> bool {
    rule.conditions.iter().all(|condition| match condition {
        Condition::Rule(rule) => is_about_time(rule),
        Condition::Date(_) => true,
        Condition::Attribute(_)
        | Condition::Agent { .. }
        | Condition::Operation { .. }
        | Condition::Invalid { .. } => false,
    })
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
