//! What happened in a cluster, as lines.

use serde::Serialize;

use super::progress::finished_line;
use super::{Ink, legible, moment};
use crate::api::{Tale, Told};
use crate::cluster::Parting;
use crate::model::{NodeName, json};

/// Events for people.
pub fn text(told: &[Told], ink: Ink) -> String {
    if told.is_empty() {
        return "Nothing has happened yet.\n".to_owned();
    }
    let one = |told: &Told| words(&told.tale, ink).map(|words| line(told, &words)).unwrap_or_default();
    told.iter().map(|told| legible::draw(told, one)).collect()
}

/// Events for machines, as one document.
pub fn json(told: &[Told]) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        format_version: &'static str,
        kind: &'static str,
        events: &'a [Told],
    }
    super::to_json(&Document { format_version: "1.0", kind: "history", events: told })
}

/// Events for machines, one document per line.
pub fn ndjson(told: &[Told]) -> String {
    let line = |told: &Told| legible::json(json::line(told)) + "\n";
    told.iter().map(line).collect()
}

fn line(told: &Told, words: &str) -> String {
    format!("{}  {}\n", moment(told.at.seconds()), words.trim())
}

/// An event in words; nothing for what only matters while it happens.
fn words(tale: &Tale, ink: Ink) -> Option<String> {
    Some(match tale {
        Tale::Settled { members, dc } => {
            let members: Vec<&str> = members.iter().map(NodeName::as_str).collect();
            format!("members: {}; controlled by {dc}", members.join(", "))
        }
        Tale::Gone { node, why } => ink.bad(&format!("{node} {}", parting(*why))),
        Tale::Quorum { quorate: true } => ink.good("the cluster has quorum"),
        Tale::Quorum { quorate: false } => ink.bad("the cluster has no quorum"),
        Tale::Forsaken { node } => ink.bad(&format!("the daemon of {node} did not come back")),
        Tale::ConfirmedDown { node, by } => {
            ink.bad(&format!("somebody confirmed on {by} that {node} is down"))
        }
        Tale::Condemned { because } => ink.bad(because),
        Tale::InForce { generation, origin } => {
            format!("generation {} in force, from {origin}", generation.0)
        }
        Tale::Forgone { overrides, pause } => ink.bad(&forgone(overrides, *pause)),
        Tale::Dropped { generation, origin } => {
            ink.bad(&format!("generation {} of this node was not taken, from {origin}", generation.0))
        }
        Tale::Overridden => "overrides changed".to_owned(),
        Tale::Lapsed { overrides } => format!("overrides ended: {}", overrides.join(", ")),
        Tale::Decided { id, because, actions, .. } => {
            let head = ink.heading(&format!("decision {id}"));
            format!("{head}: {actions} actions, because {}", because.join(", "))
        }
        Tale::Held { until, attempts } => ink.bad(&format!(
            "the same was tried {attempts} times; next at {} at the latest",
            moment(until.seconds())
        )),
        Tale::Finished { action, result, .. } => {
            format!("  {}", finished_line(action, result, ink).trim())
        }
        Tale::Started { .. } | Tale::Refused { .. } | Tale::Unknown => return None,
        Tale::Missed { events } => format!("{events} events are not known"),
    })
}

/// What was asked for without quorum, and lost.
fn forgone(overrides: &[String], is_paused: bool) -> String {
    let pause = is_paused.then(|| "the pause".to_owned());
    let what: Vec<String> = overrides.iter().cloned().chain(pause).collect();
    format!("what was asked for on this node without quorum was not taken: {}", what.join(", "))
}

const fn parting(why: Parting) -> &'static str {
    match why {
        Parting::Left => "has left",
        Parting::ProcessDown => "has lost its daemon",
        Parting::NodeDown => "is lost",
    }
}
