//! What each kind of resource means; the phases ask here.

pub mod actions;
