//! Generations: desired states in the order they came in force.

use serde::{Deserialize, Serialize};

/// Rises by one with each desired state that comes in force; zero before the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub u64);
