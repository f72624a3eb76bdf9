//! Explanations: why a resource is placed where it is, why not elsewhere, and what would move it.
//!
//! The parts of a score are those that the scheduler itself added up, in its order; nothing is
//! guessed, and nothing is left over.

mod company;
mod fate;
mod need;
mod past;
mod promotion;
mod restraint;
mod source;
mod verdict;

use std::cmp::Reverse;

pub use company::{Bond, Companion, Partner, Root};
use fate::Outlook;
pub use fate::{Fate, Turn};
pub use need::Need;
pub use past::{Past, Pin};
pub(super) use promotion::promotion as promotion_of;
pub use promotion::{Outcome, Promotion, Rival};
pub use restraint::Restraint;
pub(super) use restraint::has_no_instances;
use serde::{Deserialize, Serialize};
pub use source::{Lack, Source};
use verdict::added_up;
pub use verdict::{Never, Part, Verdict};

use super::overview::{FailureOverview, failure};
use super::relation::Relations;
use super::unplaced::{Obstacle, failures_of, is_halted};
use super::{Address, Because, ObjectKind, Trouble, Verb};
use crate::model::constraint::OrderAction;
use crate::model::{Cluster, Moment, NodeName, Overlay, Override, Pause, Role, Score};
use crate::scheduler::assign::Placement;
use crate::scheduler::{self, ResourceIx, Schedule};
use crate::status::ClusterStatus;

/// Why a primitive, or an instance of one, is placed where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Which.
    pub resource: String,
    /// Where it is active.
    pub active_on: Vec<NodeName>,
    /// Whether it was told to start there, and did not say that it has.
    pub is_starting: bool,
    /// What the plan does with it.
    pub fate: Fate,
    /// Where it should be.
    pub chosen: Option<NodeName>,
    /// How the node was chosen; none when there is no choice.
    pub decision: Option<Decision>,
    /// The role that it is told to have, where that is not the usual one.
    pub target_role: Option<Role>,
    /// The setting because of which it is left as it is, or runs nowhere.
    pub restraint: Option<Restraint>,
    /// Why what should be done with it cannot be done.
    pub blocked: Option<Because>,
    /// What of it cannot be done; the rest may be.
    #[serde(default)]
    pub blocked_verb: Option<Verb>,
    /// What is wrong with it, and stays so.
    pub trouble: Option<Trouble>,
    /// Whether anything may be done with it.
    pub is_managed: bool,
    /// Whether nothing may be done with it until its failure is forgotten, or it runs once again.
    pub is_stuck: bool,
    /// Whether it is stopped since it failed (`on-fail: stop`).
    pub is_halted: bool,
    /// Its failures that are still remembered.
    pub failures: Vec<FailureOverview>,
    /// For an instance of a promotable clone, why it is promoted or not.
    pub promotion: Option<Promotion>,
    /// What was asked for on top of the desired state and bears on it, in force now.
    pub overrides: Vec<Override>,
    /// Whether decisions are paused.
    pub pause: Option<Pause>,
    /// Node by node, best first.
    pub nodes: Vec<Verdict>,
    /// What starts, or is promoted, before it is.
    pub after: Vec<Predecessor>,
}

/// Something that starts, or is promoted, before another is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predecessor {
    /// Which.
    pub resource: String,
    /// Whether it is promoted first, and not only started.
    pub is_promoted: bool,
    /// Whether only the promotion of the other waits for it, and not its start.
    pub is_before_promotion: bool,
    /// The address of the constraint that says so; none for members of a group.
    pub constraint: Option<String>,
}

/// How a node was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Decision {
    /// No other node can run it.
    Only,
    /// Its score is the highest.
    Highest {
        /// The next best node.
        next: NodeName,
        /// The score there.
        score: Score,
    },
    /// Others are as good; load and order decided.
    Even {
        /// Which.
        with: Vec<NodeName>,
    },
    /// Another one scores higher; capacity or load decided.
    DespiteScore,
    /// It may not be moved from where it runs.
    Stays,
}

/// Explains every primitive at or below `resource`; `None` when there is no such resource.
/// `cluster` holds what `overlay` puts on top already.
pub fn explain(
    cluster: &Cluster,
    overlay: &Overlay,
    status: &ClusterStatus,
    now: i64,
    resource: &str,
) -> Option<Vec<Explanation>> {
    let (placement, schedule) = scheduler::decide(cluster, status, now);
    let relations = Relations::of(cluster);
    let outlook = Outlook::new(&placement, &schedule, &relations);
    let facts = &placement.facts;
    let named: Vec<ResourceIx> = facts
        .resources
        .iter()
        .enumerate()
        .filter(|(_, facts)| *facts.id == *resource || *facts.base_id == *resource)
        .map(|(index, _)| ResourceIx::at(index))
        .collect();
    if named.is_empty() {
        return None;
    }
    let mut leaves: Vec<ResourceIx> = Vec::new();
    for leaf in named.into_iter().flat_map(|resource| facts.leaves(resource)) {
        if !leaves.contains(&leaf) {
            leaves.push(leaf);
        }
    }
    let mut explanations: Vec<Explanation> =
        leaves.into_iter().map(|leaf| explanation(&outlook, leaf)).collect();
    for explanation in &mut explanations {
        let lineage = relations.lineage(&explanation.resource);
        let bears = |over: &&Override| match over.what.resource() {
            Some(resource) => lineage.contains(&resource.as_str()),
            None => true,
        };
        explanation.pause = overlay.pause_at(Moment::at(now)).cloned();
        explanation.overrides = overlay.active(Moment::at(now)).filter(bears).cloned().collect();
    }
    Some(explanations)
}

/// Explains every primitive there is.
pub fn explain_all(placement: &Placement<'_>, schedule: &Schedule) -> Vec<Explanation> {
    let relations = Relations::of(placement.facts.cluster);
    let outlook = Outlook::new(placement, schedule, &relations);
    let leaves = placement.facts.top.iter().flat_map(|top| placement.facts.leaves(*top));
    leaves.map(|leaf| explanation(&outlook, leaf)).collect()
}

fn explanation(outlook: &Outlook<'_>, resource: ResourceIx) -> Explanation {
    let Outlook { placement, relations, .. } = *outlook;
    let facts = &placement.facts;
    let own = facts.resource(resource);
    let chosen = placement.assigned.get(resource.index()).copied().flatten();
    let mut nodes: Vec<Verdict> =
        facts.node_numbers().map(|node| outlook.used.verdict(placement, resource, node, chosen)).collect();
    let restraint = restraint::restraint(facts, resource);
    if restraint.is_some() {
        // Whatever becomes of a node, the setting stays.
        nodes.iter_mut().for_each(|verdict| verdict.needs.clear());
    }
    nodes
        .sort_by_key(|verdict| (!verdict.is_chosen, Reverse(verdict.score.unwrap_or(Score::MINUS_INFINITY))));
    let promotion = promotion::promotion(placement, resource);
    let after = relations.predecessors_of(&own.id).map(|sequence| Predecessor {
        resource: sequence.first.to_string(),
        is_promoted: sequence.first_action == OrderAction::Promote,
        is_before_promotion: sequence.then_action == OrderAction::Promote,
        constraint: sequence.constraint.as_ref().map(|id| Address::new(ObjectKind::Order, &**id).to_string()),
    });
    let is_held = !own.is_managed && chosen.is_some_and(|chosen| own.active_on.contains(&chosen));
    Explanation {
        resource: own.id.to_string(),
        active_on: own.active_on.iter().map(|node| facts.node(*node).name.clone()).collect(),
        is_starting: own.is_start_pending,
        fate: outlook.fate(resource),
        chosen: chosen.map(|node| facts.node(node).name.clone()),
        decision: if is_held { Some(Decision::Stays) } else { decision(&nodes) },
        target_role: own.target_role.filter(|role| *role < Role::Started),
        restraint,
        blocked: outlook.blocked(&own.id).map(|blocked| blocked.because.clone()),
        blocked_verb: outlook.blocked_verb(resource, promotion.as_ref()),
        trouble: outlook.trouble(&own.id).cloned(),
        is_managed: own.is_managed || own.is_blocked,
        is_stuck: own.is_blocked && !own.active_on.is_empty(),
        promotion: promotion.map(|it| Promotion { turn: outlook.turn(resource), ..it }),
        overrides: Vec::new(),
        pause: None,
        is_halted: is_halted(facts, resource),
        failures: failures_of(facts, resource).map(|failed| failure(facts, failed)).collect(),
        nodes,
        after: after.collect(),
    }
}

/// How the first of the nodes was chosen, if it was.
fn decision(nodes: &[Verdict]) -> Option<Decision> {
    let (chosen, others) = nodes.split_first().filter(|(first, _)| first.is_chosen)?;
    let open: Vec<&Verdict> = others.iter().filter(|verdict| verdict.is_open()).collect();
    let Some(next) = open.first() else { return Some(Decision::Only) };
    if next.score > chosen.score {
        return Some(Decision::DespiteScore);
    }
    let even = open.iter().filter(|verdict| verdict.score == chosen.score);
    let with: Vec<NodeName> = even.map(|verdict| verdict.node.clone()).collect();
    Some(if with.is_empty() {
        Decision::Highest { next: next.node.clone(), score: next.score.unwrap_or_default() }
    } else {
        Decision::Even { with }
    })
}

/// Names of all resources that can be explained, for suggestions.
pub fn explainable(cluster: &Cluster) -> Vec<String> {
    cluster.resource_ids().into_iter().map(ToString::to_string).collect()
}
