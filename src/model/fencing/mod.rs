//! Fencing: devices, and the topology that says which of them are tried for which node, level by level.

mod device;
pub mod option;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::id::{NodeName, ResourceId};
use super::{Cluster, OptionSet, Table, pattern, period, scalar};
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
    /// Why it cannot succeed, whatever its devices say: one that it names is not there or switched off (one
    /// of two power supplies proves nothing), or what it says cannot be read.
    pub trouble: Vec<String>,
}

impl Attempt {
    /// An attempt with these devices and no level.
    pub fn with(devices: Vec<Device>) -> Self {
        let mut attempt = Self::default();
        devices.into_iter().for_each(|device| attempt.add(device));
        attempt
    }

    fn add(&mut self, device: Device) {
        self.trouble.extend(device.faults().map(|fault| format!("{}: {fault}", device.id)));
        self.devices.push(device);
    }
}

/// The attempts to fence a target, in the order in which they are made. Levels of the same number are
/// one. A level whose pattern cannot be read is for every target, and fails: to take it for one of others
/// would leave any single device to do for what may need several.
pub fn attempts(cluster: &Cluster, target: &NodeName) -> Vec<Attempt> {
    let devices: Vec<Device> = devices(cluster).into_iter().filter(|device| device.is_enabled).collect();
    let node = cluster.nodes.iter().find(|node| target.is(node.name.as_str()));
    let attributes = node.map(|node| OptionSet::all_unruled(&node.attributes)).unwrap_or_default();
    let mut levels: BTreeMap<u8, Attempt> = BTreeMap::new();
    for level in &cluster.fencing_levels {
        let unreadable = match level.target.is_for(target, &attributes) {
            Ok(false) => continue,
            Ok(true) => None,
            Err(trouble) => Some(format!("level {}: {trouble}", level.index)),
        };
        let attempt = levels.entry(level.index).or_default();
        attempt.level = Some(level.index);
        attempt.trouble.extend(unreadable);
        for name in &level.devices {
            match devices.iter().find(|device| device.id == *name) {
                Some(device) => attempt.add(device.clone()),
                None => attempt
                    .trouble
                    .push(format!("{name}: there is no such fence device, or it is switched off")),
            }
        }
    }
    if levels.is_empty() {
        return devices.into_iter().map(|device| Attempt::with(vec![device])).collect();
    }
    levels.into_values().collect()
}

impl FencingTarget {
    /// What is wrong with it, as the end of a sentence.
    pub fn fault(&self) -> Option<String> {
        match self {
            Self::Node(_) | Self::Attribute { .. } => None,
            Self::Pattern(text) => pattern::parse(text).err(),
        }
    }

    fn is_for(&self, target: &NodeName, attributes: &Table) -> Result<bool, String> {
        match self {
            Self::Node(name) => Ok(target.is(name.as_str())),
            Self::Pattern(text) => match pattern::parse(text) {
                Ok(regex) => Ok(regex.is_match(target.as_str())),
                Err(why) => Err(format!("`{text}` is not a regular expression: {why}")),
            },
            Self::Attribute { name, value } => Ok(attributes.get(name) == Some(value)),
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

    /// Devices of each attempt, and its trouble with a mark.
    fn tried(cluster: &Cluster) -> Vec<Vec<String>> {
        let names = |attempt: Attempt| {
            let there = attempt.devices.iter().map(|device| device.id.to_string());
            there.chain(attempt.trouble.iter().map(|trouble| format!("!{trouble}"))).collect()
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
        let missing = |name| format!("!{name}: there is no such fence device, or it is switched off");
        assert_eq!(tried(&cluster), [["pdu1".to_owned(), missing("pdu2"), missing("pdu3")]]);
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_for_every_target_and_its_level_fails() {
        let both = |pattern: &str| vec![level(FencingTarget::Pattern(pattern.into()), 1, &["a", "b"])];
        let tried = |pattern| tried(&cluster(&[("a", "x", "1"), ("b", "x", "1")], both(pattern)));
        let trouble = "!level 1: `n[1` is not a regular expression: unclosed character class";
        assert_eq!(tried("n[1"), [["a", "b", trouble].map(str::to_owned)]);
        assert_eq!(tried("^n[[:digit:]]+$"), [["a", "b"].map(str::to_owned)]);
        assert_eq!(tried("^m"), [["a"], ["b"]].map(|names| names.map(str::to_owned).to_vec()));
    }

    #[test]
    fn an_attribute_that_was_set_for_good_says_whom_a_level_is_for() {
        let rack = FencingTarget::Attribute { name: "rack".into(), value: "r1".into() };
        let mut cluster = cluster(&[("a", "x", "1"), ("b", "x", "1")], vec![level(rack, 1, &["a", "b"])]);
        cluster.nodes.push(crate::model::Node::member("n1"));
        assert_eq!(tried(&cluster), [["a"], ["b"]]);
        let mut overlay = crate::model::overlay::Overlay::default();
        let attributes = [("rack".into(), "r1".into())].into();
        overlay.attributes.insert(NodeName::from("n1"), attributes);
        let effective = overlay.over(&cluster, crate::model::Moment(0));
        assert_eq!(tried(&effective), [["a", "b"]]);
    }

    #[test]
    fn a_device_with_an_option_that_cannot_be_read_is_in_trouble_and_not_absent() {
        let mut cluster = cluster(&[("a", "x", "1")], Vec::new());
        let params = |name: &'static str, value: &'static str| {
            let mut device = Primitive::new("a", Agent::parse("stonith:fence_x").unwrap());
            device.params.push(OptionSet::of([(name, value)]));
            vec![Resource::Primitive(device)]
        };
        cluster.resources = params("pcmk_delay_base", "soon");
        let trouble = "!a: `pcmk_delay_base` is `soon`, expected a length of time, such as `5s`, or one for \
                       each node: `node1:5s;node2:0s`";
        assert_eq!(tried(&cluster), [["a", trouble]]);
        cluster.resources = params("pcmk_host_check", "static-list");
        assert_eq!(
            tried(&cluster),
            [[
                "a",
                "!a: `pcmk_host_check` is `static-list`, and there is neither `pcmk_host_list` nor `pcmk_host_map`"
            ]]
        );
        cluster.resources = params("pcmk_host_list", "n1");
        assert_eq!(tried(&cluster), [["a"]]);
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
