//! When a change of the manifest may come in force by itself: `reconcile` of the manifest.
//!
//! What puts right a deviation of the cluster never waits here; a change by hand (`apply`) neither.

use super::Plan;
use crate::manifest::{Reconcile, ReconcileMode};
use crate::model::Rule;
use crate::scheduler::recheck::Recheck;
use crate::scheduler::rule::{RuleInput, passes};

/// Whether a change may come in force by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// At once.
    Now,
    /// When a window opens: seconds since 1970; none if none opens within [`HORIZON`].
    AtWindow(Option<i64>),
    /// Never by itself: it waits for `apply`.
    ByHand,
}

/// How far ahead an opening is looked for, in seconds.
pub const HORIZON: i64 = 400 * DAY;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// When this plan may come in force by itself. Only what interrupts a service waits for a window.
pub fn admission(reconcile: &Reconcile, plan: &Plan, now: i64) -> Admission {
    if plan.objects.is_empty() {
        return Admission::Now;
    }
    match admission_of_any(reconcile, now) {
        Admission::AtWindow(_) if !interrupts(plan) => Admission::Now,
        admission @ (Admission::AtWindow(_) | Admission::ByHand | Admission::Now) => admission,
    }
}

/// When a change that is not known in detail may come in force by itself: it may interrupt something.
pub fn admission_of_any(reconcile: &Reconcile, now: i64) -> Admission {
    match reconcile.mode {
        ReconcileMode::Manual => Admission::ByHand,
        ReconcileMode::Auto if is_open(&reconcile.windows, now) => Admission::Now,
        ReconcileMode::Auto => Admission::AtWindow(next_opening(&reconcile.windows, now)),
    }
}

/// Whether something that runs is stopped, moved or changed.
fn interrupts(plan: &Plan) -> bool {
    let noticed = &plan.disruption;
    let lists = [&noticed.stops, &noticed.moves, &noticed.restarts, &noticed.role_changes];
    lists.into_iter().any(|list| !list.is_empty()) || !noticed.fences.is_empty() || !noticed.down.is_empty()
}

/// Whether changes may interrupt services at this moment; without windows, at any.
pub fn is_open(windows: &[Rule], now: i64) -> bool {
    let input = RuleInput {
        now,
        attributes: None,
        agent: None,
        operation: None,
        params: None,
        meta: None,
        captures: &[],
    };
    windows.is_empty() || windows.iter().any(|window| passes(window, &input, &Recheck::new(now)))
}

/// The next whole minute at which a window is open: to the minute for eight days, then by the hour.
pub fn next_opening(windows: &[Rule], now: i64) -> Option<i64> {
    let minutes = steps(now, MINUTE, now + 8 * DAY);
    let hours = steps(now + 8 * DAY, HOUR, now + HORIZON);
    minutes.chain(hours).find(|moment| is_open(windows, *moment))
}

/// The moments after `from` that are whole multiples of `length`.
fn steps(from: i64, length: i64, until: i64) -> impl Iterator<Item = i64> {
    let first = (from.div_euclid(length) + 1) * length;
    std::iter::successors(Some(first), move |moment| moment.checked_add(length))
        .take_while(move |moment| *moment <= until)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::manifest::rule;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_second()
    }

    fn windows(texts: &[&str]) -> Vec<Rule> {
        texts.iter().map(|text| rule::parse(text).unwrap()).collect()
    }

    #[test]
    fn a_window_opens_to_the_minute_in_utc() {
        // A Wednesday.
        let now = at("2026-11-25T13:14:15Z");
        let weekend = windows(&["date-spec hours=2-3 weekdays=6"]);
        assert!(!is_open(&weekend, now));
        assert_eq!(next_opening(&weekend, now), Some(at("2026-11-28T02:00:00Z")));
        assert!(is_open(&weekend, at("2026-11-28T03:59:59Z")));
        assert!(!is_open(&weekend, at("2026-11-28T04:00:00Z")));
    }

    #[test]
    fn the_earliest_of_several_windows_counts() {
        let now = at("2026-11-25T13:14:15Z");
        let both = windows(&["date-spec hours=2 weekdays=6", "date-spec hours=23"]);
        assert_eq!(next_opening(&both, now), Some(at("2026-11-25T23:00:00Z")));
    }

    #[test]
    fn far_openings_are_found_and_past_ones_are_not() {
        let now = at("2026-11-25T13:14:15Z");
        let spring = windows(&["date gt \"2027-05-01 00:00:00\""]);
        assert_eq!(next_opening(&spring, now), Some(at("2027-05-01T01:00:00Z")));
        let gone = windows(&["date lt \"2020-01-01 00:00:00\""]);
        assert_eq!(next_opening(&gone, now), None);
        assert!(is_open(&[], now));
    }
}
