//! A plan in one line.

use crate::model::NodeName;
use crate::plan::{Disruption, Down, ObjectChangeKind, Plan};

/// How many outages are spelled out.
const OUTAGES_SHOWN: usize = 3;

/// `1 to add, 1 to change, 0 to delete`.
pub fn configuration_summary(plan: &Plan) -> String {
    let count = |wanted: fn(&ObjectChangeKind) -> bool| {
        plan.objects.iter().filter(|object| wanted(&object.kind)).count()
    };
    let added = count(|kind| matches!(kind, ObjectChangeKind::Add));
    let changed = count(|kind| matches!(kind, ObjectChangeKind::Change | ObjectChangeKind::Rename { .. }));
    let deleted = count(|kind| matches!(kind, ObjectChangeKind::Delete));
    format!("{added} to add, {changed} to change, {deleted} to delete")
}

/// What people notice, as a sentence.
pub fn disruption_summary(disruption: &Disruption) -> String {
    if disruption.is_none() {
        return "Nothing starts, stops or moves.".to_owned();
    }
    let mut parts = Vec::new();
    for (resources, one, several) in [
        (&disruption.starts, "starts", "start"),
        (&disruption.moves, "moves", "move"),
        (&disruption.restarts, "restarts", "restart"),
        (&disruption.role_changes, "changes its role", "change their role"),
        (&disruption.stops, "stops", "stop"),
    ] {
        match resources.len() {
            0 => {}
            1 => parts.push(format!("1 resource {one}")),
            number => parts.push(format!("{number} resources {several}")),
        }
    }
    let outages = outages(&disruption.down);
    if let (Some(last), false) = (parts.last_mut(), outages.is_empty()) {
        last.push_str(&format!(" ({outages})"));
    }
    let fenced: Vec<&str> = disruption.fences.iter().map(NodeName::as_str).collect();
    parts.push(match fenced.as_slice() {
        [] => "nothing is fenced".to_owned(),
        [node] => format!("{node} is fenced"),
        nodes => format!("{} are fenced", nodes.join(" and ")),
    });
    format!("{}.", parts.join(", "))
}

/// Resources that are down while other things happen.
fn outages(down: &[Down]) -> String {
    let long: Vec<&Down> = down.iter().filter(|down| down.from != down.until).collect();
    let mut texts: Vec<String> = long
        .iter()
        .take(OUTAGES_SHOWN)
        .map(|down| format!("{} is down between {} and {}", down.resource, down.from, down.until))
        .collect();
    if long.len() > OUTAGES_SHOWN {
        texts.push(format!("{} more are down for a while", long.len() - OUTAGES_SHOWN));
    }
    texts.join(", ")
}
