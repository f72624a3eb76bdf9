//! Restraints: settings that keep a resource from running, or from being touched, wherever that would be.

use serde::{Deserialize, Serialize};

use crate::model::scalar;
use crate::scheduler::facts::Variant;
use crate::scheduler::{Facts, ResourceIx};

/// A setting because of which nothing is done with a resource, or it runs nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "restraint", rename_all = "kebab-case")]
pub enum Restraint {
    /// Fencing is enabled, and there is nothing to fence with: nothing is done with any resource.
    NoFenceDevice,
    /// The cluster is in maintenance (`maintenance-mode`): nothing is done with any resource.
    Maintenance,
    /// All resources are told to stop (`stop-all-resources`).
    StopAll,
    /// Its clone may have no instance (`clone-max: 0`).
    NoInstances {
        /// The clone.
        clone: String,
    },
}

impl Restraint {
    /// Whether the resource should not run, and not merely is left as it is.
    pub const fn stops(&self) -> bool {
        match self {
            Self::NoFenceDevice | Self::Maintenance => false,
            Self::StopAll | Self::NoInstances { .. } => true,
        }
    }
}

/// The setting that restrains a resource; none where it is told itself to be left alone.
pub(super) fn restraint(facts: &Facts<'_>, resource: ResourceIx) -> Option<Restraint> {
    let is_left_alone = |text: &std::sync::Arc<str>| scalar::parse_boolean(text) == Some(false);
    if facts.resource(resource).meta.get("is-managed").is_some_and(is_left_alone) {
        return None;
    }
    let properties = &facts.properties;
    if properties.maintenance_mode {
        return Some(Restraint::Maintenance);
    }
    if properties.fencing_enabled && !properties.has_fence_device {
        return Some(Restraint::NoFenceDevice);
    }
    if properties.stop_all_resources {
        return Some(Restraint::StopAll);
    }
    let clone = facts.topmost(resource);
    has_no_instances(facts, clone)
        .then(|| Restraint::NoInstances { clone: facts.resource(clone).id.to_string() })
}

/// Whether a clone is told to have no instance.
pub(in crate::plan) fn has_no_instances(facts: &Facts<'_>, resource: ResourceIx) -> bool {
    matches!(&facts.resource(resource).variant, Variant::Clone(limits) if limits.clone_max == 0)
}
