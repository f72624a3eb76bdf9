//! Fence devices as a cluster has them: whom they reach, how long they take, and how often they try.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::option;
use crate::model::{Agent, Cluster, NodeName, OptionSet, Primitive, ResourceId, Table, period};

/// A fence device.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// Its name.
    pub id: ResourceId,
    /// What talks to it.
    pub agent: Agent,
    /// Its options; secrets are still names.
    pub params: Table,
    /// Whether nodes must be let in by it before they may run anything.
    pub provides_unfencing: bool,
    /// Whether it may be used: one with `target-role: Stopped` may not.
    pub is_enabled: bool,
    /// Higher ones are tried first.
    pub(super) priority: i32,
}

/// How it is known which targets a device can fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
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
    /// How often an action is tried unless the device says otherwise.
    pub const TRIES: u32 = 2;

    /// What of its options cannot be read: it is not used then, as what was meant (a head start for one of
    /// two nodes, say) may be what keeps them from fencing each other.
    pub fn faults(&self) -> impl Iterator<Item = String> {
        let unreadable = self.params.iter().filter_map(|(name, value)| {
            let expected = option::fault(name, value)?;
            Some(format!("`{name}` is `{value}`, expected {expected}"))
        });
        unreadable.chain(self.names_nobody().map(str::to_owned))
    }

    /// What is said of a device that is to go by a list, and has none.
    pub fn names_nobody(&self) -> Option<&'static str> {
        let goes_by_list = self.text("pcmk_host_check") == Some("static-list");
        (goes_by_list && !self.has_list()).then_some(
            "`pcmk_host_check` is `static-list`, and there is neither `pcmk_host_list` nor `pcmk_host_map`",
        )
    }

    /// Whether and as what it knows a target. Asked of a device without [`Self::faults`].
    pub fn reach(&self, target: &NodeName) -> Reach {
        let mapped = self.host_map();
        let plug = mapped.iter().find(|(name, _)| target.is(name)).map(|(_, plug)| Arc::clone(plug));
        let own_name = || plug.clone().unwrap_or_else(|| target.to_shared());
        let listed = self.text("pcmk_host_list").map(split_list).unwrap_or_default();
        match self.text("pcmk_host_check") {
            Some("none") => Reach::Plug(own_name()),
            Some("dynamic-list") => Reach::AskList,
            Some("status") => Reach::AskStatus,
            Some(_) | None if self.has_list() => {
                let is_listed = plug.is_some() || listed.iter().any(|name| target.is(name));
                if is_listed { Reach::Plug(own_name()) } else { Reach::Never }
            }
            Some(_) => Reach::Never,
            None => Reach::AskList,
        }
    }

    /// What a target is called by this device, when only a list or a status can tell whether it has it.
    pub fn plug_of(&self, target: &NodeName) -> Arc<str> {
        let mapped = self.host_map();
        let plug = mapped.into_iter().find(|(name, _)| target.is(name)).map(|(_, plug)| plug);
        plug.unwrap_or_else(|| target.to_shared())
    }

    /// How long it waits before it takes a target's power, with `dice` to choose from what
    /// `pcmk_delay_max` leaves open.
    pub fn delay(&self, target: &NodeName, dice: u64) -> Duration {
        let base = self.text("pcmk_delay_base").and_then(|text| delay_for(text, target)).unwrap_or_default();
        let room = self.period("pcmk_delay_max").unwrap_or_default().saturating_sub(base);
        let millis = u64::try_from(room.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        base + Duration::from_millis(dice % millis)
    }

    /// How long an action of this name may take, if the device says so.
    pub fn timeout(&self, action: &str) -> Option<Duration> {
        self.period(&format!("pcmk_{action}_timeout"))
    }

    /// How often an action of this name is tried.
    pub fn tries(&self, action: &str) -> u32 {
        let said = self.text(&format!("pcmk_{action}_retries")).and_then(|text| text.parse().ok());
        said.unwrap_or(Self::TRIES).max(1)
    }

    /// An option of its own; empty ones count as not set.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Whether it says itself whom it reaches.
    fn has_list(&self) -> bool {
        let has_names = self.text("pcmk_host_list").is_some_and(|text| !split_list(text).is_empty());
        has_names || !self.host_map().is_empty()
    }

    fn period(&self, name: &str) -> Option<Duration> {
        self.text(name).and_then(period::parse)
    }

    /// `node1:1;node2:2,3`.
    fn host_map(&self) -> Vec<(String, Arc<str>)> {
        let pairs = pairs(self.text("pcmk_host_map").unwrap_or_default());
        pairs.map(|(name, plug)| (name.to_owned(), plug.into())).collect()
    }
}

/// All devices of a cluster, those of higher priority first.
pub fn devices(cluster: &Cluster) -> Vec<Device> {
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
    Some(Device {
        id: primitive.id.clone(),
        agent,
        params,
        provides_unfencing: meta.get("provides").is_some_and(|value| &**value == "unfencing"),
        is_enabled: !meta.get("target-role").is_some_and(|value| value.eq_ignore_ascii_case("stopped")),
        priority: meta.get("priority").and_then(|value| value.parse().ok()).unwrap_or(0),
    })
}

/// `5s`, or `node1:1s;node2:5s`.
fn delay_for(text: &str, target: &NodeName) -> Option<Duration> {
    match pairs(text).find(|(name, _)| target.is(name)) {
        Some((_, delay)) => period::parse(delay),
        None => period::parse(text),
    }
}

/// Names with what belongs to them.
fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let entries = text.split([';', ' ', '\t', '\n']);
    let pairs = entries.filter_map(|entry| entry.split_once([':', '=']));
    pairs.map(|(name, value)| (name.trim(), value.trim()))
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

    fn device(params: &[(&str, &str)]) -> Device {
        Device {
            id: ResourceId::new("d"),
            agent: Agent::parse("stonith:fence_x").unwrap(),
            params: params.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
            provides_unfencing: false,
            is_enabled: true,
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
    fn each_target_may_have_a_delay_of_its_own() {
        let delay = |params: &[(&str, &str)], target: &str, dice| {
            device(params).delay(&NodeName::from(target), dice).as_millis()
        };
        assert_eq!(delay(&[("pcmk_delay_base", "5s")], "a", 77), 5000);
        let map = [("pcmk_delay_base", "a:1s;b:5s")];
        assert_eq!((delay(&map, "a", 9), delay(&map, "b", 9), delay(&map, "c", 9)), (1000, 5000, 0));
    }

    #[test]
    fn a_random_delay_lies_between_the_base_and_the_most() {
        let delay =
            |params: &[(&str, &str)], dice| device(params).delay(&NodeName::from("a"), dice).as_millis();
        let both = [("pcmk_delay_base", "2s"), ("pcmk_delay_max", "5s")];
        assert_eq!((delay(&both, 0), delay(&both, 3000), delay(&both, 3001)), (2000, 5000, 2000));
        assert_eq!(delay(&[("pcmk_delay_max", "1s")], 999), 999);
        assert_eq!(delay(&[("pcmk_delay_base", "5s"), ("pcmk_delay_max", "1s")], 999), 5000);
    }

    #[test]
    fn each_action_has_its_own_time_and_tries() {
        let device =
            device(&[("pcmk_reboot_timeout", "90s"), ("pcmk_off_retries", "4"), ("pcmk_on_retries", "0")]);
        assert_eq!((device.timeout("reboot"), device.timeout("off")), (Some(Duration::from_secs(90)), None));
        assert_eq!((device.tries("off"), device.tries("reboot"), device.tries("on")), (4, 2, 1));
    }
}
