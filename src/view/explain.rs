//! Explanations of placement, as text and JSON.

use serde::Serialize;

use super::because::{because, mend_and_clean_up, obstacle_at, remedy as remedy_of, trouble};
use super::status::failure_row;
use super::{Ink, legible, to_json};
use crate::model::id::without_number;
use crate::model::{NodeName, Score};
use crate::plan::Trouble;
use crate::plan::explain::{Companion, Decision, Explanation, Need, Part, Predecessor, Source, Verdict};

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
    if !explanation.is_managed && !is_told {
        text.push_str("It is unmanaged: nothing is done with it.\n");
    }
    if let Some(role) = explanation.target_role {
        text.push_str(&format!("It is told to be {role} (target-role).\n"));
    }
    if let Some(why) = &explanation.blocked {
        text.push_str(&format!("What should be done cannot be done: {}.\n", because(why)));
    }
    let is_open = !explanation.is_stuck;
    if let (Some(chosen), Some(how), true) = (&explanation.chosen, &explanation.decision, is_open) {
        text.push_str(&format!("{}\n", decision(chosen, how)));
    }
    if !explanation.after.is_empty() {
        let after: Vec<String> = explanation.after.iter().map(predecessor).collect();
        text.push_str(&format!("It starts after {}.\n", after.join(", ")));
    }
    for failure in &explanation.failures {
        let [_, what, answer] = failure_row(failure);
        text.push_str(&format!("Remembered failure: {what}  {answer}\n"));
    }
    let shown =
        explanation.nodes.iter().filter(|verdict| node.is_none_or(|node| verdict.node.is(node.as_str())));
    for verdict in shown {
        text.push_str(&verdict_lines(verdict, explanation, ink));
    }
    text
}

fn headline(explanation: &Explanation, ink: Ink) -> String {
    let name = ink.heading(&explanation.resource);
    let now: Vec<&str> = explanation.active_on.iter().map(NodeName::as_str).collect();
    match (now.as_slice(), &explanation.chosen) {
        ([], None) if explanation.target_role.is_some() => format!("{name} does not run, and should not."),
        ([], None) if !explanation.is_managed => format!("{name} does not run, and is left alone."),
        ([], None) => format!("{name} does not run, and no node can run it."),
        ([], Some(node)) => format!("{name} does not run; it should run on {node}."),
        (nodes, _) if explanation.is_stuck => {
            format!("{name} is active on {}, and nothing may be done with it now.", nodes.join(", "))
        }
        (nodes, Some(_)) if explanation.decision == Some(Decision::Stays) => {
            format!("{name} runs on {}, and stays there.", nodes.join(", "))
        }
        ([node], Some(chosen)) if chosen == *node => format!("{name} runs on {node}, and belongs there."),
        (nodes, Some(chosen)) => format!("{name} runs on {}; it should run on {chosen}.", nodes.join(", ")),
        (nodes, None) => format!("{name} runs on {}, and should not run.", nodes.join(", ")),
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
    let needs: Vec<String> =
        verdict.needs.iter().filter_map(|need| words_of_need(need, &verdict.node, resource)).collect();
    // What is stuck goes nowhere, whatever speaks for a node.
    if !needs.is_empty() && !explanation.is_stuck {
        lines.push_str(&ink.faint(&format!("              to go there: {}", needs.join("; "))));
        lines.push('\n');
    }
    lines
}

fn part_line(part: &Part) -> String {
    format!("  {:>10}  {}\n", part.score.to_string(), words_of_source(&part.source))
}

fn words_of_source(source: &Source) -> String {
    match source {
        Source::NodeScore => "score of the node".to_owned(),
        Source::History => "what happened there (failed for good, or must stay where it is)".to_owned(),
        Source::Location { id, rule: None } => format!("location {id}"),
        Source::Location { id, rule: Some(rule) } => format!("location {id}: {rule}"),
        Source::Health => "health of the node".to_owned(),
        Source::ShutdownLock => "waits for the node that was shut down".to_owned(),
        Source::Stickiness => "stickiness: it runs there".to_owned(),
        Source::Failures { is_stop: true, .. } => "its stop failed there".to_owned(),
        Source::Failures { count, is_stop: false } => failures(*count),
        Source::Discovery => "discovery: only other nodes are open to it".to_owned(),
        Source::Ticket { id, ticket } => format!("ticket {ticket} is not granted ({id})"),
        Source::With { id, other } => format!("colocation {id} with {}", companion(other)),
        Source::PulledBy { id, other } => format!("colocation {id}: what suits {}", companion(other)),
        Source::TargetRole => "told to be stopped".to_owned(),
        Source::Connection => "where connections, guests and bundles can be".to_owned(),
        Source::Capacity => "not enough capacity left".to_owned(),
        Source::PromotionScore => "promotion score".to_owned(),
        Source::Siblings => "other instances are there, or there are enough".to_owned(),
        Source::Floor => "instances of clones do not yield that much to others".to_owned(),
    }
}

fn failures(count: Score) -> String {
    match count.value() {
        1 => "it failed there (migration-threshold)".to_owned(),
        _ if count.is_mandatory() => "it failed there for good (start-failure-is-fatal)".to_owned(),
        count => format!("it failed there {count} times (migration-threshold)"),
    }
}

fn words_of_need(need: &Need, node: &NodeName, resource: &str) -> Option<String> {
    Some(match need {
        Need::Node => format!("{node} must be able to run anything"),
        Need::Cleanup { resource } => {
            format!("the failures of {resource} must be cleaned up (`quorate cleanup {resource}`)")
        }
        Need::Preference { score } => format!("a score of {score} more"),
        Need::ChosenGone { node } => format!("{node} must be unable to run it"),
        Need::Without { source } => remedy(source, node, resource)?,
        Need::Nothing => return None,
    })
}

/// What takes a prohibition away; none when nothing but time does.
fn remedy(source: &Source, node: &NodeName, resource: &str) -> Option<String> {
    Some(match source {
        Source::Location { id, .. } => format!("without {id}"),
        Source::Failures { .. } => {
            format!(
                "after its failures there are cleaned up (`quorate cleanup {}`)",
                without_number(resource)
            )
        }
        Source::Ticket { ticket, .. } => format!("once ticket {ticket} is granted"),
        Source::With { other, .. } => match &other.node {
            Some(place) if place == node => format!("once {} is elsewhere", other.resource),
            Some(_) | None => format!("once {} is there", other.resource),
        },
        Source::PulledBy { other, .. } => format!("once {} can be there", other.resource),
        Source::TargetRole => "once target-role lets it".to_owned(),
        Source::Capacity => "once there is room".to_owned(),
        Source::Health => "once the node is healthy".to_owned(),
        Source::ShutdownLock => "once the lock ends".to_owned(),
        Source::Siblings => "with more instances".to_owned(),
        Source::NodeScore
        | Source::History
        | Source::Stickiness
        | Source::Discovery
        | Source::Connection
        | Source::PromotionScore
        | Source::Floor => return None,
    })
}

/// What starts before, and which constraint says so.
fn predecessor(predecessor: &Predecessor) -> String {
    match &predecessor.constraint {
        Some(constraint) => format!("{} ({constraint})", predecessor.resource),
        None => predecessor.resource.clone(),
    }
}

fn companion(companion: &Companion) -> String {
    match &companion.node {
        Some(node) => format!("{} (on {node})", companion.resource),
        None => format!("{} (nowhere)", companion.resource),
    }
}
