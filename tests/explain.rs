//! Explanations add up: for every primitive and every node, and for every promotion, the parts give
//! the score that decided. And they are true: what they say must go, once gone, forbids no more.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "this test reads cases from files and says when they are missing"
)]

use std::path::{Path, PathBuf};
use std::{env, fs};

use quorate::cib::{self, Cib};
use quorate::diagnostic::Sources;
use quorate::model::Score;
use quorate::plan::explain::{Explanation, Need, Source, explain_all};
use quorate::scheduler;
use quorate::scheduler::schedule::ScorePool;

/// A moment for cases that do not name one.
const NOW: i64 = 1_700_000_000;

/// How often the law of advice is tried per case.
const TRIALS: usize = 4;

fn cases() -> Option<Vec<(String, Cib)>> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = env::var_os("QUORATE_SHARED").map_or_else(|| package.join("../shared"), PathBuf::from);
    let conformance = shared.join("scheduler/conformance");
    let Ok(list) = fs::read_to_string(conformance.join("lists/dev.txt")) else {
        assert!(env::var_os("QUORATE_SHARED_REQUIRED").is_none(), "the shared data is not there");
        eprintln!("SKIPPED: no conformance cases at {} (set QUORATE_SHARED)", conformance.display());
        return None;
    };
    let read = |case: &str| {
        let text = fs::read_to_string(conformance.join("cases/xml").join(format!("{case}.xml"))).unwrap();
        let mut sources = Sources::default();
        sources.add(case.to_owned(), text);
        Some((case.to_owned(), cib::read(&sources).ok()?))
    };
    Some(list.split_whitespace().filter_map(read).collect())
}

fn explained(cib: &Cib) -> Vec<Explanation> {
    let (placement, schedule) = scheduler::decide(&cib.cluster, &cib.status, NOW);
    explain_all(&placement, &schedule)
}

fn fail_on(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults[..faults.len().min(20)].join("\n"));
}

#[test]
fn parts_add_up_to_the_score_in_every_conformance_case() {
    let Some(cases) = cases() else { return };
    let mut faults = Vec::new();
    let (mut scores, mut floors) = (0_usize, 0_usize);
    for (case, cib) in cases {
        for explanation in explained(&cib) {
            for verdict in &explanation.nodes {
                let Some(score) = verdict.score else { continue };
                scores += 1;
                let has_floor = verdict.parts.iter().any(|part| part.source == Source::Floor);
                floors += usize::from(has_floor);
                // Only instances of clones may yield less than was asked of them.
                let is_instance = explanation.resource.contains(':');
                if verdict.sum() != score || (has_floor && !is_instance) {
                    faults.push(format!(
                        "{case}: {} on {}: {:?}",
                        explanation.resource, verdict.node, verdict.parts
                    ));
                }
            }
        }
    }
    eprintln!("{scores} scores add up, {floors} of them with a floor");
    fail_on(&faults);
}

#[test]
fn parts_add_up_to_the_promotion_score_in_every_conformance_case() {
    let Some(cases) = cases() else { return };
    let mut faults = Vec::new();
    let (mut scores, mut floors) = (0_usize, 0_usize);
    for (case, cib) in cases {
        let (placement, schedule) = scheduler::decide(&cib.cluster, &cib.status, NOW);
        for row in placement.scores.iter().filter(|row| row.pool == ScorePool::Promotion) {
            let decided = placement.promotions[row.resource.index()].as_ref();
            if decided.is_none_or(|decided| decided.score != row.score) {
                faults.push(format!("{case}: {:?} was ranked by {}", row.resource, row.score));
            }
        }
        for explanation in explain_all(&placement, &schedule) {
            let Some(promotion) = explanation.promotion.filter(|it| it.node.is_some()) else { continue };
            scores += 1;
            floors += usize::from(promotion.parts.iter().any(|part| part.source == Source::Floor));
            let sum = promotion.parts.iter().fold(Score::ZERO, |sum, part| sum.plus(part.score));
            if sum != promotion.score {
                faults.push(format!("{case}: {}: {promotion:?}", explanation.resource));
            }
        }
    }
    eprintln!("{scores} promotion scores add up, {floors} of them with a floor");
    fail_on(&faults);
}

/// The constraints that must go for a node to be allowed; none where more is needed.
fn in_the_way(needs: &[Need]) -> Option<Vec<&str>> {
    let location = |need: &Need| match need {
        Need::Without { source: Source::Location { .. } } | Need::Preference { .. } | Need::Nothing => true,
        Need::Without { .. }
        | Need::Node { .. }
        | Need::Cleanup { .. }
        | Need::Allowance
        | Need::ChosenGone { .. } => false,
    };
    if !needs.iter().all(location) {
        return None;
    }
    let ids = needs.iter().filter_map(|need| {
        let Need::Without { source: Source::Location { id, .. } } = need else { return None };
        Some(id.as_str())
    });
    Some(ids.collect()).filter(|ids: &Vec<&str>| !ids.is_empty())
}

#[test]
fn without_the_constraints_that_are_named_a_node_is_allowed() {
    let Some(cases) = cases() else { return };
    let mut faults = Vec::new();
    let mut tried = 0_usize;
    for (case, cib) in cases {
        let explanations = explained(&cib);
        let advised = explanations.iter().flat_map(|explanation| {
            let verdicts = explanation.nodes.iter();
            verdicts.filter_map(move |verdict| Some((explanation, verdict, in_the_way(&verdict.needs)?)))
        });
        for (explanation, verdict, ids) in advised.take(TRIALS) {
            tried += 1;
            let mut changed = cib.clone();
            changed.cluster.constraints.retain(|known| !ids.contains(&known.id().as_str()));
            let after = explained(&changed);
            let same = after.iter().find(|other| other.resource == explanation.resource);
            let there = same.and_then(|same| same.nodes.iter().find(|other| other.node == verdict.node));
            let is_allowed = there.and_then(|there| there.score).is_some_and(|it| it > Score::MINUS_INFINITY);
            let is_named_anew = there.is_some_and(|there| !there.needs.is_empty());
            if !is_allowed && !is_named_anew {
                faults.push(format!("{case}: {} on {} without {ids:?}", explanation.resource, verdict.node));
            }
        }
    }
    eprintln!("{tried} times the advice was followed");
    assert!(tried > 0);
    fail_on(&faults);
}
