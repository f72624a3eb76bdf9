//! Lengths of time as the field writes them: `30s`, `5min`, `100ms`, `PT5M`, or plain seconds.

use std::time::Duration;

/// The longest period an operation can have: 2³²−1 milliseconds.
pub const LONGEST: Duration = Duration::from_millis(u32::MAX as u64);

/// Reads a period, capped at [`LONGEST`]. Digits after a dot are ignored, units match by prefix
/// in any case, and a bare number is seconds. `None` for a negative number or an unknown unit.
pub fn parse(text: &str) -> Option<Duration> {
    parse_unbounded(text).map(|length| length.min(LONGEST))
}

/// Reads a period as [`parse`] does, however long it is; beyond 64 bits of seconds it saturates.
pub fn parse_unbounded(text: &str) -> Option<Duration> {
    let text = text.trim_start();
    if text.starts_with('P') { parse_iso(text) } else { parse_with_unit(text) }
}

fn parse_with_unit(text: &str) -> Option<Duration> {
    let number = super::scalar::parse_integer(text)?;
    let number = u64::try_from(number).ok()?;
    let unit = text
        .trim_start_matches(['+', '-'])
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
        .trim_start()
        .to_ascii_lowercase();
    if unit.is_empty() || unit.starts_with('s') {
        Some(Duration::from_secs(number))
    } else if unit.starts_with("ms") {
        Some(Duration::from_millis(number))
    } else if unit.starts_with("us") {
        Some(Duration::from_micros(number))
    } else if unit.starts_with('m') {
        Some(Duration::from_secs(number.saturating_mul(60)))
    } else if unit.starts_with('h') {
        Some(Duration::from_secs(number.saturating_mul(3600)))
    } else {
        None
    }
}

/// ISO 8601 durations with a year of 365 days and a month of 30; the `T` only decides whether
/// `M` means months or minutes.
fn parse_iso(text: &str) -> Option<Duration> {
    const DAY: u64 = 86_400;
    let mut seconds = 0_u64;
    let mut in_time = false;
    let mut given = false;
    let mut rest = &text[1..];
    while let Some(first) = rest.chars().next() {
        if first == 'T' {
            in_time = true;
            rest = &rest[1..];
            continue;
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let factor = match (unit, in_time) {
            ('Y', _) => 365 * DAY,
            ('M', false) => 30 * DAY,
            ('W', _) => 7 * DAY,
            ('D', _) => DAY,
            ('H', _) => 3600,
            ('M', true) => 60,
            ('S', _) => 1,
            (_, _) => return None,
        };
        seconds = seconds.saturating_add(number.saturating_mul(factor));
        given = true;
        rest = &rest[digits + unit.len_utf8()..];
    }
    given.then(|| Duration::from_secs(seconds))
}

/// Writes a period the way the manifest's canonical form has it: the largest unit that divides it.
pub fn format(length: Duration) -> String {
    let ms = length.as_millis();
    match ms {
        0 => "0s".to_owned(),
        _ if ms.is_multiple_of(3_600_000) => format!("{}h", ms / 3_600_000),
        _ if ms.is_multiple_of(60_000) => format!("{}min", ms / 60_000),
        _ if ms.is_multiple_of(1000) => format!("{}s", ms / 1000),
        _ => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_prefixes_and_seconds_are_the_default() {
        assert_eq!(parse("30"), Some(Duration::from_secs(30)));
        assert_eq!(parse("1min"), Some(Duration::from_secs(60)));
        assert_eq!(parse("5 M"), Some(Duration::from_secs(300)));
        assert_eq!(parse("100ms"), Some(Duration::from_millis(100)));
        assert_eq!(parse("1.9s"), Some(Duration::from_secs(1)));
        assert_eq!(parse("-1"), None);
        assert_eq!(parse("1day"), None);
    }

    #[test]
    fn iso_durations_count_calendar_units_in_fixed_lengths() {
        assert_eq!(parse("PT5M"), Some(Duration::from_secs(300)));
        assert_eq!(parse("P10S"), Some(Duration::from_secs(10)));
        assert_eq!(parse("P"), None);
        assert_eq!(parse("P100Y"), Some(LONGEST));
    }
}
