//! Explanations of placement, as text and JSON.

mod promotion;
mod source;

pub(super) use promotion::not_promoted;
use serde::Serialize;

use super::because::{because, mend_and_clean_up, obstacle_at, remedy as remedy_of, trouble};
use super::status::failure_row;
use super::{Ink, fold, legible, overlay, to_json};
use crate::model::{NodeName, Score};
use crate::plan::explain::{Decision, Explanation, Fate, Need, Never, Part, Predecessor, Restraint, Verdict};
use crate::plan::unplaced::Obstacle;
use crate::plan::{Because, Trouble, Verb};

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    kind: &'static str,
    explanations: &'a [Explanation],
}

/// The explanations as JSON, ending with a newline.
pub fn json(explanations: &[Explanation]) -> String {
    to_json(&Document { format_version: "1.0", kind: "explanation", explanations })
}

/// The explanations for people; `node` leaves out the other nodes.
pub fn text(explanations: &[Explanation], node: Option<&NodeName>, ink: Ink) -> String {
    let one = |explanation| legible::draw(explanation, |explanation| one(explanation, node, ink));
    explanations.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(explanation: &Explanation, node: Option<&NodeName>, ink: Ink) -> String {
    let mut text = format!("{}\n", headline(explanation, ink));
    if let Some(it) = &explanation.trouble {
        text.push_str(&format!("{}.\nWhat helps: {}.\n", trouble(it), remedy_of(it)));
    }
    if explanation.is_halted {
        let help = mend_and_clean_up(&explanation.resource);
        text.push_str(&format!("It failed, and is stopped for that (on-fail: stop).\nWhat helps: {help}.\n"));
    }
    let is_told = matches!(&explanation.trouble, Some(Trouble::Failed { .. }));
    match &explanation.restraint {
        Some(it) => text.push_str(&format!("{}\n", restraint(it))),
        None if !explanation.is_managed && !is_told => {
            text.push_str("It is unmanaged: nothing is done with it.\n");
        }
        None => {}
    }
    if let Some(role) = explanation.target_role {
        text.push_str(&format!("It is told to be {role} (target-role).\n"));
    }
    let is_said = |why: &&Because| **why == Because::NoFenceDevice && explanation.restraint.is_some();
    if let Some(why) = explanation.blocked.as_ref().filter(|why| !is_said(why)) {
        text.push_str(&format!("{}: {}.\n", hindered(explanation), because(why)));
    }
    let is_open = !explanation.is_stuck;
    if let (Some(chosen), Some(how), true) = (&explanation.chosen, &explanation.decision, is_open) {
        text.push_str(&format!("{}\n", decision(chosen, how)));
    }
    for (is_before_promotion, what) in [(false, "starts"), (true, "is promoted")] {
        let after = explanation.after.iter();
        let after = after.filter(|predecessor| predecessor.is_before_promotion == is_before_promotion);
        let after: Vec<String> = after.map(predecessor).collect();
        if !after.is_empty() {
            text.push_str(&format!("It {what} after {}.\n", after.join(", ")));
        }
    }
    for failure in &explanation.failures {
        let [_, what, answer] = failure_row(failure);
        text.push_str(&format!("Remembered failure: {what}  {answer}\n"));
    }
    text.extend(explanation.pause.iter().map(|pause| format!("{}\n", overlay::paused(pause))));
    for over in &explanation.overrides {
        text.push_str(&format!("For now: {}.\n", overlay::now(over)));
    }
    if let Some(it) = &explanation.promotion {
        let is_shown = node.is_none_or(|node| it.node.as_ref().is_none_or(|own| own.is(node.as_str())));
        text.push_str(&if is_shown { promotion::lines(explanation, it, ink) } else { String::new() });
    }
    let shown =
        explanation.nodes.iter().filter(|verdict| node.is_none_or(|node| verdict.node.is(node.as_str())));
    let (never, possible): (Vec<&Verdict>, Vec<&Verdict>) =
        shown.partition(|verdict| verdict.never.is_some());
    for verdict in possible {
        text.push_str(&verdict_lines(verdict, explanation, ink));
    }
    text.push_str(&never_lines(&never));
    text
}

/// Where it never can be, and why: a line for each reason.
fn never_lines(verdicts: &[&Verdict]) -> String {
    let reasons = [
        (Never::BundleNode, "made by a bundle's container, only for what is inside"),
        (Never::InContainer, "it runs inside its container, on the node that this makes"),
        (Never::Itself, "it makes the node itself"),
        (Never::Connection, "connections are made by full members only"),
    ];
    let mut lines = String::new();
    for (reason, words) in reasons {
        let nodes = verdicts.iter().filter(|verdict| verdict.never == Some(reason));
        let nodes: Vec<String> = nodes.map(|verdict| verdict.node.to_string()).collect();
        if !nodes.is_empty() {
            lines.push_str(&format!("\n  never on {}: {words}\n", fold::names(&nodes)));
        }
    }
    lines
}

fn headline(explanation: &Explanation, ink: Ink) -> String {
    let name = ink.heading(&explanation.resource);
    let now: Vec<&str> = explanation.active_on.iter().map(NodeName::as_str).collect();
    let runs = if explanation.is_starting { "is starting" } else { "runs" };
    let places = now.join(", ");
    let is_to_stay_down =
        explanation.target_role.is_some() || explanation.restraint.as_ref().is_some_and(Restraint::stops);
    match (&explanation.fate, &explanation.chosen) {
        (Fate::Down, None) if is_to_stay_down => format!("{name} does not run, and should not."),
        (Fate::Down, None) if !explanation.is_managed => {
            format!("{name} does not run, and is left alone.")
        }
        (Fate::Down, None) => format!("{name} does not run, and no node can run it."),
        (Fate::Down, Some(node)) => format!("{name} does not run; it should run on {node}."),
        (Fate::Starts { nodes }, _) => {
            let nodes: Vec<&str> = nodes.iter().map(NodeName::as_str).collect();
            format!("{name} does not run; it should run on {}.", nodes.join(", "))
        }
        (Fate::Stops { because: cause }, _) => {
            format!("{name} {runs} on {places}, and is to be stopped{}.", cause_of(cause))
        }
        (Fate::Restarts { because: cause }, _) => {
            format!("{name} {runs} on {places}, and belongs there; it is to restart{}.", cause_of(cause))
        }
        (Fate::Moves { nodes }, _) => {
            let nodes: Vec<&str> = nodes.iter().map(NodeName::as_str).collect();
            format!("{name} {runs} on {places}; it should run on {}.", nodes.join(", "))
        }
        (Fate::Stays, _) if explanation.is_stuck => {
            format!("{name} is active on {places}, and nothing may be done with it now.")
        }
        (Fate::Stays, Some(_)) if explanation.decision == Some(Decision::Stays) => {
            format!("{name} {runs} on {places}, and stays there.")
        }
        (Fate::Stays, Some(chosen)) if now == [chosen.as_str()] => {
            format!("{name} {runs} on {places}, and belongs there.")
        }
        (Fate::Stays, Some(chosen)) => format!("{name} {runs} on {places}; it should run on {chosen}."),
        (Fate::Stays, None) => format!("{name} {runs} on {places}, and should not run."),
    }
}

/// What of all that should be done cannot be done.
fn hindered(explanation: &Explanation) -> &'static str {
    match (&explanation.fate, explanation.blocked_verb) {
        (Fate::Starts { .. }, Some(Verb::Promote)) => "It starts, and cannot be promoted now",
        (Fate::Restarts { .. }, Some(Verb::Promote)) => "It restarts, and cannot be promoted now",
        (Fate::Stops { .. }, Some(Verb::Start)) => "It stops, and cannot start again now",
        (
            Fate::Down
            | Fate::Stays
            | Fate::Starts { .. }
            | Fate::Stops { .. }
            | Fate::Moves { .. }
            | Fate::Restarts { .. },
            _,
        ) => "What should be done cannot be done",
    }
}

/// `: no quorum`, where there is something to say.
fn cause_of(cause: &Because) -> String {
    let words = because(cause);
    if words.is_empty() { words } else { format!(": {words}") }
}

/// The setting that keeps a resource as it is, or from running anywhere.
fn restraint(restraint: &Restraint) -> String {
    match restraint {
        Restraint::NoFenceDevice => {
            "Nothing is done with it: there is no fence device, and fencing is enabled.".to_owned()
        }
        Restraint::Maintenance => {
            "Nothing is done with it: the cluster is in maintenance (maintenance-mode).".to_owned()
        }
        Restraint::StopAll => "All resources are told to stop (stop-all-resources).".to_owned(),
        Restraint::NoInstances { clone } => format!("{clone} is to have no instance (clone-max: 0)."),
    }
}

/// Why this node, and no other.
fn decision(chosen: &NodeName, decision: &Decision) -> String {
    match decision {
        Decision::Only => format!("No node but {chosen} can run it."),
        Decision::Highest { next, score } => {
            format!("{chosen} has the highest score; the next is {next} with {score}.")
        }
        Decision::Even { with } => {
            let with: Vec<&str> = with.iter().map(NodeName::as_str).collect();
            format!("{} would be as good; load and order of the nodes decided.", with.join(", "))
        }
        Decision::DespiteScore => {
            format!("Other nodes score higher; what it is part of, capacity or load decided for {chosen}.")
        }
        Decision::Stays => format!("Whatever the scores say, it is not moved from {chosen}."),
    }
}

fn verdict_lines(verdict: &Verdict, explanation: &Explanation, ink: Ink) -> String {
    let score = verdict.score.map_or_else(String::new, |score| format!("  score {score}"));
    let mark = match (verdict.is_chosen, explanation.is_stuck) {
        (true, false) => format!("  {}", ink.good("chosen")),
        (true, true) => format!("  {}", ink.bad("stuck there")),
        (false, _) => String::new(),
    };
    let obstacle = verdict
        .obstacle
        .as_ref()
        .map(|obstacle| format!("  {}", ink.bad(&obstacle_at(&verdict.node, obstacle))))
        .unwrap_or_default();
    let mut lines = format!("\n  {}{score}{mark}{obstacle}\n", verdict.node);
    for part in &verdict.parts {
        lines.push_str(&part_line(part));
    }
    if verdict.parts.is_empty() {
        lines.push_str(match verdict.score {
            Some(_) => "              nothing speaks for or against it\n",
            None => "              nothing allows it there\n",
        });
    }
    let resource = &explanation.resource;
    let needs = words_of_needs(&verdict.needs, &verdict.node, resource);
    // What is stuck goes nowhere, whatever speaks for a node.
    if !needs.is_empty() && !explanation.is_stuck {
        lines.push_str(&ink.faint(&format!("              to go there: {needs}")));
        lines.push('\n');
    }
    lines
}

/// What keeps a resource off a node, if anything forbids it there.
pub fn refusal(explanation: &Explanation, node: &NodeName) -> Option<String> {
    let verdict = explanation.nodes.iter().find(|verdict| verdict.node == *node)?;
    if let Some(obstacle) = &verdict.obstacle {
        return Some(obstacle_at(node, obstacle));
    }
    let forbidding = verdict.parts.iter().find(|part| part.score == Score::MINUS_INFINITY)?;
    Some(format!("{} on {node}", part_line(forbidding).trim()))
}

fn part_line(part: &Part) -> String {
    format!("  {:>10}  {}\n", part.score.to_string(), source::words(&part.source))
}

fn words_of_needs(needs: &[Need], node: &NodeName, resource: &str) -> String {
    let mut told: Vec<String> = Vec::new();
    for word in needs.iter().flat_map(|need| words_of_need(need, node, resource)) {
        if !told.contains(&word) {
            told.push(word);
        }
    }
    told.join("; ")
}

fn words_of_need(need: &Need, node: &NodeName, resource: &str) -> Vec<String> {
    match need {
        Need::Node { obstacle } => vec![once_rid_of(obstacle, node)],
        Need::Cleanup { resource } => {
            vec![format!("the failures of {resource} must be cleaned up (`quorate cleanup {resource}`)")]
        }
        Need::Allowance => vec!["with a location that allows it there".to_owned()],
        Need::Preference { score } => vec![format!("a score of {score} more")],
        Need::ChosenGone { node } => vec![format!("{node} must be unable to run it")],
        Need::Without { source } => source::remedies(source, node, resource),
        Need::Nothing => Vec::new(),
    }
}

/// What has to become of a node that can run nothing.
fn once_rid_of(obstacle: &Obstacle, node: &NodeName) -> String {
    match obstacle {
        Obstacle::Offline => format!("once {node} is online"),
        Obstacle::Unclean => format!("once {node} is back, or fenced and back"),
        Obstacle::ShuttingDown => format!("once {node} is back"),
        Obstacle::Standby | Obstacle::StandbyAfterFailure { .. } => format!("once {node} is out of standby"),
        Obstacle::Maintenance => format!("once {node} is out of maintenance"),
        Obstacle::Constraint { .. }
        | Obstacle::Ticket { .. }
        | Obstacle::Failures
        | Obstacle::Halted
        | Obstacle::FailedForGood { .. }
        | Obstacle::StoppedAsMultiple { .. }
        | Obstacle::Locked { .. }
        | Obstacle::Unhealthy
        | Obstacle::NotAllowed
        | Obstacle::Capacity { .. }
        | Obstacle::CapacityTogether
        | Obstacle::Company { .. }
        | Obstacle::Absent { .. }
        | Obstacle::Apart { .. }
        | Obstacle::NotOpened
        | Obstacle::OtherPlaces
        | Obstacle::Score { .. } => format!("{node} must be able to run anything"),
    }
}

/// What starts before, and which constraint says so.
fn predecessor(predecessor: &Predecessor) -> String {
    let constraint = predecessor.constraint.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
    let role = if predecessor.is_promoted { " is promoted" } else { "" };
    format!("{}{role}{constraint}", predecessor.resource)
}
