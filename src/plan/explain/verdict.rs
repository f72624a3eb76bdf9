//! Verdicts: what speaks for and against each node, and adds up to the score that was used.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::need::{self, Need};
use super::past::Past;
use super::source::{self, Source};
use crate::model::{NodeName, Score};
use crate::plan::unplaced::{Obstacle, node_obstacle};
use crate::scheduler::assign::{Cause, Contribution, Placement};
use crate::scheduler::facts::{NodeIx, Variant};
use crate::scheduler::schedule::ScorePool;
use crate::scheduler::{Facts, ResourceIx};

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
    /// Why it never can be there, whatever a constraint says.
    pub never: Option<Never>,
    /// What would have to change for the resource to go there.
    pub needs: Vec<Need>,
}

/// Why a resource never can be on a node, whatever a constraint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Never {
    /// A bundle's container makes the node, and only what is inside runs there.
    BundleNode,
    /// It runs inside a container, on the node that this makes.
    InContainer,
    /// It makes the node itself.
    Itself,
    /// Connections are made by full members only.
    Connection,
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

/// The scores that were used, of primitives.
pub(super) struct Used {
    scores: BTreeMap<(usize, usize), Score>,
}

impl Used {
    pub(super) fn new(placement: &Placement<'_>) -> Self {
        let rows = placement.scores.iter().filter(|row| row.pool == ScorePool::Primitive);
        let scores = rows.filter_map(|row| Some(((row.resource.index(), row.node?.index()), row.score)));
        Self { scores: scores.collect() }
    }

    /// What speaks for and against a node.
    pub(super) fn verdict(
        &self,
        placement: &Placement<'_>,
        resource: ResourceIx,
        node: NodeIx,
        chosen: Option<NodeIx>,
    ) -> Verdict {
        let facts = &placement.facts;
        let (score, parts) = self.score(placement, resource, node);
        let never = never(facts, resource, node, &parts);
        let mut verdict = Verdict {
            node: facts.node(node).name.clone(),
            score,
            is_chosen: chosen == Some(node),
            obstacle: node_obstacle(facts, facts.node(node)),
            parts,
            never,
            needs: Vec::new(),
        };
        if verdict.is_chosen {
            verdict.never = None;
        } else if never.is_none() {
            let rival = chosen.map(|chosen| {
                (facts.node(chosen), self.score(placement, resource, chosen).0.unwrap_or_default())
            });
            verdict.needs = need::needs(&verdict, rival, facts.properties.symmetric);
            add_overridden(placement, resource, node, &mut verdict);
        }
        verdict
    }

    /// The score that was used, and what it is made of. What found no place may have been tried where it
    /// was, and taken back: what was against that counts.
    fn score(
        &self,
        placement: &Placement<'_>,
        resource: ResourceIx,
        node: NodeIx,
    ) -> (Option<Score>, Vec<Part>) {
        let Some(last) = placement.facts.resource(resource).table.score(node) else {
            return (None, Vec::new());
        };
        let noted = placement.contributions.get(resource.index()).map(Vec::as_slice).unwrap_or_default();
        let is_placed = placement.assigned.get(resource.index()).copied().flatten().is_some();
        let used = self.scores.get(&(resource.index(), node.index())).copied();
        let (Some(used), Some(decided)) = (used, placement.decided.get(resource.index())) else {
            return (Some(last), parts(placement, resource, node, last, noted));
        };
        if is_placed {
            let noted = noted.get(..decided.noted).unwrap_or(noted);
            // Who has too little room was found out with the score.
            let is_full = |it: &Contribution| it.cause == Cause::Capacity && it.place.includes(node);
            let score = if noted.iter().any(is_full) { last } else { used };
            return (Some(score), parts(placement, resource, node, score, noted));
        }
        if used < last {
            return (Some(used), parts(placement, resource, node, used, &decided.in_vain));
        }
        (Some(last), parts(placement, resource, node, last, noted))
    }
}

/// What is inside a container is bound to its node, which takes what was against that out of the score;
/// it keeps the container from running, and so is advice all the same.
fn add_overridden(placement: &Placement<'_>, resource: ResourceIx, node: NodeIx, verdict: &mut Verdict) {
    if verdict.score.is_none_or(|score| score < Score::INFINITY) || !is_child(&placement.facts, resource) {
        return;
    }
    let noted = placement.contributions.get(resource.index()).map(Vec::as_slice).unwrap_or_default();
    for ban in noted.iter().filter(|it| it.place.includes(node) && it.score <= Score::MINUS_INFINITY) {
        let need = Need::Without { source: source::source(placement, resource, node, ban) };
        if !verdict.needs.contains(&need) {
            verdict.needs.push(need);
        }
    }
}

/// Whether a resource never can be on a node.
fn never(facts: &Facts<'_>, resource: ResourceIx, node: NodeIx, parts: &[Part]) -> Option<Never> {
    let connection = facts.node(node).connection;
    let launcher = connection.and_then(|connection| facts.resource(connection).launcher);
    let forbids = |source: &Source| {
        parts.iter().any(|part| part.score <= Score::MINUS_INFINITY && part.source == *source)
    };
    if launcher == Some(resource) || connection == Some(resource) {
        return Some(Never::Itself);
    }
    if is_child(facts, resource) && (parts.is_empty() || forbids(&Source::Connection)) {
        return Some(Never::InContainer);
    }
    let is_bundles = |connection: ResourceIx| facts.bundle_of(connection).is_some();
    if connection.is_some_and(is_bundles) && !is_child(facts, resource) {
        return Some(Never::BundleNode);
    }
    let is_remote = facts.node(node).is_remote();
    let is_connection = facts.resource(resource).is_connection();
    (is_connection && is_remote || forbids(&Source::History { past: Past::NotOnRemote }))
        .then_some(Never::Connection)
}

/// Whether a resource runs inside a bundle's container, and is not part of what makes that.
fn is_child(facts: &Facts<'_>, resource: ResourceIx) -> bool {
    let Some(bundle) = facts.bundle_of(resource) else { return false };
    let Variant::Bundle(bundle) = &facts.resource(bundle).variant else { return false };
    let children = bundle.replicas.iter().filter_map(|replica| replica.child);
    children.flat_map(|child| facts.leaves(child)).any(|leaf| leaf == resource)
}

impl Verdict {
    /// Whether the node could have been chosen.
    pub(super) fn is_open(&self) -> bool {
        self.obstacle.is_none() && self.score.is_some_and(|score| score >= Score::ZERO)
    }

    /// The sum of the parts.
    pub fn sum(&self) -> Score {
        self.parts.iter().fold(Score::ZERO, |sum, part| sum.plus(part.score))
    }
}

/// The parts of a score, in order of adding.
fn parts(
    placement: &Placement<'_>,
    resource: ResourceIx,
    node: NodeIx,
    score: Score,
    noted: &[Contribution],
) -> Vec<Part> {
    let here = noted.iter().filter(|contribution| contribution.place.includes(node));
    added_up(placement, resource, node, score, here)
}

/// Contributions as parts, with what is missing to the score.
pub(super) fn added_up<'c>(
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
    if score >= Score::INFINITY && sum(&parts) < score {
        // What is inside a container is bound to its node, whatever was against that before.
        parts.retain(|part| part.score > Score::MINUS_INFINITY);
    }
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
