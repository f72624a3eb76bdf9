//! Settings beside the cluster.

use std::time::Duration;

use super::{list, text};
use crate::manifest::rule;
use crate::manifest::settings::{Reconcile, ReconcileMode};
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::corosync::{
    Cipher, CorosyncEntry, CryptoEntry, Evidence as EvidenceName, HashName, IsolationEntry, LinkEntry,
    LinkMode, QdeviceAlgorithm, QdeviceEntry, QuorumEntry, TlsMode,
};
use crate::manifest::vocabulary::rest::{ReconcileEntry, ReconcileMode as ModeName};
use crate::manifest::vocabulary::scalar::{CountText, PeriodText, PortText};
use crate::model::corosync::{Corosync, Link, Qdevice, Quorum};
use crate::model::isolation::{Evidence, Isolation};
use crate::model::period;

pub(super) fn reconcile(reconcile: &Reconcile) -> Field<ReconcileEntry> {
    let entry = ReconcileEntry {
        mode: (reconcile.mode == ReconcileMode::Manual).then(|| At::new(ModeName::Manual)),
        self_heal: reconcile.self_heal.map(At::new),
        prune: reconcile.prune.then(|| At::new(true)),
        windows: list(reconcile.windows.iter().map(rule::write).collect()),
    };
    (entry != ReconcileEntry::default()).then(|| At::new(entry))
}

pub(super) fn isolation(isolation: &Isolation) -> IsolationEntry {
    let texts = |items: &[std::sync::Arc<str>]| list(items.iter().map(ToString::to_string).collect());
    IsolationEntry {
        carrier: texts(&isolation.carrier),
        ping: texts(&isolation.ping),
        arbiter: text(isolation.arbiter.as_ref()),
        qdevice: isolation.qdevice.then(|| At::new(true)),
        when: (isolation.when == Evidence::Any).then(|| At::new(EvidenceName::Any)),
        within: length(isolation.within),
    }
}

pub(super) fn corosync(corosync: &Corosync) -> CorosyncEntry {
    let crypto = CryptoEntry {
        cipher: corosync.cipher.as_deref().and_then(Cipher::of).map(At::new),
        hash: corosync.hash.as_deref().and_then(HashName::of).map(At::new),
    };
    let quorum = quorum(&corosync.quorum);
    CorosyncEntry {
        token: length(corosync.token),
        token_coefficient: length(corosync.token_coefficient),
        consensus: length(corosync.consensus),
        link_mode: corosync.link_mode.as_deref().and_then(LinkMode::of).map(At::new),
        crypto: (crypto != CryptoEntry::default()).then(|| At::new(crypto)),
        links: list(corosync.links.iter().map(link).collect()),
        quorum: (quorum != QuorumEntry::default()).then(|| At::new(quorum)),
        qdevice: corosync.qdevice.as_ref().map(|qdevice| At::new(qdevice_entry(qdevice))),
    }
}

fn link(link: &Link) -> LinkEntry {
    LinkEntry {
        port: port(link.port),
        priority: count(link.priority),
        ping_interval: length(link.ping_interval),
        ping_timeout: length(link.ping_timeout),
    }
}

fn quorum(quorum: &Quorum) -> QuorumEntry {
    QuorumEntry {
        expected_votes: count(quorum.expected_votes),
        two_node: quorum.two_node.map(At::new),
        wait_for_all: quorum.wait_for_all.map(At::new),
        last_man_standing: quorum.last_man_standing.map(At::new),
        last_man_standing_window: length(quorum.last_man_standing_window),
        auto_tie_breaker: quorum.auto_tie_breaker.map(At::new),
        auto_tie_breaker_node: text(quorum.auto_tie_breaker_node.as_ref()),
    }
}

fn qdevice_entry(qdevice: &Qdevice) -> QdeviceEntry {
    QdeviceEntry {
        host: At::new(qdevice.host.to_string()),
        port: port(qdevice.port),
        algorithm: qdevice.algorithm.as_deref().and_then(QdeviceAlgorithm::of).map(At::new),
        tie_breaker: text(qdevice.tie_breaker.as_ref()),
        tls: qdevice.tls.as_deref().and_then(TlsMode::of).map(At::new),
        timeout: length(qdevice.timeout),
        sync_timeout: length(qdevice.sync_timeout),
    }
}

fn length(length: Option<Duration>) -> Field<PeriodText> {
    length.map(|length| At::new(PeriodText(period::format(length))))
}

fn port(port: Option<u16>) -> Field<PortText> {
    port.map(|port| At::new(PortText(port.to_string())))
}

fn count(count: Option<u32>) -> Field<CountText> {
    count.map(|count| At::new(CountText(count.to_string())))
}
