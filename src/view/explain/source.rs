//! What gives a part of a score, and what takes a prohibition away, in words.

use crate::model::id::without_number;
use crate::model::{NodeName, Role, Score};
use crate::plan::Address;
use crate::plan::explain::{Bond, Companion, Lack, Past, Pin, Root, Source};
use crate::view::moment;

/// What gives a part of a score.
pub(super) fn words(source: &Source) -> String {
    match source {
        Source::NodeScore => "score of the node".to_owned(),
        Source::History { past } => of_past(past),
        Source::Location { id, rule, role } => {
            let role = role.map(|role| format!(" as {role}")).unwrap_or_default();
            let rule = rule.as_ref().map(|rule| format!(": {rule}")).unwrap_or_default();
            format!("{}{role}{rule}", constraint("location", id))
        }
        Source::Health { attributes } if attributes.is_empty() => "health of the node".to_owned(),
        Source::Health { attributes } => format!("health of the node ({})", attributes.join(", ")),
        Source::ShutdownLock => "waits for the node that was shut down (shutdown-lock)".to_owned(),
        Source::Stickiness => "stickiness: it runs there".to_owned(),
        Source::Failures { count, is_stop, expires } => {
            let until = expires.map(|at| format!(", until {}", moment(at))).unwrap_or_default();
            let what = if *is_stop { "its stop failed there".to_owned() } else { failures(*count) };
            format!("{what}{until}")
        }
        Source::Discovery => "discovery: only other nodes are open to it".to_owned(),
        Source::Ticket { id, ticket, is_standby: true } => {
            format!("ticket {ticket} is in standby ({})", Address::of_constraint(id))
        }
        Source::Ticket { id, ticket, is_standby: false } => {
            format!("ticket {ticket} is not granted ({})", Address::of_constraint(id))
        }
        Source::With { id, other, bond, .. } => {
            let how = if bond.is_apart { "apart from" } else { "with" };
            let place = bond.node_attribute.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
            let partner = bond.partner.as_ref();
            let partner = partner
                .map(|it| format!(": it goes with {} on {}", it.instance, it.node))
                .unwrap_or_default();
            format!("{} {how} {}{place}{partner}", name(id), companion(other))
        }
        Source::PulledBy { id, other, .. } => format!("{}: what suits {}", name(id), companion(other)),
        Source::TargetRole => "told to be stopped".to_owned(),
        Source::Connection => "where connections, guests and bundles can be".to_owned(),
        Source::Capacity { lack: None } => "not enough capacity left".to_owned(),
        Source::Capacity { lack: Some(lack) } => {
            let Lack { attribute, needed, capacity } = lack;
            format!("not enough {attribute}: it needs {needed}, the node has {capacity}")
        }
        Source::PromotionScore => "promotion score that its agent set".to_owned(),
        Source::OtherInstance { instance } => format!("promotion score of {instance}, which is there too"),
        Source::NoPromotionScore => "its agent has set no promotion score there".to_owned(),
        Source::LesserRole { role } => format!("told to be {role}"),
        Source::SettledRole => "its role is settled, whatever the scores say".to_owned(),
        Source::NoNode => "it has no node".to_owned(),
        Source::Siblings { limit: Some(0) } => "no node may run an instance (clone-node-max: 0)".to_owned(),
        Source::Siblings { limit } => {
            format!("as many instances are there as may be{}", option("clone-node-max", *limit))
        }
        Source::EnoughInstances { limit } => {
            format!("there are as many instances as may be{}", option("clone-max", *limit))
        }
        Source::ClosedToAll => "no instance can be there".to_owned(),
        Source::Floor => "instances of clones do not yield that much to others".to_owned(),
    }
}

/// An option behind a number, where a clone has it.
fn option(name: &str, limit: Option<u32>) -> String {
    limit.map(|limit| format!(" ({name}: {limit})")).unwrap_or_default()
}

/// A colocation by name; what belongs together by itself has none.
fn name(id: &str) -> String {
    match id {
        "#group-members" => "in one group".to_owned(),
        _ if id.starts_with('#') => "belongs".to_owned(),
        _ => constraint("colocation", id),
    }
}

/// A constraint by its kind and name.
fn constraint(kind: &str, id: &str) -> String {
    let spelled = Address::of_constraint(id);
    if spelled == id { format!("{kind} {id}") } else { spelled }
}

fn of_past(past: &Past) -> String {
    match past {
        Past::Removed => "it is no longer configured".to_owned(),
        Past::Pinned { pin: Pin::FailedAndBlocked } => {
            "it failed there, and is left as it is for that (on-fail: block)".to_owned()
        }
        Past::Pinned { pin: Pin::Blocked } => "it is there, and nothing may be done with it".to_owned(),
        Past::Pinned { pin: Pin::Maintenance } => "it is there, in maintenance".to_owned(),
        Past::Pinned { pin: Pin::Unmanaged } => "it is there, unmanaged".to_owned(),
        Past::OwnNode => "the node that its container makes".to_owned(),
        Past::StopFailed => "its stop failed there".to_owned(),
        Past::FailedForGood { operation, answer } => {
            format!("its {operation} failed there, and would again ({answer})")
        }
        Past::FailedEverywhere { operation, node, answer } => {
            format!("its {operation} failed on {node}, and would on every node ({answer})")
        }
        Past::StoppedOnFailure { operation, node } => {
            format!("its {operation} failed on {node}, and it is stopped for that (on-fail: stop)")
        }
        Past::NotOnRemote => "connections are made by full members only".to_owned(),
        Past::RanTwice => "it ran on several nodes (multiple-active: stop_only)".to_owned(),
        Past::Other => "what happened there".to_owned(),
    }
}

fn failures(count: Score) -> String {
    match count.value() {
        1 => "it failed there (migration-threshold)".to_owned(),
        _ if count.is_mandatory() => "it failed there for good (start-failure-is-fatal)".to_owned(),
        count => format!("it failed there {count} times (migration-threshold)"),
    }
}

/// The other resource of a colocation: `db (on n1)`, `promoted dbc (nowhere)`.
fn companion(companion: &Companion) -> String {
    let role = role_of(companion);
    let place = match companion.nodes.as_slice() {
        [] if companion.is_told_to_stop => "told to stop".to_owned(),
        [] => "nowhere".to_owned(),
        nodes => format!("on {}", nodes.iter().map(NodeName::as_str).collect::<Vec<_>>().join(", ")),
    };
    format!("{role}{} ({place})", companion.resource)
}

const fn role_of(companion: &Companion) -> &'static str {
    match companion.role {
        Some(Role::Promoted) => "promoted ",
        Some(Role::Unpromoted) => "unpromoted ",
        Some(Role::Started | Role::Stopped) | None => "",
    }
}

/// What takes a prohibition away; nothing when nothing but time does.
pub(super) fn remedies(source: &Source, node: &NodeName, resource: &str) -> Vec<String> {
    match source {
        Source::With { other, bond, roots, .. } => {
            let mut remedies: Vec<String> = company(other, bond, node).into_iter().collect();
            remedies.extend(of_roots(roots, node));
            remedies
        }
        Source::PulledBy { roots, .. } => of_roots(roots, node),
        Source::NodeScore
        | Source::History { .. }
        | Source::Location { .. }
        | Source::Health { .. }
        | Source::ShutdownLock
        | Source::Stickiness
        | Source::Failures { .. }
        | Source::Discovery
        | Source::Ticket { .. }
        | Source::TargetRole
        | Source::Connection
        | Source::Capacity { .. }
        | Source::PromotionScore
        | Source::OtherInstance { .. }
        | Source::NoPromotionScore
        | Source::LesserRole { .. }
        | Source::SettledRole
        | Source::NoNode
        | Source::Siblings { .. }
        | Source::EnoughInstances { .. }
        | Source::ClosedToAll
        | Source::Floor => alone(source, resource).into_iter().collect(),
    }
}

fn of_roots(roots: &[Root], node: &NodeName) -> Vec<String> {
    roots.iter().flat_map(|root| remedies(&root.source, node, &root.resource)).collect()
}

/// What would have to become of a companion; nothing where it is there, and goes with somebody else.
fn company(other: &Companion, bond: &Bond, node: &NodeName) -> Option<String> {
    let Companion { resource, nodes, is_told_to_stop, .. } = other;
    let is_here = nodes.contains(node);
    let role = match other.role {
        Some(Role::Promoted) => "promoted",
        Some(Role::Unpromoted) => "unpromoted",
        Some(Role::Started | Role::Stopped) | None => "",
    };
    Some(match (&bond.node_attribute, bond.is_apart) {
        _ if *is_told_to_stop && !bond.is_apart => {
            format!("once {resource} may run (its target-role is Stopped)")
        }
        (Some(name), true) => format!("once {resource} is on a node of another {name}"),
        (Some(name), false) => format!("once {resource} is on a node of the same {name}"),
        (None, true) if role.is_empty() => format!("once {resource} is elsewhere"),
        (None, true) => format!("once {resource} is not {role} there"),
        (None, false) if is_here && (bond.is_paired || !role.is_empty()) => return None,
        (None, false) if is_here => format!("once {resource} may be acted on there"),
        (None, false) if role.is_empty() => format!("once {resource} is there"),
        (None, false) => format!("once {resource} is {role} there"),
    })
}

/// What takes a prohibition away that is nobody else's.
fn alone(source: &Source, resource: &str) -> Option<String> {
    let cleanup = || format!("`quorate cleanup {}`", without_number(resource));
    Some(match source {
        Source::Location { id, .. } => format!("without {}", Address::of_constraint(id)),
        Source::Failures { expires, .. } => {
            let or = expires.map(|at| format!(", or at {}", moment(at))).unwrap_or_default();
            format!("after its failures there are cleaned up ({}){or}", cleanup())
        }
        Source::History { past } => return of_history(past, &cleanup()),
        Source::Ticket { ticket, is_standby: true, .. } => format!("once ticket {ticket} is out of standby"),
        Source::Ticket { ticket, is_standby: false, .. } => format!("once ticket {ticket} is granted"),
        Source::TargetRole | Source::LesserRole { .. } => "once target-role lets it".to_owned(),
        Source::Capacity { lack: None } => "once there is room".to_owned(),
        Source::Capacity { lack: Some(Lack { attribute, needed, .. }) } => {
            format!("with {needed} {attribute} on the node, or less asked for")
        }
        Source::Health { attributes } if attributes.is_empty() => "once the node is healthy".to_owned(),
        Source::Health { attributes } => format!("once the node is healthy ({})", attributes.join(", ")),
        Source::ShutdownLock => "once the lock ends".to_owned(),
        Source::Siblings { .. } => "once another instance leaves it".to_owned(),
        Source::EnoughInstances { limit: Some(_) } => "with more instances (clone-max)".to_owned(),
        Source::EnoughInstances { limit: None } => "with more instances".to_owned(),
        Source::NoPromotionScore => "once its agent sets a promotion score there".to_owned(),
        Source::NodeScore
        | Source::Stickiness
        | Source::Discovery
        | Source::Connection
        | Source::With { .. }
        | Source::PulledBy { .. }
        | Source::PromotionScore
        | Source::OtherInstance { .. }
        | Source::SettledRole
        | Source::ClosedToAll
        | Source::NoNode
        | Source::Floor => return None,
    })
}

fn of_history(past: &Past, cleanup: &str) -> Option<String> {
    match past {
        Past::StopFailed => Some(format!("after its failures there are cleaned up ({cleanup})")),
        Past::FailedForGood { .. } | Past::FailedEverywhere { .. } | Past::StoppedOnFailure { .. } => {
            Some(format!("mend what failed, then {cleanup}"))
        }
        Past::RanTwice => Some(format!("see to it that it runs nowhere, then {cleanup}")),
        Past::Removed | Past::Pinned { .. } | Past::OwnNode | Past::NotOnRemote | Past::Other => None,
    }
}
