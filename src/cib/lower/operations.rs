//! Configured operations.

use super::{Lowering, options, shared};
use crate::cib::xml::Element;
use crate::model::Operation;

/// Lowers the operations of a primitive or template; only its first list of operations counts.
pub(super) fn lower_operations<'t>(lowering: &mut Lowering<'t>, owner: Element<'t>) -> Vec<Operation> {
    let Some(list) = owner.child("operations").and_then(|list| lowering.resolve(list)) else {
        return Vec::new();
    };
    list.children_named("op").filter_map(|op| lower_operation(lowering, op)).collect()
}

fn lower_operation<'t>(lowering: &mut Lowering<'t>, element: Element<'t>) -> Option<Operation> {
    let element = lowering.resolve(element)?;
    let name = lowering.required(element, "name")?;
    let is_option = |name: &str| !matches!(name, "id" | "name" | "interval");
    Some(Operation {
        id: shared(element, "id"),
        name: name.into(),
        interval: lowering.period(element, "interval"),
        options: element
            .attributes()
            .filter(|(name, _)| is_option(name))
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        meta: options::lower_sets(lowering, element, "meta_attributes"),
        params: options::lower_sets(lowering, element, "instance_attributes"),
    })
}
