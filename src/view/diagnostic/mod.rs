//! Diagnostics for people, programs, pull requests and code scanning.

mod discretion;
mod github;
mod json;
mod place;
mod sarif;
mod text;

#[cfg(test)]
mod tests;

pub use github::github;
pub use json::{json, records};
pub use sarif::sarif;
pub use text::text;

use crate::diagnostic::{Diagnostic, Severity};

/// The word for a severity.
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// Everything beside the message in one paragraph, for formats without a place for it.
fn advice(diagnostic: &Diagnostic) -> Vec<String> {
    let suggestion = diagnostic.suggestion.as_ref().map(|suggestion| suggestion.message.clone());
    let allowed = diagnostic.allowed_by.map(|flag| format!("allowed by {flag}"));
    diagnostic.help.iter().cloned().chain(suggestion).chain(allowed).collect()
}
