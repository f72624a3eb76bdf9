//! Names of constraints that are given none.

use crate::manifest::check::name::is_name;
use crate::model::constraint::{
    ColocationScope, Constraint, Location, LocationPreference, OrderAction, OrderScope, ResourceSet,
    TicketScope,
};
use crate::model::{ConstraintId, ResourceId};

/// The name that a constraint has when it is given none: its kind, its ends and their roles, never
/// its score. So a changed score is a changed constraint, not a new one.
pub(in crate::manifest) fn derived_id(constraint: &Constraint) -> ConstraintId {
    let name = match constraint {
        Constraint::Location(location) => location_name(location),
        Constraint::Colocation(colocation) => match &colocation.scope {
            ColocationScope::Pair { dependent, primary, dependent_role, primary_role, .. } => {
                let role = |role: &Option<crate::model::Role>| {
                    role.map(|role| format!("-{role}")).unwrap_or_default()
                };
                format!("colocation-{dependent}{}-{primary}{}", role(dependent_role), role(primary_role))
            }
            ColocationScope::Sets(sets) => format!("colocation-{}", set_names(sets)),
        },
        Constraint::Order(order) => match &order.scope {
            OrderScope::Pair { first, then, first_action, then_action, .. } => {
                let action = |action: &Option<OrderAction>| {
                    action.map(|action| format!("-{action}")).unwrap_or_default()
                };
                format!("order-{first}{}-{then}{}", action(first_action), action(then_action))
            }
            OrderScope::Sets(sets) => format!("order-{}", set_names(sets)),
        },
        Constraint::Ticket(ticket) => match &ticket.scope {
            TicketScope::Resource { resource, role } => {
                let role = role.map(|role| format!("-{role}")).unwrap_or_default();
                format!("ticket-{}-{resource}{role}", ticket.ticket)
            }
            TicketScope::Sets(sets) => format!("ticket-{}-{}", ticket.ticket, set_names(sets)),
        },
    };
    let mut name: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' })
        .collect();
    if !is_name(&name) {
        name.insert(0, '_');
    }
    ConstraintId::new(name)
}

fn location_name(location: &Location) -> String {
    let target = &location.target;
    let pattern = target.pattern.as_ref().map(|pattern| format!("pattern-{pattern}"));
    let sets = (!target.sets.is_empty()).then(|| set_names(&target.sets));
    let resource = target.resource.as_ref().map(ToString::to_string);
    let who: Vec<String> = resource.into_iter().chain(pattern).chain(sets).collect();
    let (what, role) = match &location.preference {
        LocationPreference::Node { node, .. } => (node.to_string(), location.role),
        LocationPreference::Rule(rule) => ("rule".to_owned(), rule.role.or(location.role)),
    };
    let role = role.map(|role| format!("-{role}")).unwrap_or_default();
    format!("location-{}{role}-{what}", who.join("-"))
}

fn set_names(sets: &[ResourceSet]) -> String {
    let names = sets.iter().flat_map(|set| &set.resources).map(ResourceId::as_str);
    format!("set-{}", names.collect::<Vec<_>>().join("-"))
}
