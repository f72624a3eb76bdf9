//! How a cluster is, as text, JSON and one line for monitoring.

use serde::Serialize;

use super::concern::{describe, describe_with_help};
use super::plan::Detail;
use super::{Ink, fold, legible, moment, overlay, to_json};
use crate::model::{NodeName, Role};
use crate::plan::aside::Freeze;
use crate::plan::fail_count::FailCount;
use crate::plan::overview::{
    Concern, FailureOverview, Health, NodeCondition, NodeOverview, Overview, ResourceOverview, Running, Sync,
};

/// Minor versions add, major versions break.
const FORMAT_VERSION: &str = "1.0";

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    kind: &'static str,
    observed_at: String,
    #[serde(flatten)]
    overview: &'a Overview,
}

/// The overview as JSON, ending with a newline.
pub fn json(overview: &Overview) -> String {
    to_json(&Document {
        format_version: FORMAT_VERSION,
        kind: "status",
        observed_at: moment(overview.at),
        overview,
    })
}

#[derive(Serialize)]
struct Check<'a> {
    format_version: &'static str,
    kind: &'static str,
    /// As monitoring systems call it.
    state: &'static str,
    exit_code: u8,
    /// The line that monitoring systems show.
    line: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<Health>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync: Option<Sync>,
    concerns: &'a [Concern],
}

/// What monitoring is told, as JSON: the state in its words, and why. `Err` says why nothing is known.
pub fn check_json(state: &'static str, exit_code: u8, overview: Result<&Overview, &str>) -> String {
    let known = overview.ok();
    to_json(&Check {
        format_version: FORMAT_VERSION,
        kind: "check",
        state,
        exit_code,
        line: match overview {
            Ok(overview) => line(overview).trim_end().to_owned(),
            Err(why) => why.to_owned(),
        },
        health: known.map(|overview| overview.health),
        sync: known.map(|overview| overview.sync),
        concerns: known.map_or(&[], |overview| &overview.concerns),
    })
}

/// The overview for people.
pub fn text(overview: &Overview, detail: Detail, ink: Ink) -> String {
    let at = overview.at;
    legible::draw(overview, |overview| all(&Overview { at, ..overview.clone() }, detail, ink))
}

fn all(overview: &Overview, detail: Detail, ink: Ink) -> String {
    if overview.generation == 0 && overview.nodes.is_empty() {
        return "Nothing is in force yet: `quorate apply` changes that.\n".to_owned();
    }
    let mut text = head(overview, ink);
    text.push_str(&section("Nodes", overview.nodes.iter().map(|node| node_row(node, detail, ink)), ink));
    let resources = overview.resources.iter().filter(|resource| is_shown(resource));
    text.push_str(&section("Resources", resources.map(|resource| resource_row(resource, detail, ink)), ink));
    let overrides = overview.overrides.iter().map(|over| overlay::row(over, overview.at));
    text.push_str(&section("Overrides", overrides, ink));
    if let Some(pause) = &overview.pause {
        text.push_str(&format!("\n{}\n", overlay::pause(pause, overview.at)));
    }
    text.push_str(&section("Failures", overview.failures.iter().map(failure_row), ink));
    let concerns: Vec<String> = overview.concerns.iter().map(describe_with_help).collect();
    let concerns = if detail == Detail::Usual { fold::lines(concerns) } else { concerns };
    let rows = concerns.into_iter().map(|concern| [concern, String::new(), String::new()]);
    text.push_str(&section("Concerns", rows, ink));
    text
}

/// One line for a monitoring system.
pub fn line(overview: &Overview) -> String {
    legible::draw(overview, words)
}

fn words(overview: &Overview) -> String {
    if overview.health == Health::Missing {
        return "Missing: nothing is in force\n".to_owned();
    }
    let concerns = fold::lines(overview.concerns.iter().map(describe).collect());
    let running =
        overview.resources.iter().filter(|resource| !resource.is_collective && !resource.nodes.is_empty());
    let head = format!("{}, {}", health(overview.health), sync(overview.sync));
    if concerns.is_empty() {
        let online = overview.nodes.iter().filter(|node| node.states.contains(&NodeCondition::Online));
        format!("{head}: {} nodes online, {} resources running\n", online.count(), running.count())
    } else {
        format!("{head}: {}\n", concerns.join("; "))
    }
}

fn head(overview: &Overview, ink: Ink) -> String {
    let name = overview.name.as_deref().unwrap_or("cluster");
    let health = match overview.health {
        Health::Healthy => ink.good(health(overview.health)),
        Health::Progressing | Health::Suspended => ink.change(health(overview.health)),
        Health::Degraded | Health::Missing => ink.bad(health(overview.health)),
    };
    let sync = match overview.sync {
        Sync::Synced => ink.good(sync(overview.sync)),
        Sync::OutOfSync => ink.change(sync(overview.sync)),
        Sync::Unknown => format!("{} (no manifest to compare with)", sync(overview.sync)),
    };
    let quorum = if overview.has_quorum { "quorum".to_owned() } else { ink.bad("no quorum") };
    let dc = overview.dc.as_ref().map(|node| format!(", controlled by {node}")).unwrap_or_default();
    format!(
        "{}  {health}, {sync}\ngeneration {}, {quorum}{dc}, seen {}\n",
        ink.heading(name),
        overview.generation,
        moment(overview.at)
    )
}

/// A heading and aligned rows; nothing without rows.
fn section(heading: &str, rows: impl Iterator<Item = [String; 3]>, ink: Ink) -> String {
    let rows: Vec<[String; 3]> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    let width = |column: fn(&[String; 3]) -> &String| {
        rows.iter().map(|row| visible_width(column(row))).max().unwrap_or(0)
    };
    let (first, second) = (width(|row| &row[0]), width(|row| &row[1]));
    let lines: String = rows
        .iter()
        .map(|[one, two, three]| {
            let line = format!("  {}  {}  {three}", padded(one, first), padded(two, second));
            format!("{}\n", line.trim_end())
        })
        .collect();
    format!("\n{}\n{lines}", ink.heading(heading))
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(visible_width(text))))
}

/// The width of a text without its colours.
fn visible_width(text: &str) -> usize {
    let mut width = 0;
    let mut in_code = false;
    for letter in text.chars() {
        match letter {
            '\u{1b}' => in_code = true,
            'm' if in_code => in_code = false,
            _ if in_code => {}
            _ => width += 1,
        }
    }
    width
}

fn node_row(node: &NodeOverview, detail: Detail, ink: Ink) -> [String; 3] {
    let states: Vec<&str> = node
        .states
        .iter()
        .filter(|state| node.states.len() == 1 || **state != NodeCondition::Online)
        .map(|state| condition(*state))
        .collect();
    let states = states.join(", ");
    let painted = match node.states.first() {
        Some(NodeCondition::Online) => ink.good(&states),
        Some(
            NodeCondition::Unclean | NodeCondition::Lost | NodeCondition::Silent | NodeCondition::Offline,
        ) => ink.bad(&states),
        Some(
            NodeCondition::Pending
            | NodeCondition::ShuttingDown
            | NodeCondition::Detached
            | NodeCondition::Standby
            | NodeCondition::Maintenance,
        )
        | None => ink.change(&states),
    };
    let running: Vec<String> = node.running.iter().map(running).collect();
    let name = if node.is_remote { format!("{} (remote)", node.name) } else { node.name.to_string() };
    [name, painted, listed(&running, detail)]
}

/// What runs, with its role where there is more than one.
pub(super) fn running(running: &Running) -> String {
    match running.role {
        Role::Promoted | Role::Unpromoted => format!("{} ({})", running.resource, running.role),
        Role::Started | Role::Stopped => running.resource.clone(),
    }
}

/// Instances that nobody wants or has are left out.
pub(super) fn is_shown(resource: &ResourceOverview) -> bool {
    let is_idle_instance = resource.id.contains(':') && resource.nodes.is_empty() && !resource.is_failed;
    !is_idle_instance
}

/// Names in a row, as many as are asked for.
fn listed<S: AsRef<str>>(names: &[S], detail: Detail) -> String {
    match detail {
        Detail::Usual => fold::names(names),
        Detail::All => names.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", "),
    }
}

fn resource_row(resource: &ResourceOverview, detail: Detail, ink: Ink) -> [String; 3] {
    let remarks = remarks(resource);
    let remarks = if remarks.is_empty() {
        String::new()
    } else {
        format!("  {}", ink.bad(&format!("({})", remarks.join(", "))))
    };
    let nodes: Vec<&str> = resource.nodes.iter().map(NodeName::as_str).collect();
    let state = if resource.is_collective {
        String::new()
    } else if nodes.is_empty() {
        ink.change("Stopped")
    } else {
        format!("{} on {}", state(resource), listed(&nodes, detail))
    };
    let id = format!("{}{}", "  ".repeat(resource.depth), resource.id);
    [id, resource.kind.clone(), format!("{state}{remarks}")]
}

/// The role of a resource that is active, or how it comes to be so.
pub(super) fn state(resource: &ResourceOverview) -> String {
    if resource.is_starting() { "Starting".to_owned() } else { resource.role.to_string() }
}

/// What is worth saying of a resource beside its role and place.
pub(super) fn remarks(resource: &ResourceOverview) -> Vec<String> {
    let mut remarks = Vec::new();
    let is_waited_for = resource.frozen.is_some_and(|why| why != Freeze::Detached);
    for (holds, remark) in [
        (resource.is_failed, "failed"),
        (resource.is_blocked, "blocked"),
        (resource.frozen == Some(Freeze::Lost), "its node is lost"),
        (resource.frozen == Some(Freeze::Silent), "its daemon is silent"),
        (!resource.is_managed && !resource.is_blocked && !is_waited_for, "unmanaged"),
        (!resource.degraded.is_empty(), "degraded"),
        (resource.is_removed, "no longer configured"),
        (resource.target_role == Some(Role::Stopped), "told to stop"),
    ] {
        if holds {
            remarks.push(remark.to_owned());
        }
    }
    remarks.extend(resource.fail_counts.iter().map(fail_count));
    remarks
}

/// How often it failed there, and how often it may.
fn fail_count(failed: &FailCount) -> String {
    let FailCount { node, count, limit } = failed;
    match limit {
        _ if count.is_mandatory() => format!("failed for good on {node}"),
        Some(limit) => format!("fail count {count} of {limit} on {node}"),
        None => format!("fail count {count} on {node}"),
    }
}

/// A failure: of which resource, in doing what, and what was answered.
pub(super) fn failure_row(failure: &FailureOverview) -> [String; 3] {
    let said = failure.exit_reason.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
    let at = failure.at.map(|at| format!(", at {}", moment(at))).unwrap_or_default();
    [
        failure.resource.clone(),
        format!("{} on {}", failure.operation, failure.node),
        format!("{} ({}){said}{at}", failure.answer, failure.rc),
    ]
}

/// What is said of a node.
pub(super) const fn condition(condition: NodeCondition) -> &'static str {
    match condition {
        NodeCondition::Unclean => "unclean",
        NodeCondition::Lost => "lost",
        NodeCondition::Silent => "daemon silent",
        NodeCondition::Detached => "left running",
        NodeCondition::Offline => "offline",
        NodeCondition::Pending => "pending",
        NodeCondition::ShuttingDown => "shutting down",
        NodeCondition::Standby => "standby",
        NodeCondition::Maintenance => "maintenance",
        NodeCondition::Online => "online",
    }
}

/// Whether the manifest is in force, in a word.
pub(super) const fn sync(sync: Sync) -> &'static str {
    match sync {
        Sync::Synced => "Synced",
        Sync::OutOfSync => "OutOfSync",
        Sync::Unknown => "Unknown",
    }
}

/// How the cluster is, in a word.
pub(super) const fn health(health: Health) -> &'static str {
    match health {
        Health::Healthy => "Healthy",
        Health::Progressing => "Progressing",
        Health::Degraded => "Degraded",
        Health::Suspended => "Suspended",
        Health::Missing => "Missing",
    }
}
