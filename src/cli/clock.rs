//! The clock: the one place where the command line asks for the time.

#![expect(clippy::disallowed_methods, reason = "commands act now")]

use crate::model::period;

/// Now, in seconds since 1970.
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Reads a moment: `2026-07-01T00:00:00Z`, the same without offset (UTC), a date, or seconds since 1970.
///
/// # Errors
/// When the text is none of these.
pub(super) fn parse_moment(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(seconds);
    }
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Ok(moment.as_second());
    }
    text.parse::<jiff::civil::DateTime>()
        .and_then(|moment| moment.to_zoned(jiff::tz::TimeZone::UTC))
        .map(|moment| moment.timestamp().as_second())
        .map_err(|_| format!("`{text}` is not a moment such as 2026-07-01T00:00:00Z"))
}

/// Reads a length of time such as `30s` or `5min`.
///
/// # Errors
/// When the text is none.
pub(super) fn parse_period(text: &str) -> Result<std::time::Duration, String> {
    if text.contains('.') {
        return Err(format!("`{text}` has a fraction: write it in a smaller unit, such as 1500ms"));
    }
    period::parse_unbounded(text).ok_or_else(|| format!("`{text}` is not a length of time such as 30s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_taken_whole_or_not_at_all() {
        assert_eq!(parse_period("100000h"), Ok(std::time::Duration::from_secs(360_000_000)));
        assert!(parse_period("1.5h").is_err());
        assert!(parse_period("soon").is_err());
    }

    #[test]
    fn moments_are_read_with_and_without_offset() {
        let moment = Ok(1_782_864_000);
        assert_eq!(parse_moment("2026-07-01T00:00:00Z"), moment);
        assert_eq!(parse_moment("2026-07-01 00:00:00"), moment);
        assert_eq!(parse_moment("2026-07-01"), moment);
        assert_eq!(parse_moment("2026-07-01T02:00:00+02:00"), moment);
        assert_eq!(parse_moment("1782864000"), moment);
        assert!(parse_moment("tomorrow").is_err());
    }
}
