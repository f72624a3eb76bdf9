//! (placeholder)
use super::Ink;
use crate::diagnostic::{Diagnostic, Sources};

/// Placeholder.
pub fn text(diagnostics: &[Diagnostic], _sources: &Sources, _ink: Ink) -> String {
    format!("{diagnostics:#?}\n")
}
/// Placeholder.
pub fn json(diagnostics: &[Diagnostic], _sources: &Sources) -> String {
    format!("{diagnostics:#?}\n")
}
/// Placeholder.
pub fn github(diagnostics: &[Diagnostic], _sources: &Sources) -> String {
    format!("{diagnostics:#?}\n")
}
/// Placeholder.
pub fn sarif(diagnostics: &[Diagnostic], _sources: &Sources) -> String {
    format!("{diagnostics:#?}\n")
}
