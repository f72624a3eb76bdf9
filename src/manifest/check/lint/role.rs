//! Roles: what is asked of resources that are never promoted.

use std::collections::BTreeMap;

use super::Lint;
use crate::model::constraint::{Colocation, ColocationScope, Constraint, Location, OrderAction, ResourceSet};
use crate::model::role::Role;
use crate::model::{Cluster, ResourceId};

/// What the resources that constraints name can do.
pub(super) struct Actors<'c> {
    /// Whether each can be promoted, by the name of a resource or of something in it. Templates and tags,
    /// which stand for several, are not among them.
    is_promotable: BTreeMap<&'c str, bool>,
}

impl<'c> Actors<'c> {
    pub(super) fn of(cluster: &'c Cluster) -> Self {
        let named = cluster.resources.iter().flat_map(|resource| {
            let is_promotable = resource.is_promotable();
            resource.names().into_iter().map(move |name| (name, is_promotable))
        });
        Self { is_promotable: named.collect() }
    }

    /// Whether it is known that a resource never does this.
    pub(super) fn never(&self, resource: &ResourceId, action: OrderAction) -> bool {
        matches!(action, OrderAction::Promote | OrderAction::Demote) && self.is_never_promoted(resource)
    }

    fn is_never_promoted(&self, resource: &ResourceId) -> bool {
        self.is_promotable.get(resource.as_str()) == Some(&false)
    }
}

impl Lint<'_, '_> {
    /// Locations and colocations of a promoted role that nothing has: the scheduler passes over them.
    pub(super) fn check_roles(self) {
        let actors = Actors::of(self.cluster);
        for (number, constraint) in self.cluster.constraints.iter().enumerate() {
            let (kind, wanted) = match constraint {
                Constraint::Location(location) => ("location", promoted_in_location(location)),
                Constraint::Colocation(colocation) => ("colocation", promoted_together(colocation)),
                Constraint::Order(_) | Constraint::Ticket(_) => continue,
            };
            let Some(never) = wanted.into_iter().find(|resource| actors.is_never_promoted(resource)) else {
                continue;
            };
            self.findings
                .warning(
                    "role-without-effect",
                    self.constraint_place(number),
                    format!("this {kind} has no effect on `{never}`, which is never promoted"),
                )
                .here(format!("only where `{never}` is promoted"))
                .help("leave the role out to mean all instances, or make it a clone with `meta: {promotable: true}`")
                .report();
        }
    }
}

fn promoted_in_location(location: &Location) -> Vec<&ResourceId> {
    let own = location.target.resource.iter().filter(|_| location.role == Some(Role::Promoted));
    own.chain(promoted_of(&location.target.sets)).collect()
}

fn promoted_together(colocation: &Colocation) -> Vec<&ResourceId> {
    match &colocation.scope {
        ColocationScope::Sets(sets) => promoted_of(sets).collect(),
        ColocationScope::Pair { dependent, primary, dependent_role, primary_role, .. } => {
            let ends = [(dependent, dependent_role), (primary, primary_role)];
            ends.into_iter().filter(|(_, role)| **role == Some(Role::Promoted)).map(|(end, _)| end).collect()
        }
    }
}

fn promoted_of(sets: &[ResourceSet]) -> impl Iterator<Item = &ResourceId> {
    sets.iter().filter(|set| set.role == Some(Role::Promoted)).flat_map(|set| &set.resources)
}
