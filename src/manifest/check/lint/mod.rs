//! Defaults and habits that bite, each with its evidence.
//!
//! An error here is something that cannot work at all; a warning will surprise somebody one
//! night; a note is worth knowing.

mod acl;
mod device;
mod failover;
mod fencing;
mod membership;
mod operation;
mod order;
mod relation;
mod role;
mod secret;
mod unfenced;
mod unused;

use super::name::Names;
use crate::manifest::document::Place;
use crate::manifest::findings::Findings;
use crate::manifest::lower::Gathered;
use crate::manifest::typed::At;
use crate::manifest::vocabulary::options::{OptionValue, Options};
use crate::model::scalar::parse_boolean;
use crate::model::{Cluster, ConstraintId, OptionSet};

/// A manifest without errors, and where everything stands.
#[derive(Clone, Copy)]
pub(crate) struct Lint<'a, 'd> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) gathered: &'a Gathered<'a>,
    pub(crate) names: &'a Names<'a>,
    pub(crate) constraint_places: &'a [(ConstraintId, Place)],
    pub(crate) findings: &'a Findings<'d>,
}

impl Lint<'_, '_> {
    /// All lints.
    pub(crate) fn run(self) {
        self.check_fencing();
        self.check_device_options();
        self.check_membership();
        self.check_failover();
        self.check_operations();
        self.check_relations();
        self.check_secrets();
        self.check_unfenced();
        self.check_acls();
        self.check_unused();
    }

    /// Full members of the cluster.
    fn member_count(self) -> usize {
        self.cluster.members().count()
    }

    /// The value of a property under any of its names, in sets without rules.
    fn property(self, names: &[&str]) -> Option<String> {
        names
            .iter()
            .find_map(|name| OptionSet::unruled(&self.cluster.properties, name))
            .map(|value| value.to_string())
    }

    fn is_property_true(self, names: &[&str], default: bool) -> bool {
        self.property(names).and_then(|value| parse_boolean(&value)).unwrap_or(default)
    }

    fn is_fencing_enabled(self) -> bool {
        self.is_property_true(&["fencing-enabled", "stonith-enabled"], true)
    }

    /// Where a property is written.
    fn property_place(self, names: &[&str]) -> Option<Place> {
        let is_it = |(key, _): &&(At<String>, At<OptionValue>)| names.contains(&key.text());
        let mut pairs = self.gathered.properties.iter().filter_map(|at| at.get()).flat_map(Options::pairs);
        pairs.find(is_it).map(|(_, value)| value.place)
    }

    fn resource_place(self, id: &str) -> Option<Place> {
        self.names.resources.get(id).map(|(place, _)| *place)
    }

    /// The place of a constraint by its number.
    fn constraint_place(self, number: usize) -> Place {
        self.constraint_places.get(number).map_or(Place::NOWHERE, |(_, place)| *place)
    }
}

/// Whether any set, with rule or without, says something of an option.
fn mentions(sets: &[OptionSet], name: &str) -> bool {
    sets.iter().flat_map(|set| &set.pairs).any(|pair| &*pair.name == name)
}
