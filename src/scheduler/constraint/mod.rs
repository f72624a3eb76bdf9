//! What each kind of constraint means; the phases ask here.

pub mod colocation;
pub mod lookup;
pub mod order;
pub mod separation;
pub mod set;

use super::act::work::Work;
use crate::model::Constraint;

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
