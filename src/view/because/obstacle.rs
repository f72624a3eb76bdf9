//! What keeps resources off nodes, as sentences.

use super::{no_ticket, on_each, words};
use crate::model::{NodeName, Score};
use crate::plan::unplaced::{Absence, Obstacle, Refusal};
use crate::plan::{Address, Unplaced};

/// Why a resource has no node, node by node.
pub fn refusals(unplaced: &Unplaced) -> String {
    if unplaced.nodes.is_empty() {
        return "there are no nodes".to_owned();
    }
    if let Some(text) = never_room(unplaced) {
        return text;
    }
    let mut kinds: Vec<(&Obstacle, Vec<&NodeName>)> = Vec::new();
    for Refusal { node, obstacle } in &unplaced.nodes {
        match kinds.iter_mut().find(|(known, _)| *known == obstacle) {
            Some((_, nodes)) => nodes.push(node),
            None => kinds.push((obstacle, vec![node])),
        }
    }
    let is_alone = kinds.len() == 1;
    kinds.iter().map(|(obstacle, nodes)| refusal(obstacle, nodes, is_alone)).collect::<Vec<_>>().join("; ")
}

/// One obstacle on some nodes; `is_alone` when these are all nodes.
fn refusal(obstacle: &Obstacle, nodes: &[&NodeName], is_alone: bool) -> String {
    match nodes {
        [first, ..] if is_same_everywhere(obstacle) => obstacle_at(first, obstacle),
        [_, _, _, ..] if is_alone && is_negative(obstacle) => {
            obstacle_at(&NodeName::from("any node"), obstacle)
        }
        [_, _, _, ..] if is_alone => obstacle_at(&NodeName::from("every node"), obstacle),
        [_, _, _, _, ..] => obstacle_at(&format!("each of {} nodes", nodes.len()).into(), obstacle),
        few => few.iter().map(|node| obstacle_at(node, obstacle)).collect::<Vec<_>>().join("; "),
    }
}

/// Whether an obstacle speaks of no node.
fn is_same_everywhere(obstacle: &Obstacle) -> bool {
    matches!(
        obstacle,
        Obstacle::Ticket { .. }
            | Obstacle::Halted
            | Obstacle::FailedForGood { .. }
            | Obstacle::StoppedAsMultiple { .. }
            | Obstacle::Locked { .. }
            | Obstacle::Absent { .. }
    )
}

/// Whether an obstacle is told as something that does not hold.
fn is_negative(obstacle: &Obstacle) -> bool {
    matches!(obstacle, Obstacle::Company { .. } | Obstacle::NotAllowed)
}

/// A resource that needs more than any node has.
fn never_room(unplaced: &Unplaced) -> Option<String> {
    let mut largest: Option<(&str, i64, i64)> = None;
    for refusal in &unplaced.nodes {
        let Obstacle::Capacity { attribute, needed, total, .. } = &refusal.obstacle else { return None };
        let most = largest.map_or(*total, |(_, _, most)| most.max(*total));
        if largest.is_some_and(|(known, _, _)| known != attribute) {
            return None;
        }
        largest = Some((attribute, *needed, most));
    }
    let (attribute, needed, most) = largest?;
    (most < needed).then(|| format!("it needs {needed} {attribute}, and the largest node has {most}"))
}

/// Why what a resource must be with is nowhere.
fn absent(resource: &str, absence: &Absence) -> String {
    match absence {
        Absence::Stopped => format!("{resource} is told to stop (target-role)"),
        Absence::NoNode => format!("{resource} has no node"),
        Absence::NotPromoted => format!("no instance of {resource} is promoted"),
        Absence::NoPromotionScore => {
            format!("no instance of {resource} is promoted, as none has a promotion score")
        }
        Absence::NoTicket { ticket, is_standby } => {
            format!("no instance of {resource} is promoted, as {}", no_ticket(ticket, *is_standby))
        }
    }
}

/// What keeps a resource off a node.
pub fn obstacle_at(node: &NodeName, obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::Offline => format!("{node} is offline"),
        Obstacle::Unclean => format!("{node} must be fenced first"),
        Obstacle::ShuttingDown => format!("{node} shuts down"),
        Obstacle::Standby => format!("{node} is in standby"),
        Obstacle::Maintenance => format!("{node} is in maintenance"),
        Obstacle::Constraint { id } => format!("{node} is forbidden by {}", Address::of_constraint(id)),
        Obstacle::Ticket { ticket, is_standby } => no_ticket(ticket, *is_standby),
        Obstacle::FailedForGood { because } => format!("{}, which bans it from every node", words(because)),
        Obstacle::StoppedAsMultiple { nodes } => {
            format!("it runs on {}, and is only stopped (multiple-active: stop_only)", on_each(nodes))
        }
        Obstacle::Locked { node } => format!("it waits for {node}, which was shut down (shutdown-lock)"),
        Obstacle::Unhealthy => format!("{node} is not healthy enough"),
        Obstacle::NotAllowed => format!("no constraint allows {node} (symmetric-cluster: false)"),
        Obstacle::Capacity { attribute, needed, left, total } => {
            format!("{node} has {left} of {total} {attribute} left, and it needs {needed}")
        }
        Obstacle::CapacityTogether => {
            format!("{node} has not enough capacity left for it and what must be with it")
        }
        Obstacle::Absent { resource, absence } => absent(resource, absence),
        Obstacle::Apart { resource, constraint, attribute: None } => {
            format!(
                "{node} has {resource}, from which it must be apart ({})",
                Address::of_constraint(constraint)
            )
        }
        Obstacle::Apart { resource, constraint, attribute: Some(attribute) } => {
            format!(
                "{node} has the {attribute} of {resource}, from which it must be apart ({})",
                Address::of_constraint(constraint)
            )
        }
        Obstacle::Failures => format!("it failed on {node}"),
        Obstacle::Halted => "it failed, and is stopped for that (on-fail: stop)".to_owned(),
        Obstacle::StandbyAfterFailure { resource } => {
            let what = resource.as_deref().unwrap_or("something");
            format!("{node} is in standby since {what} failed there (on-fail: standby)")
        }
        Obstacle::Company { resource } => format!("{resource} is not on {node}"),
        Obstacle::NotOpened => {
            format!("{node} is closed to it, as locations open others only (resource-discovery: exclusive)")
        }
        Obstacle::OtherPlaces => format!("{node} is no place for a connection, a guest or what is bundled"),
        Obstacle::Score { score: Some(score) } if *score > Score::MINUS_INFINITY => {
            format!("{node} scores {score}, and nothing runs where it scores below zero")
        }
        Obstacle::Score { .. } => format!("{node} scores too low"),
    }
}
