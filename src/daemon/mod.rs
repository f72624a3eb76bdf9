//! The daemon of a node.

pub mod group;
