//! Diagnostics as SARIF 2.1.0, for code scanning.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::discretion::Discretion;
use super::place::Position;
use super::{advice, place, word};
use crate::diagnostic::{Diagnostic, Label, Sources, Suggestion};

/// One SARIF log with one run.
pub fn sarif(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let codes: BTreeSet<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    let discretion = Discretion::over(sources, diagnostics);
    let rules: Vec<Value> = codes.iter().map(|code| json!({ "id": code })).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "quorate",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": diagnostics.iter().map(|diagnostic| result(&discretion.reword(diagnostic), sources)).collect::<Vec<_>>(),
        }],
    });
    crate::view::to_json(&log)
}

fn result(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let advice = advice(diagnostic);
    let text = std::iter::once(diagnostic.message.clone()).chain(advice).collect::<Vec<_>>().join("\n");
    let mut locations = diagnostic.labels.iter().filter_map(|label| location(label, sources));
    let first: Vec<Value> = locations.by_ref().take(1).collect();
    let others: Vec<Value> = locations.collect();
    let fixes: Vec<Value> = diagnostic.suggestion.iter().filter_map(|found| fix(found, sources)).collect();
    let mut result = json!({
        "ruleId": diagnostic.code,
        "level": word(diagnostic.severity),
        "message": {"text": text},
        "locations": first,
    });
    if let Some(fields) = result.as_object_mut() {
        if !others.is_empty() {
            fields.insert("relatedLocations".to_owned(), others.into());
        }
        if !fixes.is_empty() {
            fields.insert("fixes".to_owned(), fixes.into());
        }
    }
    result
}

fn location(label: &Label, sources: &Sources) -> Option<Value> {
    let (file, start, end) = place::of(label, sources)?;
    let mut location = json!({
        "physicalLocation": {"artifactLocation": {"uri": uri(file)}, "region": region(start, end)},
    });
    if let (false, Some(fields)) = (label.text.is_empty(), location.as_object_mut()) {
        fields.insert("message".to_owned(), json!({"text": label.text}));
    }
    Some(location)
}

fn fix(suggestion: &Suggestion, sources: &Sources) -> Option<Value> {
    let source = sources.source(suggestion.source)?;
    let (start, end) = place::span(suggestion.source, &suggestion.span, sources)?;
    Some(json!({
        "description": {"text": suggestion.message},
        "artifactChanges": [{
            "artifactLocation": {"uri": uri(&source.name)},
            "replacements": [{
                "deletedRegion": region(start, end),
                "insertedContent": {"text": suggestion.replacement},
            }],
        }],
    }))
}

fn region(start: Position, end: Position) -> Value {
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// A file's name as the reference that SARIF wants.
fn uri(file: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    file.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
