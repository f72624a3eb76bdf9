//! What of the messaging layer cannot be: nodes and links that there are not, times and numbers that
//! corosync refuses, votes that never make a quorum.

use std::time::Duration;

use super::{Lower, copy, items, period};
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::corosync::{
    Cipher, CorosyncEntry, HashName, LinkEntry, QdeviceEntry, QuorumEntry,
};
use crate::manifest::vocabulary::scalar::PeriodText;
use crate::model::Corosync;

/// The shortest token with which corosync begins.
const TOKEN_MIN: Duration = Duration::from_millis(150);
/// The shortest time for an agreement with which corosync begins.
const CONSENSUS_MIN: Duration = Duration::from_millis(30);
/// The highest priority of a link.
const PRIORITY_MAX: u32 = 255;
/// Links that corosync can have.
const LINKS_MAX: usize = 8;

impl Lower<'_, '_> {
    /// Reports what of the messaging layer cannot be.
    pub(super) fn check_corosync(self, entry: &CorosyncEntry, corosync: &Corosync) {
        self.check_least(&entry.token, "token", TOKEN_MIN, "150ms");
        self.check_least(&entry.consensus, "consensus", CONSENSUS_MIN, "30ms");
        if let Some(crypto) = entry.crypto.as_ref().and_then(At::get)
            && let (Some(hash), Some(HashName::None)) = (&crypto.hash, copy(&crypto.hash))
            && copy(&crypto.cipher) != Some(Cipher::None)
        {
            self.findings
                .error("conflicting-crypto", hash.place, "`hash: none` with a cipher")
                .label_key(hash.place, "corosync refuses this")
                .help("corosync encrypts only what it also signs: leave `hash` out, or write `cipher: none` as well")
                .report();
        }
        self.check_links(entry);
        if let Some(quorum) = entry.quorum.as_ref().and_then(At::get) {
            self.check_quorum(entry, quorum, corosync);
        }
        if let Some(qdevice) = entry.qdevice.as_ref().and_then(At::get) {
            self.check_qdevice(qdevice);
        }
    }

    fn check_links(self, entry: &CorosyncEntry) {
        let members = self.members().filter_map(|(_, node)| node.addresses.as_ref());
        // A node without addresses is reached by its name, over one link.
        let has = members.map(|at| at.get().map_or(LINKS_MAX, Vec::len)).max().unwrap_or(1).max(1);
        for (number, link) in items(&entry.links).enumerate() {
            if number == has.min(LINKS_MAX) {
                let most =
                    format!("a node has {has} {} at most", if has == 1 { "address" } else { "addresses" });
                self.findings
                    .error("unknown-link", link.place, format!("settings of link {}, which there is not", number + 1))
                    .here(most)
                    .help("each link needs an address of every node: `addresses: [10.0.0.11, 10.1.0.11]`; eight links are the most")
                    .report();
            }
            link.get().into_iter().for_each(|link| self.check_link(link));
        }
    }

    fn check_link(self, link: &LinkEntry) {
        self.check_some(&link.ping_interval, "ping-interval");
        self.check_some(&link.ping_timeout, "ping-timeout");
        if let (Some(interval), Some(timeout), Some(at)) =
            (period(&link.ping_interval), period(&link.ping_timeout), &link.ping_timeout)
            && !timeout.is_zero()
            && timeout < interval
        {
            self.findings
                .error("invalid-value", at.place, "a link that is down before it is tried again")
                .label_key(at.place, "shorter than `ping-interval`")
                .help("give `ping-timeout` at least twice the time of `ping-interval`")
                .report();
        }
        if let Some(at) = &link.priority
            && at
                .get()
                .and_then(|count| count.0.parse::<u32>().ok())
                .is_some_and(|number| number > PRIORITY_MAX)
        {
            self.findings
                .error("invalid-value", at.place, "there is no such priority of a link")
                .help("priorities go from 0 to 255")
                .report();
        }
    }

    fn check_quorum(self, corosync: &CorosyncEntry, entry: &QuorumEntry, lowered: &Corosync) {
        self.check_choices(corosync, entry);
        self.check_some(&entry.last_man_standing_window, "last-man-standing-window");
        if let Some(at) = &entry.auto_tie_breaker_node {
            self.check_tie_breakers(at);
            if entry.auto_tie_breaker.as_ref().is_none_or(|switch| switch.get() == Some(&false)) {
                self.findings
                    .error("conflicting-quorum", at.place, "a node breaks ties that nobody breaks")
                    .label_key(at.place, "counts only with `auto-tie-breaker: true`")
                    .help("add `auto-tie-breaker: true`, or leave this out")
                    .report();
            }
        }
        let members = self.members().count();
        let votes = members + lowered.witness_votes(members);
        let asked = lowered.quorum.expected_votes.and_then(|votes| usize::try_from(votes).ok());
        if let (Some(at), Some(expected)) = (&entry.expected_votes, asked)
            && (expected == 0 || members > 0 && votes * 2 <= expected)
        {
            let message = match expected {
                0 => "no votes are expected: any node alone would have quorum".to_owned(),
                _ => format!("of {expected} votes there are only {votes}: no quorum is possible"),
            };
            self.findings
                .error("invalid-value", at.place, message)
                .label_key(at.place, "can never hold")
                .help("leave it out: votes are counted from the nodes and the witness")
                .report();
        }
    }

    /// Options that corosync refuses together.
    fn check_choices(self, corosync: &CorosyncEntry, entry: &QuorumEntry) {
        let clash = |field: &Field<bool>, name: &str, why: &str| {
            if let Some(at) = field.as_ref().filter(|at| at.get() == Some(&true)) {
                self.findings
                    .error("conflicting-quorum", at.place, format!("`{name}` {why}"))
                    .label_key(at.place, "corosync refuses this")
                    .report();
            }
        };
        let size = self.members().count();
        if size != 2 {
            clash(&entry.two_node, "two-node", &format!("in a cluster of {size}"));
        }
        if corosync.qdevice.is_some() {
            clash(&entry.two_node, "two-node", "beside a qdevice");
            clash(&entry.auto_tie_breaker, "auto-tie-breaker", "beside a qdevice");
            clash(&entry.last_man_standing, "last-man-standing", "beside a qdevice");
        } else if copy(&entry.two_node) == Some(true) {
            clash(&entry.auto_tie_breaker, "auto-tie-breaker", "beside `two-node`");
        }
    }

    fn check_qdevice(self, entry: &QdeviceEntry) {
        self.check_address(&entry.host);
        self.check_outsider(&entry.host, 0..entry.host.text().len(), "the witness");
        self.check_some(&entry.timeout, "timeout");
        self.check_some(&entry.sync_timeout, "sync-timeout");
        if let Some(at) = &entry.tie_breaker
            && at.get().is_some_and(|name| !matches!(name.as_str(), "lowest" | "highest"))
        {
            self.check_voter(at, 0..at.text().len());
        }
    }

    /// `lowest`, `highest`, or nodes with blanks between them.
    fn check_tie_breakers(self, at: &At<String>) {
        let Some(text) = at.get() else { return };
        if matches!(text.as_str(), "lowest" | "highest") {
            return;
        }
        if text.trim().is_empty() {
            self.check_voter(at, 0..text.len());
        }
        let mut from = 0;
        for word in text.split_whitespace() {
            let start = from + text.get(from..).and_then(|rest| rest.find(word)).unwrap_or(0);
            from = start + word.len();
            self.check_voter(at, start..from);
        }
    }

    /// Reports bytes of a text that are not the name of a node with a vote.
    fn check_voter(self, at: &At<String>, within: std::ops::Range<usize>) {
        let name = at.text().get(within.clone()).unwrap_or_default();
        if self.members().any(|(key, _)| key.text().eq_ignore_ascii_case(name)) {
            return;
        }
        let is_whole = within.len() == at.text().len();
        let draft = self
            .findings
            .error("unknown-node", at.place, format!("unknown node `{name}`"))
            .within(within, "no node with a vote has this name")
            .help("write `lowest`, `highest`, or the names of nodes with blanks between them");
        match self.findings.similar(name, self.members().map(|(key, _)| key.text())) {
            Some(close) if is_whole => draft.replace(format!("did you mean `{close}`?"), close).report(),
            Some(close) => draft.help(format!("did you mean `{close}`?")).report(),
            None => draft.report(),
        }
    }

    /// Reports a length of time that is shorter than corosync takes.
    fn check_least(self, field: &Field<PeriodText>, name: &str, least: Duration, said: &str) {
        if let (Some(at), Some(_)) = (field, period(field).filter(|given| *given < least)) {
            self.findings
                .error("invalid-value", at.place, format!("`{name}` is too short"))
                .here("corosync refuses this")
                .help(format!("write `{said}` at least, or leave it out"))
                .report();
        }
    }

    /// Reports no time at all.
    fn check_some(self, field: &Field<PeriodText>, name: &str) {
        if let (Some(at), Some(_)) = (field, period(field).filter(Duration::is_zero)) {
            self.findings
                .error("invalid-value", at.place, format!("`{name}` of no time at all"))
                .here("nothing answers within that")
                .help("give it a time such as `3s`, or leave it out")
                .report();
        }
    }
}
