//! What should be done and cannot be.

use serde::{Deserialize, Serialize};

use super::situation::Situation;
use super::{Because, Caution, Verb, standstill, unplaced};
use crate::model::{NodeName, Role, scalar};
use crate::scheduler::{Facts, ResourceIx};

/// Something that should be done and cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// What.
    pub verb: Verb,
    /// With which resource; none for nodes.
    pub resource: Option<String>,
    /// Where, or from where.
    pub from: Option<NodeName>,
    /// To where.
    pub to: Option<NodeName>,
    /// Why not.
    pub because: Because,
    /// Whether it will still be so once the steps of the plan are done: there are none, there is no
    /// quorum, or rehearsing them says so.
    #[serde(default)]
    pub stays: bool,
}

pub(super) fn blocked(situation: &Situation<'_>, stays: bool) -> Vec<Blocked> {
    let standstill = standstill::reasons(situation);
    let changes = situation.schedule.changes.iter().enumerate();
    changes
        .filter_map(|(position, change)| match standstill.get(&position) {
            Some(because) => Some((position, change, because.clone())),
            None => change.is_blocked.then(|| (position, change, situation.of_blocked(change))),
        })
        .map(|(position, change, because)| {
            let to = change.to.clone().filter(|to| Some(to) != change.from.as_ref());
            let (verb, from, because) = match situation.of_missing_half(change) {
                Some(because) => (Verb::Start, None, because),
                None => (Verb::of_change(&change.kind), change.from.clone(), because),
            };
            Blocked {
                verb,
                resource: change.resource.as_ref().map(ToString::to_string),
                from,
                to,
                // Nothing that a plan does ends a circle, and what it starts is counted.
                stays: stays
                    || standstill.contains_key(&position)
                    || matches!(because, Because::TooFew { .. }),
                because,
            }
        })
        .collect()
}

/// What would start if there were something to fence with. Without it, nothing is managed.
pub(super) fn unfenced(facts: &Facts<'_>, cautions: &[Caution]) -> Vec<Blocked> {
    let properties = &facts.properties;
    if !cautions.contains(&Caution::NoFenceDevice)
        || properties.stop_all_resources
        || properties.maintenance_mode
    {
        return Vec::new();
    }
    let is_idle = |resource: &ResourceIx| {
        let own = facts.resource(*resource);
        let is_left_alone =
            own.meta.get("is-managed").is_some_and(|text| scalar::parse_boolean(text) == Some(false));
        let is_wanted = own.target_role.is_none_or(|role| role > Role::Stopped) && !own.is_removed;
        let mut leaves = facts.leaves(*resource).into_iter();
        is_wanted && !is_left_alone && leaves.all(|leaf| facts.resource(leaf).active_on.is_empty())
    };
    let all = facts.top.iter().flat_map(|top| unplaced::candidates(facts, *top));
    all.filter(is_idle)
        .map(|resource| Blocked {
            verb: Verb::Start,
            resource: Some(facts.resource(resource).id.to_string()),
            from: None,
            to: None,
            because: Because::NoFenceDevice,
            stays: true,
        })
        .collect()
}
