//! What the value of an option can be.

use std::time::Duration;

use crate::model::{period, scalar};

/// What the value of an option can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// True or false.
    Boolean,
    /// True, false, or `Default`.
    BooleanOrDefault,
    /// A whole number, within bounds.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// A score.
    Score,
    /// A score, or `Default`.
    ScoreOrDefault,
    /// A score, or a colour of node health.
    HealthScore,
    /// A length of time.
    Period,
    /// A length of time, or a negative number that stands for something else.
    SignedPeriod,
    /// A percentage such as `80%`.
    Percentage,
    /// One of these, in any case.
    Choice(&'static [&'static str]),
    /// Anything.
    Text,
}

/// A whole number from zero.
pub(super) const COUNT: OptionKind = OptionKind::Integer { min: 0, max: i32::MAX as i64 };
/// Zero or one and above; −1 for no limit.
pub(super) const LIMIT: OptionKind = OptionKind::Integer { min: -1, max: i32::MAX as i64 };
/// A port.
pub(super) const PORT: OptionKind = OptionKind::Integer { min: 1, max: 65535 };

impl OptionKind {
    /// What is wrong with a value, as a fragment; `None` for a good one.
    pub fn fault(&self, value: &str) -> Option<String> {
        let is_number = || parse_number(value).is_some();
        let fault = |expected: &str| Some(format!("expected {expected}, found `{value}`"));
        match self {
            Self::BooleanOrDefault | Self::ScoreOrDefault if value.eq_ignore_ascii_case("default") => None,
            Self::Boolean | Self::BooleanOrDefault if scalar::parse_boolean(value).is_none() => {
                fault("`true` or `false`")
            }
            Self::Integer { min, max } => match parse_number(value) {
                Some(number) if (*min..=*max).contains(&number) => None,
                Some(_) => fault(&format!("a number from {min} to {max}")),
                None => fault("a whole number"),
            },
            Self::Score | Self::ScoreOrDefault if !is_score(value) => {
                fault("a score (a whole number, `INFINITY` or `-INFINITY`)")
            }
            Self::HealthScore if !is_score(value) && !matches!(value, "red" | "yellow" | "green") => {
                fault("a score (a whole number, `INFINITY` or `-INFINITY`)")
            }
            Self::Period => parse_period(value).err().map(|why| format!("`{value}` {why}")),
            Self::SignedPeriod if !is_number() => {
                parse_period(value).err().map(|why| format!("`{value}` {why}"))
            }
            Self::Percentage if value.strip_suffix('%').and_then(parse_number).is_none_or(|n| n < 0) => {
                fault("a percentage such as `80%`")
            }
            Self::Choice(choices) if !choices.iter().any(|choice| choice.eq_ignore_ascii_case(value)) => {
                let listed: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
                fault(&format!("one of {}", listed.join(", ")))
            }
            Self::Boolean
            | Self::BooleanOrDefault
            | Self::Score
            | Self::ScoreOrDefault
            | Self::HealthScore
            | Self::SignedPeriod
            | Self::Percentage
            | Self::Choice(_)
            | Self::Text => None,
        }
    }
}

/// A whole number without anything around it.
fn parse_number(text: &str) -> Option<i64> {
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

/// Whether this is a score with nothing around it.
fn is_score(text: &str) -> bool {
    matches!(text, "INFINITY" | "+INFINITY" | "-INFINITY") || parse_number(text).is_some()
}

/// Reads a length of time strictly: a number with a unit that everybody reads alike.
///
/// # Errors
/// Says, as the end of a sentence about the text, what is wrong with it.
pub fn parse_period(text: &str) -> Result<Duration, &'static str> {
    const UNITS: [&str; 10] = ["", "s", "sec", "ms", "msec", "us", "usec", "m", "min", "h"];
    let unreadable = "is not a length of time such as `30s`, `5min` or `PT5M`";
    if text.starts_with('P') {
        return period::parse(text).ok_or(unreadable);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    match unit.trim_start() {
        _ if text.starts_with('-') => Err("is negative"),
        _ if number.is_empty() => Err(unreadable),
        unit if unit.starts_with('.') => Err("has a fraction, which would be cut off"),
        "d" | "day" | "days" => Err("counts days, which the field does not know: write hours"),
        unit if UNITS.contains(&unit) || unit == "hr" => period::parse(text).ok_or(unreadable),
        _ => Err("has a unit other than `ms`, `s`, `min` and `h`"),
    }
}
