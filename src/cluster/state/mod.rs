//! What all members agree on.

mod durable;

pub use durable::Durable;
