//! Diagnostics as annotations on a pull request: one workflow command per line.

use super::discretion::Discretion;
use super::{advice, place};
use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::view::escaped_lines;

/// One `::error file=...::` line for each diagnostic.
pub fn github(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let discretion = Discretion::over(sources, diagnostics);
    diagnostics.iter().map(|diagnostic| line(&discretion.reword(diagnostic), sources)).collect()
}

fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let command = match diagnostic.severity {
        Severity::Note => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut properties = Vec::new();
    if let Some((file, start, end)) = diagnostic.labels.first().and_then(|label| place::of(label, sources)) {
        properties.push(format!("file={}", escaped_property(file)));
        properties.push(format!("line={}", start.line));
        properties.push(format!("endLine={}", end.line));
        if start.line == end.line {
            properties.push(format!("col={}", start.column));
            properties.push(format!("endColumn={}", end.column));
        }
    }
    properties.push(format!("title={}", diagnostic.code));
    let advice = advice(diagnostic);
    let message = std::iter::once(diagnostic.message.clone()).chain(advice).collect::<Vec<_>>().join("\n");
    format!("::{command} {}::{}\n", properties.join(","), escaped(&message))
}

fn escaped(text: &str) -> String {
    escaped_lines(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escaped_property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}
