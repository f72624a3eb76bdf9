//! Secrets of a CIB: what an element that is named so says as its value.

use std::ops::Range;

use super::Secret;
use super::lines::written_anywhere;
use crate::model::secrecy::holds_secret;

/// All secrets of a text that is XML, or was meant to be.
pub(super) fn secrets(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut start = 0;
    for element in text.split_inclusive('>') {
        let owner = start..start + element.len();
        let is_secret = attributes(element, "name").any(|name| element.get(name).is_some_and(holds_secret));
        for value in attributes(element, "value").filter(|_| is_secret) {
            let (from, mut end) = (start + value.start, start + value.end);
            if value.end == element.len() {
                // A `>` within the quotes.
                let quote = text.get(..from).and_then(|before| before.chars().next_back()).unwrap_or('"');
                end += text.get(end..).map_or(0, |rest| rest.find(quote).unwrap_or(rest.len()));
            }
            found.push(Secret::written(text, start..end.max(owner.end), from..end));
        }
        start = owner.end;
    }
    found.extend(written_anywhere(text));
    found
}

/// Where the values of an element's attributes of a name are; all that follows where quotes are not closed.
fn attributes(element: &str, name: &str) -> impl Iterator<Item = Range<usize>> {
    element.match_indices(name).filter_map(move |(at, _)| {
        let after = element.get(at + name.len()..).unwrap_or_default();
        let value = after.trim_start().strip_prefix('=').map(str::trim_start)?;
        let is_whole_name = element.get(..at).is_some_and(|before| before.ends_with(char::is_whitespace));
        let start = element.len() - value.len();
        let quote = value.chars().next().filter(|letter| matches!(letter, '"' | '\''));
        let range = match quote {
            Some(quote) => {
                let length = value.get(1..).map_or(0, |value| value.find(quote).unwrap_or(value.len()));
                start + 1..start + 1 + length
            }
            None => start..start + value.find([' ', '\t', '\n', '/', '>']).unwrap_or(value.len()),
        };
        is_whole_name.then_some(range)
    })
}
