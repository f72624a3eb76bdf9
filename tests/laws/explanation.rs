//! Laws of explanations: what they say becomes of a resource is what the plan does with it, the score
//! that they show is the one that was used, and what they advise helps.

use std::collections::BTreeMap;

use quorate::model::constraint::{Discovery, Location, LocationPreference, LocationTarget};
use quorate::model::{Constraint, ConstraintId, NodeName, Role, Score};
use quorate::plan::Because;
use quorate::plan::explain::{
    Explanation, Fate, Need, Outcome, Promotion, Source, Turn, Verdict, explain_all,
};
use quorate::scheduler::schedule::ScorePool;
use quorate::scheduler::{self, Change, ChangeKind, Task};
use quorate::view::{Ink, explain};

use crate::Case;
use crate::generator::NOW;

/// How often advice is followed per cluster.
const TRIALS: usize = 3;

fn explained(case: &Case<'_>) -> Vec<Explanation> {
    explain_all(case.placement, case.schedule)
}

/// What is told to stay, stop, start or move does so by the changes of the plan, and a stop has a cause.
pub(crate) fn tells_what_is_done(case: &Case<'_>) -> Option<String> {
    let stalled = case.schedule.stalled_changes();
    explained(case).into_iter().find_map(|explanation| {
        let name = explanation.resource.as_str();
        // A change can be told of which nothing is done.
        let acts = case.schedule.transition.actions.iter().any(|action| {
            let is_own = [action.instance.as_deref(), action.resource.as_deref()].contains(&Some(name));
            is_own && action.task.changes_service()
        });
        let changes = case.schedule.changes.iter().enumerate();
        let changes: Vec<&Change> = changes
            .filter(|(position, change)| {
                let is_fencing = matches!(change.kind, ChangeKind::Fence(_));
                let is_done = acts && !change.is_blocked && !stalled.contains_key(position);
                change.resource.as_deref() == Some(name) && !is_fencing && is_done
            })
            .map(|(_, change)| change)
            .collect();
        // Half of what waits for itself may be done, and what runs on a node that is fenced ends with it.
        let waits = stalled.keys().filter_map(|position| case.schedule.changes.get(*position));
        let is_stalled = waits.filter(|change| change.resource.as_deref() == Some(name)).count() > 0;
        let taken_down = case.schedule.transition.actions.iter().filter(|it| it.task.takes_node_down());
        let is_fenced =
            taken_down.filter_map(|it| it.node.as_ref()).any(|node| explanation.active_on.contains(node));
        let text = explain::text(std::slice::from_ref(&explanation), None, Ink::Plain);
        // Of what should be promoted, only the start may be possible; of a restart, only the stop.
        let is_halved = |(position, change): (usize, &Change)| {
            change.resource.as_deref() == Some(name)
                && (change.is_blocked || stalled.contains_key(&position))
                && says_half(&explanation, change, &text)
        };
        let is_half_done = acts && case.schedule.changes.iter().enumerate().any(is_halved);
        let is_unnamed = stops_unnamed(case, &explanation);
        let is_so = fate_is_so(&explanation, &changes, is_half_done, is_stalled || is_fenced || is_unnamed)
            && explanation.promotion.as_ref().is_none_or(|it| turn_is_so(it, &changes))
            && words_are_so(&text, &changes);
        let told: Vec<String> = changes.iter().map(|change| format!("{:?}", change.kind)).collect();
        let first: Vec<&str> = text.lines().take(4).collect();
        (!is_so).then(|| format!("{told:?} {:?} {:?}", explanation.fate, first))
    })
}

/// Whether the half of a change that can be done is told, and that the other cannot be.
fn says_half(explanation: &Explanation, change: &Change, text: &str) -> bool {
    match &explanation.fate {
        Fate::Starts { nodes } => {
            change.role_to == Role::Promoted
                && change.to.as_ref().is_some_and(|to| nodes.contains(to))
                && text.contains("It starts, and cannot be promoted now: ")
        }
        Fate::Stops { .. } => {
            change.kind == ChangeKind::Stop && text.contains("It stops, and cannot start again now: ")
        }
        Fate::Restarts { .. } => {
            change.role_to == Role::Promoted && text.contains("It restarts, and cannot be promoted now: ")
        }
        Fate::Down | Fate::Stays | Fate::Moves { .. } => false,
    }
}

/// Whether it is stopped wherever it is although no change is told: what should run on a node that it
/// runs on already, and cannot start again there.
fn stops_unnamed(case: &Case<'_>, explanation: &Explanation) -> bool {
    let is_told = |change: &Change| change.resource.as_deref() == Some(explanation.resource.as_str());
    let stops = case.schedule.transition.actions.iter().filter(|action| {
        action.task == Task::Stop && action.instance.as_deref() == Some(explanation.resource.as_str())
    });
    let nodes: Vec<&NodeName> = stops.filter_map(|action| action.node.as_ref()).collect();
    !case.schedule.changes.iter().any(is_told)
        && explanation.active_on.iter().all(|node| nodes.contains(&node))
}

fn fate_is_so(
    explanation: &Explanation,
    changes: &[&Change],
    is_half_done: bool,
    is_taken_along: bool,
) -> bool {
    let has = |kinds: &[ChangeKind]| changes.iter().any(|change| kinds.contains(&change.kind));
    let ends = [ChangeKind::Stop, ChangeKind::Move, ChangeKind::Migrate];
    let begins_anew = [ChangeKind::Restart, ChangeKind::Recover];
    let has_cause = |because: &Because| {
        let is_empty = matches!(because, Because::Other { text } if text.is_empty());
        !is_empty && (*because != Because::NoNode || explanation.chosen.is_none())
    };
    match &explanation.fate {
        Fate::Down => !has(&[ChangeKind::Start]),
        Fate::Stays => !has(&ends) && !has(&begins_anew),
        Fate::Starts { nodes } => {
            is_half_done
                || changes.iter().any(|change| change.to.as_ref().is_some_and(|to| nodes.contains(to)))
        }
        Fate::Stops { because } => {
            (has(&[ChangeKind::Stop]) || is_half_done || is_taken_along) && has_cause(because)
        }
        Fate::Moves { .. } => {
            has(&ends) || has(&begins_anew) || is_taken_along || explanation.active_on.len() > 1
        }
        Fate::Restarts { because } => {
            (has(&begins_anew) || is_half_done || explanation.active_on.len() > 1) && has_cause(because)
        }
    }
}

fn turn_is_so(promotion: &Promotion, changes: &[&Change]) -> bool {
    let is_demoted = changes
        .iter()
        .any(|change| matches!(change.kind, ChangeKind::Demote | ChangeKind::RePromote | ChangeKind::Stop));
    match &promotion.turn {
        Turn::None => !changes.iter().any(|change| {
            matches!(change.kind, ChangeKind::Demote | ChangeKind::Promote | ChangeKind::RePromote)
        }),
        Turn::Promoted => true,
        // Who is not to be promoted by the scores is told why by them.
        Turn::Demoted { because } | Turn::Again { because } => {
            let is_wanted = matches!(promotion.outcome, Outcome::Promoted { .. });
            !is_demoted || !is_wanted || !matches!(because, Because::Other { text } if text.is_empty())
        }
    }
}

/// What people read is what the plan does.
fn words_are_so(text: &str, changes: &[&Change]) -> bool {
    let has = |kinds: &[ChangeKind]| changes.iter().any(|change| kinds.contains(&change.kind));
    let stays = text.lines().next().is_some_and(|line| line.ends_with("belongs there."));
    let is_untouched = !has(&[ChangeKind::Stop, ChangeKind::Move, ChangeKind::Restart, ChangeKind::Recover]);
    let stays_promoted = text.contains("It stays promoted");
    let keeps_role = !has(&[ChangeKind::Demote, ChangeKind::Stop, ChangeKind::RePromote]);
    (!stays || is_untouched) && (!stays_promoted || keeps_role)
}

/// The score that is shown is the last that was used, wherever the resource was put; it is made of the
/// parts that are shown, and only instances may have yielded less.
pub(crate) fn shows_the_scores_that_were_used(case: &Case<'_>) -> Option<String> {
    let mut used: BTreeMap<(&str, &NodeName), Score> = BTreeMap::new();
    for line in case.schedule.scores.iter().filter(|line| line.pool == ScorePool::Primitive) {
        used.extend(line.node.as_ref().map(|node| ((&*line.resource, node), line.score)));
    }
    explained(case).iter().find_map(|explanation| {
        explanation.nodes.iter().find_map(|verdict| {
            let score = verdict.score?;
            let used = used.get(&(explanation.resource.as_str(), &verdict.node));
            let has = |wanted: fn(&Source) -> bool| verdict.parts.iter().any(|part| wanted(&part.source));
            let is_full = has(|source| matches!(source, Source::Capacity { .. }));
            let is_used = match used {
                Some(used) if explanation.chosen.is_some() => *used == score || is_full,
                Some(used) => score <= *used,
                None => true,
            };
            let is_even = verdict.sum() == score
                && (explanation.resource.contains(':') || !has(|source| *source == Source::Floor));
            (!is_used || !is_even)
                .then(|| format!("{} on {}: used {used:?}, {verdict:?}", explanation.resource, verdict.node))
        })
    })
}

/// Once a location allows a node where that is the advice, it is allowed.
pub(crate) fn advises_what_helps(case: &Case<'_>) -> Option<String> {
    let explained = explained(case);
    let is_advised = |verdict: &&Verdict| verdict.needs.contains(&Need::Allowance);
    let advised = explained.iter().filter(|explanation| !explanation.resource.contains(':'));
    let advised =
        advised.flat_map(|known| known.nodes.iter().filter(is_advised).map(move |verdict| (known, verdict)));
    advised.take(TRIALS).find_map(|(explanation, verdict)| {
        let mut cluster = case.cib.cluster.clone();
        let forbids: Vec<&str> = verdict.needs.iter().filter_map(forbidding).collect();
        cluster.constraints.retain(|known| !forbids.contains(&known.id().as_str()));
        cluster.constraints.push(Constraint::Location(Location {
            id: ConstraintId::from("allowed"),
            target: LocationTarget {
                resource: Some(explanation.resource.as_str().into()),
                ..LocationTarget::default()
            },
            preference: LocationPreference::Node { node: verdict.node.clone(), score: Score::new(100) },
            role: None,
            discovery: Discovery::Always,
        }));
        let (placement, schedule) = scheduler::decide(&cluster, &case.cib.status, NOW);
        let after = explain_all(&placement, &schedule);
        let same = after.iter().find(|other| other.resource == explanation.resource)?;
        let there = same.nodes.iter().find(|other| other.node == verdict.node)?;
        let is_allowed = there.score.is_some_and(|score| score > Score::MINUS_INFINITY);
        let others = |need: &Need| !matches!(need, Need::Allowance | Need::Preference { .. } | Need::Nothing);
        let is_named_anew = !there.needs.is_empty() && !there.needs.contains(&Need::Allowance);
        (!is_allowed
            && !is_named_anew
            && !verdict.needs.iter().any(|need| others(need) && forbidding(need).is_none()))
        .then(|| format!("{} on {}: {:?}", explanation.resource, verdict.node, there))
    })
}

/// The location constraint that has to go.
fn forbidding(need: &Need) -> Option<&str> {
    let Need::Without { source: Source::Location { id, .. } } = need else { return None };
    Some(id)
}
