//! Recheck: the next moment at which a decision may differ by itself.

use std::cell::Cell;

/// Collects later moments and keeps the earliest. Whoever judges a date, an expiry or a timeout
/// against "now" notes when the answer would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recheck {
    now: i64,
    earliest: Cell<Option<i64>>,
}

impl Recheck {
    /// Nothing noted yet; `now` in seconds since 1970.
    pub fn new(now: i64) -> Self {
        Self { now, earliest: Cell::new(None) }
    }

    /// Notes a moment (seconds since 1970); moments that are not later than now do not count.
    pub fn note(&self, moment: i64) {
        if moment > self.now && self.earliest.get().is_none_or(|earliest| moment < earliest) {
            self.earliest.set(Some(moment));
        }
    }

    /// The earliest moment noted.
    pub fn earliest(&self) -> Option<i64> {
        self.earliest.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_later_moment_is_kept() {
        let recheck = Recheck::new(100);
        recheck.note(100);
        recheck.note(300);
        recheck.note(200);
        assert_eq!(recheck.earliest(), Some(200));
    }
}
