//! Safety: what a plan does that nobody should do by accident.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::step::Verb;
use crate::model::NodeName;
use crate::scheduler::assign::Placement;
use crate::scheduler::{ChangeKind, ResourceIx, Schedule};

/// Kinds of consequence that must be allowed where nobody confirms the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hazard {
    /// A running resource stops for good.
    Stop,
    /// A node is fenced.
    Fence,
}

impl Hazard {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Stop, Self::Fence];

    /// The word that `--allow` takes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Fence => "fence",
        }
    }
}

/// The hazards in a plan. That one instance of many stops is none while others go on.
/// What a fenced node ran ends with it: who allows the one allows the other.
pub(super) fn hazards(schedule: &Schedule, placement: &Placement<'_>) -> Vec<Hazard> {
    let mut hazards = Vec::new();
    let facts = &placement.facts;
    let changes = || schedule.changes.iter().filter(|change| !change.is_blocked);
    let fenced: BTreeSet<&NodeName> = changes()
        .filter(|change| Verb::of_change(&change.kind) == Verb::Fence)
        .filter_map(|change| change.from.as_ref())
        .collect();
    let stops = changes().filter(|change| change.kind == ChangeKind::Stop);
    let stopped: Vec<&str> = stops
        .filter(|change| !change.from.as_ref().is_some_and(|node| fenced.contains(node)))
        .filter_map(|change| change.resource.as_deref())
        .collect();
    let numbers: BTreeMap<&str, ResourceIx> = if stopped.is_empty() {
        BTreeMap::new()
    } else {
        let numbered = facts.resources.iter().enumerate().rev(); // Of several, the first counts.
        numbered.map(|(number, facts)| (&*facts.id, ResourceIx::at(number))).collect()
    };
    let goes_on = |stopped: &&str| numbers.get(stopped).is_some_and(|number| goes_on(*number, placement));
    if !stopped.iter().all(goes_on) {
        hazards.push(Hazard::Stop);
    }
    if !fenced.is_empty() {
        hazards.push(Hazard::Fence);
    }
    hazards
}

/// Whether other instances of what a resource is part of have a place.
fn goes_on(resource: ResourceIx, placement: &Placement<'_>) -> bool {
    let facts = &placement.facts;
    let top = facts.topmost(resource);
    top != resource && placement.node_of(top).is_some() && !facts.resource(top).variant.is_group()
}
