//! Node attributes, and where each comes from.

use serde::{Deserialize, Serialize};

use crate::model::{Cluster, NodeName, OptionSet, Overlay};
use crate::status::ClusterStatus;

/// An attribute of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeOverview {
    /// Of which node.
    pub node: NodeName,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Who keeps it.
    pub keep: Keep,
}

/// Who keeps an attribute, and so how long it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// The manifest says it.
    Manifest,
    /// It was set for good.
    Lasting,
    /// It was set until the node leaves or boots.
    UntilReboot,
}

/// All attributes, in order of nodes and names.
pub fn attributes(in_force: &Cluster, overlay: &Overlay, status: &ClusterStatus) -> Vec<AttributeOverview> {
    let of = |node: &NodeName, sets: &[OptionSet], keep| -> Vec<AttributeOverview> {
        let pairs = sets.iter().flat_map(|set| &set.pairs);
        let overview = |name: &str, value: String| AttributeOverview {
            node: node.clone(),
            name: name.to_owned(),
            value,
            keep,
        };
        pairs.map(|pair| overview(&pair.name, pair.value.to_text().to_string())).collect()
    };
    let declared = in_force.nodes.iter().flat_map(|node| of(&node.name, &node.attributes, Keep::Manifest));
    let lasting = overlay.attributes.iter().flat_map(|(node, own)| {
        of(
            node,
            &[OptionSet::of(own.iter().map(|(name, value)| (name.clone(), value.clone())))],
            Keep::Lasting,
        )
    });
    let passing = status.nodes.iter().flat_map(|node| {
        node.name.iter().flat_map(|name| of(name, &node.attributes, Keep::UntilReboot)).collect::<Vec<_>>()
    });
    let mut all: Vec<AttributeOverview> = declared.chain(lasting).chain(passing).collect();
    all.sort_by(|one, other| (&one.node, &one.name, one.keep).cmp(&(&other.node, &other.name, other.keep)));
    all
}
