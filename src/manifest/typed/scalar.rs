//! Scalars that two YAML versions read differently.

use super::error::Error;
use crate::manifest::document::{Scalar, Style};

/// What an unquoted scalar is to a YAML 1.1 reader, where that is not the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trap {
    /// `yes`, `off` and the like.
    Boolean(bool),
    /// A number with leading zeros.
    LeadingZero,
    /// Digits with colons: base 60.
    Sexagesimal,
    /// Digits with underscores.
    Underscores,
}

/// Whether readers disagree about this unquoted text.
pub(crate) fn trap(text: &str) -> Option<Trap> {
    match text {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => return Some(Trap::Boolean(true)),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => return Some(Trap::Boolean(false)),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_number =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        None
    } else if is_number(digits) && digits.contains('_') {
        Some(Trap::Underscores)
    } else if is_number(digits) && digits.len() > 1 && digits.starts_with('0') {
        Some(Trap::LeadingZero)
    } else if is_sexagesimal(digits) {
        Some(Trap::Sexagesimal)
    } else {
        None
    }
}

fn is_sexagesimal(digits: &str) -> bool {
    let mut parts = digits.split(':');
    let first = parts.next().unwrap_or("");
    let is_sixtieth = |part: &str| {
        let is_short = matches!(part.len(), 1 | 2) && part.bytes().all(|byte| byte.is_ascii_digit());
        is_short && part.parse::<u8>().is_ok_and(|number| number < 60)
    };
    let rest: Vec<&str> = parts.collect();
    !rest.is_empty()
        && !first.starts_with('0')
        && first.bytes().all(|byte| byte.is_ascii_digit())
        && rest.into_iter().all(is_sixtieth)
}

impl Trap {
    /// What to do when something else than text is meant.
    pub(crate) fn advice(self) -> Option<&'static str> {
        match self {
            Self::Boolean(true) => Some("if a switch is meant, write `true`"),
            Self::Boolean(false) => Some("if a switch is meant, write `false`"),
            Self::LeadingZero => Some("if a number is meant, write it without leading zeros"),
            Self::Underscores => Some("if a number is meant, write it without underscores"),
            Self::Sexagesimal => None,
        }
    }

    /// How YAML 1.1 reads it.
    pub(crate) fn reading(self) -> &'static str {
        match self {
            Self::Boolean(true) => "`true`",
            Self::Boolean(false) => "`false`",
            Self::LeadingZero => "an octal number",
            Self::Sexagesimal => "a number in base 60",
            Self::Underscores => "a number without the underscores",
        }
    }
}

/// The complaint about an unquoted scalar that readers disagree about, where text is meant.
pub(super) fn check_text(scalar: &Scalar) -> Result<(), Error> {
    let Some(trap) = (scalar.style == Style::Plain).then(|| trap(&scalar.text)).flatten() else {
        return Ok(());
    };
    let error = Error::new("yaml-trap", format!("`{}` without quotes", scalar.text));
    let error = trap.advice().into_iter().fold(error, Error::help);
    Err(error
        .label(format!("YAML 1.1 reads {} here, YAML 1.2 reads text", trap.reading()))
        .replace("if text is meant, quote it", format!("\"{}\"", scalar.text)))
}

/// Reads a boolean strictly.
pub(super) fn boolean(scalar: &Scalar) -> Result<bool, Error> {
    if scalar.style == Style::Plain {
        match &*scalar.text {
            "true" | "True" | "TRUE" => return Ok(true),
            "false" | "False" | "FALSE" => return Ok(false),
            _ => {}
        }
    }
    let error = Error::new("wrong-type", format!("expected `true` or `false`, found `{}`", scalar.text));
    Err(match crate::model::scalar::parse_boolean(&scalar.text) {
        Some(meant) => error
            .label("text in YAML 1.2, a boolean in YAML 1.1")
            .replace(format!("write `{meant}`"), meant.to_string()),
        None => error.label("not a boolean"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_versions_disagree_about_these() {
        assert_eq!(trap("on"), Some(Trap::Boolean(true)));
        assert_eq!(trap("012"), Some(Trap::LeadingZero));
        assert_eq!(trap("1_000"), Some(Trap::Underscores));
        assert_eq!(trap("22:22"), Some(Trap::Sexagesimal));
        assert_eq!(trap("52:54:00:12:34:56"), Some(Trap::Sexagesimal));
    }

    #[test]
    fn yaml_versions_agree_about_these() {
        for text in ["0", "12", "true", "192.168.1.1", "::1", "10:8080", "30s", "1.5", "0x1f", "2026-12-24"] {
            assert_eq!(trap(text), None, "{text}");
        }
    }
}
