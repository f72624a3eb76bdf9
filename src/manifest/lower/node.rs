//! Nodes.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Lower, Named, copy, items, score, text};
use crate::manifest::document::Place;
use crate::manifest::typed::At;
use crate::manifest::vocabulary::node::NodeEntry;
use crate::model::node::NodeKind;
use crate::model::{NameValue, Node, NodeName, OptionSet, Score};

impl<'a> Lower<'a, '_> {
    /// Nodes with a vote.
    pub(super) fn members(self) -> impl Iterator<Item = (&'a At<String>, &'a NodeEntry)> {
        let nodes = self.gathered.nodes.iter().filter_map(|(key, at)| Some((*key, at.get()?)));
        nodes.filter(|(_, node)| copy(&node.remote) != Some(true))
    }

    /// The member that a name or an address leads to.
    pub(super) fn member_at(self, host: &str) -> Option<&'a str> {
        let ip = host.parse::<IpAddr>().ok();
        let is_it = |address: &str| match ip {
            Some(ip) => address.parse() == Ok(ip),
            None => address.eq_ignore_ascii_case(host),
        };
        let mut members = self.members();
        let (key, _) = members.find(|(key, node)| {
            is_it(key.text()) || items(&node.addresses).any(|address| is_it(address.text()))
        })?;
        Some(key.text())
    }

    pub(super) fn nodes(self) -> Vec<Node> {
        self.check_shared_addresses();
        self.gathered.nodes.iter().filter_map(|named| self.node(*named)).collect()
    }

    fn node(self, (key, at): Named<'_, NodeEntry>) -> Option<Node> {
        let entry = at.get()?;
        let mut attributes = self.options(&entry.attributes);
        self.add_switches(entry, &mut attributes);
        for address in items(&entry.addresses) {
            self.check_address(address);
        }
        Some(Node {
            id: text(&entry.id).unwrap_or_else(|| key.text().into()),
            name: NodeName::new(key.text()),
            kind: if copy(&entry.remote) == Some(true) { NodeKind::Remote } else { NodeKind::Member },
            score: score(&entry.score).unwrap_or(Score::ZERO),
            addresses: items(&entry.addresses).filter_map(At::get).cloned().collect(),
            attributes,
            utilization: self.options(&entry.utilization),
        })
    }

    /// Each address is one host's alone, and once: there is one link over each.
    fn check_shared_addresses(self) {
        let mut known: BTreeMap<String, (&str, Place)> = BTreeMap::new();
        for (key, at) in &self.gathered.nodes {
            let Some(entry) = at.get() else { continue };
            for address in items(&entry.addresses).filter(|address| address.value.is_some()) {
                let text = address.text();
                let same = text.parse::<IpAddr>().map_or_else(|_| text.to_lowercase(), |ip| ip.to_string());
                let Some((owner, first)) = known.get(&same) else {
                    known.insert(same, (key.text(), address.place));
                    continue;
                };
                let (message, help) = if *owner == key.text() {
                    (
                        format!("`{text}` is given twice"),
                        "each address of a node is one more link: take one away",
                    )
                } else {
                    (
                        format!("`{text}` is the address of `{owner}` already"),
                        "give each host addresses of its own",
                    )
                };
                self.findings
                    .error("duplicate-address", address.place, message)
                    .label(*first, "given here first")
                    .help(help)
                    .report();
            }
        }
    }

    /// `standby` and `maintenance` are attributes with a place of their own: they go first.
    fn add_switches(self, entry: &NodeEntry, attributes: &mut Vec<OptionSet>) {
        let switches = [("standby", &entry.standby), ("maintenance", &entry.maintenance)];
        let pairs: Vec<NameValue> = switches
            .iter()
            .filter_map(|(name, field)| Some(NameValue::text(*name, copy(field)?.to_string())))
            .collect();
        if pairs.is_empty() {
            return;
        }
        for (name, field) in switches {
            let is_attribute = attributes.iter().flat_map(|set| &set.pairs).any(|pair| &*pair.name == name);
            if let (true, Some(field)) = (is_attribute, field) {
                self.findings
                    .error("duplicate-key", field.place, format!("`{name}` is given twice"))
                    .label_key(field.place, "given here, and among the attributes")
                    .report();
            }
        }
        match attributes
            .iter_mut()
            .find(|set| set.id.is_none() && set.rule.is_none() && set.score == Score::ZERO)
        {
            Some(set) => {
                set.pairs.splice(0..0, pairs);
            }
            None => attributes.insert(0, OptionSet { pairs, ..OptionSet::default() }),
        }
    }

    /// An address is a number or a host's name; what looks like a number must be one.
    pub(super) fn check_address(self, address: &At<String>) {
        let text = address.text();
        if address.value.is_some() && !is_address(text) {
            let help = if text.contains('/') {
                "write it without the prefix length"
            } else {
                "write an IP address or the name of a host"
            };
            self.findings
                .error("invalid-address", address.place, format!("`{text}` is not an address"))
                .help(help)
                .report();
        }
    }
}

/// Whether a text is an address, or can be the name of a host; what looks like a number must be one.
pub(super) fn is_address(text: &str) -> bool {
    let looks_numeric = text.contains(':') || text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if looks_numeric {
        text.parse::<IpAddr>().is_ok()
    } else {
        text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
    }
}
