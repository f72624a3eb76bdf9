//! Why an instance is promoted, or is not, in words.

use super::{part_line, words_of_needs};
use crate::model::{NodeName, Role};
use crate::plan::explain::{Explanation, Fate, Outcome, Promotion, Rival, Turn};
use crate::view::Ink;
use crate::view::because::because;

/// The promotion of an instance: what came of it, why, and its score in parts.
pub(super) fn lines(explanation: &Explanation, promotion: &Promotion, ink: Ink) -> String {
    let Some(node) = &promotion.node else {
        return "It is not promoted: it has no node.\n".to_owned();
    };
    let mut text = format!("{}\n\n  {node}", sentence(explanation, promotion, node));
    let mark = match &promotion.outcome {
        Outcome::Promoted { .. } => format!("  {}", ink.good("promoted")),
        Outcome::TargetRole { .. }
        | Outcome::NoneMay
        | Outcome::TooLow
        | Outcome::Others { .. }
        | Outcome::Frozen
        | Outcome::Unmanaged
        | Outcome::NotThere => String::new(),
    };
    text.push_str(&format!("  promotion score {}{mark}\n", promotion.score));
    for part in &promotion.parts {
        text.push_str(&part_line(part));
    }
    let needs = words_of_needs(&promotion.needs, node, &explanation.resource);
    if !needs.is_empty() {
        text.push_str(&ink.faint(&format!("              to be promoted there: {needs}")));
        text.push('\n');
    }
    text
}

fn sentence(explanation: &Explanation, promotion: &Promotion, node: &NodeName) -> String {
    let places: Vec<&str> = explanation.active_on.iter().map(NodeName::as_str).collect();
    let places = places.join(", ");
    let is_now = promotion.current == Role::Promoted;
    let ends = matches!(explanation.fate, Fate::Stops { .. } | Fate::Restarts { .. } | Fate::Moves { .. });
    let why = match &promotion.outcome {
        Outcome::Promoted { next } => {
            let why = match next {
                Some(next) => format!("its score is {}, against {}", promotion.score, rival(next)),
                None => format!("its score is {}, and no other instance can be", promotion.score),
            };
            let is_there = explanation.active_on.contains(node);
            return match &promotion.turn {
                Turn::None if is_now && is_there && !ends => format!("It stays promoted on {node}: {why}."),
                Turn::Demoted { because: cause } => {
                    format!("It is promoted on {places}, and is to be demoted: {}.", because(cause))
                }
                Turn::Again { because: cause } if is_there => {
                    format!("It is promoted on {node}, is demoted and promoted again: {}.", because(cause))
                }
                Turn::Promoted | Turn::Again { .. } => format!("It is to be promoted on {node}: {why}."),
                Turn::None => format!("It should be promoted on {node}, and is not yet: {why}."),
            };
        }
        Outcome::TargetRole { .. }
        | Outcome::NoneMay
        | Outcome::TooLow
        | Outcome::Others { .. }
        | Outcome::Frozen
        | Outcome::Unmanaged
        | Outcome::NotThere => not_promoted(&promotion.outcome, node),
    };
    match (is_now, &promotion.turn) {
        (true, Turn::None | Turn::Promoted) if ends => {
            format!("It is promoted on {places}, and is not to be promoted again: {why}.")
        }
        (true, Turn::None | Turn::Promoted) => format!("It stays promoted on {places} for now: {why}."),
        (true, Turn::Demoted { .. } | Turn::Again { .. }) => {
            format!("It is promoted on {places}, and is to be demoted: {why}.")
        }
        (false, _) => format!("It is not to be promoted on {node}: {why}."),
    }
}

/// Why an instance is not to be promoted where it is.
pub(in crate::view) fn not_promoted(outcome: &Outcome, node: &NodeName) -> String {
    match outcome {
        Outcome::Promoted { .. } => "it is to be promoted".to_owned(),
        Outcome::TargetRole { role } => format!("it is told to be {role} (target-role)"),
        Outcome::NoneMay => "no instance may be (promoted-max: 0)".to_owned(),
        Outcome::TooLow => "its promotion score is below zero".to_owned(),
        Outcome::Others { rival: other } => {
            format!("{} is promoted, and no more may be (promoted-max)", rival(other))
        }
        Outcome::Frozen => "there is no quorum (no-quorum-policy: freeze)".to_owned(),
        Outcome::Unmanaged => "it is unmanaged".to_owned(),
        Outcome::NotThere => format!("{node} cannot take a promoted instance now"),
    }
}

/// `db:1 on n2 with 110`.
fn rival(rival: &Rival) -> String {
    let place = rival.node.as_ref().map(|node| format!(" on {node}")).unwrap_or_default();
    format!("{}{place} with {}", rival.instance, rival.score)
}
