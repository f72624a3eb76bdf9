//! Diagnostics for people: the source underlined, what to do below.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Patch, Renderer, Snippet};

use super::super::Ink;
use super::discretion::Discretion;
use crate::diagnostic::{Diagnostic, Label, Severity, SourceId, Sources, Suggestion};

/// Draws diagnostics one after the other, a blank line after each.
pub fn text(diagnostics: &[Diagnostic], sources: &Sources, ink: Ink) -> String {
    let renderer = match ink {
        Ink::Plain => Renderer::plain(),
        Ink::Colour => Renderer::styled(),
    };
    let discretion = Discretion::over(sources, diagnostics);
    let one = |diagnostic: &Diagnostic| {
        format!("{}\n\n", draw(&discretion.transpose(diagnostic), discretion.sources(), &renderer))
    };
    diagnostics.iter().map(one).collect()
}

fn draw(diagnostic: &Diagnostic, sources: &Sources, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Note => Level::NOTE,
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code));
    for (number, (source, labels)) in by_source(&diagnostic.labels).into_iter().enumerate() {
        if let Some(snippet) = snippet(source, &labels, number == 0, sources) {
            group = group.element(snippet);
        }
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    if let Some(flag) = diagnostic.allowed_by {
        group = group.element(Level::NOTE.message(format!("allowed by {flag}")));
    }
    let mut report = vec![group];
    report.extend(diagnostic.suggestion.as_ref().and_then(|suggestion| patch(suggestion, sources)));
    renderer.render(&report)
}

/// Labels by source, in the order in which sources come first.
fn by_source(labels: &[Label]) -> Vec<(SourceId, Vec<&Label>)> {
    let mut groups: Vec<(SourceId, Vec<&Label>)> = Vec::new();
    for label in labels {
        match groups.iter_mut().find(|(source, _)| *source == label.source) {
            Some((_, labels)) => labels.push(label),
            None => groups.push((label.source, vec![label])),
        }
    }
    groups
}

/// The lines around some spans: where they start, the number of the first, and their text. The
/// renderer reads all that it is given, so it is given no more than it shows.
struct Window<'s> {
    text: &'s str,
    start: usize,
    line: usize,
}

impl<'s> Window<'s> {
    fn around(text: &'s str, spans: impl Iterator<Item = Range<usize>> + Clone) -> Self {
        let first = spans.clone().map(|span| span.start).min().unwrap_or(0).min(text.len());
        let last = spans.map(|span| span.end).max().unwrap_or(0).clamp(first, text.len());
        let before = text.get(..first).unwrap_or("");
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let end =
            text.get(last..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| last + length);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Self { text: text.get(start..end).unwrap_or(""), start, line }
    }

    fn shift(&self, span: &Range<usize>) -> Range<usize> {
        let end = self.text.len();
        span.start.saturating_sub(self.start).min(end)..span.end.saturating_sub(self.start).min(end)
    }
}

fn snippet<'s>(
    source: SourceId,
    labels: &[&'s Label],
    is_first: bool,
    sources: &'s Sources,
) -> Option<Snippet<'s, Annotation<'s>>> {
    let source = sources.source(source)?;
    let window = Window::around(&source.text, labels.iter().map(|label| label.span.clone()));
    let mut snippet = Snippet::source(window.text).line_start(window.line).path(source.name.as_str());
    for (number, label) in labels.iter().enumerate() {
        let kind = if is_first && number == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(window.shift(&label.span));
        let annotation =
            if label.text.is_empty() { annotation } else { annotation.label(label.text.as_str()) };
        snippet = snippet.annotation(annotation);
    }
    Some(snippet)
}

fn patch<'s>(suggestion: &'s Suggestion, sources: &'s Sources) -> Option<Group<'s>> {
    let source = sources.source(suggestion.source)?;
    let window = Window::around(&source.text, std::iter::once(suggestion.span.clone()));
    let patch = Patch::new(window.shift(&suggestion.span), suggestion.replacement.as_str());
    let snippet =
        Snippet::source(window.text).line_start(window.line).path(source.name.as_str()).patch(patch);
    Some(Group::with_title(Level::HELP.secondary_title(suggestion.message.as_str())).element(snippet))
}
