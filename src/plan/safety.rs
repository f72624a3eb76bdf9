//! Safety: what a plan does that nobody should do by accident.

use serde::{Deserialize, Serialize};

use super::disruption::Disruption;

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

/// The hazards in a plan.
pub(super) fn hazards(disruption: &Disruption) -> Vec<Hazard> {
    let mut hazards = Vec::new();
    if !disruption.stops.is_empty() {
        hazards.push(Hazard::Stop);
    }
    if !disruption.fences.is_empty() {
        hazards.push(Hazard::Fence);
    }
    hazards
}
