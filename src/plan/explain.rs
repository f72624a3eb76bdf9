//! Explanations: why a resource is placed where it is, why not elsewhere, and what would move it.
//!
//! The parts of a score are those that the scheduler itself added up, in its order; nothing is
//! guessed, and nothing is left over.

mod need;

use std::cmp::Reverse;

pub use need::Need;
use serde::{Deserialize, Serialize};

use super::outline::rule_text;
use super::relation::Relations;
use super::unplaced::{Obstacle, node_obstacle};
use super::{Address, Because, Inputs, ObjectKind, Prune, plan};
use crate::model::constraint::LocationPreference;
use crate::model::{Cluster, Constraint, NodeName, Overlay, Role, Score};
use crate::scheduler::assign::{Cause, Contribution, Placement};
use crate::scheduler::constraint::colocation::{ColocationIx, ColocationRecord};
use crate::scheduler::facts::NodeIx;
use crate::scheduler::{ResourceIx, assign, failures, interpret};
use crate::status::ClusterStatus;

/// Why a primitive, or an instance of one, is placed where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Which.
    pub resource: String,
    /// Where it is active.
    pub active_on: Vec<NodeName>,
    /// Where it should be.
    pub chosen: Option<NodeName>,
    /// How the node was chosen; none when there is no choice.
    pub decision: Option<Decision>,
    /// The role that it is told to have, where that is not the usual one.
    pub target_role: Option<Role>,
    /// Why what should be done with it cannot be done.
    pub blocked: Option<Because>,
    /// Whether anything may be done with it.
    pub is_managed: bool,
    /// Node by node, best first.
    pub nodes: Vec<Verdict>,
    /// What starts before it.
    pub after: Vec<Predecessor>,
}

/// Something that starts before another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predecessor {
    /// Which.
    pub resource: String,
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
    /// Another one scores higher; capacity, load or where it runs decided.
    DespiteScore,
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

/// What gives a part of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum Source {
    /// The node's own score.
    NodeScore,
    /// What history says: failures, bans of what is no longer configured, pins of what is unmanaged.
    History,
    /// A location constraint.
    Location {
        /// Which.
        id: String,
        /// When it holds, if not always.
        rule: Option<String>,
    },
    /// The health of the node.
    Health,
    /// It waits for a node that was shut down.
    ShutdownLock,
    /// It runs there, and sticks.
    Stickiness,
    /// It failed there as often as it may.
    Failures {
        /// How often it failed there.
        count: Score,
    },
    /// It may only run where it may be probed.
    Discovery,
    /// A ticket is missing.
    Ticket {
        /// The constraint.
        id: String,
    },
    /// Being with, or away from, a resource that was placed before it.
    With {
        /// The constraint, or what implied it.
        id: String,
        /// Whom, and where it is placed.
        other: Companion,
    },
    /// What is to be with it, or away from it, would like this.
    PulledBy {
        /// The constraint, or what implied it.
        id: String,
        /// Who.
        other: Companion,
    },
    /// It is told to be stopped.
    TargetRole,
    /// Where a connection, a guest or what is in a bundle can be.
    Connection,
    /// The node has not enough capacity left.
    Capacity,
    /// How fit the instance is to be promoted there.
    PromotionScore,
    /// Its siblings are there, or there are enough of them.
    Siblings,
    /// Scores of clone instances do not sink below 1 for the sake of others.
    Floor,
}

/// A resource that another is to be with, or away from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Companion {
    /// Which.
    pub resource: String,
    /// Where it is placed, if anywhere.
    pub node: Option<NodeName>,
}

/// Explains every primitive at or below `resource`; `None` when there is no such resource.
pub fn explain(
    cluster: &Cluster,
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
    }
}

fn explanation(placement: &Placement<'_>, relations: &Relations, resource: ResourceIx) -> Explanation {
    let facts = &placement.facts;
    let own = facts.resource(resource);
    let chosen = placement.assigned.get(resource.index()).copied().flatten();
    let mut nodes: Vec<Verdict> =
        facts.node_numbers().map(|node| verdict(placement, resource, node, chosen)).collect();
    nodes
        .sort_by_key(|verdict| (!verdict.is_chosen, Reverse(verdict.score.unwrap_or(Score::MINUS_INFINITY))));
    let after = relations.predecessors_of(&own.id).map(|sequence| Predecessor {
        resource: sequence.first.to_string(),
        constraint: sequence
            .constraint
            .as_ref()
            .map(|id| Address::new(ObjectKind::Order, id.as_str()).to_string()),
    });
    Explanation {
        resource: own.id.to_string(),
        active_on: own.active_on.iter().map(|node| facts.node(*node).name.clone()).collect(),
        chosen: chosen.map(|node| facts.node(node).name.clone()),
        decision: decision(&nodes),
        target_role: own.target_role.filter(|role| *role < Role::Started),
        blocked: None,
        is_managed: own.is_managed,
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
        obstacle: node_obstacle(facts),
        parts: score.map(|score| parts(placement, resource, node, score)).unwrap_or_default(),
        needs: Vec::new(),
    };
    if !verdict.is_chosen {
        let rival = chosen.map(|chosen| {
            let score = placement.facts.resource(resource).table.score(chosen);
            (placement.facts.node(chosen), score.unwrap_or_default())
        });
        verdict.needs = need::needs(&verdict, rival);
    }
    verdict
}

/// The parts of a score, in order of adding.
fn parts(placement: &Placement<'_>, resource: ResourceIx, node: NodeIx, score: Score) -> Vec<Part> {
    let noted = placement.contributions.get(resource.index()).map(Vec::as_slice).unwrap_or_default();
    let here = noted.iter().filter(|contribution| contribution.place.includes(node));
    let mut parts: Vec<Part> = here
        .map(|contribution| Part {
            score: contribution.score,
            source: source(placement, resource, node, contribution),
        })
        .collect();
    let sum = parts.iter().fold(Score::ZERO, |sum, part| sum.plus(part.score));
    if sum != score {
        let missing = Score::new(i64::from(score.value()) - i64::from(sum.value()));
        parts.push(Part { score: missing, source: Source::Floor });
    }
    parts
}

fn source(
    placement: &Placement<'_>,
    resource: ResourceIx,
    node: NodeIx,
    contribution: &Contribution,
) -> Source {
    match contribution.cause {
        Cause::NodeScore => Source::NodeScore,
        Cause::History => Source::History,
        Cause::Location(location) => {
            let id = placement.locations.get(location.index()).and_then(|record| record.id.as_ref());
            id.map_or(Source::Health, |id| Source::Location {
                id: id.to_string(),
                rule: rule_of(placement.facts.cluster, id.as_str()),
            })
        }
        Cause::ShutdownLock => Source::ShutdownLock,
        Cause::Stickiness => Source::Stickiness,
        Cause::MigrationThreshold => {
            Source::Failures { count: failures::count_with_launched(&placement.facts, resource, node) }
        }
        Cause::Discovery => Source::Discovery,
        Cause::Ticket(number) => {
            let constraint = placement.facts.cluster.constraints.get(number as usize);
            Source::Ticket { id: constraint.map(|known| known.id().to_string()).unwrap_or_default() }
        }
        Cause::Primary(colocation) => {
            let (id, other) = company(placement, colocation, |record| record.primary);
            Source::With { id, other }
        }
        Cause::Dependent(colocation) => {
            let (id, other) = company(placement, colocation, |record| record.dependent);
            Source::PulledBy { id, other }
        }
        Cause::TargetRole => Source::TargetRole,
        Cause::Connection => Source::Connection,
        Cause::Capacity => Source::Capacity,
        Cause::PromotionScore => Source::PromotionScore,
        Cause::Siblings => Source::Siblings,
    }
}

/// The rule of a location constraint, in words.
fn rule_of(cluster: &Cluster, id: &str) -> Option<String> {
    let found = cluster.constraints.iter().find(|constraint| constraint.id().as_str() == id)?;
    let Constraint::Location(location) = found else { return None };
    match &location.preference {
        LocationPreference::Rule(preference) => Some(rule_text(&preference.rule)),
        LocationPreference::Node { .. } => None,
    }
}

fn company(
    placement: &Placement<'_>,
    colocation: ColocationIx,
    other: impl Fn(&ColocationRecord) -> ResourceIx,
) -> (String, Companion) {
    let Some(record) = placement.colocation(colocation) else {
        return (String::new(), Companion { resource: String::new(), node: None });
    };
    let other = other(record);
    let node = placement.node_of(other).map(|node| placement.facts.node(node).name.clone());
    (record.id.to_string(), Companion { resource: placement.facts.resource(other).id.to_string(), node })
}

/// Names of all resources that can be explained, for suggestions.
pub fn explainable(cluster: &Cluster) -> Vec<String> {
    cluster.resource_ids().into_iter().map(ToString::to_string).collect()
}
