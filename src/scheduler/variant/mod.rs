//! What each kind of resource means; the phases ask here.

pub mod actions;
pub(crate) mod bundle;
pub(crate) mod clone;
pub(crate) mod group;
pub(crate) mod primitive;
pub(crate) mod promotable;

use super::assign::agenda::{Demand, Step};
use super::assign::draft::Draft;
use super::constraint::location::{LocationIx, Share};
use super::facts::{ResourceIx, Variant};

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
