//! Text that is safe to show: what came from a manifest, an agent or another machine must not reach a
//! terminal, a table or a pull request as anything but letters.
//!
//! Every renderer for people goes through here, mostly by [`draw`], which makes all the texts of a value
//! legible before a renderer sees any of them. Making legible twice changes nothing.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::json;
use crate::model::secrecy::{password_in_address, without_passwords};

/// A text on one line, without passwords in addresses: characters that a terminal would obey, or that make text look like other
/// text, as `\n` or `\u{1b}`.
pub fn escaped(text: &str) -> String {
    let mut legible = String::with_capacity(text.len());
    without_passwords(text).chars().for_each(|letter| push(&mut legible, letter));
    legible
}

/// Several lines: as [`escaped`], but a line stays one.
pub fn escaped_lines(text: &str) -> String {
    let mut legible = String::with_capacity(text.len());
    for letter in without_passwords(text).chars() {
        if letter == '\n' {
            legible.push('\n');
        } else {
            push(&mut legible, letter);
        }
    }
    legible
}

fn push(legible: &mut String, letter: char) {
    match letter {
        letter if is_legible(letter) => legible.push(letter),
        '\n' => legible.push_str("\\n"),
        '\r' => legible.push_str("\\r"),
        '\t' => legible.push_str("\\t"),
        letter => legible.extend(letter.escape_unicode()),
    }
}

/// Whether a character is one to see, and not one that changes how others are seen.
fn is_legible(letter: char) -> bool {
    !letter.is_control() && !turns_text(letter)
}

/// Characters that no terminal draws: ends of lines, directions of writing, tags.
const fn turns_text(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Draws a value all of whose texts are legible.
pub(super) fn draw<T: Serialize + DeserializeOwned>(value: &T, draw: impl FnOnce(&T) -> String) -> String {
    let line = json::line(value);
    if is_plain(&line) && password_in_address(&line).is_none() {
        return draw(value);
    }
    let mut tree = json::tree(value);
    escape_tree(&mut tree);
    match serde_json::from_value(tree) {
        Ok(legible) => draw(&legible),
        Err(error) => format!("this cannot be shown: it holds control characters ({error})\n"),
    }
}

/// Whether all in this JSON is legible: what is not is either itself there or begins with a backslash.
fn is_plain(line: &str) -> bool {
    // Nearly all is ASCII, and a processor looks at many bytes at once where none of them ends the look.
    let is_plain = |bytes: &[u8]| {
        bytes.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'[' | b']'..=b'~'))
    };
    line.as_bytes().chunks(64).all(is_plain)
        || line.chars().all(|letter| letter != '\\' && is_legible(letter))
}

fn escape_tree(tree: &mut Value) {
    match tree {
        Value::String(text) => {
            if !text.chars().all(is_legible) || password_in_address(text).is_some() {
                *text = escaped(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(escape_tree),
        Value::Object(fields) => {
            let all = std::mem::take(fields);
            fields.extend(all.into_iter().map(|(name, mut value)| {
                escape_tree(&mut value);
                (escaped(&name), value)
            }));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// JSON that means the same, without characters that a terminal obeys: JSON itself only asks for some of
/// them to be escaped.
pub(super) fn json(text: String) -> String {
    let is_plain = |letter: char| letter == '\n' || is_legible(letter);
    if text.chars().all(is_plain) {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_plain(letter) {
            plain.push(letter);
        } else {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                plain.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    plain
}

/// A text in running markdown or in a cell of its tables, where it means nothing but itself.
pub(super) fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in escaped(text).chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            // Names of people and teams would be called, and numbers of issues linked.
            '@' => safe.push_str("&#64;"),
            '#' => safe.push_str("&#35;"),
            '\\' | '`' | '|' | '*' | '_' | '[' | ']' | '~' | '$' => {
                safe.push('\\');
                safe.push(letter);
            }
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_terminals_obey_is_spelled_out() {
        assert_eq!(escaped("a\u{1b}[2Kb\nc\td\u{9b}"), "a\\u{1b}[2Kb\\nc\\td\\u{9b}");
        assert_eq!(escaped("\u{202e}txt"), "\\u{202e}txt");
        assert_eq!(escaped("Grüße ☃ C:\\x"), "Grüße ☃ C:\\x");
        assert_eq!(escaped(&escaped("\u{7}")), escaped("\u{7}"));
        assert_eq!(escaped_lines("a\r\nb"), "a\\r\nb");
    }

    #[test]
    fn keys_are_texts_too() {
        let value = std::collections::BTreeMap::from([("a\u{1b}".to_owned(), vec!["b\u{7}".to_owned()])]);
        assert_eq!(draw(&value, |value| format!("{value:?}")), "{\"a\\\\u{1b}\": [\"b\\\\u{7}\"]}");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let text = serde_json::to_string("\u{9b}\u{e0001}\u{7f}\u{1b}").unwrap_or_default();
        let plain = json(text.clone());
        assert!(plain.is_ascii());
        assert_eq!(serde_json::from_str::<String>(&plain).ok(), serde_json::from_str(&text).ok());
    }

    #[test]
    fn markdown_means_nothing_but_itself() {
        assert_eq!(markdown("a`|<b>@all #1 **x**\n"), "a\\`\\|&lt;b>&#64;all &#35;1 \\*\\*x\\*\\*\\\\n");
    }
}
