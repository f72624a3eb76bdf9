//! Explanations: why a resource is placed where it is, why not elsewhere, and what would move it.
//!
//! The parts of a score are those that the scheduler itself added up, in its order; nothing is
//! guessed, and nothing is left over.

mod company;
mod need;
mod past;
mod promotion;
mod restraint;
mod source;

use std::cmp::Reverse;

pub use company::{Bond, Companion, Root};
pub use need::Need;
pub use past::{Past, Pin};
pub use promotion::{Outcome, Promotion, Rival};
pub use restraint::Restraint;
pub(super) use restraint::has_no_instances;
use serde::{Deserialize, Serialize};
pub use source::{Lack, Source};

use super::overview::{FailureOverview, failure};
use super::relation::Relations;
use super::unplaced::{Obstacle, failures_of, is_halted, node_obstacle};
use super::{Address, Because, Inputs, ObjectKind, Prune, Trouble, plan};
use crate::model::constraint::OrderAction;
use crate::model::{Cluster, Moment, NodeName, Overlay, Override, Pause, Role, Score};
use crate::scheduler::assign::{Contribution, Placement};
use crate::scheduler::facts::NodeIx;
use crate::scheduler::{ResourceIx, assign, interpret};
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

/// What speaks for and against a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which node.
    pub node: NodeName,
    /// The score that decided; none where the node never was an option.
    pub score: Option<Score>,
    /// Whether the resource should be there.
    pub is_chosen: bool,
    /// What keeps everything off the node.
    pub obstacle: Option<Obstacle>,
    /// What the score is made of; it adds up to the score.
    pub parts: Vec<Part>,
    /// What would have to change for the resource to go there.
    pub needs: Vec<Need>,
}

/// A part of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// How much.
    pub score: Score,
    /// What gives it.
    #[serde(flatten)]
    pub source: Source,
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
    let placement = assign::assign(interpret::interpret(cluster, status, now));
    let relations = Relations::of(cluster);
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
        leaves.into_iter().map(|leaf| explanation(&placement, &relations, leaf)).collect();
    add_blocked(&mut explanations, cluster, status, now);
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
pub fn explain_all(placement: &Placement<'_>) -> Vec<Explanation> {
    let relations = Relations::of(placement.facts.cluster);
    let leaves = placement.facts.top.iter().flat_map(|top| placement.facts.leaves(*top));
    leaves.map(|leaf| explanation(placement, &relations, leaf)).collect()
}

/// Adds why what should be done cannot be done.
fn add_blocked(explanations: &mut [Explanation], cluster: &Cluster, status: &ClusterStatus, now: i64) {
    let inputs = Inputs {
        generation: 0,
        in_force: cluster,
        status,
        now,
        overlay: Overlay::none(),
        declared: cluster,
        renames: &[],
        prune: Prune::No,
        origin: "",
    };
    let due = plan(&inputs).plan;
    for explanation in explanations {
        let is_it = |resource: &str| resource == explanation.resource;
        let blocked = due.blocked.iter().find(|blocked| blocked.resource.as_deref().is_some_and(is_it));
        explanation.blocked = blocked.map(|blocked| blocked.because.clone());
        explanation.trouble = due.troubles.iter().find(|trouble| is_it(trouble.resource())).cloned();
    }
}

fn explanation(placement: &Placement<'_>, relations: &Relations, resource: ResourceIx) -> Explanation {
    let facts = &placement.facts;
    let own = facts.resource(resource);
    let chosen = placement.assigned.get(resource.index()).copied().flatten();
    let mut nodes: Vec<Verdict> =
        facts.node_numbers().map(|node| verdict(placement, resource, node, chosen)).collect();
    let restraint = restraint::restraint(facts, resource);
    if restraint.is_some() {
        // Whatever becomes of a node, the setting stays.
        nodes.iter_mut().for_each(|verdict| verdict.needs.clear());
    }
    nodes
        .sort_by_key(|verdict| (!verdict.is_chosen, Reverse(verdict.score.unwrap_or(Score::MINUS_INFINITY))));
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
        chosen: chosen.map(|node| facts.node(node).name.clone()),
        decision: if is_held { Some(Decision::Stays) } else { decision(&nodes) },
        target_role: own.target_role.filter(|role| *role < Role::Started),
        restraint,
        blocked: None,
        trouble: None,
        is_managed: own.is_managed || own.is_blocked,
        is_stuck: own.is_blocked && !own.active_on.is_empty(),
        promotion: promotion::promotion(placement, resource),
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

impl Verdict {
    /// Whether the node could have been chosen.
    fn is_open(&self) -> bool {
        self.obstacle.is_none() && self.score.is_some_and(|score| score >= Score::ZERO)
    }

    /// The sum of the parts.
    pub fn sum(&self) -> Score {
        self.parts.iter().fold(Score::ZERO, |sum, part| sum.plus(part.score))
    }
}

fn verdict(placement: &Placement<'_>, resource: ResourceIx, node: NodeIx, chosen: Option<NodeIx>) -> Verdict {
    let facts = placement.facts.node(node);
    let score = placement.facts.resource(resource).table.score(node);
    let mut verdict = Verdict {
        node: facts.name.clone(),
        score,
        is_chosen: chosen == Some(node),
        obstacle: node_obstacle(&placement.facts, facts),
        parts: score.map(|score| parts(placement, resource, node, score)).unwrap_or_default(),
        needs: Vec::new(),
    };
    if !verdict.is_chosen {
        let rival = chosen.map(|chosen| {
            let score = placement.facts.resource(resource).table.score(chosen);
            (placement.facts.node(chosen), score.unwrap_or_default())
        });
        verdict.needs = need::needs(&verdict, rival, placement.facts.properties.symmetric);
    }
    verdict
}

/// The parts of a score, in order of adding.
fn parts(placement: &Placement<'_>, resource: ResourceIx, node: NodeIx, score: Score) -> Vec<Part> {
    let noted = placement.contributions.get(resource.index()).map(Vec::as_slice).unwrap_or_default();
    let here = noted.iter().filter(|contribution| contribution.place.includes(node));
    added_up(placement, resource, node, score, here)
}

/// Contributions as parts, with what is missing to the score.
fn added_up<'c>(
    placement: &Placement<'_>,
    resource: ResourceIx,
    node: NodeIx,
    score: Score,
    contributions: impl Iterator<Item = &'c Contribution>,
) -> Vec<Part> {
    let mut parts: Vec<Part> = contributions
        .map(|contribution| Part {
            score: contribution.score,
            source: source::source(placement, resource, node, contribution),
        })
        .collect();
    say_once(&mut parts);
    let sum = |parts: &[Part]| parts.iter().fold(Score::ZERO, |sum, part| sum.plus(part.score));
    if sum(&parts) != score && sum(&parts).is_mandatory() && !score.is_mandatory() {
        // What was infinite did not last: an instance yielded to others, down to the floor.
        parts.retain(|part| !part.score.is_mandatory());
    }
    let sum = sum(&parts);
    if sum != score {
        let missing = Score::new(i64::from(score.value()) - i64::from(sum.value()));
        parts.push(Part { score: missing, source: Source::Floor });
    }
    parts
}

/// What forbids a node does so once, however often it was added.
fn say_once(parts: &mut Vec<Part>) {
    let counts_stop = |part: &Part| matches!(part.source, Source::Failures { is_stop: true, .. });
    let is_counted = parts.iter().any(counts_stop);
    let mut said: Vec<Source> = Vec::new();
    parts.retain(|part| {
        if part.score > Score::MINUS_INFINITY {
            return true;
        }
        let is_again = is_counted && part.source == Source::History { past: Past::StopFailed };
        let is_told = said.contains(&part.source);
        said.push(part.source.clone());
        !(is_told || is_again)
    });
}

/// Names of all resources that can be explained, for suggestions.
pub fn explainable(cluster: &Cluster) -> Vec<String> {
    cluster.resource_ids().into_iter().map(ToString::to_string).collect()
}
