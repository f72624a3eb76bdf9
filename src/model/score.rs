//! Scores: integers that saturate at plus and minus infinity.

use std::fmt;
use std::ops::Neg;

use serde::{Deserialize, Serialize};

/// How much something is wanted. `±1,000,000` is infinity: *must* and *must not*.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Score(i32);

impl Score {
    /// No preference.
    pub const ZERO: Self = Self(0);
    /// Must.
    pub const INFINITY: Self = Self(1_000_000);
    /// Must not; wins over [`Score::INFINITY`] when both are added.
    pub const MINUS_INFINITY: Self = Self(-1_000_000);

    /// The score nearest to `value`.
    pub fn new(value: i64) -> Self {
        let bound = i64::from(Self::INFINITY.0);
        Self(i32::try_from(value.clamp(-bound, bound)).unwrap_or(0))
    }

    /// The number, within ±1,000,000.
    pub const fn value(self) -> i32 {
        self.0
    }

    /// Whether this is plus or minus infinity.
    pub const fn is_mandatory(self) -> bool {
        self.0 >= Self::INFINITY.0 || self.0 <= Self::MINUS_INFINITY.0
    }

    /// Sum in which infinities absorb, minus infinity first.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        if self <= Self::MINUS_INFINITY || other <= Self::MINUS_INFINITY {
            Self::MINUS_INFINITY
        } else if self >= Self::INFINITY || other >= Self::INFINITY {
            Self::INFINITY
        } else {
            Self::new(i64::from(self.0) + i64::from(other.0))
        }
    }

    /// Reads `INFINITY`, `+INFINITY`, `-INFINITY` or a decimal number; larger numbers clamp.
    /// Like the rest of the field's scalars it forgives text after the digits. The health
    /// colours `red`, `yellow` and `green` are scores too, but only a cluster's properties
    /// know their values.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "INFINITY" | "+INFINITY" => Some(Self::INFINITY),
            "-INFINITY" => Some(Self::MINUS_INFINITY),
            number => super::scalar::parse_integer(number).map(Self::new),
        }
    }
}

impl Neg for Score {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::INFINITY => f.pad("INFINITY"),
            Self::MINUS_INFINITY => f.pad("-INFINITY"),
            Self(value) => f.pad(&value.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_infinity_wins_over_infinity() {
        assert_eq!(Score::INFINITY.plus(Score::MINUS_INFINITY), Score::MINUS_INFINITY);
    }

    #[test]
    fn numbers_out_of_range_become_infinite() {
        assert_eq!(Score::parse("2000000"), Some(Score::INFINITY));
        assert_eq!(Score::parse("-99999999999999999999"), Some(Score::MINUS_INFINITY));
        assert_eq!(Score::parse("ten"), None);
        assert_eq!(Score::parse("infinity"), None);
    }
}
