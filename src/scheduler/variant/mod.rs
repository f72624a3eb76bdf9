//! What each kind of resource means; the phases ask here.

pub mod actions;
pub(crate) mod bundle;
mod capacity;
pub(crate) mod clone;
pub(crate) mod group;
pub(crate) mod primitive;
pub(crate) mod promotable;

use super::assign::agenda::{Demand, Step};
use super::assign::draft::Draft;
use super::constraint::location::{LocationIx, Share};
use super::facts::{BundleFacts, CloneFacts, Facts, PrimitiveFacts, ResourceIx, Variant};

/// The assignment of one resource, as far as it has come.
pub(crate) enum Assignment {
    Primitive(primitive::Assignment),
    Group(group::Assignment),
    Clone(clone::Assignment),
    Bundle(bundle::Assignment),
}

impl Assignment {
    pub(crate) fn new(draft: &Draft<'_>, demand: Demand) -> Self {
        match &draft.resource(demand.resource).variant {
            Variant::Primitive(_) => Self::Primitive(primitive::Assignment::new(demand)),
            Variant::Group(_) => Self::Group(group::Assignment::new(demand)),
            Variant::Clone(_) => Self::Clone(clone::Assignment::new(demand)),
            Variant::Bundle(_) => Self::Bundle(bundle::Assignment::new(demand)),
        }
    }

    /// Goes on until something else must be assigned first, or to the end.
    pub(crate) fn advance(&mut self, draft: &mut Draft<'_>) -> Step {
        match self {
            Self::Primitive(assignment) => assignment.advance(draft),
            Self::Group(assignment) => assignment.advance(draft),
            Self::Clone(assignment) => assignment.advance(draft),
            Self::Bundle(assignment) => assignment.advance(draft),
        }
    }
}

/// Applies a location preference to a resource and to what it is made of.
pub(crate) fn apply_location(
    draft: &mut Draft<'_>,
    resource: ResourceIx,
    location: LocationIx,
    share: Share,
) {
    match &draft.resource(resource).variant {
        Variant::Primitive(_) => draft.apply_location(resource, location, share),
        Variant::Group(_) => group::apply_location(draft, resource, location, share),
        Variant::Clone(_) => clone::apply_location(draft, resource, location, share),
        Variant::Bundle(_) => bundle::apply_location(draft, resource, location, share),
    }
}

impl Variant<'_> {
    /// Whether it is one service.
    pub const fn is_primitive(&self) -> bool {
        self.primitive_facts().is_some()
    }

    /// Whether it is a group.
    pub const fn is_group(&self) -> bool {
        match self {
            Self::Group(_) => true,
            Self::Primitive(_) | Self::Clone(_) | Self::Bundle(_) => false,
        }
    }

    /// Whether it is a clone.
    pub const fn is_clone(&self) -> bool {
        self.clone_facts().is_some()
    }

    /// Whether it is a bundle.
    pub const fn is_bundle(&self) -> bool {
        self.bundle_facts().is_some()
    }

    /// Whether it is there several times over: instances of a clone, replicas of a bundle.
    pub const fn has_instances(&self) -> bool {
        match self {
            Self::Clone(_) | Self::Bundle(_) => true,
            Self::Primitive(_) | Self::Group(_) => false,
        }
    }

    /// What only a primitive has, if it is one.
    pub const fn primitive_facts(&self) -> Option<&PrimitiveFacts<'_>> {
        match self {
            Self::Primitive(primitive) => Some(primitive),
            Self::Group(_) | Self::Clone(_) | Self::Bundle(_) => None,
        }
    }

    /// What only a clone has, if it is one.
    pub const fn clone_facts(&self) -> Option<&CloneFacts> {
        match self {
            Self::Clone(clone) => Some(clone),
            Self::Primitive(_) | Self::Group(_) | Self::Bundle(_) => None,
        }
    }

    /// What only a bundle has, if it is one.
    pub const fn bundle_facts(&self) -> Option<&BundleFacts> {
        match self {
            Self::Bundle(bundle) => Some(bundle),
            Self::Primitive(_) | Self::Group(_) | Self::Clone(_) => None,
        }
    }
}

/// What a resource is made of, in the order in which people are told of it; a primitive has no parts.
pub(crate) fn parts(facts: &Facts<'_>, resource: ResourceIx) -> Vec<ResourceIx> {
    let known = facts.resource(resource);
    match &known.variant {
        Variant::Primitive(_) => Vec::new(),
        Variant::Group(_) | Variant::Clone(_) => known.children.clone(),
        Variant::Bundle(bundle) => {
            let of = |replica: &super::facts::Replica| {
                [replica.ip, Some(replica.container), replica.connection, replica.child]
            };
            bundle.replicas.iter().flat_map(of).flatten().collect()
        }
    }
}
