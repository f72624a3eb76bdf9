//! Who the members of a cluster are, and how they talk.

use std::collections::BTreeMap;

use thiserror::Error;

use super::Conf;
use crate::model::{Cluster, Corosync, NodeName};

/// The port of the first link; each further link has the next one.
const FIRST_PORT: u16 = 5405;
/// The port of a witness.
const WITNESS_PORT: u16 = 5403;
/// How many links corosync can have.
const LINKS_MAX: usize = 8;

/// The members of a cluster, and how they talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The cluster's name.
    pub cluster: String,
    /// Which configuration this is; each change has a higher number.
    pub revision: u64,
    /// The members, in the order of their ids.
    pub members: Vec<Member>,
    /// How they talk.
    pub corosync: Corosync,
}

/// A member of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// What corosync calls it; stays for as long as the node is a member.
    pub id: u32,
    /// What people call it.
    pub name: NodeName,
    /// Its addresses, first link first.
    pub addresses: Vec<String>,
}

/// A port that must be open between the nodes, or from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The number.
    pub number: u16,
    /// `udp` or `tcp`.
    pub protocol: &'static str,
    /// What needs it.
    pub purpose: String,
}

/// Why a manifest describes no cluster that corosync can form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LayoutFault {
    /// There is nobody to form a cluster of.
    #[error("the manifest has no nodes that could be members")]
    NoMembers,
    /// Corosync wants the same links everywhere.
    #[error("every node needs one address per link: {first} has {wanted}, {node} has {has}")]
    UnevenLinks {
        /// The node that differs.
        node: NodeName,
        /// How many addresses it has.
        has: usize,
        /// The first node.
        first: NodeName,
        /// How many that has.
        wanted: usize,
    },
    /// More links than corosync has.
    #[error("the nodes have {0} addresses each, corosync has 8 links at most")]
    TooManyLinks(usize),
    /// Settings of links that no node has an address for.
    #[error("`corosync.links` describes {described} links, the nodes have {has}")]
    UnknownLinks {
        /// Links with settings.
        described: usize,
        /// Links with addresses.
        has: usize,
    },
    /// Two nodes have the same address.
    #[error("nodes {first} and {second} both have the address {address}")]
    SharedAddress {
        /// The address.
        address: String,
        /// One node.
        first: NodeName,
        /// The other.
        second: NodeName,
    },
    /// Corosync encrypts only what it also signs.
    #[error("`corosync.crypto` has a cipher but `hash: none`: corosync encrypts only what it also signs")]
    CipherWithoutHash,
    /// `two-node` for another number of nodes.
    #[error("`corosync.quorum.two-node` is for two nodes, and there are {0}")]
    TwoNodeOfMany(usize),
    /// Options that corosync refuses together.
    #[error("`corosync` has both {0} and {1}, which corosync refuses together")]
    Exclusive(&'static str, &'static str),
    /// A text that would be read as something else.
    #[error("`{}` cannot stand in corosync.conf", .0.escape_debug())]
    BadText(String),
    /// A tie-breaker that is no node.
    #[error("`{0}` breaks ties but is no node of the manifest")]
    UnknownTieBreaker(String),
}

impl Layout {
    /// The layout of a cluster. Nodes that `running` knows keep their ids; the others get new ones, above
    /// all that are taken.
    ///
    /// # Errors
    /// All reasons why corosync could not form this cluster.
    pub fn new(cluster: &Cluster, running: Option<&Conf>) -> Result<Self, Vec<LayoutFault>> {
        let known: BTreeMap<String, u32> = running.map(Conf::ids).unwrap_or_default();
        let mut next = known.values().max().map_or(1, |highest| highest + 1);
        let nodes = cluster.members();
        let mut members: Vec<Member> = nodes
            .map(|node| {
                let id = known.get(node.name.as_str()).copied().unwrap_or_else(|| {
                    next += 1;
                    next - 1
                });
                let addresses = if node.addresses.is_empty() {
                    vec![node.name.as_str().to_owned()]
                } else {
                    node.addresses.clone()
                };
                Member { id, name: node.name.clone(), addresses }
            })
            .collect();
        members.sort_by_key(|member| member.id);
        let layout = Self {
            cluster: cluster.name.clone().unwrap_or_else(|| "quorate".to_owned()),
            revision: running.map_or(1, Conf::revision),
            members,
            corosync: cluster.corosync.clone().unwrap_or_default(),
        };
        let faults = layout.faults();
        if faults.is_empty() { Ok(layout) } else { Err(faults) }
    }

    /// The member of this name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name.is(name))
    }

    /// How many links there are.
    pub fn links(&self) -> usize {
        self.members.first().map_or(0, |member| member.addresses.len())
    }

    /// The port of a link.
    pub fn link_port(&self, link: usize) -> u16 {
        let offset = u16::try_from(link).unwrap_or(u16::MAX);
        let given = self.corosync.links.get(link).and_then(|link| link.port);
        given.unwrap_or_else(|| FIRST_PORT.saturating_add(offset))
    }

    /// Whether one of two nodes is enough for quorum: where there are two, nothing else breaks ties, and
    /// the manifest does not say otherwise.
    pub fn is_two_node(&self) -> bool {
        let quorum = &self.corosync.quorum;
        let breaks_ties = self.corosync.qdevice.is_some() || quorum.auto_tie_breaker == Some(true);
        quorum.two_node.unwrap_or(self.members.len() == 2 && !breaks_ties)
    }

    /// The ports that firewalls must let through.
    pub fn ports(&self) -> Vec<Port> {
        let mut ports = vec![Port {
            number: 22,
            protocol: "tcp",
            purpose: "ssh, for `quorate --host` and `quorate cluster`".to_owned(),
        }];
        ports.extend((0..self.links()).map(|link| Port {
            number: self.link_port(link),
            protocol: "udp",
            purpose: format!("corosync between all nodes, link {link}"),
        }));
        ports.extend(self.corosync.qdevice.iter().map(|qdevice| Port {
            number: qdevice.port.unwrap_or(WITNESS_PORT),
            protocol: "tcp",
            purpose: format!("from all nodes to the witness {}", qdevice.host),
        }));
        ports
    }

    fn faults(&self) -> Vec<LayoutFault> {
        let Some(first) = self.members.first() else { return vec![LayoutFault::NoMembers] };
        let uneven = self.members.iter().filter(|member| member.addresses.len() != self.links());
        let mut faults: Vec<LayoutFault> = uneven
            .map(|member| LayoutFault::UnevenLinks {
                node: member.name.clone(),
                has: member.addresses.len(),
                first: first.name.clone(),
                wanted: self.links(),
            })
            .collect();
        if self.links() > LINKS_MAX {
            faults.push(LayoutFault::TooManyLinks(self.links()));
        }
        let described = self.corosync.links.len();
        if described > self.links() {
            faults.push(LayoutFault::UnknownLinks { described, has: self.links() });
        }
        let witness = self.corosync.qdevice.iter().map(|qdevice| qdevice.host.as_ref());
        let addresses = self.members.iter().flat_map(|member| &member.addresses).map(String::as_str);
        let is_bad =
            |text: &&str| text.is_empty() || text.contains(|c: char| c.is_control() || "{}".contains(c));
        let bad = addresses.chain(witness).chain([self.cluster.as_str()]).filter(is_bad);
        faults.extend(bad.map(|text| LayoutFault::BadText(text.to_owned())));
        faults.extend(self.shared_addresses());
        faults.extend(self.faults_of_quorum());
        let has_cipher = self.corosync.cipher.as_deref() != Some("none");
        if has_cipher && self.corosync.hash.as_deref() == Some("none") {
            faults.push(LayoutFault::CipherWithoutHash);
        }
        faults
    }

    fn shared_addresses(&self) -> Vec<LayoutFault> {
        let mut owners: BTreeMap<&str, &NodeName> = BTreeMap::new();
        let mut faults = Vec::new();
        for member in &self.members {
            for address in &member.addresses {
                if let Some(owner) = owners.insert(address, &member.name) {
                    faults.push(LayoutFault::SharedAddress {
                        address: address.clone(),
                        first: owner.clone(),
                        second: member.name.clone(),
                    });
                }
            }
        }
        faults
    }

    fn faults_of_quorum(&self) -> Vec<LayoutFault> {
        let quorum = &self.corosync.quorum;
        let mut faults = Vec::new();
        if quorum.two_node == Some(true) && self.members.len() != 2 {
            faults.push(LayoutFault::TwoNodeOfMany(self.members.len()));
        }
        let chosen = [
            ("`quorum.two-node`", quorum.two_node == Some(true)),
            ("`quorum.auto-tie-breaker`", quorum.auto_tie_breaker == Some(true)),
            ("`quorum.last-man-standing`", quorum.last_man_standing == Some(true)),
        ];
        if self.corosync.qdevice.is_some() {
            let refused = chosen.iter().filter(|(_, is_chosen)| *is_chosen);
            faults.extend(refused.map(|(option, _)| LayoutFault::Exclusive("`qdevice`", option)));
        }
        if quorum.two_node == Some(true) && quorum.auto_tie_breaker == Some(true) {
            faults.push(LayoutFault::Exclusive("`quorum.two-node`", "`quorum.auto-tie-breaker`"));
        }
        let named = quorum.auto_tie_breaker_node.iter().flat_map(|words| words.split_whitespace());
        let qdevice = self.corosync.qdevice.as_ref().and_then(|qdevice| qdevice.tie_breaker.as_ref());
        for name in named.chain(qdevice.map(NodeName::as_str)) {
            if self.tie_breaker(name).is_none() {
                faults.push(LayoutFault::UnknownTieBreaker(name.to_owned()));
            }
        }
        faults
    }

    /// What corosync calls a tie-breaker: `lowest` and `highest` as they are, nodes by their ids.
    pub(super) fn tie_breaker(&self, name: &str) -> Option<String> {
        match name {
            "lowest" | "highest" => Some(name.to_owned()),
            _ => self.member(name).map(|member| member.id.to_string()),
        }
    }
}
