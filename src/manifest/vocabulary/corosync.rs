//! The messaging layer, and what stands in for fencing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scalar::{CountText, PeriodText, PortText};
use crate::manifest::typed::{At, Field};

/// The messaging layer.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a mapping such as {token: 3s}")]
pub(crate) struct CorosyncEntry {
    /// How long a silent node is waited for.
    pub(crate) token: Field<PeriodText>,
    /// What each node beyond the second adds to `token`.
    pub(crate) token_coefficient: Field<PeriodText>,
    /// How long agreement on a new membership may take.
    pub(crate) consensus: Field<PeriodText>,
    /// How links are used: one after the other, all at once, or in turn.
    pub(crate) link_mode: Field<LinkMode>,
    /// Encryption and authentication of cluster traffic.
    pub(crate) crypto: Field<CryptoEntry>,
    /// Settings of each link, first link first.
    pub(crate) links: Field<Vec<At<LinkEntry>>>,
    /// Votes and quorum.
    pub(crate) quorum: Field<QuorumEntry>,
    /// A vote from a host outside the cluster: the witness.
    pub(crate) qdevice: Field<QdeviceEntry>,
}

/// How links are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum LinkMode {
    Passive,
    Active,
    Rr,
}

/// Encryption and authentication of cluster traffic.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a mapping such as {cipher: aes256, hash: sha256}"
)]
pub(crate) struct CryptoEntry {
    /// Cipher.
    pub(crate) cipher: Field<Cipher>,
    /// Hash.
    pub(crate) hash: Field<HashName>,
}

/// Ciphers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum Cipher {
    None,
    Aes256,
    Aes192,
    Aes128,
}

/// Hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum HashName {
    None,
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// One link between the nodes.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a link such as {priority: 1}")]
pub(crate) struct LinkEntry {
    /// Port; 5405 and up where not given.
    pub(crate) port: Field<PortText>,
    /// Links of higher priority are used first.
    pub(crate) priority: Field<CountText>,
    /// How often the link is tried.
    pub(crate) ping_interval: Field<PeriodText>,
    /// After which silence it is taken to be down.
    pub(crate) ping_timeout: Field<PeriodText>,
}

/// Votes and quorum.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a mapping such as {wait-for-all: true}")]
pub(crate) struct QuorumEntry {
    /// How many votes there are; counted from the nodes where not given.
    pub(crate) expected_votes: Field<CountText>,
    /// Whether one of two nodes is enough.
    pub(crate) two_node: Field<bool>,
    /// Whether quorum first needs all nodes at once.
    pub(crate) wait_for_all: Field<bool>,
    /// Whether expected votes fall as nodes leave one by one.
    pub(crate) last_man_standing: Field<bool>,
    /// After which time they do.
    pub(crate) last_man_standing_window: Field<PeriodText>,
    /// Whether one of two even halves stays quorate.
    pub(crate) auto_tie_breaker: Field<bool>,
    /// Which: the half with the `lowest` or `highest` node, or with the first of listed ones.
    pub(crate) auto_tie_breaker_node: Field<String>,
}

/// A vote from a host outside the cluster.
#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a witness such as {host: 192.168.1.100}"
)]
pub(crate) struct QdeviceEntry {
    /// The host.
    pub(crate) host: At<String>,
    /// Its port.
    pub(crate) port: Field<PortText>,
    /// How it gives its votes.
    pub(crate) algorithm: Field<QdeviceAlgorithm>,
    /// Which half wins when all else is equal: `lowest`, `highest` or a node.
    pub(crate) tie_breaker: Field<String>,
    /// Whether the connection is encrypted.
    pub(crate) tls: Field<TlsMode>,
    /// How long it is waited for.
    pub(crate) timeout: Field<PeriodText>,
    /// How long it is waited for while membership changes.
    pub(crate) sync_timeout: Field<PeriodText>,
}

/// How a witness gives its votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum QdeviceAlgorithm {
    Ffsplit,
    Lms,
}

/// Whether a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum TlsMode {
    On,
    Off,
    Required,
}

/// What proves to a node that it is cut off.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a mapping such as {ping: [192.168.1.1], within: 15s}"
)]
pub(crate) struct IsolationEntry {
    /// Interfaces whose carrier must be up.
    pub(crate) carrier: Field<Vec<At<String>>>,
    /// Addresses, such as the gateway's, that must answer.
    pub(crate) ping: Field<Vec<At<String>>>,
    /// An address (`http://...`) that must answer.
    pub(crate) arbiter: Field<String>,
    /// Whether the vote of the witness must be there.
    pub(crate) qdevice: Field<bool>,
    /// How much of the evidence must speak against the node: any of it, or all.
    pub(crate) when: Field<Evidence>,
    /// Time within which a cut-off node has let go of its resources; the other side waits for it.
    pub(crate) within: Field<PeriodText>,
}

/// How much of the evidence is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum Evidence {
    Any,
    All,
}
