//! Constraints between resources, and needs for tickets.

use super::super::{Lower, copy, is_hole, role, score, text};
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::constraint::{
    ActionName, ColocationEntry, LossPolicyName, OrderEntry, OrderKindName, TicketConstraintEntry,
};
use crate::model::ConstraintId;
use crate::model::constraint::{
    Colocation, ColocationScope, Constraint, Order, OrderScope, Ticket, TicketScope,
};

impl Lower<'_, '_> {
    /// Both ends, or sets.
    pub(super) fn colocation(self, at: &At<ColocationEntry>) -> Option<Colocation> {
        let entry = at.get()?;
        self.check_id(&entry.id);
        let sets = self.sets(&entry.sets);
        let (dependent, primary) = (self.target(&entry.resource), self.target(&entry.with));
        let help = "write {resource: DEPENDENT, with: PRIMARY, score: INFINITY}, or `sets`";
        let scope = match (&entry.resource, &entry.with, &entry.sets) {
            (Some(_), Some(_), None) => ColocationScope::Pair {
                dependent: dependent?,
                primary: primary?,
                dependent_role: role(&entry.role),
                primary_role: role(&entry.with_role),
                node_attribute: text(&entry.node_attribute),
            },
            (None, None, Some(_)) => ColocationScope::Sets(sets),
            (_, _, Some(sets)) => {
                self.findings
                    .error("one-of", sets.place, "a colocation with `sets` and `resource` or `with`")
                    .label_key(sets.place, "either sets or two ends")
                    .help(help)
                    .report();
                return None;
            }
            (_, _, None) => {
                self.missing(at.place, "a colocation needs `resource` and `with`", help);
                return None;
            }
        };
        self.check_self(&entry.resource, &entry.with, "colocated with itself");
        let influence = copy(&entry.influence);
        let colocation =
            Colocation { id: ConstraintId::new(""), scope, score: score(&entry.score), influence };
        match self.named(&entry.id, Constraint::Colocation(colocation)) {
            Constraint::Colocation(colocation) => Some(colocation),
            Constraint::Location(_) | Constraint::Order(_) | Constraint::Ticket(_) => None,
        }
    }

    pub(super) fn order(self, at: &At<OrderEntry>) -> Option<Order> {
        let entry = at.get()?;
        self.check_id(&entry.id);
        let sets = self.sets(&entry.sets);
        let (first, then) = (self.target(&entry.first), self.target(&entry.then));
        let help = "write {first: THIS, then: THAT}, or `sets`";
        let scope = match (&entry.first, &entry.then, &entry.sets) {
            (Some(_), Some(_), None) => OrderScope::Pair {
                first: first?,
                then: then?,
                first_action: copy(&entry.first_action).map(ActionName::to_action),
                then_action: copy(&entry.then_action).map(ActionName::to_action),
                require_all: copy(&entry.require_all),
            },
            (None, None, Some(_)) => OrderScope::Sets(sets),
            (_, _, Some(sets)) => {
                self.findings
                    .error("one-of", sets.place, "an order with `sets` and `first` or `then`")
                    .label_key(sets.place, "either sets or two ends")
                    .help(help)
                    .report();
                return None;
            }
            (_, _, None) => {
                self.missing(at.place, "an order needs `first` and `then`", help);
                return None;
            }
        };
        let same_action =
            copy(&entry.then_action).is_none() || copy(&entry.first_action) == copy(&entry.then_action);
        if same_action {
            self.check_self(&entry.first, &entry.then, "ordered after itself");
        }
        let order = Order {
            id: ConstraintId::new(""),
            scope,
            kind: copy(&entry.kind).map(OrderKindName::to_kind),
            score: score(&entry.score),
            symmetrical: copy(&entry.symmetrical),
        };
        // What could not be read must not lead to findings of its own.
        if is_hole(&entry.kind) || is_hole(&entry.first_action) || is_hole(&entry.then_action) {
            return None;
        }
        match self.named(&entry.id, Constraint::Order(order)) {
            Constraint::Order(order) => Some(order),
            Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Ticket(_) => None,
        }
    }

    pub(super) fn ticket(self, at: &At<TicketConstraintEntry>) -> Option<Ticket> {
        let entry = at.get()?;
        self.check_id(&entry.id);
        self.names.check_ticket(&entry.ticket, self.findings);
        let (resource, sets) = (self.target(&entry.resource), self.sets(&entry.sets));
        let scope = match (&entry.resource, &entry.sets) {
            (Some(_), None) => TicketScope::Resource { resource: resource?, role: role(&entry.role) },
            (None, Some(_)) => TicketScope::Sets(sets),
            (_, _) => {
                self.missing(
                    at.place,
                    "a ticket constraint needs one of `resource` and `sets`",
                    "write {resource: NAME, ticket: NAME}",
                );
                return None;
            }
        };
        let loss_policy = copy(&entry.loss_policy).map(LossPolicyName::to_policy);
        let ticket =
            Ticket { id: ConstraintId::new(""), ticket: entry.ticket.text().into(), scope, loss_policy };
        match self.named(&entry.id, Constraint::Ticket(ticket)) {
            Constraint::Ticket(ticket) => Some(ticket),
            Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Order(_) => None,
        }
    }

    fn check_self(self, one: &Field<String>, other: &Field<String>, what: &str) {
        if let (Some(one), Some(other)) = (one, other)
            && one.value.is_some()
            && one.text() == other.text()
        {
            self.findings
                .error("self-reference", other.place, format!("`{}` is {what}", one.text()))
                .here("the same resource")
                .label(one.place, "")
                .help("name two different resources")
                .report();
        }
    }
}
