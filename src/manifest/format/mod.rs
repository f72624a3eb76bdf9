//! The canonical form of a manifest's text: indentation, spacing, quotes, one line per record.
//! Comments and order stay, and meaning does too: a form that would be read differently, or that
//! loses a comment, is given up for the text as it was.

mod block;
mod comment;
mod expand;
mod layout;
mod same;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::document::{Budget, Document, compose};
use crate::diagnostic::SourceId;

pub use expand::{AdvertisedOperation, expand_ops};

/// How often a form is formed again until it stays as it is.
const ROUNDS: usize = 4;

/// The canonical form. Formatting it again changes nothing; a text that is not YAML comes back
/// as it is.
pub fn format(text: &str) -> String {
    let mut current = text.to_owned();
    for _ in 0..ROUNDS {
        let next = step(&current);
        if next == current {
            return current;
        }
        current = next;
    }
    text.to_owned()
}

/// One round, checked for meaning.
fn step(text: &str) -> String {
    let Some(document) = parse(text) else { return text.to_owned() };
    let forms = [layout::lay_out(&document), Some(trimmed(text))];
    let is_good = |form: &String| {
        let same = parse(form).is_some_and(|other| same::is_same(&document, &other));
        same && comment::texts(text, &document)
            == parse(form).map(|other| comment::texts(form, &other)).unwrap_or_default()
    };
    forms.into_iter().flatten().find(is_good).unwrap_or_else(|| text.to_owned())
}

/// The tree, if the text is YAML without any complaint.
fn parse(text: &str) -> Option<Document> {
    let mut found = Vec::new();
    let text: Arc<str> = text.into();
    let document = compose(SourceId(0), &text, &mut Budget::default(), &mut found);
    (found.is_empty() && document.root.is_some()).then_some(document)
}

/// The least that can be done: no blanks at line ends, one newline at the end.
fn trimmed(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim_end())
}
