//! Constraints of all kinds, in order, with their sets. Orders and tickets are here; the kinds
//! with more to say have files of their own.

use super::{Lowering, colocation, location, shared};
use crate::cib::xml::Element;
use crate::model::constraint::{
    LossPolicy, Order, OrderAction, OrderKind, OrderScope, ResourceSet, Ticket, TicketScope,
};
use crate::model::{Constraint, ConstraintId, ResourceId, Role, TicketId, scalar};

/// Lowers the constraints in order.
pub(super) fn lower_constraints<'t>(lowering: &mut Lowering<'t>, section: Element<'t>) -> Vec<Constraint> {
    let mut constraints = Vec::new();
    for element in section.children() {
        let Some(id) = lowering.required(element, "id").map(ConstraintId::from) else { continue };
        match element.name() {
            "rsc_location" => {
                constraints.extend(
                    location::lower_location(lowering, element, &id).into_iter().map(Constraint::Location),
                );
            }
            "rsc_colocation" => {
                constraints
                    .extend(colocation::lower_colocation(lowering, element, id).map(Constraint::Colocation));
            }
            "rsc_order" => constraints.extend(lower_order(lowering, element, id).map(Constraint::Order)),
            "rsc_ticket" => constraints.extend(lower_ticket(lowering, element, id).map(Constraint::Ticket)),
            _ => lowering.dropped(element, "it is not a kind of constraint"),
        }
    }
    constraints
}

fn lower_order<'t>(lowering: &mut Lowering<'t>, element: Element<'t>, id: ConstraintId) -> Option<Order> {
    let sets = lower_sets(lowering, element)?;
    let scope = if sets.is_empty() {
        OrderScope::Pair {
            first: lowering.required(element, "first").map(ResourceId::from)?,
            then: lowering.required(element, "then").map(ResourceId::from)?,
            first_action: lower_action(lowering, element, "first-action")?,
            then_action: lower_action(lowering, element, "then-action")?,
            // Anything that is written and not true asks for one instance only.
            require_all: element
                .attribute("require-all")
                .map(|text| scalar::parse_boolean(text) == Some(true)),
        }
    } else {
        OrderScope::Sets(sets)
    };
    Some(Order {
        id,
        scope,
        kind: lower_kind(lowering, element),
        score: lowering.score(element, "score"),
        symmetrical: lowering.boolean(element, "symmetrical"),
    })
}

/// The kind of an order; one that is not known counts as mandatory.
fn lower_kind(lowering: &mut Lowering<'_>, element: Element<'_>) -> Option<OrderKind> {
    let kind = element.attribute("kind")?;
    Some(match kind {
        "Mandatory" => OrderKind::Mandatory,
        "Optional" => OrderKind::Optional,
        "Serialize" => OrderKind::Serialize,
        _ => {
            lowering.warn(
                element,
                "invalid-kind",
                format!("`{kind}` is not a kind of order; it counts as Mandatory"),
            );
            OrderKind::Mandatory
        }
    })
}

/// `Some(None)` where no action is given, `None` where the constraint is void.
#[expect(clippy::option_option, reason = "void and unset are different answers, and `?` is for the first")]
fn lower_action(
    lowering: &mut Lowering<'_>,
    element: Element<'_>,
    name: &str,
) -> Option<Option<OrderAction>> {
    let Some(text) = element.attribute(name) else { return Some(None) };
    let action = OrderAction::parse(text);
    if action.is_none() {
        lowering.dropped(element, &format!("`{text}` is not an action"));
    }
    action.map(Some)
}

/// A role; one that is not known counts as unset, that is, as any.
pub(super) fn lower_role(lowering: &mut Lowering<'_>, element: Element<'_>, name: &str) -> Option<Role> {
    let text = element.attribute(name)?;
    let role = Role::parse(text);
    if role.is_none() {
        lowering.warn(element, "invalid-role", format!("`{text}` is not a role; `{name}` counts as unset"));
    }
    role
}

fn lower_ticket<'t>(lowering: &mut Lowering<'t>, element: Element<'t>, id: ConstraintId) -> Option<Ticket> {
    let ticket = lowering.required(element, "ticket").map(TicketId::from)?;
    let sets = lower_sets(lowering, element)?;
    let scope = if sets.is_empty() {
        TicketScope::Resource {
            resource: lowering.required(element, "rsc").map(ResourceId::from)?,
            role: lower_role(lowering, element, "rsc-role"),
        }
    } else {
        TicketScope::Sets(sets)
    };
    let loss_policy = element.attribute("loss-policy").and_then(parse_loss_policy);
    Some(Ticket { id, ticket, scope, loss_policy })
}

fn parse_loss_policy(text: &str) -> Option<LossPolicy> {
    match text.to_ascii_lowercase().as_str() {
        "fence" => Some(LossPolicy::Fence),
        "stop" => Some(LossPolicy::Stop),
        "freeze" => Some(LossPolicy::Freeze),
        "demote" => Some(LossPolicy::Demote),
        _ => None,
    }
}

/// The sets of a constraint; empty where it has none, `None` where one of them makes it void.
pub(super) fn lower_sets<'t>(lowering: &mut Lowering<'t>, element: Element<'t>) -> Option<Vec<ResourceSet>> {
    element.children_named("resource_set").map(|set| lower_set(lowering, set)).collect()
}

fn lower_set<'t>(lowering: &mut Lowering<'t>, set: Element<'t>) -> Option<ResourceSet> {
    let set = lowering.resolve(set)?;
    Some(ResourceSet {
        id: shared(set, "id"),
        resources: set
            .children_named("resource_ref")
            .filter_map(|reference| reference.attribute("id"))
            .map(ResourceId::from)
            .collect(),
        sequential: lowering.boolean(set, "sequential"),
        require_all: lowering.boolean(set, "require-all"),
        role: lower_role(lowering, set, "role"),
        action: lower_action(lowering, set, "action")?,
        score: lowering.score(set, "score"),
        kind: lower_kind(lowering, set),
        symmetrical: lowering.boolean(set, "symmetrical"),
        ordering: shared(set, "ordering"),
    })
}
