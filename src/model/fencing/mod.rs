//! Fencing: devices, and the topology that says which of them are tried for which node, level by level.

mod device;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;

use serde::{Deserialize, Serialize};

use super::id::{NodeName, ResourceId};
use super::{Cluster, OptionSet, Table, period, scalar};
pub use device::{Device, Reach, devices};

/// One level for one target: all its devices must succeed, else the next level is tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FencingLevel {
    /// Its id in a CIB.
    pub id: Option<Arc<str>>,
    /// Whom it fences.
    pub target: FencingTarget,
    /// 1 to 9; lower is tried first.
    pub index: u8,
    /// Devices of this level.
    pub devices: Vec<ResourceId>,
}

/// Whom a fencing level is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FencingTarget {
    /// One node.
    Node(NodeName),
    /// Nodes whose name matches.
    Pattern(Arc<str>),
    /// Nodes with this attribute.
    Attribute {
        /// Attribute name.
        name: Arc<str>,
        /// Its value.
        value: Arc<str>,
    },
}

/// How long after it lost the cluster a node is down by its own doing, where that is relied on:
/// `fencing-watchdog-timeout`. A negative one is twice the time of the watchdog itself. `property` finds
/// the value of a property by its names.
pub fn watchdog_bound(property: impl Fn(&[&str]) -> Option<Arc<str>>) -> Option<Duration> {
    let text = property(&["fencing-watchdog-timeout", "stonith-watchdog-timeout"])?;
    match text.trim().strip_prefix('-') {
        Some(_) => Some(WATCHDOG_TIMEOUT * 2),
        None => period::parse(text.trim()).filter(|bound| !bound.is_zero()),
    }
}

/// After how long without a sign of life a hardware watchdog resets its host.
pub const WATCHDOG_TIMEOUT: Duration = Duration::from_secs(5);

/// The node attribute by which fencing is asked for.
pub const TERMINATE: &str = "terminate";

/// Whether a value of [`TERMINATE`] asks for fencing: a true one, or the moment at which it was set.
pub fn asks_for_fencing(value: &str) -> bool {
    scalar::parse_boolean(value).unwrap_or_else(|| scalar::parse_integer(value).is_some_and(|at| at > 0))
}

/// One attempt to fence a target: all its devices have to succeed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attempt {
    /// The level; `None` without a topology, where each device is an attempt of its own.
    pub level: Option<u8>,
    /// Its devices.
    pub devices: Vec<Device>,
    /// Devices that the level names and that are not there, or are switched off: it cannot succeed, as
    /// one of two power supplies switched off proves nothing.
    pub missing: Vec<ResourceId>,
}

/// The attempts to fence a target, in the order in which they are made. Levels of the same number are
/// one.
pub fn attempts(cluster: &Cluster, target: &NodeName) -> Vec<Attempt> {
    let devices: Vec<Device> = devices(cluster).into_iter().filter(|device| device.is_enabled).collect();
    let node = cluster.nodes.iter().find(|node| target.is(node.name.as_str()));
    let attributes = node.map(|node| OptionSet::all_unruled(&node.attributes)).unwrap_or_default();
    let mine = cluster.fencing_levels.iter().filter(|level| level.target.is_for(target, &attributes));
    let mut levels: BTreeMap<u8, Attempt> = BTreeMap::new();
    for level in mine {
        let attempt = levels.entry(level.index).or_default();
        attempt.level = Some(level.index);
        for name in &level.devices {
            match devices.iter().find(|device| device.id == *name) {
                Some(device) => attempt.devices.push(device.clone()),
                None => attempt.missing.push(name.clone()),
            }
        }
    }
    if levels.is_empty() {
        let alone = |device| Attempt { devices: vec![device], ..Attempt::default() };
        return devices.into_iter().map(alone).collect();
    }
    levels.into_values().collect()
}

impl FencingTarget {
    fn is_for(&self, target: &NodeName, attributes: &Table) -> bool {
        match self {
            Self::Node(name) => target.is(name.as_str()),
            Self::Pattern(pattern) => {
                Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(target.as_str()))
            }
            Self::Attribute { name, value } => attributes.get(name) == Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::model::{Agent, Primitive, Resource};

    fn level(target: FencingTarget, index: u8, devices: &[&str]) -> FencingLevel {
        FencingLevel {
            id: None,
            target,
            index,
            devices: devices.iter().map(|name| ResourceId::new(*name)).collect(),
        }
    }

    fn cluster(devices: &[(&str, &str, &str)], levels: Vec<FencingLevel>) -> Cluster {
        let device = |&(name, option, value): &(&str, &str, &str)| {
            let mut primitive = Primitive::new(name, Agent::parse("stonith:fence_x").unwrap());
            primitive.meta.push(OptionSet::of([(option, value)]));
            Resource::Primitive(primitive)
        };
        Cluster {
            resources: devices.iter().map(device).collect(),
            fencing_levels: levels,
            ..Cluster::default()
        }
    }

    /// Devices of each attempt, those that are missing with a mark.
    fn tried(cluster: &Cluster) -> Vec<Vec<String>> {
        let names = |attempt: Attempt| {
            let there = attempt.devices.iter().map(|device| device.id.to_string());
            there.chain(attempt.missing.iter().map(|name| format!("!{name}"))).collect()
        };
        attempts(cluster, &NodeName::from("n1")).into_iter().map(names).collect()
    }

    #[test]
    fn levels_come_in_order_and_equal_ones_are_one() {
        let node = || FencingTarget::Node("N1".into());
        let levels = vec![
            level(node(), 2, &["c"]),
            level(node(), 1, &["a"]),
            level(FencingTarget::Pattern("^n[0-9]$".into()), 1, &["b"]),
        ];
        let devices = [("a", "x", "1"), ("b", "x", "1"), ("c", "x", "1")];
        assert_eq!(tried(&cluster(&devices, levels)), [vec!["a", "b"], vec!["c"]]);
    }

    #[test]
    fn a_level_that_names_a_missing_or_disabled_device_says_so() {
        let levels = vec![level(FencingTarget::Node("n1".into()), 1, &["pdu1", "pdu2", "pdu3"])];
        let cluster = cluster(&[("pdu1", "x", "1"), ("pdu3", "target-role", "Stopped")], levels);
        assert_eq!(tried(&cluster), [["pdu1", "!pdu2", "!pdu3"]]);
    }

    #[test]
    fn without_a_topology_the_highest_priority_is_first() {
        let devices = [("a", "priority", "1"), ("b", "priority", "5"), ("c", "target-role", "Stopped")];
        assert_eq!(tried(&cluster(&devices, Vec::new())), [["b"], ["a"]]);
    }

    #[test]
    fn a_watchdog_is_relied_on_where_its_time_is_given() {
        let bound = |text: Option<&str>| watchdog_bound(|_| text.map(Into::into));
        assert_eq!((bound(None), bound(Some("0"))), (None, None));
        assert_eq!(bound(Some("10s")), Some(Duration::from_secs(10)));
        assert_eq!(bound(Some("-1")), Some(WATCHDOG_TIMEOUT * 2));
    }
}
