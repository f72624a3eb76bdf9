//! Drills acted out: each failure happens to a copy of the same simulated cluster, and the same
//! scheduler and executor that run the real one react to it.

use std::collections::BTreeSet;

use super::simulated::{Answer, Injection, Repeat, Simulated};
use super::{Desired, Engine, EngineError, Event, Observation, Outcome};
use crate::model::id::without_number;
use crate::model::node::NodeKind;
use crate::model::{Cluster, Generation, NodeName, ResourceId};
use crate::plan::drill::{
    Casualty, Ending, Mishap, Report, Seat, Seats, Sight, Trial, Unit, Watch, casualties, relocations, units,
};
use crate::scheduler::facts::{NodeFacts, NodeKind as KindFound};
use crate::scheduler::{Facts, interpret};
use crate::status::ResultCode;

/// Which failures are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Up to so many nodes fail at once.
    pub nodes: usize,
    /// Whether resources fail too.
    pub resources: bool,
    /// More failures than this are refused.
    pub trials_max: usize,
}

/// Where a drill begins.
#[derive(Debug, Clone, Copy)]
pub enum Beginning<'a> {
    /// All nodes are up and nothing ran yet.
    Cold(&'a Cluster),
    /// A cluster as it was seen.
    Seen(&'a Observation),
}

/// Lets everything fail that may fail, one after the other, each from the same beginning.
///
/// # Errors
/// [`EngineError::Refused`] when these are too many failures, or no node is there to fail.
pub async fn drill(beginning: Beginning<'_>, extent: Extent) -> Result<Report, EngineError> {
    let mut stage = match beginning {
        Beginning::Cold(cluster) => {
            let mut stage = Simulated::in_memory(0);
            let cluster = cluster.clone();
            stage
                .submit(Desired {
                    cluster,
                    base: Generation(0),
                    renames: Vec::new(),
                    origin: "drill".to_owned(),
                })
                .await?;
            stage
        }
        Beginning::Seen(observation) => Simulated::resembling(observation, 0),
    };
    let outcome = stage.converge(&mut |_| {}).await?;
    let scene = Scene::of(stage, ending(&outcome)).await?;
    let (mishaps, too_many_nodes) = scene.mishaps(extent)?;
    let mut trials = Vec::with_capacity(mishaps.len());
    for mishap in mishaps {
        trials.push(scene.act_out(mishap).await?);
    }
    Ok(Report {
        cluster: scene.seen.in_force.name.clone(),
        before: Seat::list(&scene.seats),
        down_before: scene.down,
        trials,
        too_many_nodes,
    })
}

/// The cluster before anything fails.
struct Scene {
    stage: Simulated,
    seen: Observation,
    seats: Seats,
    units: Vec<Unit>,
    /// What is down already.
    down: Vec<Casualty>,
    members: Vec<NodeName>,
    remotes: Vec<NodeName>,
    /// Names of fence devices, which are no services.
    fence_devices: BTreeSet<String>,
}

impl Scene {
    async fn of(mut stage: Simulated, ending: Ending) -> Result<Self, EngineError> {
        let seen = stage.observe().await?;
        let seats = stage.truth();
        let facts = interpret::interpret(&seen.in_force, &seen.status, seen.now);
        let units = units(&facts);
        let members = members(&seen.in_force, &facts);
        let remotes = remotes(&seen.in_force, &facts);
        let devices = facts.resources.iter().filter(|resource| resource.is_fence_device());
        let fence_devices = devices.map(|device| device.base_id.to_string()).collect();
        let down = casualties(&sight(&seen, &seats, ending));
        Ok(Self { stage, seen, seats, units, down, members, remotes, fence_devices })
    }

    /// Everything that may fail, and the number of nodes that would be all of them.
    fn mishaps(&self, extent: Extent) -> Result<(Vec<Mishap>, Option<usize>), EngineError> {
        let too_many = || {
            EngineError::Refused(format!(
                "these are more than {} failures; fewer nodes at once, or only some of them, take less time",
                extent.trials_max
            ))
        };
        let mut mishaps = Vec::new();
        let most = extent.nodes.min(self.members.len().saturating_sub(1));
        let failing: Vec<NodeName> = self.members.iter().chain(&self.remotes).cloned().collect();
        for count in 1..=most {
            let room = extent.trials_max.saturating_sub(mishaps.len());
            let nodes = combinations(&failing, count, room).ok_or_else(too_many)?;
            mishaps.extend(nodes.into_iter().map(|nodes| Mishap::Nodes { nodes }));
        }
        if extent.resources {
            let services = self.seats.iter().filter(|(resource, _)| self.is_service(resource));
            mishaps.extend(services.flat_map(|(resource, places)| {
                places
                    .iter()
                    .map(|(node, _)| Mishap::Resource { resource: resource.to_string(), node: node.clone() })
            }));
        }
        if mishaps.len() > extent.trials_max {
            return Err(too_many());
        }
        let is_cut_short = extent.nodes >= self.members.len();
        Ok((mishaps, is_cut_short.then_some(self.members.len())))
    }

    fn is_service(&self, resource: &str) -> bool {
        !self.fence_devices.contains(without_number(resource))
    }

    async fn act_out(&self, mishap: Mishap) -> Result<Trial, EngineError> {
        let mut stage = self.stage.fork();
        let mut watch = Watch::new(&self.units, self.seats.clone());
        let is_seen_at_once = self.strike(&mishap, &mut stage, &mut watch)?;
        let mut report = |event| observe(event, &mut watch);
        let outcome = if is_seen_at_once {
            stage.converge(&mut report).await?
        } else {
            stage.settle(&mut report).await?
        };
        let after = stage.truth();
        let ending = if !is_seen_at_once && watch.steps() == 0 && after != self.seats {
            Ending::Unnoticed
        } else {
            ending(&outcome)
        };
        let seen = stage.observe().await?;
        let known: BTreeSet<(&str, bool)> = self.down.iter().map(key).collect();
        let mut down = casualties(&sight(&seen, &after, ending));
        down.retain(|casualty| !known.contains(&key(casualty)));
        Ok(Trial {
            mishap,
            ending,
            steps: watch.steps(),
            moved: relocations(&self.units, &self.seats, &after),
            down,
            outages: watch.outages(),
            after: Seat::list(&after),
        })
    }

    /// Lets it happen; whether the cluster sees it at once, or only when monitors run.
    fn strike(
        &self,
        mishap: &Mishap,
        stage: &mut Simulated,
        watch: &mut Watch<'_>,
    ) -> Result<bool, EngineError> {
        match mishap {
            Mishap::Nodes { nodes } => {
                for node in nodes {
                    stage.fail_node(node)?;
                    watch.lose_node(node);
                }
                Ok(!nodes.iter().any(|node| self.remotes.contains(node)))
            }
            Mishap::Resource { resource, node } => {
                let id = ResourceId::from(resource.as_str());
                stage.fail_resource(&id, Some(node))?;
                watch.lose(resource, node);
                stage.inject(Injection {
                    resource: id,
                    node: Some(node.clone()),
                    operation: "start".into(),
                    answer: Answer::Code(ResultCode::ERROR),
                    repeat: Repeat::Always,
                })?;
                Ok(false)
            }
        }
    }
}

fn sight<'a>(seen: &'a Observation, seats: &'a Seats, ending: Ending) -> Sight<'a> {
    Sight { cluster: &seen.in_force, status: &seen.status, now: seen.now, seats, ending }
}

fn key(casualty: &Casualty) -> (&str, bool) {
    (&casualty.resource, casualty.lacks_promotion)
}

fn observe(event: Event, watch: &mut Watch<'_>) {
    match event {
        Event::Finished { action, result } => watch.take(&action, result.is_expected(&action)),
        Event::Scheduled { .. } | Event::Started(_) | Event::Waiting { .. } | Event::Aborted { .. } => {}
    }
}

const fn ending(outcome: &Outcome) -> Ending {
    match outcome {
        Outcome::Converged => Ending::Settled,
        Outcome::Stuck => Ending::Stuck,
        Outcome::GaveUp { .. } => Ending::GaveUp,
    }
}

/// The members that are up, in the order of the configuration.
fn members(cluster: &Cluster, facts: &Facts<'_>) -> Vec<NodeName> {
    let configured = cluster.nodes.iter().filter(|node| node.kind == NodeKind::Member);
    configured.filter(|node| is_up(facts, &node.name)).map(|node| node.name.clone()).collect()
}

/// The remote nodes that are up; guests fail with what launches them, as resources.
fn remotes(cluster: &Cluster, facts: &Facts<'_>) -> Vec<NodeName> {
    let is_member = |name: &NodeName| {
        cluster.nodes.iter().any(|node| node.kind == NodeKind::Member && node.name == *name)
    };
    let remote =
        |node: &&NodeFacts<'_>| node.kind == KindFound::Remote && node.is_online && !is_member(&node.name);
    facts.nodes.iter().filter(remote).map(|node| node.name.clone()).collect()
}

fn is_up(facts: &Facts<'_>, name: &NodeName) -> bool {
    facts.nodes.iter().any(|node| node.name == *name && node.is_online)
}

/// All choices of `count` nodes, in order; `None` when there are more than `room`.
fn combinations(nodes: &[NodeName], count: usize, room: usize) -> Option<Vec<Vec<NodeName>>> {
    let mut chosen: Vec<usize> = (0..count).collect();
    let mut all = Vec::new();
    if count == 0 || count > nodes.len() {
        return Some(all);
    }
    loop {
        if all.len() >= room {
            return None;
        }
        all.push(chosen.iter().filter_map(|place| nodes.get(*place)).cloned().collect());
        // The last place that can still move on does, and those after it follow.
        let movable = (0..count).rev().find(|place| chosen[*place] < nodes.len() - count + *place);
        let Some(place) = movable else { return Some(all) };
        let begin = chosen[place] + 1;
        for (offset, slot) in chosen[place..].iter_mut().enumerate() {
            *slot = begin + offset;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_come_in_order_and_once() {
        let nodes: Vec<NodeName> = ["a", "b", "c"].into_iter().map(NodeName::from).collect();
        let pairs = combinations(&nodes, 2, 10).unwrap_or_default();
        let words: Vec<String> =
            pairs.iter().map(|pair| pair.iter().map(NodeName::as_str).collect()).collect();
        assert_eq!(words, ["ab", "ac", "bc"]);
        assert_eq!(combinations(&nodes, 2, 2), None);
    }
}
