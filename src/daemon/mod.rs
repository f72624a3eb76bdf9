//! The daemon of a node.

pub mod executor;
pub mod group;
