//! Explanations: why a resource is placed where it is, and why not elsewhere.

use serde::Serialize;

use super::relation::Relations;
use super::unplaced::{Obstacle, node_obstacle};
use crate::model::{Cluster, NodeName, Score};
use crate::scheduler::assign::Placement;
use crate::scheduler::facts::NodeFacts;
use crate::scheduler::{ResourceIx, ScorePool, assign, interpret};
use crate::status::ClusterStatus;

/// Why a primitive, or an instance of one, is placed where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Which.
    pub resource: String,
    /// Where it is active.
    pub active_on: Vec<NodeName>,
    /// Where it should be.
    pub chosen: Option<NodeName>,
    /// Whether anything may be done with it.
    pub is_managed: bool,
    /// Node by node, best first.
    pub nodes: Vec<Verdict>,
    /// What starts before it.
    pub after: Vec<String>,
}

/// What speaks for and against a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Which node.
    pub node: NodeName,
    /// The score that decided, where there was one.
    pub score: Option<Score>,
    /// Whether the resource should be there.
    pub is_chosen: bool,
    /// What keeps everything off the node.
    pub obstacle: Option<Obstacle>,
    /// What the score is made of.
    pub parts: Vec<Part>,
}

/// A part of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// How much.
    pub score: Score,
    /// What gives it.
    pub source: Source,
}

/// What gives a part of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum Source {
    /// It runs there, and sticks.
    Stickiness,
    /// A location constraint.
    Location {
        /// Which.
        id: String,
    },
    /// It failed there.
    Failures,
    /// Being with, or away from, others.
    Company {
        /// Whom, and where they are placed.
        with: Vec<Companion>,
    },
    /// What cannot be told apart: rules, utilization, health, the preferences of dependents.
    Rest,
}

/// A resource that another is to be with, or away from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    Some(leaves.into_iter().map(|leaf| explanation(&placement, &relations, leaf)).collect())
}

fn explanation(placement: &Placement<'_>, relations: &Relations, resource: ResourceIx) -> Explanation {
    let facts = &placement.facts;
    let own = facts.resource(resource);
    let chosen = placement.node_of(resource).map(|node| facts.node(node).name.clone());
    let mut nodes: Vec<Verdict> = facts
        .nodes
        .iter()
        .map(|node| verdict(placement, relations, resource, node, chosen.as_ref()))
        .collect();
    nodes.sort_by_key(|verdict| {
        (!verdict.is_chosen, std::cmp::Reverse(verdict.score.unwrap_or(Score::MINUS_INFINITY)))
    });
    let after = relations.predecessors_of(&own.id).map(|sequence| sequence.first.to_string());
    Explanation {
        resource: own.id.to_string(),
        active_on: own.active_on.iter().map(|node| facts.node(*node).name.clone()).collect(),
        chosen,
        is_managed: own.is_managed,
        nodes,
        after: after.collect(),
    }
}

fn verdict(
    placement: &Placement<'_>,
    relations: &Relations,
    resource: ResourceIx,
    node: &NodeFacts<'_>,
    chosen: Option<&NodeName>,
) -> Verdict {
    let own = placement.facts.resource(resource);
    let score = placement.scores.iter().rev().find_map(|line| {
        let is_it = line.pool == ScorePool::Primitive
            && line.resource == resource
            && line.node.is_some_and(|scored| placement.facts.node(scored).name == node.name);
        is_it.then_some(line.score)
    });
    let mut parts = known_parts(placement, relations, resource, node, score);
    if let Some(score) = score {
        let known = parts.iter().fold(Score::ZERO, |sum, part| sum.plus(part.score));
        parts.extend(rest(placement, relations, &own.id, score, known));
    }
    Verdict {
        node: node.name.clone(),
        score,
        is_chosen: chosen == Some(&node.name),
        obstacle: node_obstacle(node),
        parts,
    }
}

fn known_parts(
    placement: &Placement<'_>,
    relations: &Relations,
    resource: ResourceIx,
    node: &NodeFacts<'_>,
    score: Option<Score>,
) -> Vec<Part> {
    let facts = &placement.facts;
    let own = facts.resource(resource);
    let mut parts = Vec::new();
    let is_there = own.active_on.iter().any(|active| facts.node(*active).name == node.name);
    if is_there && own.stickiness != Score::ZERO && own.is_managed {
        parts.push(Part { score: own.stickiness, source: Source::Stickiness });
    }
    for preference in relations.preferences_of(&own.id) {
        if preference.node == node.name {
            let source = Source::Location { id: preference.constraint.clone() };
            parts.push(Part { score: preference.score, source });
        }
    }
    let is_forbidden = parts.iter().any(|part| part.score <= Score::MINUS_INFINITY);
    let has_failed = facts
        .failed_actions
        .iter()
        .any(|failed| *failed.resource == *own.base_id && facts.node(failed.node).name == node.name);
    if has_failed && !is_forbidden && score.is_some_and(|score| score <= Score::MINUS_INFINITY) {
        parts.push(Part { score: Score::MINUS_INFINITY, source: Source::Failures });
    }
    parts
}

/// What is left of a score when the known parts are taken away.
fn rest(
    placement: &Placement<'_>,
    relations: &Relations,
    resource: &str,
    score: Score,
    known: Score,
) -> Option<Part> {
    let left = if score.is_mandatory() {
        if score == known { Score::ZERO } else { score }
    } else {
        Score::new(i64::from(score.value()) - i64::from(known.value()))
    };
    if left == Score::ZERO {
        return None;
    }
    let primaries = relations.primaries_of(resource).map(|company| &company.primary);
    let dependents = relations.dependents_of(resource).map(|company| &company.dependent);
    let with: Vec<Companion> =
        primaries.chain(dependents).map(|id| companion(placement, id.as_str())).collect();
    let source = if with.is_empty() { Source::Rest } else { Source::Company { with } };
    Some(Part { score: left, source })
}

fn companion(placement: &Placement<'_>, name: &str) -> Companion {
    let facts = &placement.facts;
    let index =
        facts.resources.iter().position(|resource| *resource.id == *name || *resource.base_id == *name);
    let node = index.and_then(|index| placement.node_of(ResourceIx::at(index)));
    Companion { resource: name.to_owned(), node: node.map(|node| facts.node(node).name.clone()) }
}

/// Names of all resources that can be explained, for suggestions.
pub fn explainable(cluster: &Cluster) -> Vec<String> {
    super::rename::names(cluster).into_iter().map(ToString::to_string).collect()
}
