//! Drills acted out: each failure happens to a copy of the same simulated cluster, and the same
//! scheduler and executor that run the real one react to it.

mod cast;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cast::{combinations, means, members, movable, reached};

use super::simulated::{Answer, Injection, Repeat, Simulated};
use super::{Desired, Engine, EngineError, Event, Observation, Outcome};
use crate::model::constraint::{Discovery, Location, LocationPreference, LocationTarget};
use crate::model::id::without_number;
use crate::model::{Cluster, Constraint, ConstraintId, Generation, NodeName, ResourceId, Score};
use crate::plan::drill::{
    Casualty, Ending, Failures, Mishap, Report, Seat, Seats, Sight, Trial, Unit, Watch, Why, casualties,
    launchers, relocations, units,
};
use crate::scheduler::facts::NodeKind as KindFound;
use crate::scheduler::interpret;
use crate::status::{ClusterStatus, ResultCode, ResultStatus};

/// Which failures are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Up to so many nodes fail at once.
    pub nodes: usize,
    /// Whether resources fail too.
    pub resources: bool,
    /// Whether resources fail also where they could run and do not.
    pub everywhere: bool,
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
/// `report` is told how many of them were tried, and of how many; what does not happen after all counts
/// as tried.
///
/// # Errors
/// [`EngineError::Refused`] when these are too many failures, or no node is there to fail.
pub async fn drill(
    beginning: Beginning<'_>,
    extent: Extent,
    report: &mut (dyn FnMut(usize, usize) + Send),
) -> Result<Report, EngineError> {
    let stage = match beginning {
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
    let scene = Scene::of(stage).await?;
    let (mishaps, too_many_nodes) = scene.mishaps(extent)?;
    let mut trials = Vec::with_capacity(mishaps.len());
    let mut moved: Option<(Move, Option<Scene>)> = None;
    let total = mishaps.len();
    for (tried, mishap) in mishaps.into_iter().enumerate() {
        report(tried, total);
        let Some(wanted) = scene.move_before(&mishap) else {
            trials.push(scene.act_out(mishap).await?);
            continue;
        };
        // Parts of the same whole break in the same place: it moves there once.
        if moved.as_ref().is_none_or(|(done, _)| *done != wanted) {
            let there = scene.after_move(&wanted).await?;
            moved = Some((wanted, there));
        }
        if let Some((_, Some(there))) = &moved
            && there.runs(&mishap)
        {
            trials.push(there.act_out(mishap).await?);
        }
    }
    Ok(Report {
        cluster: scene.seen.in_force.name.clone(),
        before: Seat::list(&scene.seats),
        down_before: scene.down,
        trials,
        too_many_nodes,
    })
}

/// A whole that is moved to a node before a part of it breaks there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Move {
    whole: ResourceId,
    to: NodeName,
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
    /// Remote nodes that are up, and guests.
    remotes: Vec<NodeName>,
    guests: Vec<NodeName>,
    /// What launches each guest, and each node that a bundle makes.
    launchers: BTreeMap<NodeName, Arc<str>>,
    /// Names of what is no service by itself: fence devices and connections.
    means: BTreeSet<String>,
    /// Resources that run once, each with the whole that moves with it.
    movable: Vec<(ResourceId, ResourceId)>,
}

impl Scene {
    async fn of(mut stage: Simulated) -> Result<Self, EngineError> {
        let mut failures = Failures::default();
        let outcome = stage.converge(&mut |event| note(event, None, &mut failures)).await?;
        let seen = stage.observe().await?;
        let seats = stage.truth();
        // What must run does not depend on what has failed.
        let meant = ClusterStatus::default();
        let units = units(&interpret::interpret(&seen.in_force, &meant, seen.now));
        let facts = interpret::interpret(&seen.in_force, &seen.status, seen.now);
        let members = members(&seen.in_force, &facts);
        let remotes = reached(&seen.in_force, &facts, KindFound::Remote);
        let guests = reached(&seen.in_force, &facts, KindFound::Guest);
        let means = means(&facts);
        let movable = movable(&facts, &means);
        let sight = sight(&seen, &units, &seats, ending(&outcome), &failures);
        let down = casualties(&sight);
        let launchers = launchers(&facts);
        Ok(Self { stage, seen, seats, units, down, members, remotes, guests, launchers, means, movable })
    }

    /// Everything that may fail, and the number of nodes that would be all of them.
    fn mishaps(&self, extent: Extent) -> Result<(Vec<Mishap>, Option<usize>), EngineError> {
        let too_many = || {
            EngineError::Refused(format!(
                "these are more than {} failures; --nodes-only, --here-only or fewer nodes at once make less",
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
        if most > 0 {
            mishaps.extend(self.guests.iter().map(|guest| Mishap::Nodes { nodes: vec![guest.clone()] }));
        }
        if extent.resources {
            mishaps.extend(self.breakages(extent));
        }
        if mishaps.len() > extent.trials_max {
            return Err(too_many());
        }
        let is_cut_short = extent.nodes >= self.members.len();
        Ok((mishaps, is_cut_short.then_some(self.members.len())))
    }

    /// Every resource breaks wherever it runs, and then where it could run.
    fn breakages(&self, extent: Extent) -> Vec<Mishap> {
        let services =
            || self.seats.iter().filter(|(resource, _)| !self.means.contains(without_number(resource)));
        let mut mishaps: Vec<Mishap> = services()
            .flat_map(|(resource, places)| {
                places.iter().map(|(node, _)| Mishap::Resource {
                    resource: resource.to_string(),
                    node: node.clone(),
                    after_move: false,
                })
            })
            .collect();
        if !extent.everywhere {
            return mishaps;
        }
        let all = || self.members.iter().chain(&self.remotes).chain(&self.guests);
        for (part, whole) in &self.movable {
            let Some(places) = self.seats.get(part.as_str()) else { continue };
            let elsewhere = all().filter(|node| {
                !places.iter().any(|(place, _)| place == *node) && self.may_run(part, whole, node)
            });
            mishaps.extend(elsewhere.map(|node| Mishap::Resource {
                resource: part.to_string(),
                node: node.clone(),
                after_move: true,
            }));
        }
        // Those that need the same move come after one another.
        mishaps.sort_by_cached_key(|mishap| self.move_before(mishap).map(|it| (it.whole, it.to)));
        mishaps
    }

    /// Whether nothing forbids at first sight that a resource runs there.
    fn may_run(&self, part: &ResourceId, whole: &ResourceId, node: &NodeName) -> bool {
        !self.seen.in_force.constraints.iter().any(|constraint| match constraint {
            Constraint::Location(location) => {
                let is_it = location.target.resource.as_ref().is_some_and(|it| it == part || it == whole);
                let bans = matches!(&location.preference, LocationPreference::Node { node: it, score }
                    if it == node && *score <= Score::MINUS_INFINITY);
                is_it && bans && location.role.is_none()
            }
            Constraint::Colocation(_) | Constraint::Order(_) | Constraint::Ticket(_) => false,
        })
    }

    /// What must move before a failure can happen.
    fn move_before(&self, mishap: &Mishap) -> Option<Move> {
        match mishap {
            Mishap::Resource { resource, node, after_move: true } => {
                let whole = self.movable.iter().find(|(part, _)| *part == *resource.as_str());
                whole.map(|(_, whole)| Move { whole: whole.clone(), to: node.clone() })
            }
            Mishap::Resource { after_move: false, .. } | Mishap::Nodes { .. } => None,
        }
    }

    /// The cluster with something moved; `None` when that cannot be, or costs something else its place.
    async fn after_move(&self, wanted: &Move) -> Result<Option<Self>, EngineError> {
        let mut stage = self.stage.fork();
        let mut cluster = self.seen.in_force.clone();
        cluster.constraints.push(Constraint::Location(Location {
            id: ConstraintId::new("drill"),
            target: LocationTarget { resource: Some(wanted.whole.clone()), ..LocationTarget::default() },
            preference: LocationPreference::Node { node: wanted.to.clone(), score: Score::INFINITY },
            role: None,
            discovery: Discovery::Always,
        }));
        let base = self.seen.generation;
        stage.submit(Desired { cluster, base, renames: Vec::new(), origin: "drill".to_owned() }).await?;
        let scene = Box::pin(Self::of(stage)).await?;
        let known: BTreeSet<(&str, bool)> = self.down.iter().map(key).collect();
        let is_harmless = scene.down.iter().all(|casualty| known.contains(&key(casualty)));
        Ok(is_harmless.then_some(scene))
    }

    /// Whether what is to break is there.
    fn runs(&self, mishap: &Mishap) -> bool {
        match mishap {
            Mishap::Resource { resource, node, .. } => self
                .seats
                .get(resource.as_str())
                .is_some_and(|places| places.iter().any(|(place, _)| place == node)),
            Mishap::Nodes { .. } => true,
        }
    }

    async fn act_out(&self, mishap: Mishap) -> Result<Trial, EngineError> {
        let mut stage = self.stage.fork();
        let mut watch = Watch::new(&self.units, &self.launchers, self.seats.clone());
        let is_seen_at_once = self.strike(&mishap, &mut stage, &mut watch)?;
        let mut failures = Failures::default();
        let mut report = |event| note(event, Some(&mut watch), &mut failures);
        let outcome = if is_seen_at_once {
            stage.converge(&mut report).await?
        } else {
            stage.settle(&mut report).await?
        };
        let after = stage.truth();
        let is_unnoticed =
            !is_seen_at_once && failures.is_empty() && watch.steps() == 0 && self.is_hit(&mishap, &after);
        let ending = if is_unnoticed { Ending::Unnoticed } else { ending(&outcome) };
        let seen = stage.observe().await?;
        let known: BTreeSet<(&str, bool)> = self.down.iter().map(key).collect();
        let mut down = casualties(&sight(&seen, &self.units, &after, ending, &failures));
        down.retain(|casualty| !known.contains(&key(casualty)) && !self.is_lost(casualty, &mishap));
        down.extend(self.unnoticed_remotes(&mishap, ending));
        Ok(Trial {
            mishap,
            ending,
            steps: watch.steps(),
            moved: relocations(&self.units, &self.seats, &after),
            down,
            outages: watch.outages(&self.means),
            after: Seat::list(&after),
        })
    }

    /// Whether anything is not as it was.
    fn is_hit(&self, mishap: &Mishap, after: &Seats) -> bool {
        *after != self.seats || matches!(mishap, Mishap::Nodes { .. })
    }

    /// Whether this is the connection to a remote node that has failed: that node is not counted as
    /// down, as little as a member is.
    fn is_lost(&self, casualty: &Casualty, mishap: &Mishap) -> bool {
        match mishap {
            Mishap::Nodes { nodes } => {
                let is_it = |node: &&NodeName| node.is(&casualty.resource) && self.remotes.contains(node);
                nodes.iter().any(|node| is_it(&node))
            }
            Mishap::Resource { .. } => false,
        }
    }

    /// Remote nodes that are dead without anybody knowing: whatever runs there stays dead.
    fn unnoticed_remotes(&self, mishap: &Mishap, ending: Ending) -> Vec<Casualty> {
        let nodes = match mishap {
            Mishap::Nodes { nodes } if ending == Ending::Unnoticed => nodes.as_slice(),
            Mishap::Nodes { .. } | Mishap::Resource { .. } => &[],
        };
        let casualty = |node: &NodeName| Casualty {
            resource: node.to_string(),
            lacks_promotion: false,
            why: Why::Unnoticed,
        };
        nodes.iter().filter(|node| self.remotes.contains(node)).map(casualty).collect()
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
                Ok(!nodes.iter().any(|node| self.remotes.contains(node) || self.guests.contains(node)))
            }
            Mishap::Resource { resource, node, .. } => {
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

fn sight<'a>(
    seen: &'a Observation,
    units: &'a [Unit],
    seats: &'a Seats,
    ending: Ending,
    failures: &'a Failures,
) -> Sight<'a> {
    Sight { cluster: &seen.in_force, status: &seen.status, now: seen.now, units, seats, ending, failures }
}

fn key(casualty: &Casualty) -> (&str, bool) {
    (&casualty.resource, casualty.lacks_promotion)
}

fn note(event: Event, watch: Option<&mut Watch<'_>>, failures: &mut Failures) {
    match event {
        Event::Finished { action, result } => {
            let is_expected = result.is_expected(&action);
            if !is_expected {
                let answer =
                    if result.status == ResultStatus::TimedOut { "timed out" } else { result.rc.name() };
                failures.take(&action, answer, result.exit_reason.as_deref());
            }
            if let Some(watch) = watch {
                watch.take(&action, is_expected);
            }
        }
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
