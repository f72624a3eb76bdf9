//! Safety: what a plan does that nobody should do by accident.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::disruption::Disruption;
use crate::scheduler::ResourceIx;
use crate::scheduler::assign::Placement;
use crate::scheduler::facts::Variant;

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
pub(super) fn hazards(disruption: &Disruption, placement: &Placement<'_>) -> Vec<Hazard> {
    let mut hazards = Vec::new();
    let facts = &placement.facts;
    let numbers: BTreeMap<&str, ResourceIx> = if disruption.stops.is_empty() {
        BTreeMap::new()
    } else {
        let numbered = facts.resources.iter().enumerate().rev(); // Of several, the first counts.
        numbered.map(|(number, facts)| (&*facts.id, ResourceIx::at(number))).collect()
    };
    let goes_on =
        |stopped: &String| numbers.get(stopped.as_str()).is_some_and(|number| goes_on(*number, placement));
    if !disruption.stops.iter().all(goes_on) {
        hazards.push(Hazard::Stop);
    }
    if !disruption.fences.is_empty() {
        hazards.push(Hazard::Fence);
    }
    hazards
}

/// Whether other instances of what a resource is part of have a place.
fn goes_on(resource: ResourceIx, placement: &Placement<'_>) -> bool {
    let facts = &placement.facts;
    let top = facts.topmost(resource);
    top != resource
        && placement.node_of(top).is_some()
        && !matches!(facts.resource(top).variant, Variant::Group(_))
}
