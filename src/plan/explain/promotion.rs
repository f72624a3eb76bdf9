//! Promotion: why an instance is promoted where it is, or is not.

use serde::{Deserialize, Serialize};

use super::need::{self, Need};
use super::{Part, Turn, added_up};
use crate::model::{NodeName, Role, Score};
use crate::scheduler::assign::Placement;
use crate::scheduler::facts::{NoQuorumPolicy, Variant};
use crate::scheduler::{Facts, ResourceIx};

/// Why an instance of a promotable clone is promoted, or is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// The role it has now; stopped where it is not active.
    pub current: Role,
    /// The node on which it would be promoted; none if it has no node.
    pub node: Option<NodeName>,
    /// The score that decided.
    pub score: Score,
    /// What the score is made of; it adds up to the score.
    pub parts: Vec<Part>,
    /// What came of it.
    pub outcome: Outcome,
    /// What the plan does.
    pub turn: Turn,
    /// What would have to change for it to be promoted.
    pub needs: Vec<Need>,
}

/// Whether an instance is promoted, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It is to be promoted.
    Promoted {
        /// The best of those that are not.
        next: Option<Rival>,
    },
    /// It is told to have a lesser role (`target-role`).
    TargetRole {
        /// Which.
        role: Role,
    },
    /// None of its clone may be promoted (`promoted-max: 0`).
    NoneMay,
    /// Its score is below zero.
    TooLow,
    /// Others are promoted, as many as may be (`promoted-max`).
    Others {
        /// The worst of them.
        rival: Rival,
    },
    /// Without quorum nothing is promoted (`no-quorum-policy: freeze`).
    Frozen,
    /// It is unmanaged, and stays as it is.
    Unmanaged,
    /// Its node cannot take one more.
    NotThere,
}

/// Another instance, with its score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rival {
    /// Which.
    pub instance: String,
    /// Where.
    pub node: Option<NodeName>,
    /// Its promotion score.
    pub score: Score,
}

/// Why a primitive is promoted or not: as an instance of a promotable clone, or part of one.
pub(in crate::plan) fn promotion(placement: &Placement<'_>, resource: ResourceIx) -> Option<Promotion> {
    let facts = &placement.facts;
    let mut lineage = std::iter::successors(Some(resource), |part| facts.resource(*part).parent);
    let known = |part: ResourceIx| placement.promotions.get(part.index()).and_then(Option::as_ref);
    let instance = lineage.find(|part| known(*part).is_some())?;
    let decided = known(instance)?;
    let node = placement.node_of(instance);
    let parts = match node {
        Some(node) => added_up(placement, instance, node, decided.score, decided.parts.iter()),
        None => Vec::new(),
    };
    let own = facts.resource(resource);
    let mut promotion = Promotion {
        current: if own.active_on.is_empty() { Role::Stopped } else { own.current_role },
        node: node.map(|node| facts.node(node).name.clone()),
        score: decided.score,
        parts,
        outcome: outcome(placement, instance, decided),
        turn: Turn::None,
        needs: Vec::new(),
    };
    promotion.needs = need::of_promotion(&promotion);
    Some(promotion)
}

fn outcome(
    placement: &Placement<'_>,
    instance: ResourceIx,
    decided: &crate::scheduler::assign::Promotion,
) -> Outcome {
    let facts = &placement.facts;
    let own = facts.resource(instance);
    let siblings = own.parent.map(|clone| facts.resource(clone).children.clone()).unwrap_or_default();
    let rivals = |is_promoted: bool| {
        let others = siblings.iter().copied().filter(move |sibling| *sibling != instance);
        others.filter_map(move |sibling| {
            let known = placement.promotions.get(sibling.index())?.as_ref()?;
            (known.is_promoted == is_promoted).then(|| rival(placement, sibling, known.score))
        })
    };
    if decided.is_promoted {
        // What has no node is no rival.
        let next = rivals(false).filter(|rival| rival.node.is_some()).max_by_key(|rival| rival.score);
        return Outcome::Promoted { next };
    }
    let properties = &facts.properties;
    let is_frozen = !properties.has_quorum && properties.no_quorum_policy == NoQuorumPolicy::Freeze;
    if let Some(role) = lesser_role(facts, instance) {
        return Outcome::TargetRole { role };
    }
    if let Some(Variant::Clone(limits)) = own.parent.map(|clone| &facts.resource(clone).variant)
        && limits.promoted_max == 0
    {
        return Outcome::NoneMay;
    }
    if decided.score < Score::ZERO {
        return Outcome::TooLow;
    }
    if !decided.is_eligible {
        let is_unmanaged = facts.leaves(instance).iter().any(|leaf| !facts.resource(*leaf).is_managed);
        return match (is_unmanaged, is_frozen) {
            (true, _) => Outcome::Unmanaged,
            (false, true) => Outcome::Frozen,
            (false, false) => Outcome::NotThere,
        };
    }
    rivals(true).min_by_key(|rival| rival.score).map_or(Outcome::NotThere, |rival| Outcome::Others { rival })
}

/// The role that an instance is told to have, if that keeps it from being promoted.
pub(super) fn lesser_role(facts: &Facts<'_>, instance: ResourceIx) -> Option<Role> {
    let leaves = facts.leaves(instance).into_iter();
    let told = std::iter::once(instance).chain(leaves).filter_map(|part| facts.resource(part).target_role);
    told.min().filter(|role| matches!(role, Role::Stopped | Role::Unpromoted))
}

fn rival(placement: &Placement<'_>, instance: ResourceIx, score: Score) -> Rival {
    let facts = &placement.facts;
    Rival {
        instance: facts.resource(instance).id.to_string(),
        node: placement.node_of(instance).map(|node| facts.node(node).name.clone()),
        score,
    }
}
