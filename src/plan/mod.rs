//! Plans: what differs, what will be done about it, and why, for people to review.
//!
//! A [`Plan`] joins the difference between what is in force and what the manifest declares
//! with the scheduler's answer to it. It can be saved: its [`Basis`] tells whether the cluster
//! it was made for is still the same.

pub mod address;
pub mod aside;
pub mod attribute;
pub mod basis;
pub mod because;
mod blocked;
mod catalogue;
pub mod difference;
pub mod disruption;
pub mod drill;
pub mod explain;
pub mod fail_count;
pub mod fencing;
pub mod merge;
mod narration;
pub mod outline;
pub mod overview;
pub mod relation;
pub mod retirement;
pub mod safety;
pub mod secrecy;
mod situation;
mod standstill;
pub mod step;
pub mod ticket;
pub mod trouble;
pub mod unplaced;
pub mod what_if;
pub mod window;

pub use address::{Address, ObjectKind};
pub use basis::{Basis, Staleness};
pub use because::Because;
pub use blocked::Blocked;
use blocked::{blocked, unfenced};
pub use difference::{AttributeChange, ObjectChange, ObjectChangeKind};
pub use disruption::{Disruption, Down};
pub use fencing::FencingMethod;
pub use merge::{Leftover, Owner, Prune};
pub use overview::Overview;
pub use safety::Hazard;
pub use step::{Background, BackgroundKind, Step, Verb};
pub use trouble::Trouble;
pub use unplaced::Unplaced;
pub use what_if::WhatIf;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::manifest;
use crate::model::{Cluster, Moment, Overlay, Override, Rename, rename};
use crate::scheduler::{self, Facts, Schedule, Shortcut};
use crate::status::ClusterStatus;
use crate::status::rename::rename_in_status;
use aside::{Aside, AtWork, Frozen};
use disruption::Whole;
use relation::Relations;
use situation::Situation;

/// What a plan is made from.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// Generation in force.
    pub generation: u64,
    /// What is in force.
    pub in_force: &'a Cluster,
    /// What is.
    pub status: &'a ClusterStatus,
    /// What was asked for on top of what should be.
    pub overlay: &'a Overlay,
    /// The moment of the decision, seconds since 1970.
    pub now: i64,
    /// What the manifest declares.
    pub declared: &'a Cluster,
    /// Resources under new names.
    pub renames: &'a [Rename],
    /// Whether undeclared things go.
    pub prune: Prune,
    /// Where the manifest came from, for people.
    pub origin: &'a str,
}

impl<'a> Inputs<'a> {
    /// What leads to a plan of nothing but drift: what is in force is also what is declared.
    pub const fn drift(
        in_force: &'a Cluster,
        overlay: &'a Overlay,
        status: &'a ClusterStatus,
        now: i64,
    ) -> Self {
        Self {
            generation: 0,
            in_force,
            status,
            overlay,
            now,
            declared: in_force,
            renames: &[],
            prune: Prune::No,
            origin: "",
        }
    }
}

/// What differs, what will be done, and why.
#[must_use]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What it was made from.
    pub basis: Basis,
    /// When, seconds since 1970.
    pub made_at: i64,
    /// Where the manifest came from, for people.
    pub origin: String,
    /// What should be in force.
    pub desired: Cluster,
    /// What is held before that, so that what is deleted stops in order; see [`retirement`].
    pub retiring: Option<Cluster>,
    /// Resources that have another name from now on.
    pub renames: Vec<Rename>,
    /// What differs from what is in force.
    pub objects: Vec<ObjectChange>,
    /// Undeclared things that stay.
    pub leftovers: Vec<Leftover>,
    /// What will be done, in order.
    pub steps: Vec<Step>,
    /// What should be done and cannot be.
    pub blocked: Vec<Blocked>,
    /// Resources that should run and have no node.
    pub unplaced: Vec<Unplaced>,
    /// Resources that are not as they should be, and that no step is about.
    #[serde(default)]
    pub troubles: Vec<Trouble>,
    /// What happens in the background.
    pub background: Vec<Background>,
    /// What people notice.
    pub disruption: Disruption,
    /// What must be allowed where nobody confirms the plan.
    pub hazards: Vec<Hazard>,
    /// What keeps the cluster as a whole from acting as it would.
    pub cautions: Vec<Caution>,
    /// What was asked for on top of what should be, and is in force.
    #[serde(default)]
    pub overrides: Vec<Override>,
    /// Another command that is at work on the cluster.
    #[serde(default)]
    pub at_work: Option<AtWork>,
    /// Nodes on which nothing is done for now.
    #[serde(default)]
    pub frozen: Vec<Frozen>,
}

/// Something that keeps a cluster as a whole from acting as it would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Caution {
    /// There is no quorum.
    NoQuorum,
    /// Fencing is enabled, and there is nothing to fence with.
    NoFenceDevice,
    /// The cluster is in maintenance.
    Maintenance,
    /// Everything was told to stop.
    StopAll,
    /// Decisions are paused.
    Paused,
    /// Preferences were not followed along all colocations: there were too many ways.
    PreferencesCutShort,
    /// Orders contradict each other, and the plan may not be the best there is.
    OrdersUnsettled,
}

impl Plan {
    /// Whether there is quorum.
    pub fn has_quorum(&self) -> bool {
        !self.cautions.contains(&Caution::NoQuorum)
    }

    /// Adds what is known beside the cluster's own knowledge.
    pub fn take_note(&mut self, aside: &Aside) {
        self.at_work.clone_from(&aside.at_work);
        self.frozen.clone_from(&aside.frozen);
        self.troubles.splice(0..0, aside.unseen.iter().cloned());
    }

    /// What was known, with resources under their new names: together with the desired state and
    /// the moment, all that the schedule was made from.
    pub fn renamed<'s>(&self, status: &'s ClusterStatus) -> Cow<'s, ClusterStatus> {
        renamed(status, &self.renames)
    }

    /// Whether nothing differs and nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.is_calm()
    }

    /// Whether the cluster will be as it should be once the steps are done, as far as the plan knows.
    /// What is unmanaged may be as it likes.
    pub fn is_fulfilling(&self) -> bool {
        self.unplaced.iter().all(|unplaced| unplaced.is_later)
            && self.troubles.iter().all(Trouble::is_tolerated)
            && !self.blocked.iter().any(|blocked| blocked.stays)
    }

    /// Whether there is anything that can be done now.
    pub fn is_actionable(&self) -> bool {
        !(self.objects.is_empty() && self.steps.is_empty() && self.background.is_empty())
    }

    /// Whether the cluster itself needs nothing.
    pub fn is_calm(&self) -> bool {
        self.steps.is_empty() && self.background.is_empty() && self.blocked.is_empty()
    }
}

/// A plan and the schedule behind it.
#[derive(Debug, Clone)]
pub struct Planned {
    /// For people.
    pub plan: Plan,
    /// For machines.
    pub schedule: Schedule,
}

/// Makes a plan.
pub fn plan(inputs: &Inputs<'_>) -> Planned {
    let renames = rename::applicable(inputs.renames, inputs.in_force);
    let mut in_force = Cow::Borrowed(inputs.in_force);
    if !renames.is_empty() {
        rename::rename_in_cluster(in_force.to_mut(), &renames);
    }
    let status = renamed(inputs.status, &renames);
    if *in_force != *inputs.declared {
        // What goes without saying is no difference, and nothing that could be left over.
        in_force = Cow::Owned(manifest::plain(&in_force));
    }

    let merged = merge::merge(&in_force, inputs.declared, inputs.prune);
    let objects = difference::difference(&in_force, &merged.cluster, &renames);
    let retiring = retirement::retirement(&in_force, &merged.cluster);
    let overlay = rename::in_overlay(inputs.overlay, &renames);
    let moment = Moment::at(inputs.now);
    let retired = retiring.as_ref().map(|cluster| overlay.over(cluster, moment));
    let wanted = overlay.over(&merged.cluster, moment);
    let decide = |cluster| (cluster, scheduler::decide(cluster, &status, inputs.now));
    let retired = retired.as_deref().map(decide).filter(|(_, (_, schedule))| !schedule.changes.is_empty());
    let is_retiring = retired.is_some();
    let (next, (placement, schedule)) = retired.unwrap_or_else(|| decide(&wanted));
    let facts = &placement.facts;
    let relations = Relations::of(next);
    let situation = Situation::new(&placement, &schedule, &relations, &objects);
    let steps = narration::steps(&situation);
    let mut blocked = blocked(&situation, steps.is_empty() || !facts.properties.has_quorum);
    let cautions = cautions(facts, &schedule, overlay.pause_at(moment).is_some());
    let mut disruption = disruption(&schedule, &steps);
    disruption.add_unnamed(facts, &steps);
    let mut unplaced = unplaced::unplaced(&placement, &relations);
    let unfenced = unfenced(facts, &cautions);
    // What has no node for want of a fence device is told once.
    unplaced.retain(|unplaced| {
        !unfenced.iter().any(|told| told.resource.as_deref() == Some(unplaced.resource.as_str()))
    });
    blocked.extend(unfenced);
    let troubles = trouble::lasting(facts, &steps, &blocked, &unplaced);
    let plan = Plan {
        basis: Basis::new(inputs, &steps, facts),
        made_at: inputs.now,
        origin: inputs.origin.to_owned(),
        renames,
        objects,
        leftovers: merged.leftovers,
        blocked,
        unplaced,
        troubles,
        background: step::background(&schedule.transition),
        hazards: safety::hazards(&schedule, &placement),
        disruption,
        steps,
        cautions,
        overrides: overlay.active(moment).cloned().collect(),
        desired: merged.cluster,
        retiring: retiring.filter(|_| is_retiring),
        at_work: None,
        frozen: Vec::new(),
    };
    Planned { plan, schedule }
}

/// What was known, with resources under their new names.
fn renamed<'s>(status: &'s ClusterStatus, renames: &[Rename]) -> Cow<'s, ClusterStatus> {
    let mut status = Cow::Borrowed(status);
    if !renames.is_empty() {
        rename_in_status(status.to_mut(), renames);
    }
    status
}

fn cautions(facts: &Facts<'_>, schedule: &Schedule, is_paused: bool) -> Vec<Caution> {
    let properties = &facts.properties;
    let all = [
        (!properties.has_quorum, Caution::NoQuorum),
        (properties.fencing_enabled && !properties.has_fence_device, Caution::NoFenceDevice),
        (properties.maintenance_mode, Caution::Maintenance),
        (properties.stop_all_resources, Caution::StopAll),
        (is_paused, Caution::Paused),
        (schedule.shortcuts.contains(&Shortcut::Preferences), Caution::PreferencesCutShort),
        (schedule.shortcuts.contains(&Shortcut::Relations), Caution::OrdersUnsettled),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, caution)| caution).collect()
}

fn disruption(schedule: &Schedule, steps: &[Step]) -> Disruption {
    let stalled = schedule.stalled_changes();
    let happen = schedule.changes.iter().enumerate();
    let happen = happen.filter(|(position, change)| !change.is_blocked && !stalled.contains_key(position));
    let wholes = happen.map(|(_, change)| Whole {
        verb: Verb::of_change(&change.kind),
        resource: change.resource.as_deref(),
        from: change.from.as_ref(),
        to: change.to.as_ref(),
    });
    Disruption::of(wholes, steps)
}

#[cfg(test)]
mod tests;
