//! Explanations of placement, as text and JSON.

use serde::Serialize;

use super::because::obstacle_at;
use super::{Ink, to_json};
use crate::model::{NodeName, Score};
use crate::plan::explain::{Companion, Explanation, Part, Source, Verdict};

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
    explanations.iter().map(|explanation| one(explanation, node, ink)).collect::<Vec<_>>().join("\n")
}

fn one(explanation: &Explanation, node: Option<&NodeName>, ink: Ink) -> String {
    let mut text = format!("{}\n", headline(explanation, ink));
    if !explanation.is_managed {
        text.push_str("It is unmanaged: nothing is done with it.\n");
    }
    if !explanation.after.is_empty() {
        text.push_str(&format!("It starts after {}.\n", explanation.after.join(", ")));
    }
    let shown =
        explanation.nodes.iter().filter(|verdict| node.is_none_or(|node| verdict.node.is(node.as_str())));
    for verdict in shown {
        text.push_str(&verdict_lines(verdict, ink));
    }
    text
}

fn headline(explanation: &Explanation, ink: Ink) -> String {
    let name = ink.heading(&explanation.resource);
    let now: Vec<&str> = explanation.active_on.iter().map(NodeName::as_str).collect();
    match (now.as_slice(), &explanation.chosen) {
        ([], None) => format!("{name} does not run, and no node can run it."),
        ([], Some(node)) => format!("{name} does not run; it should run on {node}."),
        ([node], Some(chosen)) if chosen == *node => format!("{name} runs on {node}, and belongs there."),
        (nodes, Some(chosen)) => format!("{name} runs on {}; it should run on {chosen}.", nodes.join(", ")),
        (nodes, None) => format!("{name} runs on {}, and should not run.", nodes.join(", ")),
    }
}

fn verdict_lines(verdict: &Verdict, ink: Ink) -> String {
    let score = verdict.score.map_or_else(String::new, |score| format!("  score {score}"));
    let mark = if verdict.is_chosen { format!("  {}", ink.good("chosen")) } else { String::new() };
    let obstacle = verdict
        .obstacle
        .as_ref()
        .map(|obstacle| format!("  {}", ink.bad(&obstacle_at(&verdict.node, obstacle))))
        .unwrap_or_default();
    let mut lines = format!("\n  {}{score}{mark}{obstacle}\n", verdict.node);
    for part in &verdict.parts {
        lines.push_str(&part_line(part));
    }
    if verdict.parts.is_empty() && verdict.score == Some(Score::ZERO) {
        lines.push_str("              nothing speaks for or against it\n");
    }
    lines
}

fn part_line(part: &Part) -> String {
    let source = match &part.source {
        Source::Stickiness => "stickiness: it runs there".to_owned(),
        Source::Location { id } => format!("location {id}"),
        Source::Failures => "it failed there".to_owned(),
        Source::Company { with } => {
            let with: Vec<String> = with.iter().map(companion).collect();
            format!("colocation with {}", with.join(", "))
        }
        Source::Rest => "rules, health, utilization and the like".to_owned(),
    };
    format!("  {:>10}  {source}\n", part.score.to_string())
}

fn companion(companion: &Companion) -> String {
    match &companion.node {
        Some(node) => format!("{} (on {node})", companion.resource),
        None => format!("{} (nowhere)", companion.resource),
    }
}
