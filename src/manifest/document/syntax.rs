//! What a text that is not YAML most likely was meant to be.

use std::ops::Range;

use super::{Document, NodeIndex};
use crate::diagnostic::Diagnostic;

/// Says what stopped the parser at `at`, and what usually is behind it. `open` is the innermost
/// collection that has not ended.
pub(super) fn syntax_diagnostic(
    document: &Document,
    at: usize,
    info: &str,
    open: Option<NodeIndex>,
) -> Diagnostic {
    let source = document.source;
    let here = visible(&document.text, at);
    let error = |message: &str| Diagnostic::error("yaml-syntax", message);
    if info.contains("recursion limit") {
        return Diagnostic::error("nested-too-deep", "the nesting is too deep here")
            .at(source, here, "")
            .help("a manifest needs fewer than ten levels");
    }
    if info.contains("tab") {
        return error("a tab where YAML wants spaces")
            .at(source, here, "a tab")
            .help("indent with two spaces per level");
    }
    if info.contains("unknown anchor") {
        return error("an alias without an anchor")
            .at(source, word(&document.text, at), "no `&` anchor of this name stands above")
            .help("if text is meant, quote it");
    }
    if info.contains("mapping values are not allowed") {
        return error("a second `: ` in one line")
            .at(source, here, "unexpected here")
            .help("a value that contains `: ` needs quotes; a nested mapping starts on the next line, two spaces deeper");
    }
    if info.contains("flow") {
        return unclosed(document, here, open);
    }
    if info.contains("quoted scalar") {
        return error("a quote that is not closed")
            .at(source, here, "the text starts here")
            .help("close it with the same quote, on the same line");
    }
    if info.contains("expected key") || info.contains("block mapping") || info.contains("block collection") {
        return error("a line that does not fit the indentation around it")
            .at(source, rest_of_line(&document.text, at), "neither deeper nor level with the lines above")
            .help("entries of one mapping start in the same column, two spaces deeper than their parent");
    }
    if info.contains("unexpected character") || info.contains("cannot start any token") {
        return error("a character that cannot start a value")
            .at(source, here, "needs quotes")
            .help("quote values that start with one of @ ` % & * ! | > or a bracket");
    }
    error(info).at(source, here, "the file cannot be read beyond this point")
}

fn unclosed(document: &Document, here: Range<usize>, open: Option<NodeIndex>) -> Diagnostic {
    let flow = open.filter(|open| document.node(*open).is_flow).map(|open| document.node(open));
    let Some(node) = flow else {
        return Diagnostic::error("yaml-syntax", "a bracket or brace without its partner")
            .at(document.source, here, "unexpected here")
            .help("balance the brackets; quote text that contains one");
    };
    let bracket = node.span.end.saturating_sub(1)..node.span.end;
    let (name, closing) = match document.text.get(bracket.clone()) {
        Some("{") => ("brace", "}"),
        Some(_) | None => ("bracket", "]"),
    };
    Diagnostic::error("yaml-syntax", format!("a {name} that is not closed"))
        .at(document.source, bracket, "opened here")
        .at(document.source, here, format!("expected `,` or `{closing}` before this"))
        .help(format!("close it with `{closing}`"))
}

/// At least one byte that can be underlined.
fn visible(text: &str, at: usize) -> Range<usize> {
    let at = at.min(text.len());
    match text.get(at..).and_then(|rest| rest.chars().next()) {
        Some(c) if c != '\n' && c != '\r' => at..at + c.len_utf8(),
        _ => {
            let before = text.get(..at).unwrap_or("").trim_end();
            before.char_indices().next_back().map_or(0..0, |(start, c)| start..start + c.len_utf8())
        }
    }
}

fn word(text: &str, at: usize) -> Range<usize> {
    let start = text.get(..at).and_then(|before| before.rfind(['*', ' '])).unwrap_or(at);
    let end =
        text.get(at..).and_then(|rest| rest.find([' ', ',', ']', '}', '\n'])).map_or(text.len(), |n| at + n);
    if start < end { start..end } else { visible(text, at) }
}

fn rest_of_line(text: &str, at: usize) -> Range<usize> {
    let line = text.get(at..).unwrap_or("").split('\n').next().unwrap_or("").trim_end();
    if line.is_empty() { visible(text, at) } else { at..at + line.len() }
}
