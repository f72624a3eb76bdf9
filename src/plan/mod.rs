//! Plans: what differs, what will be done about it, and why, for people to review.
//!
//! A [`Plan`] joins the difference between what is in force and what the manifest declares
//! with the scheduler's answer to it. It can be saved: its [`Basis`] tells whether the cluster
//! it was made for is still the same.

pub mod address;
pub mod basis;
pub mod because;
pub mod difference;
pub mod disruption;
pub mod explain;
pub mod merge;
pub mod outline;
pub mod overview;
pub mod relation;
pub mod rename;
pub mod safety;
mod situation;
pub mod step;
pub mod unplaced;
pub mod what_if;

pub use address::{Address, ObjectKind};
pub use basis::{Basis, Staleness};
pub use because::Because;
pub use difference::{AttributeChange, ObjectChange, ObjectChangeKind};
pub use disruption::{Disruption, Down};
pub use merge::{Leftover, Owner, Prune};
pub use overview::Overview;
pub use rename::Rename;
pub use safety::Hazard;
pub use step::{Background, BackgroundKind, Step, Verb};
pub use unplaced::Unplaced;
pub use what_if::WhatIf;

use serde::{Deserialize, Serialize};

use crate::model::{Cluster, NodeName};
use crate::scheduler::{self, Action, Change, ChangeKind, Schedule};
use crate::status::ClusterStatus;
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
    /// What happens in the background.
    pub background: Vec<Background>,
    /// What people notice.
    pub disruption: Disruption,
    /// What must be allowed where nobody confirms the plan.
    pub hazards: Vec<Hazard>,
    /// Whether there is quorum.
    pub has_quorum: bool,
}

/// Something that should be done and cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// What.
    pub verb: Verb,
    /// With which resource; none for nodes.
    pub resource: Option<String>,
    /// Where, or from where.
    pub from: Option<NodeName>,
    /// To where.
    pub to: Option<NodeName>,
    /// Why not.
    pub because: Because,
}

impl Plan {
    /// Whether nothing differs and nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.is_calm()
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
    let mut in_force = inputs.in_force.clone();
    rename::rename_in_cluster(&mut in_force, &renames);
    let mut status = inputs.status.clone();
    rename::rename_in_status(&mut status, &renames);

    let merged = merge::merge(&in_force, inputs.declared, inputs.prune);
    let objects = difference::difference(&in_force, &merged.cluster, &renames);
    let schedule = scheduler::schedule(&merged.cluster, &status, inputs.now);
    let facts = scheduler::interpret::interpret(&merged.cluster, &status, inputs.now);
    let relations = Relations::of(&merged.cluster);
    let situation =
        Situation { facts: &facts, schedule: &schedule, relations: &relations, objects: &objects };
    let steps = steps(&situation);
    let blocked = blocked(&situation);
    let has_quorum = facts.properties.has_quorum;
    let disruption = disruption(&schedule, &steps);
    let unplaced = unplaced::unplaced(&scheduler::assign::assign(facts), &relations);
    let plan = Plan {
        basis: Basis::new(inputs.generation, inputs.in_force, inputs.declared, &steps),
        made_at: inputs.now,
        origin: inputs.origin.to_owned(),
        renames,
        objects,
        leftovers: merged.leftovers,
        blocked,
        unplaced,
        background: step::background(&schedule.transition),
        hazards: safety::hazards(&disruption),
        disruption,
        steps,
        desired: merged.cluster,
        has_quorum,
    };
    Planned { plan, schedule }
}

/// The steps of a schedule, each with its reason.
fn steps(situation: &Situation<'_>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for run in step::runs(situation.schedule) {
        let change = run.change.and_then(|change| situation.schedule.changes.get(change));
        match change {
            Some(change) if run.is_whole => {
                let is_start = change.kind == ChangeKind::Start;
                let after = if is_start { situation.after(change, &steps) } else { None };
                let because = after.unwrap_or_else(|| situation.of_change(change));
                push(&mut steps, Verb::of_change(&change.kind), change, because);
            }
            Some(change) => {
                for action in run.actions {
                    let Some(verb) = step::verb_of(action) else { continue };
                    let is_up = matches!(verb, Verb::Start | Verb::Promote);
                    let after = if is_up { situation.after(change, &steps) } else { None };
                    let because = after.unwrap_or_else(|| situation.of_change(change));
                    steps.push(single(steps.len() + 1, verb, action, because));
                }
            }
            None => {
                for action in run.actions {
                    let Some(verb) = step::verb_of(action) else { continue };
                    let because = situation.of_action(action);
                    steps.push(single(steps.len() + 1, verb, action, because));
                }
            }
        }
    }
    steps
}

fn push(steps: &mut Vec<Step>, verb: Verb, change: &Change, because: Because) {
    let to = change.to.clone().filter(|to| Some(to) != change.from.as_ref());
    steps.push(Step {
        number: steps.len() + 1,
        verb,
        resource: change.resource.as_ref().map(ToString::to_string),
        from: change.from.clone(),
        to,
        because,
    });
}

fn single(number: usize, verb: Verb, action: &Action, because: Because) -> Step {
    let resource = action.instance.as_ref().or(action.resource.as_ref());
    Step {
        number,
        verb,
        resource: resource.map(ToString::to_string),
        from: action.node.clone(),
        to: None,
        because,
    }
}

fn blocked(situation: &Situation<'_>) -> Vec<Blocked> {
    let changes = situation.schedule.changes.iter().filter(|change| change.is_blocked);
    changes
        .map(|change| Blocked {
            verb: Verb::of_change(&change.kind),
            resource: change.resource.as_ref().map(ToString::to_string),
            from: change.from.clone(),
            to: change.to.clone().filter(|to| Some(to) != change.from.as_ref()),
            because: situation.of_blocked(change),
        })
        .collect()
}

fn disruption(schedule: &Schedule, steps: &[Step]) -> Disruption {
    let wholes = schedule.changes.iter().filter(|change| !change.is_blocked).map(|change| Whole {
        verb: Verb::of_change(&change.kind),
        resource: change.resource.as_deref(),
        from: change.from.as_ref(),
        to: change.to.as_ref(),
    });
    Disruption::of(wholes, steps)
}
