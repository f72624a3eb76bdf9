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
        let is_secret =
            attribute(element, "name").and_then(|name| element.get(name)).is_some_and(holds_secret);
        if is_secret && let Some(value) = attribute(element, "value") {
            found.push(Secret::written(text, owner.clone(), start + value.start..start + value.end));
        }
        start = owner.end;
    }
    found.extend(written_anywhere(text));
    found
}

/// Where the value of an element's attribute is; all that follows where its quotes are not closed.
fn attribute(element: &str, name: &str) -> Option<Range<usize>> {
    for (at, _) in element.match_indices(name) {
        let after = element.get(at + name.len()..).unwrap_or_default();
        let Some(value) = after.trim_start().strip_prefix('=').map(str::trim_start) else { continue };
        let is_whole_name = element.get(..at).is_some_and(|before| before.ends_with(char::is_whitespace));
        let quote = value.chars().next().filter(|letter| matches!(letter, '"' | '\''));
        if let Some(quote) = quote.filter(|_| is_whole_name) {
            let start = element.len() - value.len() + 1;
            let length = value.get(1..).map_or(0, |value| value.find(quote).unwrap_or(value.len()));
            return Some(start..start + length);
        }
    }
    None
}
