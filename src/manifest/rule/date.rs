//! Conditions on date and time.

use std::ops::Range;
use std::sync::Arc;

use super::RuleError;
use super::lex::{Token, TokenKind};
use super::parse::{Pair, Parser, without_spans};
use crate::model::rule::DateCondition;

/// Fields that a `date-spec` can name.
pub(super) const SPEC_FIELDS: [&str; 10] = [
    "seconds",
    "minutes",
    "hours",
    "monthdays",
    "weekdays",
    "yeardays",
    "months",
    "weeks",
    "years",
    "weekyears",
];
/// Units that a duration can name.
const DURATION_FIELDS: [&str; 7] = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"];

/// What follows the word `date`.
pub(super) fn condition(parser: &mut Parser) -> Result<DateCondition, RuleError> {
    let help = "write `date in START..END`, `date in START for days=1`, `date gt MOMENT` or `date lt MOMENT`";
    if parser.take_word("gt") {
        return moment(parser).map(DateCondition::Gt);
    }
    if parser.take_word("lt") {
        return moment(parser).map(DateCondition::Lt);
    }
    if parser.take_word("in") {
        return range(parser);
    }
    Err(RuleError::new(parser.here(), "expected `in`, `gt` or `lt` after `date`").help(help))
}

fn range(parser: &mut Parser) -> Result<DateCondition, RuleError> {
    let is_dots = |token: Option<&Token>| token.is_some_and(|token| token.kind == TokenKind::Dots);
    let here = parser.here();
    let start = if is_dots(parser.peek()) { None } else { Some(moment(parser)?) };
    if start.is_some() && parser.take_word("for") {
        let span = parser.here();
        let parts = parser.pairs(&DURATION_FIELDS, span)?;
        for part in &parts {
            if part.value.parse::<i32>().is_err() {
                return Err(RuleError::new(
                    part.span.clone(),
                    format!("`{}` is not a whole number", part.value),
                ));
            }
        }
        return Ok(DateCondition::InRange { start, end: None, duration: Some(without_spans(parts)) });
    }
    if !is_dots(parser.peek()) {
        return Err(RuleError::new(parser.here(), "expected `..` or `for` after the first moment")
            .help("a range is written `2026-12-24..2026-12-26`; either end may be left out"));
    }
    let dots = parser.next();
    let end = if is_moment_next(parser) { Some(moment(parser)?) } else { None };
    if start.is_none() && end.is_none() {
        let span = dots.map_or(here, |token| token.span);
        return Err(RuleError::new(span, "a range needs a start or an end"));
    }
    Ok(DateCondition::InRange { start, end, duration: None })
}

fn is_moment_next(parser: &Parser) -> bool {
    match parser.peek().map(|token| &token.kind) {
        Some(TokenKind::Quoted(_)) => true,
        Some(TokenKind::Word(word)) => !matches!(word.as_str(), "and" | "or"),
        Some(TokenKind::Open | TokenKind::Close | TokenKind::Dots) | None => false,
    }
}

fn moment(parser: &mut Parser) -> Result<Arc<str>, RuleError> {
    let (text, span) = parser.value("a moment such as `2026-12-24`")?;
    if is_moment(&text) {
        Ok(text)
    } else {
        Err(RuleError::new(span, format!("`{text}` is not a moment"))
            .help("write `2026-12-24`, or with time and zone in quotes: \"2026-12-24 10:00:00 +01:00\""))
    }
}

/// Whether the field reads this as a moment: a date in one of its forms, perhaps a time, perhaps
/// a zone.
fn is_moment(text: &str) -> bool {
    let text = text.trim();
    if text == "epoch" {
        return true;
    }
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, Some(time)),
        None if text.contains(':') => ("", Some(text)),
        None => (text, None),
    };
    (date.is_empty() && time.is_some() || is_date(date)) && time.is_none_or(is_time)
}

fn is_date(date: &str) -> bool {
    let parts: Vec<&str> = date.split('-').collect();
    match parts.as_slice() {
        [whole] => whole.len() == 8 && number(whole, 0..=99_991_231),
        [year, day] => number(year, 0..=9999) && day.len() == 3 && number(day, 1..=366),
        [year, week, day] if week.starts_with('W') => {
            number(year, 0..=9999) && number(week.trim_start_matches('W'), 1..=53) && number(day, 1..=7)
        }
        [year, month, day] => {
            year.len() == 4 && number(year, 0..=9999) && number(month, 1..=12) && number(day, 1..=31)
        }
        _ => false,
    }
}

fn is_time(time: &str) -> bool {
    let time = time.trim();
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let zone = zone.trim_start_matches(['Z', '+', '-']);
    is_clock(clock.trim()) && (zone.is_empty() || is_clock(zone))
}

fn is_clock(clock: &str) -> bool {
    let parts: Vec<&str> = clock.split(':').collect();
    match parts.as_slice() {
        [whole] => matches!(whole.len(), 2 | 4 | 6) && number(whole, 0..=240_000),
        [hours, rest @ ..] => {
            rest.len() <= 2 && number(hours, 0..=24) && rest.iter().all(|part| number(part, 0..=60))
        }
        [] => false,
    }
}

fn number(text: &str, within: std::ops::RangeInclusive<u32>) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse().is_ok_and(|number| within.contains(&number))
}

/// A calendar range: `9`, `9-16`, `9-` or `-16`.
pub(super) fn calendar_range(text: &str) -> Option<(Option<u32>, Option<u32>)> {
    let side = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
    match text.split_once('-') {
        None => text.parse().ok().map(|only| (Some(only), Some(only))),
        Some((start, end)) => match (side(start)?, side(end)?) {
            (None, None) => None,
            range => Some(range),
        },
    }
}

/// The numbers that a calendar field can have.
pub(super) fn limits(field: &str) -> Range<u32> {
    match field {
        "seconds" | "minutes" => 0..60,
        "hours" => 0..24,
        "monthdays" => 1..32,
        "weekdays" => 1..8,
        "yeardays" => 1..367,
        "months" => 1..13,
        "weeks" => 1..54,
        _ => 0..u32::MAX,
    }
}

pub(super) fn check_spec(parts: &[Pair]) -> Result<(), RuleError> {
    for part in parts {
        let limits = limits(&part.name);
        let error = |message: String| Err(RuleError::new(part.span.clone(), message));
        let Some((start, end)) = calendar_range(&part.value) else {
            return error(format!("`{}` is not a number or range such as `9-16`", part.value));
        };
        if [start, end].into_iter().flatten().any(|bound| !limits.contains(&bound)) {
            return error(format!(
                "{} go from {} to {}",
                part.name,
                limits.start,
                limits.end.saturating_sub(1)
            ));
        }
        if let (Some(start), Some(end)) = (start, end)
            && start > end
        {
            return Err(RuleError::new(part.span.clone(), "a range that ends before it starts").help(
                "a range over midnight or new year is two: `(date-spec hours=22- or date-spec hours=-5)`",
            ));
        }
    }
    Ok(())
}
