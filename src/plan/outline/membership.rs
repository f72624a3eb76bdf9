//! How nodes talk, who may act, and how a node knows that it is cut off, in outline.

use std::time::Duration;

use super::super::address::ObjectKind;
use super::Object;
use crate::model::corosync::{Corosync, Link, Qdevice, Quorum};
use crate::model::isolation::{Evidence, Isolation, Proof};
use crate::model::period;

/// The name of the messaging layer among the cluster's own parts.
pub(in crate::plan) const COROSYNC: &str = "corosync";
/// The name of what proves to a node that it is cut off.
pub(in crate::plan) const ISOLATION: &str = "isolation";

/// The messaging layer.
pub(super) fn corosync(corosync: &Corosync) -> Object {
    let Corosync {
        token,
        token_coefficient,
        consensus,
        link_mode,
        cipher,
        hash,
        links,
        quorum: votes,
        qdevice: witness,
    } = corosync;
    let mut object = Object::new(ObjectKind::Cluster, COROSYNC);
    say_length(&mut object, "token", *token);
    say_length(&mut object, "token-coefficient", *token_coefficient);
    say_length(&mut object, "consensus", *consensus);
    object.say_some("link-mode", link_mode.as_ref());
    object.say_some("crypto.cipher", cipher.as_ref());
    object.say_some("crypto.hash", hash.as_ref());
    for (index, link) in links.iter().enumerate() {
        let Link { port, priority, ping_interval, ping_timeout } = link;
        let path = format!("links[{}]", index + 1);
        object.say_some(&format!("{path}.port"), *port);
        object.say_some(&format!("{path}.priority"), *priority);
        say_length(&mut object, &format!("{path}.ping-interval"), *ping_interval);
        say_length(&mut object, &format!("{path}.ping-timeout"), *ping_timeout);
    }
    quorum(&mut object, votes);
    if let Some(witness) = witness {
        object.headline = format!("witness {}", witness.host);
        qdevice(&mut object, witness);
    }
    object
}

fn quorum(object: &mut Object, quorum: &Quorum) {
    let Quorum {
        expected_votes,
        two_node,
        wait_for_all,
        last_man_standing,
        last_man_standing_window,
        auto_tie_breaker,
        auto_tie_breaker_node,
    } = quorum;
    object.say_some("quorum.expected-votes", *expected_votes);
    object.say_some("quorum.two-node", *two_node);
    object.say_some("quorum.wait-for-all", *wait_for_all);
    object.say_some("quorum.last-man-standing", *last_man_standing);
    say_length(object, "quorum.last-man-standing-window", *last_man_standing_window);
    object.say_some("quorum.auto-tie-breaker", *auto_tie_breaker);
    object.say_some("quorum.auto-tie-breaker-node", auto_tie_breaker_node.as_ref());
}

fn qdevice(object: &mut Object, qdevice: &Qdevice) {
    let Qdevice { host, port, algorithm, tie_breaker, tls, timeout, sync_timeout } = qdevice;
    object.say("qdevice.host", host);
    object.say_some("qdevice.port", *port);
    object.say_some("qdevice.algorithm", algorithm.as_ref());
    object.say_some("qdevice.tie-breaker", tie_breaker.as_ref());
    object.say_some("qdevice.tls", tls.as_ref());
    say_length(object, "qdevice.timeout", *timeout);
    say_length(object, "qdevice.sync-timeout", *sync_timeout);
}

/// What proves to a node that it is cut off. The bound is always said, as the other side counts on it.
pub(super) fn isolation(isolation: &Isolation) -> Object {
    let Isolation { carrier, ping, arbiter, qdevice, when, within: _ } = isolation;
    let mut object = Object::new(ObjectKind::Cluster, ISOLATION);
    let evidence = isolation.proofs().into_iter().map(|proof| match proof {
        Proof::Carrier(interface) => format!("carrier of {interface}"),
        Proof::Ping(address) => format!("ping {address}"),
        Proof::Arbiter(url) => format!("arbiter {url}"),
        Proof::Qdevice => "witness".to_owned(),
    });
    let joint = match when {
        Evidence::All => " and ",
        Evidence::Any => " or ",
    };
    let evidence = evidence.collect::<Vec<_>>().join(joint);
    object.headline = format!("without {evidence}, within {}", period::format(isolation.bound()));
    for (path, names) in [("carrier", carrier), ("ping", ping)] {
        if !names.is_empty() {
            object.say(path, names.join(", "));
        }
    }
    object.say_some("arbiter", arbiter.as_ref());
    if *qdevice {
        object.say("qdevice", true);
    }
    match when {
        Evidence::All => {}
        Evidence::Any => object.say("when", "any"),
    }
    say_length(&mut object, "within", Some(isolation.bound()));
    object
}

fn say_length(object: &mut Object, path: &str, length: Option<Duration>) {
    object.say_some(path, length.map(period::format));
}
