//! Constraints as a manifest says them.

use std::collections::BTreeSet;

use super::{ConstraintIds, sets};
use crate::manifest::lower::derived_id;
use crate::model::constraint::{
    ColocationScope, Constraint, LocationPreference, Order, OrderAction, OrderKind, OrderScope, ResourceSet,
    TicketScope,
};
use crate::model::{Cluster, ConstraintId};

/// Constraints by kind, each with a name that no other has.
pub(super) fn fit(cluster: &mut Cluster, ids: ConstraintIds) {
    let constraints = &mut cluster.constraints;
    constraints.iter_mut().for_each(fit_one);
    constraints.sort_by_key(|constraint| match constraint {
        Constraint::Location(_) => 0,
        Constraint::Colocation(_) => 1,
        Constraint::Order(_) => 2,
        Constraint::Ticket(_) => 3,
    });
    let mut taken: BTreeSet<ConstraintId> = BTreeSet::new();
    for constraint in constraints {
        let wanted = match ids {
            ConstraintIds::Keep => constraint.id().clone(),
            ConstraintIds::Derive => derived_id(constraint),
        };
        let mut name = wanted.clone();
        let mut number = 2_usize;
        while !taken.insert(name.clone()) {
            name = ConstraintId::new(format!("{wanted}-{number}"));
            number += 1;
        }
        constraint.rename(name);
    }
}

fn fit_one(constraint: &mut Constraint) {
    let sets = match constraint {
        Constraint::Location(location) => {
            if let LocationPreference::Rule(preference) = &mut location.preference {
                sets::fit_rule(&mut preference.rule);
                preference.role = preference.role.or(location.role.take());
            }
            location.target.sets.as_mut_slice()
        }
        Constraint::Colocation(colocation) => match &mut colocation.scope {
            ColocationScope::Pair { .. } => &mut [],
            ColocationScope::Sets(sets) => sets.as_mut_slice(),
        },
        Constraint::Order(order) => {
            forget_order_defaults(order);
            match &mut order.scope {
                OrderScope::Pair { .. } => &mut [],
                OrderScope::Sets(sets) => sets.as_mut_slice(),
            }
        }
        Constraint::Ticket(ticket) => match &mut ticket.scope {
            TicketScope::Resource { .. } => &mut [],
            TicketScope::Sets(sets) => sets.as_mut_slice(),
        },
    };
    sets.iter_mut().for_each(forget_set_defaults);
}

/// What tools write and people leave out.
fn forget_order_defaults(order: &mut Order) {
    if let OrderScope::Pair { first_action, then_action, require_all, .. } = &mut order.scope {
        let usual = first_action.unwrap_or(OrderAction::Start);
        *then_action = then_action.filter(|action| *action != usual);
        *first_action = first_action.filter(|action| *action != OrderAction::Start);
        *require_all = require_all.filter(|all| !all);
    }
    if order.score.is_none() {
        order.kind = order.kind.filter(|kind| *kind != OrderKind::Mandatory);
    }
    if order.kind != Some(OrderKind::Serialize) {
        order.symmetrical = order.symmetrical.filter(|symmetrical| !symmetrical);
    }
}

/// As for orders, except that it matters whether a set says that it is sequential. Actions are named
/// after sets of which one member is enough; no other set needs its name.
fn forget_set_defaults(set: &mut ResourceSet) {
    set.require_all = set.require_all.filter(|all| !all);
    if set.require_all.is_none() {
        set.id = None;
    }
}
