//! Diagnostics as one JSON document.

use serde_json::{Value, json};

use super::discretion::Discretion;
use super::{place, word};
use crate::diagnostic::{Diagnostic, Label, Sources, Suggestion};

/// One document: `format_version`, `diagnostics`, `errors`, `warnings`. Minor versions add
/// fields, major ones break.
pub fn json(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let discretion = Discretion::over(sources, diagnostics);
    let count = |severity: &str| diagnostics.iter().filter(|found| word(found.severity) == severity).count();
    let document = json!({
        "format_version": "1.0",
        "valid": count("error") == 0,
        "errors": count("error"),
        "warnings": count("warning"),
        "diagnostics": diagnostics
            .iter()
            .map(|found| diagnostic(&discretion.reword(found), sources))
            .collect::<Vec<_>>(),
    });
    crate::view::to_json(&document)
}

/// One record of type `diagnostic` per line, as events are told: with the fields that the entries of
/// `diagnostics` in [`json()`] have.
pub fn records(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let discretion = Discretion::over(sources, diagnostics);
    let record = |found: &Diagnostic| {
        let mut record = diagnostic(&discretion.reword(found), sources);
        if let Value::Object(fields) = &mut record {
            fields.insert("type".to_owned(), "diagnostic".into());
        }
        crate::view::to_json_line(&record)
    };
    diagnostics.iter().map(record).collect()
}

fn diagnostic(found: &Diagnostic, sources: &Sources) -> Value {
    json!({
        "code": found.code,
        "severity": word(found.severity),
        "message": found.message,
        "labels": found.labels.iter().map(|found| label(found, sources)).collect::<Vec<_>>(),
        "help": found.help,
        "suggestion": found.suggestion.as_ref().map(|found| suggestion(found, sources)),
        "allowed_by": found.allowed_by,
    })
}

fn label(label: &Label, sources: &Sources) -> Value {
    let position = place::of(label, sources);
    json!({
        "file": position.map(|(file, _, _)| file),
        "line": position.map(|(_, start, _)| start.line),
        "column": position.map(|(_, start, _)| start.column),
        "end_line": position.map(|(_, _, end)| end.line),
        "end_column": position.map(|(_, _, end)| end.column),
        "bytes": [label.span.start, label.span.end],
        "text": label.text,
    })
}

fn suggestion(suggestion: &Suggestion, sources: &Sources) -> Value {
    json!({
        "message": suggestion.message,
        "file": sources.source(suggestion.source).map(|source| &source.name),
        "bytes": [suggestion.span.start, suggestion.span.end],
        "replacement": suggestion.replacement,
    })
}
