//! What each kind of constraint means; the phases ask here.

pub mod colocation;
pub(crate) mod health;
pub mod location;
pub mod lookup;
pub(crate) mod set;
pub(crate) mod ticket;

use crate::model::Constraint;
use crate::scheduler::assign::draft::Draft;

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
