//! Scalars as text that every YAML reader reads alike.

use crate::manifest::typed::scalar::trap;

/// Where a scalar stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::manifest) enum Context {
    /// On a line of its own.
    Block,
    /// Within brackets or braces, where commas and brackets end it.
    Flow,
}

/// The text without quotes where that is safe, else in single quotes, else in double quotes.
pub(in crate::manifest) fn written(text: &str, context: Context) -> String {
    if can_be_plain(text, context) { text.to_owned() } else { quoted(text) }
}

/// The text in single quotes, or in double quotes where it needs escapes.
pub(in crate::manifest) fn quoted(text: &str) -> String {
    if text.chars().any(needs_escape) {
        in_double_quotes(text)
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// Whether text means itself without quotes, to readers of YAML 1.1 and 1.2.
fn can_be_plain(text: &str, context: Context) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let is_indicator = |c: char| "?:,[]{}#&*!|>'\"%@`=".contains(c);
    let starts_well = !is_indicator(first)
        && (first != '-'
            || text.chars().nth(1).is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '.' || c == '/'));
    let is_break = |c: char| context == Context::Flow && matches!(c, ',' | '[' | ']' | '{' | '}');
    starts_well
        && text.trim() == text
        && !text.ends_with(':')
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains(" -") // Some readers take a dash before a bracket for the start of an item.
        && !text.starts_with("---")
        && !text.starts_with("...")
        && text != "<<"
        && !matches!(text, "~" | "null" | "Null" | "NULL")
        && !text.chars().any(|c| needs_escape(c) || is_break(c))
        && trap(text).is_none()
}

fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn in_double_quotes(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if needs_escape(c) && u32::from(c) <= 0xff => {
                quoted.push_str(&format!("\\x{:02x}", u32::from(c)));
            }
            c if needs_escape(c) => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_stand_only_where_readers_would_disagree() {
        for text in [
            "ocf:heartbeat:IPaddr2",
            "30s",
            "-INFINITY",
            "192.168.125.10",
            "http://localhost/x",
            "true",
            "a b",
            "^vm",
        ] {
            assert_eq!(written(text, Context::Flow), text);
        }
        for text in
            ["on", "012", "22:22", "", "null", "a: b", "a #b", "- a", "a,b", "[x", "'x", "--- a", "x:", " x"]
        {
            assert_ne!(written(text, Context::Flow), text);
        }
        assert_eq!(written("it's: so", Context::Block), "'it''s: so'");
        assert_eq!(written("two\nlines", Context::Block), "\"two\\nlines\"");
    }
}
