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

/// Days and weeks, which Pacemaker's lengths of time do not have.
fn in_days(text: &str) -> Option<std::time::Duration> {
    let number = text.trim().trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let days = match text.trim().strip_prefix(number)? {
        "d" | "day" | "days" => 1,
        "w" | "week" | "weeks" => 7,
        _ => return None,
    };
    let number: u64 = number.trim_end().parse().ok()?;
    Some(std::time::Duration::from_secs(number.saturating_mul(days * 86_400)))
}

/// Reads a length of time such as `30s`, `5min`, `2d` or `1w`.
///
/// # Errors
/// When the text is none.
pub(super) fn parse_period(text: &str) -> Result<std::time::Duration, String> {
    if text.contains('.') {
        return Err(format!("`{text}` has a fraction: write it in a smaller unit, such as 1500ms"));
    }
    in_days(text)
        .or_else(|| period::parse_unbounded(text))
        .ok_or_else(|| format!("`{text}` is not a length of time such as 30s"))
}

/// Reads a length of time that is not over at once.
pub(super) fn parse_length(text: &str) -> Result<std::time::Duration, String> {
    let length = parse_period(text)?;
    if length.is_zero() { Err("that is over at once".to_owned()) } else { Ok(length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_taken_whole_or_not_at_all() {
        assert_eq!(parse_period("100000h"), Ok(std::time::Duration::from_secs(360_000_000)));
        assert_eq!(parse_period("365d"), Ok(std::time::Duration::from_secs(365 * 86_400)));
        assert_eq!(parse_period("2 weeks"), Ok(std::time::Duration::from_secs(14 * 86_400)));
        assert!(parse_period("1.5h").is_err());
        assert!(parse_period("d").is_err() && parse_period("-1d").is_err());
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
