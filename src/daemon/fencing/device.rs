//! Fence devices, as the desired cluster has them, and the order in which they are tried for a target.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;

use crate::model::fencing::FencingTarget;
use crate::model::{Agent, Cluster, NodeName, OptionSet, Primitive, Table};

/// A fence device.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Device {
    /// Its name.
    pub(super) name: Arc<str>,
    /// What talks to it.
    pub(super) agent: Agent,
    /// Its options; secrets are still names.
    pub(super) params: Table,
    /// Higher ones are tried first.
    priority: i32,
}

/// How it is known which targets a device can fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// It can fence this one, under this name.
    Plug(Arc<str>),
    /// It cannot.
    Never,
    /// Its list of targets tells.
    AskList,
    /// Asking for this target's power tells.
    AskStatus,
}

impl Device {
    /// Whether and as what it knows a target.
    pub(super) fn reach(&self, target: &NodeName) -> Reach {
        let mapped = self.host_map();
        let plug = mapped.iter().find(|(name, _)| target.is(name)).map(|(_, plug)| Arc::clone(plug));
        let own_name = || plug.clone().unwrap_or_else(|| target.to_shared());
        let listed = self.text("pcmk_host_list").map(split_list).unwrap_or_default();
        let has_list = !listed.is_empty() || !mapped.is_empty();
        match self.text("pcmk_host_check") {
            Some("none") => Reach::Plug(own_name()),
            Some("dynamic-list") => Reach::AskList,
            Some("status") => Reach::AskStatus,
            Some(_) | None if has_list => {
                let is_listed = plug.is_some() || listed.iter().any(|name| target.is(name));
                if is_listed { Reach::Plug(own_name()) } else { Reach::Never }
            }
            Some(_) => Reach::Never,
            None => Reach::AskList,
        }
    }

    /// What a target is called by this device, when only a list or a status can tell whether it has it.
    pub(super) fn plug_of(&self, target: &NodeName) -> Arc<str> {
        let mapped = self.host_map();
        let plug = mapped.into_iter().find(|(name, _)| target.is(name)).map(|(_, plug)| plug);
        plug.unwrap_or_else(|| target.to_shared())
    }

    /// An option of its own; empty ones count as not set.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// An option that is a length of time.
    pub(super) fn period(&self, name: &str) -> Option<Duration> {
        self.text(name).and_then(crate::model::period::parse)
    }

    /// An option that is a number.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.text(name)?.parse().ok()
    }

    /// `node1:1;node2:2,3`.
    fn host_map(&self) -> Vec<(String, Arc<str>)> {
        let entries = self.text("pcmk_host_map").unwrap_or_default().split([';', ' ', '\t', '\n']);
        let pairs = entries.filter_map(|entry| entry.split_once([':', '=']));
        pairs.map(|(name, plug)| (name.trim().to_owned(), plug.trim().into())).collect()
    }
}

/// All devices of a cluster, those of higher priority first.
fn devices(cluster: &Cluster) -> Vec<Device> {
    let primitives = cluster.fence_devices();
    let mut devices: Vec<Device> = primitives.filter_map(|primitive| device(cluster, primitive)).collect();
    devices.sort_by_key(|device| std::cmp::Reverse(device.priority));
    devices
}

fn device(cluster: &Cluster, primitive: &Primitive) -> Option<Device> {
    let template = cluster.template_of(primitive);
    let agent = primitive.agent(template)?.clone();
    let mut params = OptionSet::all_unruled(&primitive.params);
    let mut meta = OptionSet::all_unruled(&primitive.meta);
    for (name, value) in template.into_iter().flat_map(|template| OptionSet::all_unruled(&template.params)) {
        params.entry(name).or_insert(value);
    }
    for (name, value) in template.into_iter().flat_map(|template| OptionSet::all_unruled(&template.meta)) {
        meta.entry(name).or_insert(value);
    }
    let priority = meta.get("priority").and_then(|value| value.parse().ok()).unwrap_or(0);
    Some(Device { name: primitive.id.to_shared(), agent, params, priority })
}

/// The levels of devices for a target, in the order in which they are tried; each device of a level
/// has to succeed. Without a topology every device is a level of its own. A level that names a device
/// that is not there has none at all: one of two power supplies switched off proves nothing.
pub(super) fn levels(cluster: &Cluster, target: &NodeName) -> Vec<Vec<Device>> {
    let devices = devices(cluster);
    let node = cluster.nodes.iter().find(|node| target.is(node.name.as_str()));
    let attributes = node.map(|node| OptionSet::all_unruled(&node.attributes)).unwrap_or_default();
    let mine = cluster.fencing_levels.iter().filter(|level| is_for(&level.target, target, &attributes));
    let mut topology: BTreeMap<u8, Option<Vec<Device>>> = BTreeMap::new();
    for level in mine {
        let named = topology.entry(level.index).or_insert_with(|| Some(Vec::new()));
        for name in &level.devices {
            let device = devices.iter().find(|device| *device.name == *name.as_str());
            if device.is_none() {
                tracing::error!(device = %name, level = level.index, %target, "no such fence device: the level fails");
            }
            *named = named.take().zip(device).map(|(mut named, device)| {
                named.push(device.clone());
                named
            });
        }
    }
    if topology.is_empty() {
        return devices.into_iter().map(|device| vec![device]).collect();
    }
    topology.into_values().map(Option::unwrap_or_default).collect()
}

fn is_for(whom: &FencingTarget, target: &NodeName, attributes: &Table) -> bool {
    match whom {
        FencingTarget::Node(name) => target.is(name.as_str()),
        FencingTarget::Pattern(pattern) => {
            Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(target.as_str()))
        }
        FencingTarget::Attribute { name, value } => attributes.get(name) == Some(value),
    }
}

/// Names between spaces, commas and semicolons.
fn split_list(text: &str) -> BTreeSet<String> {
    let names = text.split([' ', ',', ';', '\t', '\n']).map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::model::fencing::FencingLevel;
    use crate::model::{Resource, ResourceId};

    fn device(params: &[(&str, &str)]) -> Device {
        Device {
            name: "d".into(),
            agent: Agent::parse("stonith:fence_x").unwrap(),
            params: params.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
            priority: 0,
        }
    }

    #[test]
    fn a_device_reaches_whom_its_list_or_map_names() {
        let reach = |params: &[(&str, &str)], target: &str| device(params).reach(&NodeName::from(target));
        assert_eq!(reach(&[("pcmk_host_list", "a, b")], "b"), Reach::Plug("b".into()));
        assert_eq!(reach(&[("pcmk_host_list", "a b")], "c"), Reach::Never);
        assert_eq!(reach(&[("pcmk_host_map", "a:1;b:2,3")], "B"), Reach::Plug("2,3".into()));
        assert_eq!(reach(&[], "a"), Reach::AskList);
        assert_eq!(reach(&[("pcmk_host_check", "none")], "a"), Reach::Plug("a".into()));
        assert_eq!(reach(&[("pcmk_host_check", "status"), ("pcmk_host_list", "a")], "b"), Reach::AskStatus);
    }

    #[test]
    fn a_level_that_names_a_missing_device_cannot_fence() {
        let primitive = Primitive::new("pdu1", Agent::parse("stonith:fence_x").unwrap());
        let level = |index, devices: &[&str]| FencingLevel {
            id: None,
            target: FencingTarget::Node("n1".into()),
            index,
            devices: devices.iter().map(|name| ResourceId::new(*name)).collect(),
        };
        let cluster = Cluster {
            resources: vec![Resource::Primitive(primitive)],
            fencing_levels: vec![level(1, &["pdu1", "pdu2"]), level(2, &["pdu1"])],
            ..Cluster::default()
        };
        let found = levels(&cluster, &NodeName::from("n1"));
        let names: Vec<Vec<&str>> =
            found.iter().map(|level| level.iter().map(|device| &*device.name).collect()).collect();
        assert_eq!(names, [vec![], vec!["pdu1"]]);
    }
}
