//! What a manifest must hold to beyond its shape.

pub(super) mod containment;
pub(super) mod cycle;
pub(super) mod lint;
pub(super) mod name;
pub(super) mod tolerance;
