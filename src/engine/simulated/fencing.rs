//! Fencing in the simulated world.

use std::time::Duration;

use super::injection::Answer;
use super::world::World;
use crate::executor::ActionResult;
use crate::ledger::roster::Roster;
use crate::model::fencing::FencingTarget;
use crate::model::{Cluster, NodeName, OptionSet, Primitive, ResourceId};
use crate::scheduler::{Action, Task};
use crate::status::{ResultCode, ResultStatus};

impl World {
    /// Fences a node as `cluster` says: level by level, or by any device that can.
    pub(super) fn fence(
        &mut self,
        cluster: &Cluster,
        roster: &Roster,
        action: &Action,
        took: Duration,
    ) -> ActionResult {
        let Some(target) = action.node.clone() else { return ActionResult::done(ResultCode::OK, took) };
        let attempts = attempts(cluster, &target);
        if attempts.is_empty() {
            return failed(ResultStatus::NoFenceDevice, format!("no fence device can fence {target}"), took);
        }
        let mut trouble = String::new();
        for devices in &attempts {
            match devices.iter().find(|device| !self.device_works(device, action)) {
                None => {
                    if action.task != Task::FenceOn {
                        self.crash(&target, roster);
                    }
                    return ActionResult::done(ResultCode::OK, took);
                }
                Some(broken) => trouble = format!("fence device {broken} failed"),
            }
        }
        failed(ResultStatus::Error, trouble, took)
    }

    /// Whether a device does its work this time.
    fn device_works(&mut self, device: &ResourceId, action: &Action) -> bool {
        let applies = |injection: &super::injection::Injection| injection.applies_to_fencing(device, action);
        let Some(place) = self.injections.iter().position(applies) else { return true };
        let injection = self.injections[place].clone();
        if injection.is_single() {
            self.injections.remove(place);
        }
        match injection.answer {
            Answer::Code(rc) => rc == ResultCode::OK,
            Answer::Hang => false,
            Answer::Slow(_) => true,
        }
    }
}

/// Lists of devices, of which one list must work completely.
fn attempts(cluster: &Cluster, target: &NodeName) -> Vec<Vec<ResourceId>> {
    let mut levels: Vec<_> =
        cluster.fencing_levels.iter().filter(|level| is_for(&level.target, cluster, target)).collect();
    if levels.is_empty() {
        let devices = cluster.fence_devices().filter(|device| can_fence(device, target));
        return devices.map(|device| vec![device.id.clone()]).collect();
    }
    levels.sort_by_key(|level| level.index);
    levels.into_iter().map(|level| level.devices.clone()).collect()
}

fn is_for(who: &FencingTarget, cluster: &Cluster, target: &NodeName) -> bool {
    match who {
        FencingTarget::Node(name) => name.is(target.as_str()),
        FencingTarget::Pattern(pattern) => {
            regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(target.as_str()))
        }
        FencingTarget::Attribute { name, value } => {
            let mut nodes = cluster.nodes.iter().filter(|node| node.name.is(target.as_str()));
            nodes.any(|node| OptionSet::unruled(&node.attributes, name).as_ref() == Some(value))
        }
    }
}

/// Whether a device can fence a node, by its list or map of hosts; without either it can fence all.
fn can_fence(device: &Primitive, target: &NodeName) -> bool {
    let param = |name: &str| OptionSet::unruled(&device.params, name);
    let separators = [' ', ',', ';', '\t', '\n'];
    let hosts = param("pcmk_host_list")
        .map(|list| list.split(separators).any(|host| target.is(host)))
        .or_else(|| {
            let map = param("pcmk_host_map")?;
            Some(
                map.split(separators)
                    .any(|pair| pair.split([':', '=']).next().is_some_and(|host| target.is(host))),
            )
        });
    hosts.unwrap_or(true)
}

fn failed(status: ResultStatus, why: String, took: Duration) -> ActionResult {
    ActionResult { rc: ResultCode::ERROR, status, exit_reason: Some(why.into()), took }
}
