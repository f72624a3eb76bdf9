//! Any text may stand where a length of time, a moment, a score or a number is expected.

use std::time::Duration;

use quorate::model::option::parse_period;
use quorate::model::{Score, period, scalar};
use quorate::scheduler::calendar::parse_moment;

const NOW: i64 = 1_700_000_000;

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let _ = (scalar::parse_boolean(text), scalar::parse_integer(text), parse_moment(text, NOW));
    if let Some(score) = Score::parse(text) {
        assert_eq!(Score::parse(&score.to_string()), Some(score), "a score is written as it is read");
    }
    let Some(length) = period::parse_unbounded(text) else { return };
    assert_eq!(period::parse(text), Some(length.min(period::LONGEST)));
    let whole = Duration::from_millis(u64::try_from(length.as_millis()).unwrap_or(u64::MAX));
    if whole == length {
        assert_eq!(period::parse_unbounded(&period::format(length)), Some(length), "`{text}` is written");
    }
    let _ = parse_period(text);
}
