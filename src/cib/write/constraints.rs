//! Constraints.

use super::element::Element;
use super::rules;
use crate::model::Constraint;
use crate::model::constraint::{
    Colocation, ColocationScope, Discovery, Location, LocationPreference, LossPolicy, Order, OrderKind,
    OrderScope, ResourceSet, Ticket, TicketScope,
};

/// The section of constraints.
pub(super) fn constraints(all: &[Constraint]) -> Element {
    Element::new("constraints").holding(all.iter().map(|constraint| match constraint {
        Constraint::Location(one) => location(one),
        Constraint::Colocation(one) => colocation(one),
        Constraint::Order(one) => order(one),
        Constraint::Ticket(one) => ticket(one),
    }))
}

fn location(location: &Location) -> Element {
    let discovery = match location.discovery {
        Discovery::Always => None,
        Discovery::Never => Some("never"),
        Discovery::Exclusive => Some("exclusive"),
    };
    let element = Element::named("rsc_location", &location.id)
        .with_some("rsc", location.target.resource.as_ref())
        .with_some("rsc-pattern", location.target.pattern.as_ref())
        .with_some("role", location.role)
        .with_some("resource-discovery", discovery)
        .holding(sets(&location.target.sets, location.id.as_str()));
    match &location.preference {
        LocationPreference::Node { node, score } => element.with("node", node).with("score", score),
        LocationPreference::Rule(preference) => {
            element.holding([rules::preference(preference, location.id.as_str())])
        }
    }
}

fn colocation(colocation: &Colocation) -> Element {
    let element = Element::named("rsc_colocation", &colocation.id)
        .with_some("score", colocation.score)
        .with_some("influence", colocation.influence);
    match &colocation.scope {
        ColocationScope::Pair { dependent, primary, dependent_role, primary_role, node_attribute } => element
            .with("rsc", dependent)
            .with("with-rsc", primary)
            .with_some("rsc-role", *dependent_role)
            .with_some("with-rsc-role", *primary_role)
            .with_some("node-attribute", node_attribute.as_ref()),
        ColocationScope::Sets(all) => element.holding(sets(all, colocation.id.as_str())),
    }
}

fn order(order: &Order) -> Element {
    let element = Element::named("rsc_order", &order.id)
        .with_some("kind", order.kind.map(kind))
        .with_some("score", order.score)
        .with_some("symmetrical", order.symmetrical);
    match &order.scope {
        OrderScope::Pair { first, then, first_action, then_action, require_all } => element
            .with("first", first)
            .with("then", then)
            .with_some("first-action", *first_action)
            .with_some("then-action", *then_action)
            .with_some("require-all", *require_all),
        OrderScope::Sets(all) => element.holding(sets(all, order.id.as_str())),
    }
}

fn ticket(ticket: &Ticket) -> Element {
    let policy = ticket.loss_policy.map(|policy| match policy {
        LossPolicy::Fence => "fence",
        LossPolicy::Stop => "stop",
        LossPolicy::Freeze => "freeze",
        LossPolicy::Demote => "demote",
    });
    let element = Element::named("rsc_ticket", &ticket.id)
        .with("ticket", &ticket.ticket)
        .with_some("loss-policy", policy);
    match &ticket.scope {
        TicketScope::Resource { resource, role } => {
            element.with("rsc", resource).with_some("rsc-role", *role)
        }
        TicketScope::Sets(all) => element.holding(sets(all, ticket.id.as_str())),
    }
}

fn sets(all: &[ResourceSet], owner: &str) -> Vec<Element> {
    all.iter().map(|one| set(one, owner)).collect()
}

fn set(set: &ResourceSet, owner: &str) -> Element {
    Element::maybe_named("resource_set", set.id.as_ref(), format!("{owner}-set"))
        .with_some("sequential", set.sequential)
        .with_some("require-all", set.require_all)
        .with_some("ordering", set.ordering.as_ref())
        .with_some("action", set.action)
        .with_some("role", set.role)
        .with_some("score", set.score)
        .with_some("kind", set.kind.map(kind))
        .with_some("symmetrical", set.symmetrical)
        .holding(set.resources.iter().map(|resource| Element::new("resource_ref").with("id", resource)))
}

const fn kind(kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::Mandatory => "Mandatory",
        OrderKind::Optional => "Optional",
        OrderKind::Serialize => "Serialize",
    }
}
