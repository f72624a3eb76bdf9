//! `corosync.conf`: written from a [`Layout`], and read as far as is needed to recognise a cluster.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::{Fingerprint, Layout, Member};
use crate::model::corosync::{Corosync, Link, Qdevice};

/// Begins every file that is written here, so that it is recognised.
const MARK: &str = "# Written by `quorate cluster` from a manifest. Edit that; what is edited here is lost.";
/// Begins the line that names the key.
const KEY_MARK: &str = "# The key that belongs to it: ";
/// Where corosync logs.
const LOG_FILE: &str = "/var/log/corosync/corosync.log";

/// The text of `corosync.conf` for a layout whose members share the key with this fingerprint.
pub fn write(layout: &Layout, key: &Fingerprint) -> String {
    let mut root = Section::default();
    root.section("totem", totem(layout));
    root.section("nodelist", nodelist(&layout.members));
    root.section("quorum", quorum(layout));
    root.section("logging", logging());
    format!("{MARK}\n{KEY_MARK}{key}\n\n{}", root.text())
}

fn totem(layout: &Layout) -> Section {
    let corosync = &layout.corosync;
    let mut totem = Section::default();
    totem.set("version", "2").set("cluster_name", &layout.cluster);
    totem.set("config_version", &layout.revision).set("transport", "knet");
    totem.set("crypto_cipher", corosync.cipher.as_deref().unwrap_or("aes256"));
    totem.set("crypto_hash", corosync.hash.as_deref().unwrap_or("sha256"));
    totem.set_some("link_mode", corosync.link_mode.as_ref());
    totem.set_some("token", millis(corosync.token));
    totem.set_some("token_coefficient", millis(corosync.token_coefficient));
    totem.set_some("consensus", millis(corosync.consensus));
    for (number, link) in corosync.links.iter().enumerate().filter(|(_, link)| **link != Link::default()) {
        let mut interface = Section::default();
        interface.set("linknumber", &number);
        interface.set_some("mcastport", link.port).set_some("knet_link_priority", link.priority);
        interface.set_some("knet_ping_interval", millis(link.ping_interval));
        interface.set_some("knet_ping_timeout", millis(link.ping_timeout));
        totem.section("interface", interface);
    }
    totem
}

fn nodelist(members: &[Member]) -> Section {
    let mut nodelist = Section::default();
    for member in members {
        let mut node = Section::default();
        node.set("nodeid", &member.id).set("name", &member.name);
        for (link, address) in member.addresses.iter().enumerate() {
            node.set(&format!("ring{link}_addr"), address);
        }
        nodelist.section("node", node);
    }
    nodelist
}

fn quorum(layout: &Layout) -> Section {
    let Corosync { quorum: options, qdevice, .. } = &layout.corosync;
    let mut quorum = Section::default();
    quorum.set("provider", "corosync_votequorum");
    quorum.set_some("expected_votes", options.expected_votes);
    if layout.is_two_node() {
        quorum.set("two_node", "1");
    }
    quorum.set_some("wait_for_all", options.wait_for_all.map(u8::from));
    quorum.set_some("last_man_standing", options.last_man_standing.map(u8::from));
    quorum.set_some("last_man_standing_window", millis(options.last_man_standing_window));
    quorum.set_some("auto_tie_breaker", options.auto_tie_breaker.map(u8::from));
    quorum.set_some(
        "auto_tie_breaker_node",
        options.auto_tie_breaker_node.as_ref().map(|nodes| {
            let nodes = nodes.split_whitespace().filter_map(|name| layout.tie_breaker(name));
            nodes.collect::<Vec<_>>().join(" ")
        }),
    );
    if let Some(qdevice) = qdevice {
        quorum.section("device", device(layout, qdevice));
    }
    quorum
}

fn device(layout: &Layout, qdevice: &Qdevice) -> Section {
    let algorithm = qdevice.algorithm.as_deref().unwrap_or("ffsplit");
    let tie_breaker = qdevice.tie_breaker.as_ref().and_then(|name| layout.tie_breaker(name.as_str()));
    let mut device = Section::default();
    device.set("model", "net");
    device.set("votes", &layout.corosync.witness_votes(layout.members.len()));
    device.set_some("timeout", millis(qdevice.timeout));
    device.set_some("sync_timeout", millis(qdevice.sync_timeout));
    let mut net = Section::default();
    net.set("host", &qdevice.host).set_some("port", qdevice.port).set("algorithm", algorithm);
    net.set_some("tie_breaker", tie_breaker).set_some("tls", qdevice.tls.as_ref());
    device.section("net", net);
    device
}

fn logging() -> Section {
    let mut logging = Section::default();
    logging.set("to_stderr", "no").set("to_syslog", "yes").set("to_logfile", "yes");
    logging.set("logfile", LOG_FILE).set("timestamp", "hires");
    logging
}

fn millis(period: Option<Duration>) -> Option<u128> {
    period.map(|period| period.as_millis())
}

/// A configuration as it was found: what is needed to know whose it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conf {
    root: Section,
    is_ours: bool,
    key: Option<Fingerprint>,
}

impl Conf {
    /// Reads a configuration as forgivingly as corosync does.
    pub fn read(text: &str) -> Self {
        let key = text.lines().find_map(|line| line.strip_prefix(KEY_MARK)).map(Fingerprint::new);
        let mut open = vec![(String::new(), Section::default())];
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            if let Some(name) = line.strip_suffix('{') {
                open.push((name.trim().to_owned(), Section::default()));
            } else if line == "}" {
                close(&mut open);
            } else if let (Some((key, value)), Some((_, section))) = (line.split_once(':'), open.last_mut()) {
                section.set(key.trim(), value.trim());
            }
        }
        while open.len() > 1 {
            close(&mut open);
        }
        let root = open.pop().map(|(_, root)| root).unwrap_or_default();
        Self { root, is_ours: text.starts_with(MARK), key }
    }

    /// Whether `quorate cluster` wrote it.
    pub fn is_ours(&self) -> bool {
        self.is_ours
    }

    /// The key that belongs to it, where it says so.
    pub fn key(&self) -> Option<&Fingerprint> {
        self.key.as_ref()
    }

    /// The cluster's name.
    pub fn cluster(&self) -> Option<&str> {
        self.totem("cluster_name")
    }

    /// Which configuration of its cluster this is.
    pub fn revision(&self) -> u64 {
        self.totem("config_version").and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// The ids of its members, by name.
    pub fn ids(&self) -> BTreeMap<String, u32> {
        let ids = self
            .nodes()
            .filter_map(|node| Some((node.value("name")?.to_owned(), node.value("nodeid")?.parse().ok()?)));
        ids.collect()
    }

    /// Whether it connects nobody, as the example that packages install: all its addresses are the host's
    /// own.
    pub fn is_example(&self) -> bool {
        let mut addresses = self.nodes().filter_map(|node| node.value("ring0_addr"));
        !self.is_ours && addresses.all(|address| matches!(address, "127.0.0.1" | "::1" | "localhost"))
    }

    fn totem(&self, key: &str) -> Option<&str> {
        self.root.sections("totem").find_map(|totem| totem.value(key))
    }

    fn nodes(&self) -> impl Iterator<Item = &Section> {
        self.root.sections("nodelist").flat_map(|nodelist| nodelist.sections("node"))
    }
}

fn close(open: &mut Vec<(String, Section)>) {
    if open.len() > 1
        && let Some((name, section)) = open.pop()
        && let Some((_, outer)) = open.last_mut()
    {
        outer.section(&name, section);
    }
}

/// A section: values and sections, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Section(Vec<(String, Entry)>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Value(String),
    Section(Section),
}

impl Section {
    fn set(&mut self, key: &str, value: &(impl ToString + ?Sized)) -> &mut Self {
        self.0.push((key.to_owned(), Entry::Value(value.to_string())));
        self
    }

    fn set_some(&mut self, key: &str, value: Option<impl ToString>) -> &mut Self {
        if let Some(value) = value {
            self.set(key, &value);
        }
        self
    }

    fn section(&mut self, name: &str, section: Self) {
        self.0.push((name.to_owned(), Entry::Section(section)));
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.0.iter().find_map(|(name, entry)| match entry {
            Entry::Value(value) if name == key => Some(value.as_str()),
            Entry::Value(_) | Entry::Section(_) => None,
        })
    }

    fn sections<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = &'a Self> {
        self.0.iter().filter_map(move |(name, entry)| match entry {
            Entry::Section(section) if name == wanted => Some(section),
            Entry::Section(_) | Entry::Value(_) => None,
        })
    }

    fn text(&self) -> String {
        let mut text = String::new();
        self.write(0, &mut text);
        text
    }

    fn write(&self, depth: usize, text: &mut String) {
        let indent = "  ".repeat(depth);
        for (number, (name, entry)) in self.0.iter().enumerate() {
            // Writing to a String cannot fail.
            let _ = match entry {
                Entry::Value(value) => writeln!(text, "{indent}{name}: {value}"),
                Entry::Section(section) => {
                    let gap = if depth == 0 && number > 0 { "\n" } else { "" };
                    let _ = writeln!(text, "{gap}{indent}{name} {{");
                    section.write(depth + 1, text);
                    writeln!(text, "{indent}}}")
                }
            };
        }
    }
}
