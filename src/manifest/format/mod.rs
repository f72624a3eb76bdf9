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

/// A text in its canonical form, as far as it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formatted {
    /// The text. Formatting it again changes nothing.
    pub text: String,
    /// Whether all of it is in canonical form. What uses means of YAML that manifests do without (aliases, for one), or has a
    /// comment where it would be lost, only loses the blanks at the ends of its lines; what is no YAML stays as it is.
    pub is_whole: bool,
}

/// The canonical form of a text.
pub fn format(text: &str) -> Formatted {
    let mut current = Formatted { text: text.to_owned(), is_whole: true };
    for _ in 0..ROUNDS {
        let next = step(&current.text);
        if next.text == current.text {
            return next;
        }
        current = next;
    }
    Formatted { text: text.to_owned(), is_whole: false }
}

/// One round, checked for meaning.
fn step(text: &str) -> Formatted {
    let unchanged = Formatted { text: text.to_owned(), is_whole: false };
    let Some(document) = parse(text) else { return unchanged };
    let whole = layout::lay_out(&document).map(|text| Formatted { text, is_whole: true });
    let blanks = Formatted { text: trimmed(text), is_whole: false };
    let is_good = |form: &Formatted| {
        let same = parse(&form.text).is_some_and(|other| same::is_same(&document, &other));
        same && comment::texts(text, &document)
            == parse(&form.text).map(|other| comment::texts(&form.text, &other)).unwrap_or_default()
    };
    whole.into_iter().chain([blanks]).find(is_good).unwrap_or(unchanged)
}

/// The tree, if the text is YAML without any complaint.
fn parse(text: &str) -> Option<Document> {
    let mut found = Vec::new();
    let text: Arc<str> = text.into();
    let document = compose(SourceId(0), &text, 0, &mut Budget::default(), &mut found);
    (found.is_empty() && document.root.is_some()).then_some(document)
}

/// The least that can be done: no blanks at line ends, one newline at the end.
fn trimmed(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim_end())
}
