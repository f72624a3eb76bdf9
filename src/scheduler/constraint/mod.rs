//! What each kind of constraint means; the phases ask here.

pub mod colocation;
pub(crate) mod health;
pub mod location;
pub mod lookup;
pub mod order;
mod product;
pub mod separation;
pub(crate) mod set;
pub(crate) mod ticket;

use super::act::work::Work;
use super::assign::draft::Draft;
use crate::model::Constraint;

/// Reads all constraints that place resources, then what resources imply by themselves.
pub(crate) fn unpack(draft: &mut Draft<'_>) {
    health::unpack(draft);
    let cluster = draft.facts.cluster;
    for (number, constraint) in cluster.constraints.iter().enumerate() {
        match constraint {
            Constraint::Location(location) => location::unpack(draft, location),
            Constraint::Colocation(colocation) => colocation::unpack::unpack(draft, colocation),
            Constraint::Ticket(ticket) => {
                ticket::unpack(draft, ticket, u32::try_from(number).unwrap_or(u32::MAX));
            }
            Constraint::Order(_) => {} // The order phase's.
        }
    }
}

/// Adds the orderings that constraints ask for, in the order in which they are written.
pub fn order_all(work: &mut Work<'_, '_>) {
    let separations = separation::by_constraint(work);
    for constraint in &work.facts.cluster.constraints {
        match constraint {
            Constraint::Order(order) => order::apply(work, order),
            Constraint::Colocation(colocation) => {
                let records = separations.get(colocation.id.as_str()).map_or(&[] as &[_], Vec::as_slice);
                for record in records {
                    separation::apply(work, record);
                }
            }
            Constraint::Location(_) | Constraint::Ticket(_) => {}
        }
    }
}
