//! Secrets read off the lines of a text that is not sound, and of comments.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Secret;
use crate::model::secrecy::{holds_secret, password_in_address};

/// The values behind names that say so. What is deeper than such a name belongs to it.
pub(super) fn secrets(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut start = 0;
    // Where the lines began that all belong to a secret, and how deep its name is.
    let mut block: Option<(usize, usize)> = None;
    // The quotes that the value of the last name opened, and did not close.
    let mut quote: Option<(usize, char)> = None;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let is_blank = line.trim().is_empty();
        let item = line.get(indent..).is_some_and(|rest| rest.starts_with("- "));
        if let Some((from, mark)) = quote {
            found.push(Secret::written(text, from..end, start..end));
            if line.contains(mark) {
                quote = None;
            }
        } else if let Some((from, _)) = block.filter(|(_, outer)| {
            // A line without a name goes on with what was before it, however it stands.
            is_blank || indent > *outer || item && indent == *outer || !line.contains(':')
        }) {
            found.push(Secret::written(text, from..end, start..end));
        } else if !is_blank {
            block = None;
            if let Some((depth, value)) = in_line(text, start..end, &mut found) {
                block = Some((start, depth));
                let first = value.chars().next().filter(|letter| matches!(letter, '"' | '\''));
                quote = first.filter(|mark| value.matches(*mark).count() == 1).map(|mark| (start, mark));
            }
        }
        start = end;
    }
    let behind = anchored(text, &found);
    found.extend(behind);
    found
}

/// What the aliases stand for that are part of secrets: the line of the anchor, and what is below it.
fn anchored(text: &str, secrets: &[Secret]) -> Vec<Secret> {
    let ends = |letter: char| letter.is_whitespace() || matches!(letter, ',' | ']' | '}');
    let words = secrets.iter().flat_map(|secret| &secret.words).flat_map(|word| word.split('*').skip(1));
    let names: BTreeSet<&str> = words.filter_map(|word| word.split(ends).next()).collect();
    let mut found = Vec::new();
    let mut start = 0;
    let mut block: Option<usize> = None;
    for line in text.split_inclusive('\n').filter(|_| !names.is_empty()) {
        let end = start + line.len();
        if block.is_some_and(|outer| line.trim().is_empty() || indent_of(line) > outer) {
            found.push(Secret::written(text, start..end, start..end));
        } else {
            let anchor = line.match_indices('&').find(|(at, _)| {
                let name = line.get(at + 1..).and_then(|rest| rest.split(ends).next());
                name.is_some_and(|name| names.contains(name))
            });
            block = anchor.map(|_| indent_of(line));
            if let Some((at, _)) = anchor {
                found.push(Secret::written(text, start..end, start + at..end));
            }
        }
        start = end;
    }
    found
}

/// Secrets of comments, in a text of which all values are known: where they stand, in order.
pub(super) fn in_comments(text: &str, scalars: &[Range<usize>]) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let is_comment = |at: usize| {
            let before = scalars.partition_point(|scalar| scalar.end <= at);
            scalars.get(before).is_none_or(|scalar| scalar.start > at)
        };
        let mark = line.match_indices('#').map(|(at, _)| start + at).find(|at| is_comment(*at));
        if let Some(mark) = mark {
            in_line(text, mark + 1..end, &mut found);
        }
        start = end;
    }
    found
}

/// Passwords in addresses, and `NAME=VALUE` with a name that says so, wherever they stand.
pub(super) fn written_anywhere(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let owner = start..start + line.len();
        let mut at = 0;
        while let Some(password) = line.get(at..).and_then(password_in_address) {
            let password = at + password.start..at + password.end;
            at = password.end;
            found.push(Secret::written(text, owner.clone(), start + password.start..start + password.end));
        }
        for (sign, _) in line.match_indices('=') {
            let rest = line.get(sign + 1..).unwrap_or_default();
            let value = rest.trim_start_matches(['"', '\'']);
            let end =
                value.find([' ', '\t', '\n', '"', '\'', '`', ',', '}', ']', '&']).unwrap_or(value.len());
            let from = start + line.len() - value.len();
            if end > 0
                && !value.starts_with('=')
                && holds_secret(name_before(line.get(..sign).unwrap_or_default()))
            {
                found.push(Secret::written(text, owner.clone(), from..from + end));
            }
        }
        start = owner.end;
    }
    found
}

/// Adds the secrets of one line. Gives the depth of the name of one that goes on below, and what of its
/// value stands here.
fn in_line<'t>(text: &'t str, bytes: Range<usize>, found: &mut Vec<Secret>) -> Option<(usize, &'t str)> {
    let line = text.get(bytes.clone()).unwrap_or_default().trim_end();
    let mut at = 0;
    let mut depth = 0;
    let mut last = None;
    while let Some(colon) = line.get(at..).and_then(|rest| rest.find(':')).map(|colon| at + colon) {
        let before = line.get(..colon).unwrap_or_default();
        depth += depth_of(line.get(at..colon).unwrap_or_default());
        at = colon + 1;
        let name = name_before(before);
        let rest = line.get(at..).unwrap_or_default();
        let value = rest.trim_start();
        let is_key = rest.is_empty() || rest.starts_with([' ', '\t', '"', '\'', '[', '{']);
        if !is_key
            || !holds_secret(name)
            || name == "secrets" && before == name && value.is_empty()
            || is_pointer(before, value)
        {
            continue;
        }
        let value_at = at + rest.len() - value.len();
        let length = match value.chars().next() {
            // Up to the end of the line: what else stands there is hidden with it.
            Some('[' | '{' | '&' | '*' | '!') => value.len(),
            Some(_) => value_length(value, depth > 0),
            None => 0,
        };
        let owner = bytes.start..bytes.end;
        if length > 0 && !value.starts_with('#') {
            let start = bytes.start + value_at;
            found.push(Secret::written(text, owner, start..start + length));
        }
        let column = before.trim_end().trim_end_matches(['"', '\'']).len() - name.len();
        // Inside of brackets the lines below may be anywhere.
        last = Some((if depth > 0 { indent_of(line) } else { column }, value));
        at = value_at + length;
    }
    last
}

pub(super) fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Whether what is behind this name, or the name itself, only says where a secret is: `{secret: NAME}`. In
/// `params: {secret: VALUE}` it is a parameter.
pub(super) fn is_pointer(before: &str, value: &str) -> bool {
    if let Some(inner) = value.strip_prefix('{') {
        let inner = inner.trim_start();
        return inner.strip_prefix("secret:").is_some_and(|name| {
            name.split_once('}').is_some_and(|(name, _)| !name.contains([',', ':', '{', '[', '*', '&']))
        });
    }
    let key = before.trim_end().trim_end_matches(['"', '\'']);
    let Some(key) = key.strip_suffix("secret") else { return false };
    let key = key.trim_end_matches(['"', '\'']).trim_end();
    let owner = key.strip_suffix('{').and_then(|text| text.trim_end().strip_suffix(':'));
    let is_name = value.starts_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '"' | '\''));
    is_name && owner.is_some_and(|owner| !matches!(name_before(owner), "" | "params"))
}

/// The name that ends here, quoted or not.
pub(super) fn name_before(text: &str) -> &str {
    let text = text.trim_end().trim_end_matches(['"', '\'']);
    let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let start = text.trim_end_matches(is_name).len();
    text.get(start..).unwrap_or_default()
}

/// How many brackets this opens beyond those that it closes.
fn depth_of(text: &str) -> isize {
    text.bytes().fold(0, |depth, byte| match byte {
        b'{' | b'[' => depth + 1,
        b'}' | b']' => depth - 1,
        _ => depth,
    })
}

/// How long a plain or quoted value is.
fn value_length(value: &str, is_in_flow: bool) -> usize {
    let quote = value.chars().next().filter(|letter| matches!(letter, '"' | '\''));
    if let Some(quote) = quote {
        return quoted_length(value, quote);
    }
    let within = if is_in_flow { value.find([',', '}', ']']).unwrap_or(value.len()) } else { value.len() };
    let length = value.get(..within).and_then(|value| value.find(" #")).unwrap_or(within);
    value.get(..length).map_or(length, |value| value.trim_end().len())
}

pub(super) fn quoted_length(value: &str, quote: char) -> usize {
    let mut letters = value.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' && quote == '"' {
            letters.next();
        } else if letter == quote {
            match letters.next_if(|(_, next)| *next == quote && quote == '\'') {
                Some(_) => {}
                None => return at + 1,
            }
        }
    }
    value.len()
}
