//! Act: the actions that the placement asks for: probes, role changes, monitors, fencing.

pub mod definition;
pub mod delay;
pub mod draft;
pub mod early;
pub mod fencing;
pub mod link;
pub mod migration;
mod ordering;
pub mod probe;
pub mod probe_walk;
pub mod recurring;
pub mod remote;
pub mod request;
pub mod role_step;
pub mod unfencing;
pub mod verb;
pub mod work;

pub use work::Actions;

use super::assign::Placement;
use super::constraint;
use super::variant::actions as variant;
use work::Work;

/// Lists the actions that the placement asks for.
pub fn act(placement: &Placement<'_>) -> Actions {
    let mut work = Work::new(placement, Actions::new(placement));
    let top = &placement.facts.top;
    early::carry_out(&mut work);
    constraint::order_all(&mut work);
    for resource in top {
        variant::order_inside(&mut work, *resource);
    }
    definition::act(&mut work);
    early::drop_unassigned(&mut work);
    probe::act(&mut work);
    early::forget_removed(&mut work);
    for resource in top {
        variant::act(&mut work, *resource);
    }
    remote::order_connections(&mut work);
    fencing::act(&mut work);
    work.actions
}
