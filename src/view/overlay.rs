//! What was asked for on top of the desired state, in words.

use std::time::Duration;

use super::{escaped, moment};
use crate::model::{Override, Overriding, Pause, Role, period};

/// An override as a row: its name, what it does, until when.
pub fn row(over: &Override, now: i64) -> [String; 3] {
    [over.id.0.clone(), what(&over.what), until_and_by(over, now)].map(|cell| escaped(&cell))
}

/// An override as a line.
pub fn line(over: &Override, now: i64) -> String {
    row(over, now).join("  ")
}

/// A pause as a sentence, as it was asked for.
pub fn paused(pause: &Pause) -> String {
    let until = pause.until.map(|until| format!(" until {}", moment(until.seconds())));
    format!("Paused{} by {}: nothing is decided.", until.unwrap_or_default(), escaped(&pause.origin))
}

/// An override as part of a sentence: `n2 in standby until 2026-01-01T01:00:00Z, by anna`.
pub fn now(over: &Override) -> String {
    let until = over.until.map_or_else(
        || " until taken away".to_owned(),
        |until| format!(" until {}", moment(until.seconds())),
    );
    escaped(&format!("{}{until}, by {}", what(&over.what), over.origin))
}

/// A pause as a line.
pub fn pause(pause: &Pause, now: i64) -> String {
    let until = pause
        .until
        .map(|until| format!(" until {} ({})", moment(until.seconds()), left(until.seconds() - now)));
    format!("Paused{} by {}: nothing is decided.", until.unwrap_or_default(), escaped(&pause.origin))
}

/// What an override does.
pub fn what(what: &Overriding) -> String {
    let in_role = |role: &Option<Role>| role.map(|role| format!(" as {role}")).unwrap_or_default();
    match what {
        Overriding::Standby(node) => format!("{node} in standby"),
        Overriding::Maintenance(Some(node)) => format!("{node} in maintenance"),
        Overriding::Maintenance(None) => "the cluster in maintenance".to_owned(),
        Overriding::Ban { resource, node, role } => format!("{resource}{} not on {node}", in_role(role)),
        Overriding::Prefer { resource, node, role } => format!("{resource}{} on {node}", in_role(role)),
        Overriding::Unmanage(resource) => format!("{resource} left alone"),
        Overriding::TargetRole { resource, role } => format!("{resource} at most {role}"),
    }
}

fn until_and_by(over: &Override, now: i64) -> String {
    let until = over
        .until
        .map(|until| format!("until {} ({})", moment(until.seconds()), left(until.seconds() - now)));
    format!("{}, by {}", until.unwrap_or_else(|| "until taken away".to_owned()), over.origin)
}

/// `2h left`.
fn left(seconds: i64) -> String {
    let seconds = u64::try_from(seconds).unwrap_or(0);
    let rounded = if seconds > 120 { seconds.div_ceil(60) * 60 } else { seconds };
    format!("{} left", period::format(Duration::from_secs(rounded)))
}
