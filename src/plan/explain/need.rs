//! Needs: what would have to change for a resource to go to another node.

use serde::{Deserialize, Serialize};

use super::{Obstacle, Outcome, Part, Promotion, Source, Verdict};
use crate::model::{NodeName, Score};
use crate::scheduler::facts::NodeFacts;

/// What would have to change for a resource to go to a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "need", rename_all = "kebab-case")]
pub enum Need {
    /// The node must be able to run anything.
    Node {
        /// What keeps it from that.
        obstacle: Obstacle,
    },
    /// The failure that put the node in standby must be forgotten.
    Cleanup {
        /// Of which resource.
        resource: String,
    },
    /// More preference for the node, by at least so much.
    Preference {
        /// How much.
        score: Score,
    },
    /// The node that was chosen must become unable to run it, as its score cannot be beaten.
    ChosenGone {
        /// Which.
        node: NodeName,
    },
    /// A location constraint must allow the node: nothing else does.
    Allowance,
    /// Something that forbids the node must go.
    Without {
        /// What.
        source: Source,
    },
    /// Nothing but what decides between equals.
    Nothing,
}

/// Everything that forbids must go.
fn add_bans(needs: &mut Vec<Need>, parts: &[Part]) {
    for part in parts.iter().filter(|part| part.score <= Score::MINUS_INFINITY) {
        let need = Need::Without { source: part.source.clone() };
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
}

/// Whether the instance that is there already goes with another instance than this: nothing that
/// anybody asks for changes that.
fn is_anothers(part: &Part, node: &NodeName) -> bool {
    let Source::With { other, bond, .. } = &part.source else { return false };
    part.score <= Score::MINUS_INFINITY && bond.is_paired && other.nodes.contains(node)
}

/// What would have to change for an instance to be promoted where it is.
pub(super) fn of_promotion(promotion: &Promotion) -> Vec<Need> {
    let mut needs = Vec::new();
    if matches!(promotion.outcome, Outcome::Promoted { .. }) || promotion.node.is_none() {
        return needs;
    }
    add_bans(&mut needs, &promotion.parts);
    if promotion.parts.iter().any(|part| part.source == Source::NoPromotionScore) {
        needs.push(Need::Without { source: Source::NoPromotionScore });
    }
    if !needs.is_empty() {
        return needs;
    }
    let missing = |to_beat: Score| {
        let score = i64::from(to_beat.value()) - i64::from(promotion.score.value()) + 1;
        Need::Preference { score: Score::new(score.max(1)) }
    };
    match &promotion.outcome {
        Outcome::TooLow => needs.push(missing(Score::new(-1))),
        Outcome::Others { rival } if rival.score.is_mandatory() => {
            needs.extend(rival.node.clone().map(|node| Need::ChosenGone { node }));
        }
        Outcome::Others { rival } => needs.push(missing(rival.score)),
        Outcome::Promoted { .. }
        | Outcome::TargetRole { .. }
        | Outcome::NoneMay
        | Outcome::Frozen
        | Outcome::Unmanaged
        | Outcome::NotThere => {}
    }
    needs
}

/// What would have to change for a resource to be here, and not with its rival.
pub(super) fn needs(
    verdict: &Verdict,
    rival: Option<(&NodeFacts<'_>, Score)>,
    is_symmetric: bool,
) -> Vec<Need> {
    let mut needs = Vec::new();
    if verdict.parts.iter().any(|part| is_anothers(part, &verdict.node)) {
        return needs;
    }
    match &verdict.obstacle {
        Some(Obstacle::StandbyAfterFailure { resource: Some(resource) }) => {
            needs.push(Need::Cleanup { resource: resource.clone() });
        }
        Some(obstacle) => needs.push(Need::Node { obstacle: obstacle.clone() }),
        None => {}
    }
    add_bans(&mut needs, &verdict.parts);
    let allows =
        |part: &Part| part.score > Score::MINUS_INFINITY && matches!(part.source, Source::Location { .. });
    // Where a cluster is opt-in, a ban that goes leaves nothing that allows the node.
    if verdict.score.is_none() || (!is_symmetric && !verdict.parts.iter().any(allows)) {
        needs.push(Need::Allowance);
    }
    let here = verdict.score.unwrap_or(Score::MINUS_INFINITY);
    if here <= Score::MINUS_INFINITY {
        return needs;
    }
    // A node of less than zero is no option even where it has no rival.
    let to_beat = rival.as_ref().map_or(Score::new(-1), |(_, score)| *score);
    match rival {
        Some((node, score)) if score.is_mandatory() => {
            needs.push(Need::ChosenGone { node: node.name.clone() });
        }
        Some(_) | None if here <= to_beat => {
            let missing = Score::new(i64::from(to_beat.value()) - i64::from(here.value()) + 1);
            needs.push(Need::Preference { score: missing });
        }
        Some(_) | None if needs.is_empty() => needs.push(Need::Nothing),
        Some(_) | None => {}
    }
    needs
}
