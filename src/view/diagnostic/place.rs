//! Bytes of a text as lines and columns.

use std::ops::Range;

use crate::diagnostic::{Label, SourceId, Sources};

/// A place as people and their tools count: from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Where a label is, with the name of its source.
pub(super) fn of<'s>(label: &Label, sources: &'s Sources) -> Option<(&'s str, Position, Position)> {
    let (start, end) = span(label.source, &label.span, sources)?;
    Some((sources.source(label.source)?.name.as_str(), start, end))
}

/// Start and end of a span.
pub(super) fn span(source: SourceId, span: &Range<usize>, sources: &Sources) -> Option<(Position, Position)> {
    let text = &sources.source(source)?.text;
    Some((position(text, span.start), position(text, span.end)))
}

fn position(text: &str, at: usize) -> Position {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Position {
        line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        column: before.get(line_start..).unwrap_or("").chars().count() + 1,
    }
}
