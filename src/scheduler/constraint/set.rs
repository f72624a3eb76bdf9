//! Resource sets with their names resolved.

use super::lookup::{Expansion, Lookup};
use crate::model::constraint::ResourceSet;
use crate::model::{Role, Score};
use crate::scheduler::facts::ResourceIx;

/// A set of resources as colocations, locations and tickets use it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Set {
    /// Members in order; `None` for a name that is no resource.
    pub(crate) members: Vec<Option<ResourceIx>>,
    /// Members depend on each other in order.
    pub(crate) is_sequential: bool,
    /// The role that the constraint means in this set.
    pub(crate) role: Option<Role>,
    /// Score of this set alone.
    pub(crate) score: Option<Score>,
    /// In a colocation, earlier members follow later ones (deprecated).
    pub(crate) is_reversed: bool,
}

impl Set {
    /// Resolves the names of a configured set.
    pub(crate) fn new(lookup: &Lookup, set: &ResourceSet) -> Self {
        Self {
            members: lookup.members(&set.resources),
            is_sequential: set.sequential != Some(false),
            role: set.role,
            score: set.score,
            is_reversed: set.ordering.as_deref().is_some_and(|ordering| ordering != "group"),
        }
    }

    /// The set that a name outside of sets stands for; `None` if it stands for nothing.
    pub(crate) fn of_expansion(expansion: &Expansion<'_>, role: Option<Role>) -> Option<Self> {
        let (members, is_sequential) = match expansion {
            Expansion::Resource(resource) => (vec![Some(*resource)], true),
            Expansion::Several(members) => (members.to_vec(), false),
            Expansion::Unknown => return None,
        };
        Some(Self { members, is_sequential, role, score: None, is_reversed: false })
    }

    /// Members up to the first unknown name.
    pub(crate) fn known_prefix(&self) -> impl Iterator<Item = ResourceIx> + '_ {
        self.members.iter().map_while(|member| *member)
    }
}
