//! Reports of drills, as text, JSON and markdown.

use serde::Serialize;

use super::because::{because, no_ticket, refusals, trouble as trouble_words};
use super::legible::markdown as cell;
use super::plan::Detail;
use super::{Ink, legible, to_json};
use crate::model::NodeName;
use crate::plan::drill::{Casualty, Ending, Failure, Mishap, Outage, Report, Seat, Trial, Why};
use crate::plan::trouble::Hold;
use crate::plan::{Caution, Trouble, Unplaced};

/// By this line a bot finds its own comment again.
const MARKER: &str = "<!-- quorate-drill -->";

/// Trials shown in markdown before the rest is only counted.
const ROWS_MAX: usize = 300;

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    kind: &'static str,
    survived: bool,
    #[serde(flatten)]
    report: &'a Report,
}

/// The report as JSON, ending with a newline.
pub fn json(report: &Report) -> String {
    to_json(&Document { format_version: "1.0", kind: "drill", survived: report.is_survived(), report })
}

/// The report for people.
pub fn text(report: &Report, detail: Detail, ink: Ink) -> String {
    legible::draw(report, |report| all(report, detail, ink))
}

fn all(report: &Report, detail: Detail, ink: Ink) -> String {
    let mut text = String::new();
    if detail == Detail::All {
        text.push_str(&format!("{}\n{}\n", ink.heading("Before any failure"), seats(&report.before, "  ")));
    }
    if !report.down_before.is_empty() {
        text.push_str(&format!("{}\n", ink.heading("Down before any failure")));
        for casualty in &report.down_before {
            text.push_str(&format!("  {}  {}\n", ink.bad("!"), casualty_words(casualty)));
        }
        text.push('\n');
    }
    if !report.trials.is_empty() {
        text.push_str(&format!("{}\n", ink.heading("Failures, each from the same beginning")));
    }
    for trial in &report.trials {
        text.push_str(&trial_lines(trial, detail, ink));
    }
    if !report.trials.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary(report));
    text.push('\n');
    text
}

/// The report for a pull request.
pub fn markdown(report: &Report) -> String {
    legible::draw(report, table)
}

fn table(report: &Report) -> String {
    let title = if report.is_survived() {
        "Drill: every failure is survived"
    } else {
        "Drill: not every failure is survived"
    };
    let mut text = format!("{MARKER}\n### {title}\n\n{}\n\n", cell(&summary(report)));
    if !report.down_before.is_empty() {
        text.push_str("Down before any failure:\n\n");
        for casualty in &report.down_before {
            text.push_str(&format!("- {}\n", cell(&casualty_words(casualty))));
        }
        text.push('\n');
    }
    if report.trials.is_empty() {
        return text;
    }
    text.push_str("| failure | stays down | moves | longest outage |\n|-|-|-|-|\n");
    for trial in report.trials.iter().take(ROWS_MAX) {
        let down: Vec<String> = trial.down.iter().map(casualty_words).collect();
        text.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            cell(&mishap(&trial.mishap)),
            cell(&down.join("; ")),
            cell(&moves(trial)),
            cell(&trial.outages.first().map(outage).unwrap_or_default()),
        ));
    }
    if report.trials.len() > ROWS_MAX {
        text.push_str(&format!("\n{} more.\n", report.trials.len() - ROWS_MAX));
    }
    text
}

/// The report in a sentence or two.
fn summary(report: &Report) -> String {
    let survived = report.trials.iter().filter(|trial| trial.is_survived()).count();
    let mut text = match report.trials.len() {
        0 => "Drill: there is nothing that can fail.".to_owned(),
        1 => format!("Drill: 1 failure, {survived} survived."),
        all => format!("Drill: {all} failures, {survived} survived."),
    };
    if let Some((trial, worst)) = report.worst_outage() {
        text.push_str(&format!(" Worst outage: {}, when {}.", outage(worst), mishap(&trial.mishap)));
    }
    match report.too_many_nodes {
        Some(1) => text.push_str(" With a single node, no failure of a node can be survived."),
        Some(all) => text.push_str(&format!(" All {all} nodes at once were spared.")),
        None => {}
    }
    text
}

fn trial_lines(trial: &Trial, detail: Detail, ink: Ink) -> String {
    let mark = if trial.is_survived() { ink.good("ok  ") } else { ink.bad("DOWN") };
    let mut lines = format!("  {mark}  {}\n", mishap(&trial.mishap));
    for casualty in &trial.down {
        lines.push_str(&format!("          {}\n", casualty_words(casualty)));
    }
    let moves = moves(trial);
    if !moves.is_empty() {
        lines.push_str(&format!("          {moves}\n"));
    }
    if trial.ending == Ending::Unnoticed && trial.is_survived() {
        lines.push_str(&ink.faint("          nobody notices: what is dead has no monitor"));
        lines.push('\n');
    }
    let shown = match detail {
        Detail::All => trial.outages.len(),
        Detail::Usual => 1,
    };
    for each in trial.outages.iter().take(shown) {
        lines.push_str(&ink.faint(&format!("          outage: {}", outage(each))));
        lines.push('\n');
    }
    if detail == Detail::All {
        lines.push_str(&ending(trial));
        lines.push_str(&seats(&trial.after, "            "));
    }
    lines
}

fn ending(trial: &Trial) -> String {
    let end = match trial.ending {
        Ending::Settled if trial.is_survived() => "all is done",
        Ending::Settled => "nothing more is to be done",
        Ending::Stuck => "something cannot be done",
        Ending::GaveUp => "trying was given up",
        Ending::Unnoticed => "nobody noticed",
    };
    format!("          after {}: {end}\n", steps(trial.steps))
}

/// What fails: `node1 and node2 fail`.
fn mishap(mishap: &Mishap) -> String {
    match mishap {
        Mishap::Nodes { nodes } => match nodes.as_slice() {
            [node] => format!("{node} fails"),
            nodes => format!("{} fail", joined(nodes)),
        },
        Mishap::Resource { resource, node, after_move: false } => format!("{resource} breaks on {node}"),
        Mishap::Resource { resource, node, after_move: true } => {
            format!("{resource} breaks on {node}, moved there")
        }
    }
}

fn joined(nodes: &[NodeName]) -> String {
    let names: Vec<&str> = nodes.iter().map(NodeName::as_str).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some(_) | None => names.join(""),
    }
}

fn moves(trial: &Trial) -> String {
    let each = trial.moved.iter().map(|moved| format!("{} -> {}", moved.resource, joined(&moved.to)));
    each.collect::<Vec<_>>().join(", ")
}

fn outage(outage: &Outage) -> String {
    let role = if outage.is_promotion { " (promoted)" } else { "" };
    format!("{}{role}, {}", outage.resource, steps(outage.steps))
}

fn steps(steps: u32) -> String {
    if steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") }
}

fn casualty_words(casualty: &Casualty) -> String {
    let state = if casualty.lacks_promotion { "is not promoted anywhere" } else { "stays down" };
    let why = match &casualty.why {
        Why::NoNode { nodes } => refusals(&Unplaced {
            resource: casualty.resource.clone(),
            nodes: nodes.clone(),
            is_later: false,
            has_guests: false,
        }),
        Why::Blocked { because: why } => because(why),
        Why::Trouble { trouble } => left_alone(trouble),
        Why::Caution { caution } => caution_words(*caution).to_owned(),
        Why::Unnoticed => "nobody notices; it has no monitor".to_owned(),
        Why::Ignored => "its monitor fails, and nothing is done about it (on-fail: ignore)".to_owned(),
        Why::Ticket { ticket, is_standby } => no_ticket(ticket, *is_standby),
        Why::NoPromotion => "no instance may be promoted where it runs".to_owned(),
        Why::GaveUp { failures } => in_vain(failures),
        Why::Unknown => "-v shows where everything is".to_owned(),
    };
    format!("{} {state}: {why}", casualty.resource)
}

/// Why nothing is done about a failure.
fn left_alone(trouble: &Trouble) -> String {
    let what = match trouble {
        Trouble::Failed { because: Some(why), .. } => because(why),
        Trouble::Failed { because: None, .. } | Trouble::RunsTwice { .. } => trouble_words(trouble),
    };
    let hold = match trouble {
        Trouble::Failed { hold: Hold::Blocked, .. } => "; it is blocked until a cleanup",
        Trouble::Failed { hold: Hold::Unmanaged, .. } => "; it is unmanaged",
        Trouble::Failed { hold: Hold::None, .. } | Trouble::RunsTwice { .. } => "",
    };
    format!("{what}{hold}")
}

/// What failed whenever it was tried; of many, the first.
fn in_vain(failures: &[Failure]) -> String {
    let Some(first) = failures.first() else {
        return "what was done for it had to be done again and again".to_owned();
    };
    let more = match failures.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let node = first.node.as_ref().map_or("the cluster", NodeName::as_str);
    let said = first.exit_reason.as_deref().unwrap_or(&first.answer);
    match &first.resource {
        None => format!("{node} cannot be fenced: {said}{more}"),
        Some(resource) => {
            format!("{} of {resource} fails on {node} whenever it is tried: {said}{more}", first.operation)
        }
    }
}

const fn caution_words(caution: Caution) -> &'static str {
    match caution {
        Caution::NoQuorum => "there is no quorum",
        Caution::NoFenceDevice => "fencing is enabled, and there is no fence device",
        Caution::Maintenance => "the cluster is in maintenance",
        Caution::Paused => "decisions are paused",
        Caution::StopAll => "stop-all-resources is set",
        Caution::PreferencesCutShort => "not all preferences could be followed along colocations",
        Caution::OrdersUnsettled => "orders contradict each other",
    }
}

fn seats(seats: &[Seat], indent: &str) -> String {
    let width = seats.iter().map(|seat| seat.resource.len()).max().unwrap_or_default();
    let line = |seat: &Seat| format!("{indent}{:width$}  {} on {}\n", seat.resource, seat.role, seat.node);
    seats.iter().map(line).collect()
}
