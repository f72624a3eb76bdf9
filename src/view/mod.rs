//! (being built)

pub mod transition;
