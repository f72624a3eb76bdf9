//! Moments.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// The moment of a number of seconds since 1970.
    pub const fn at(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The moment after this time.
    pub fn after(self, length: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The moment in whole seconds since 1970, as the scheduler reckons.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}
