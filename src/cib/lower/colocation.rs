//! Colocations.

use super::constraints::{lower_role, lower_sets};
use super::{Lowering, shared};
use crate::cib::xml::Element;
use crate::model::constraint::{Colocation, ColocationScope};
use crate::model::{ConstraintId, ResourceId};

/// Lowers a colocation.
pub(super) fn lower_colocation<'t>(
    lowering: &mut Lowering<'t>,
    element: Element<'t>,
    id: ConstraintId,
) -> Option<Colocation> {
    let sets = lower_sets(lowering, element)?;
    let scope = if sets.is_empty() {
        ColocationScope::Pair {
            dependent: lowering.required(element, "rsc").map(ResourceId::from)?,
            primary: lowering.required(element, "with-rsc").map(ResourceId::from)?,
            dependent_role: lower_role(lowering, element, "rsc-role"),
            primary_role: lower_role(lowering, element, "with-rsc-role"),
            node_attribute: shared(element, "node-attribute"),
        }
    } else {
        ColocationScope::Sets(sets)
    };
    Some(Colocation {
        id,
        scope,
        score: lowering.score(element, "score"),
        influence: lowering.boolean(element, "influence"),
    })
}
