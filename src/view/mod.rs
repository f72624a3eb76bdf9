//! Views: data as text, JSON or markdown. They decide nothing and print nothing.

pub mod diagnostic;
mod ink;
pub mod transition;

pub use ink::Ink;
