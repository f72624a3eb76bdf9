//! Whether a colocation counts right now, and for what.

use super::ColocationIx;
use crate::model::Score;
use crate::scheduler::assign::draft::{Draft, Progress};
use crate::scheduler::facts::ResourceIx;
use crate::scheduler::variant::bundle;

/// What a colocation changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    None,
    /// Where the dependent goes.
    Location,
    /// How well the dependent, an assigned instance, is fit to be promoted.
    Role,
}

/// Whether the two resources are looked at as they are, or as if both were assigned already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// As they are.
    Present,
    /// As if they were assigned.
    Preview,
}

impl Draft<'_> {
    /// What a colocation does to `dependent` because of `primary`.
    pub(crate) fn effect(
        &self,
        dependent: ResourceIx,
        primary: ResourceIx,
        colocation: ColocationIx,
        outlook: Outlook,
    ) -> Effect {
        let record = self.colocations.record(colocation);
        let is_assigned = |resource: ResourceIx| self.progress[resource.index()] == Progress::Assigned;
        if outlook == Outlook::Present && !is_assigned(primary) {
            return Effect::None;
        }
        if record.dependent_role.is_some_and(|role| role > crate::model::Role::Started)
            && self.is_promotable_instance(dependent)
            && is_assigned(dependent)
        {
            return Effect::Role;
        }
        if outlook == Outlook::Present && is_assigned(dependent) {
            return Effect::None;
        }
        let fits = |role, resource: ResourceIx| role == self.next_role[resource.index()];
        let is_turned = record.score < Score::ZERO && !self.facts.release.separates_in_its_role();
        let dependent_fits =
            record.dependent_role.is_none() || fits(record.dependent_role, dependent) != is_turned;
        let bearer = bundle::role_bearer(self, primary);
        let primary_fits = record.primary_role.is_none() || fits(record.primary_role, bearer);
        if dependent_fits && primary_fits { Effect::Location } else { Effect::None }
    }

    /// Whether a resource is an instance of a promotable clone.
    pub(crate) fn is_promotable_instance(&self, resource: ResourceIx) -> bool {
        self.resource(resource).parent.is_some_and(|parent| self.resource(parent).is_promotable)
    }
}
