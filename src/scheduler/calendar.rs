//! Moments and calendar fields as rules write them. Where no offset is written, UTC is meant.

use std::time::Duration;

use jiff::civil::{Date, DateTime, ISOWeekDate, Time, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};

use crate::model::rule::DateParts;
use crate::model::scalar::parse_integer;

/// Reads a moment as seconds since 1970: a date (`2026-07-01`, `20260701`, `2026-182`,
/// `2026-W27-3`), a time (then today is meant), or both, and perhaps an offset. `None` when it is
/// not readable.
pub fn parse_moment(text: &str, now: i64) -> Option<i64> {
    let text = text.trim();
    if text == "epoch" {
        return Some(0);
    }
    let (date, time) = split_moment(text);
    let date = match date {
        Some(date) => parse_date(date)?,
        None => fields(now)?.date(),
    };
    let Some(time) = time else { return seconds(date.to_datetime(Time::midnight()), Offset::UTC) };
    let (time, offset) = split_offset(time);
    let offset = offset.map_or(Some(Offset::UTC), parse_offset)?;
    if matches!(time, "24:00:00" | "24:00" | "24" | "240000") {
        return seconds(date.tomorrow().ok()?.to_datetime(Time::midnight()), offset);
    }
    seconds(date.to_datetime(parse_time(time)?), offset)
}

fn seconds(moment: DateTime, offset: Offset) -> Option<i64> {
    offset.to_timestamp(moment).ok().map(Timestamp::as_second)
}

fn fields(moment: i64) -> Option<DateTime> {
    Some(TimeZone::UTC.to_datetime(Timestamp::from_second(moment).ok()?))
}

/// Splits at the `T` or blank between date and time; a text with a colon before any of these, or
/// one that begins with `T`, is a time alone.
fn split_moment(text: &str) -> (Option<&str>, Option<&str>) {
    if let Some(time) = text.strip_prefix('T') {
        return (None, Some(time));
    }
    if text.find(':').is_some_and(|colon| colon <= 2) {
        return (None, Some(text));
    }
    match text.split_once(['T', ' ']) {
        Some((date, time)) => (Some(date), Some(time.trim_start())),
        None => (Some(text), None),
    }
}

fn parse_date(text: &str) -> Option<Date> {
    let digits = |text: &str, length: usize| -> Option<i16> {
        (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let narrow = |number: i16| i8::try_from(number).ok();
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [year, week, day] if week.starts_with('W') => {
            let week = narrow(digits(&week[1..], 2)?)?;
            let weekday = Weekday::from_monday_one_offset(narrow(digits(day, 1)?)?).ok()?;
            Some(ISOWeekDate::new(digits(year, 4)?, week, weekday).ok()?.date())
        }
        [year, month, day] => {
            Date::new(digits(year, 4)?, narrow(digits(month, 2)?)?, narrow(digits(day, 2)?)?).ok()
        }
        [year, day] => {
            let first = Date::new(digits(year, 4)?, 1, 1).ok()?;
            let day = digits(day, 3)?;
            first.checked_add(Span::new().try_days(day.checked_sub(1)?).ok()?).ok()
        }
        [compact] if compact.len() == 8 && compact.is_ascii() => {
            let month = narrow(digits(&compact[4..6], 2)?)?;
            Date::new(digits(&compact[..4], 4)?, month, narrow(digits(&compact[6..], 2)?)?).ok()
        }
        _ => None,
    }
}

fn parse_time(text: &str) -> Option<Time> {
    let parts: Vec<i8> = if text.contains(':') {
        text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?
    } else if text.is_ascii() && text.len().is_multiple_of(2) {
        let pairs = (0..text.len()).step_by(2);
        pairs.map(|start| text[start..start + 2].parse().ok()).collect::<Option<_>>()?
    } else {
        return None;
    };
    match parts.as_slice() {
        [hour] => Time::new(*hour, 0, 0, 0).ok(),
        [hour, minute] => Time::new(*hour, *minute, 0, 0).ok(),
        [hour, minute, second] => Time::new(*hour, *minute, *second, 0).ok(),
        _ => None,
    }
}

fn split_offset(text: &str) -> (&str, Option<&str>) {
    match text.find(['Z', '+', '-']) {
        Some(start) => (text[..start].trim_end(), Some(&text[start..])),
        None => (text, None),
    }
}

fn parse_offset(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+')?),
    };
    let digits = digits.replace(':', "");
    if digits.len() > 4 {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = if digits.len() > 2 { digits.get(2..)?.parse().ok()? } else { 0 };
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// Adds calendar parts in falling order of size; adding months keeps the day or clips it to the
/// month's end. `None` when the sum is out of range.
pub fn add_parts(moment: i64, parts: &DateParts) -> Option<i64> {
    let amount = |name: &str| {
        let part = parts.0.iter().find(|(part, _)| &**part == name);
        part.and_then(|(_, value)| parse_integer(value)).unwrap_or(0)
    };
    let mut sum = fields(moment)?;
    let steps: [Result<Span, jiff::Error>; 7] = [
        Span::new().try_years(amount("years")),
        Span::new().try_months(amount("months")),
        Span::new().try_weeks(amount("weeks")),
        Span::new().try_days(amount("days")),
        Span::new().try_hours(amount("hours")),
        Span::new().try_minutes(amount("minutes")),
        Span::new().try_seconds(amount("seconds")),
    ];
    for step in steps {
        sum = sum.checked_add(step.ok()?).ok()?;
    }
    seconds(sum, Offset::UTC)
}

/// Whether every given calendar field of the moment is within its range. An unreadable range
/// holds nothing; a field that is not known is not looked at.
pub fn matches_parts(moment: i64, parts: &DateParts) -> bool {
    let Some(moment) = fields(moment) else { return false };
    let week = moment.date().iso_week_date();
    parts.0.iter().all(|(name, range)| {
        let value = match &**name {
            "years" => i64::from(moment.year()),
            "months" => i64::from(moment.month()),
            "monthdays" => i64::from(moment.day()),
            "hours" => i64::from(moment.hour()),
            "minutes" => i64::from(moment.minute()),
            "seconds" => i64::from(moment.second()),
            "yeardays" => i64::from(moment.day_of_year()),
            "weekyears" => i64::from(week.year()),
            "weeks" => i64::from(week.week()),
            "weekdays" => i64::from(week.weekday().to_monday_one_offset()),
            _ => return true,
        };
        is_within(value, range)
    })
}

/// `X-Y`, `X-`, `-Y` or `X`, bounds included.
fn is_within(value: i64, range: &str) -> bool {
    let number = |text: &str| text.trim().parse::<i64>().ok();
    match range.split_once('-') {
        None => number(range) == Some(value),
        Some(("", "")) => false,
        Some(("", high)) => number(high).is_some_and(|high| value <= high),
        Some((low, "")) => number(low).is_some_and(|low| value >= low),
        Some((low, high)) => {
            number(low).is_some_and(|low| value >= low) && number(high).is_some_and(|high| value <= high)
        }
    }
}

/// Whole seconds of a period: up to a second counts as one, else rounded half up.
pub fn whole_seconds(period: Duration) -> i64 {
    let ms = i64::try_from(period.as_millis()).unwrap_or(i64::MAX);
    match ms {
        0 => 0,
        1..1000 => 1,
        _ => ms.saturating_add(500) / 1000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_all_spellings() {
        let noon = Some(1_569_259_800);
        for text in
            ["2019-09-23 12:30:00 -05:00", "2019-09-23T17:30:00Z", "20190923T173000", "2019-266 17:30"]
        {
            assert_eq!(parse_moment(text, 0), noon, "{text}");
        }
        assert_eq!(parse_moment("2019-W39-1 17:30:00", 0), noon);
        assert_eq!(parse_moment("17:30:00", 1_569_200_000), noon);
        assert_eq!(parse_moment("2019-09-22 24:00:00", 0), parse_moment("2019-09-23", 0));
        assert_eq!(parse_moment("soon", 0), None);
    }

    #[test]
    fn adding_a_month_clips_to_its_end() {
        let start = parse_moment("2020-01-31", 0).unwrap_or(0);
        let month = DateParts(vec![("months".into(), "1".into())]);
        assert_eq!(add_parts(start, &month), parse_moment("2020-02-29", 0));
    }

    #[test]
    fn calendar_fields_match_ranges_with_both_bounds() {
        let parts = |name: &str, range: &str| DateParts(vec![(name.into(), range.into())]);
        let monday = parse_moment("2019-09-23 17:30:00", 0).unwrap_or(0);
        assert!(matches_parts(monday, &parts("weekdays", "1-5")));
        assert!(matches_parts(monday, &parts("hours", "9-17")));
        assert!(matches_parts(monday, &parts("years", "-2019")));
        assert!(!matches_parts(monday, &parts("years", "2020-")));
        assert!(!matches_parts(monday, &parts("months", "x")));
    }

    #[test]
    fn short_periods_count_as_one_second() {
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_millis(1499)), 1);
        assert_eq!(whole_seconds(Duration::from_millis(1500)), 2);
    }
}
