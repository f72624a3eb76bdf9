//! Constraints: where resources may run, with whom, and after whom.

pub mod colocation;
pub mod location;
pub mod order;
pub mod set;
pub mod ticket;

pub use colocation::{Colocation, ColocationScope};
pub use location::{Discovery, Location, LocationPreference, LocationTarget};
pub use order::{Order, OrderAction, OrderKind, OrderScope};
pub use set::ResourceSet;
pub use ticket::{LossPolicy, Ticket, TicketScope};

use serde::{Deserialize, Serialize};

use super::id::ConstraintId;

/// A constraint of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Constraint {
    /// A preference for nodes.
    Location(Location),
    /// A preference for company.
    Colocation(Colocation),
    /// One thing after another.
    Order(Order),
    /// A need for a ticket.
    Ticket(Ticket),
}

impl Constraint {
    /// The constraint's name.
    pub fn id(&self) -> &ConstraintId {
        match self {
            Self::Location(location) => &location.id,
            Self::Colocation(colocation) => &colocation.id,
            Self::Order(order) => &order.id,
            Self::Ticket(ticket) => &ticket.id,
        }
    }

    /// Gives the constraint another name.
    pub fn rename(&mut self, id: ConstraintId) {
        match self {
            Self::Location(location) => location.id = id,
            Self::Colocation(colocation) => colocation.id = id,
            Self::Order(order) => order.id = id,
            Self::Ticket(ticket) => ticket.id = id,
        }
    }
}
