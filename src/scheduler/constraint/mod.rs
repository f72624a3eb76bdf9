//! What each kind of constraint means; the phases ask here.

pub mod colocation;
pub mod lookup;
pub mod set;
