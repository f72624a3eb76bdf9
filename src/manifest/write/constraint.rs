//! Constraints, without the names that they would get anyway.

use super::resource::role;
use super::{list, names, text};
use crate::manifest::lower::derived_id;
use crate::manifest::rule;
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::constraint::{
    ActionName, ColocationEntry, Constraints, DiscoveryName, LocationEntry, LossPolicyName, OrderEntry,
    OrderKindName, SetEntry, TicketConstraintEntry,
};
use crate::manifest::vocabulary::scalar::ScoreText;
use crate::model::Score;
use crate::model::constraint::{
    Colocation, ColocationScope, Constraint, Discovery, Location, LocationPreference, LossPolicy, Order,
    OrderAction, OrderKind, OrderScope, ResourceSet, Ticket, TicketScope,
};
use crate::model::rule::RuleScore;

/// All constraints by kind.
pub(super) fn constraints(all: &[Constraint]) -> Field<Constraints> {
    if all.is_empty() {
        return None;
    }
    let (mut locations, mut colocations, mut orders, mut tickets) = (vec![], vec![], vec![], vec![]);
    for constraint in all {
        let id = if *constraint.id() == derived_id(constraint) { None } else { text(Some(constraint.id())) };
        match constraint {
            Constraint::Location(location) => locations.push(location_entry(id, location)),
            Constraint::Colocation(colocation) => colocations.push(colocation_entry(id, colocation)),
            Constraint::Order(order) => orders.push(order_entry(id, order)),
            Constraint::Ticket(ticket) => tickets.push(ticket_entry(id, ticket)),
        }
    }
    super::some(Constraints {
        location: list(locations),
        colocation: list(colocations),
        order: list(orders),
        ticket: list(tickets),
    })
}

fn location_entry(id: Field<String>, location: &Location) -> LocationEntry {
    let target = &location.target;
    let mut entry = LocationEntry {
        id,
        resource: text(target.resource.as_ref()),
        pattern: text(target.pattern.as_ref()),
        sets: sets(&target.sets),
        role: role(location.role),
        resource_discovery: match location.discovery {
            Discovery::Always => None,
            Discovery::Never => super::some(DiscoveryName::Never),
            Discovery::Exclusive => super::some(DiscoveryName::Exclusive),
        },
        ..LocationEntry::default()
    };
    match &location.preference {
        LocationPreference::Node { node, score: value } => {
            entry.node = text(Some(node));
            entry.score = score(Some(*value));
        }
        LocationPreference::Rule(preference) => {
            entry.rule = super::some(rule::write(&preference.rule));
            entry.role = role(preference.role.or(location.role));
            match &preference.score {
                RuleScore::Fixed(value) => entry.score = score(Some(*value)),
                RuleScore::Attribute(attribute) => entry.score_attribute = text(Some(attribute)),
            }
        }
    }
    entry
}

fn colocation_entry(id: Field<String>, colocation: &Colocation) -> ColocationEntry {
    let mut entry = ColocationEntry {
        id,
        score: score(colocation.score),
        influence: colocation.influence.map(At::new),
        ..ColocationEntry::default()
    };
    match &colocation.scope {
        ColocationScope::Pair { dependent, primary, dependent_role, primary_role, node_attribute } => {
            entry.resource = text(Some(dependent));
            entry.with = text(Some(primary));
            entry.role = role(*dependent_role);
            entry.with_role = role(*primary_role);
            entry.node_attribute = text(node_attribute.as_ref());
        }
        ColocationScope::Sets(all) => entry.sets = sets(all),
    }
    entry
}

fn order_entry(id: Field<String>, order: &Order) -> OrderEntry {
    let mut entry = OrderEntry {
        id,
        kind: order.kind.map(|kind| At::new(kind_name(kind))),
        score: score(order.score),
        symmetrical: order.symmetrical.map(At::new),
        ..OrderEntry::default()
    };
    match &order.scope {
        OrderScope::Pair { first, then, first_action, then_action, require_all } => {
            entry.first = text(Some(first));
            entry.then = text(Some(then));
            entry.first_action = first_action.map(|action| At::new(action_name(action)));
            entry.then_action = then_action.map(|action| At::new(action_name(action)));
            entry.require_all = require_all.map(At::new);
        }
        OrderScope::Sets(all) => entry.sets = sets(all),
    }
    entry
}

fn ticket_entry(id: Field<String>, ticket: &Ticket) -> TicketConstraintEntry {
    let (resource, ticket_role, all) = match &ticket.scope {
        TicketScope::Resource { resource, role } => (text(Some(resource)), *role, None),
        TicketScope::Sets(all) => (None, None, sets(all)),
    };
    TicketConstraintEntry {
        id,
        resource,
        role: role(ticket_role),
        ticket: At::new(ticket.ticket.to_string()),
        loss_policy: ticket.loss_policy.map(|policy| {
            At::new(match policy {
                LossPolicy::Fence => LossPolicyName::Fence,
                LossPolicy::Stop => LossPolicyName::Stop,
                LossPolicy::Freeze => LossPolicyName::Freeze,
                LossPolicy::Demote => LossPolicyName::Demote,
            })
        }),
        sets: all,
    }
}

fn sets(sets: &[ResourceSet]) -> Field<Vec<At<SetEntry>>> {
    list(sets.iter().map(set).collect())
}

fn set(set: &ResourceSet) -> SetEntry {
    SetEntry {
        id: text(set.id.as_ref()),
        resources: super::some(names(&set.resources)),
        sequential: set.sequential.map(At::new),
        require_all: set.require_all.map(At::new),
        role: role(set.role),
        action: set.action.map(|action| At::new(action_name(action))),
        score: score(set.score),
        kind: set.kind.map(|kind| At::new(kind_name(kind))),
        symmetrical: set.symmetrical.map(At::new),
        ordering: text(set.ordering.as_ref()),
    }
}

fn score(score: Option<Score>) -> Field<ScoreText> {
    score.map(|score| At::new(ScoreText(score.to_string())))
}

fn kind_name(kind: OrderKind) -> OrderKindName {
    match kind {
        OrderKind::Mandatory => OrderKindName::Mandatory,
        OrderKind::Optional => OrderKindName::Optional,
        OrderKind::Serialize => OrderKindName::Serialize,
    }
}

fn action_name(action: OrderAction) -> ActionName {
    match action {
        OrderAction::Start => ActionName::Start,
        OrderAction::Stop => ActionName::Stop,
        OrderAction::Promote => ActionName::Promote,
        OrderAction::Demote => ActionName::Demote,
    }
}
