//! The tree and its comments, laid out anew.

use std::collections::VecDeque;

use super::block;
use super::comment::{Comment, comments};
use super::same::is_special;
use crate::manifest::document::{Content, Document, Node, NodeIndex, Scalar, Style};
use crate::manifest::write::layout::WIDTH;
use crate::manifest::write::scalar::{Context, quoted, written};

/// The text in canonical layout; `None` where it uses means of YAML that manifests do without
/// (anchors, directives, long keys).
pub(super) fn lay_out(document: &Document) -> Option<String> {
    let text = &*document.text;
    let has_directive = text.lines().any(|line| line.starts_with('%'));
    if document.has_anchors || has_directive {
        return None;
    }
    let mut layout = Layout {
        document,
        text,
        newlines: text.match_indices('\n').map(|(at, _)| at).collect(),
        comments: comments(text, document).into(),
        out: String::new(),
        end: 0,
    };
    layout.block(document.root?, 0, Lead::NewLine)?;
    layout.flush(text.len(), 0, 0);
    if !layout.out.ends_with('\n') {
        layout.out.push('\n');
    }
    Some(layout.out)
}

struct Layout<'d> {
    document: &'d Document,
    text: &'d str,
    /// Where lines end.
    newlines: Vec<usize>,
    comments: VecDeque<Comment>,
    out: String,
    /// Where what has been laid out ends in the text.
    end: usize,
}

/// Where the first line of a block goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// On a line of its own.
    NewLine,
    /// Behind the dash of a list.
    SameLine,
}

impl<'d> Layout<'d> {
    fn node(&self, index: NodeIndex) -> &'d Node {
        self.document.node(index)
    }

    fn line(&self, at: usize) -> usize {
        self.newlines.partition_point(|newline| *newline < at)
    }

    fn column(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or("");
        before.get(before.rfind('\n').map_or(0, |newline| newline + 1)..).unwrap_or("").chars().count()
    }

    fn has_blank_line_before(&self, at: usize) -> bool {
        let before = self.text.get(..at).unwrap_or("");
        let line_start = before.rfind('\n').unwrap_or(0);
        let previous = before.get(..line_start).unwrap_or("");
        line_start > 0 && previous.rsplit('\n').next().is_some_and(|line| line.trim().is_empty())
    }

    fn blank_line_before(&mut self, at: usize) {
        let is_inside = !self.out.is_empty() && !self.out.ends_with("\n\n") && !self.out.ends_with(":\n");
        if is_inside && self.has_blank_line_before(at) {
            self.out.push('\n');
        }
    }

    /// Writes the comments that stand before a place, each on its line.
    fn flush(&mut self, before: usize, indent: usize, column: usize) {
        while let Some(comment) = self.comments.pop_front_if(|comment| comment.span.start < before) {
            self.blank_line_before(comment.span.start);
            // A comment deeper than what follows belongs to what came before.
            let indent = if comment.is_own_line && comment.column > column { indent + 2 } else { indent };
            let said = self.text.get(comment.span).unwrap_or("");
            self.out.push_str(&format!("{}{said}\n", " ".repeat(indent)));
        }
    }

    /// Ends a line, with the comments that stand on it in the text.
    fn end_line(&mut self, until: usize) {
        self.end_line_before(until, self.text.len());
    }

    /// The same, but no comment from `limit` on: it belongs to what comes there.
    fn end_line_before(&mut self, until: usize, limit: usize) {
        let line = self.line(until);
        while let Some(comment) = self.comments.front() {
            let start = comment.span.start;
            let is_behind = !comment.is_own_line && self.line(start) == line;
            if start >= limit || (start >= until && !is_behind) {
                break;
            }
            let said = self.text.get(comment.span.clone()).unwrap_or("");
            self.out.push_str(&format!("  {said}"));
            self.comments.pop_front();
        }
        self.out.push('\n');
    }

    fn block(&mut self, index: NodeIndex, indent: usize, lead: Lead) -> Option<()> {
        let pad = " ".repeat(indent);
        match &self.node(index).content {
            Content::Mapping(entries) => {
                for (number, (key, value)) in entries.iter().enumerate() {
                    let start = self.node(*key).span.start;
                    if number > 0 || lead == Lead::NewLine {
                        self.before_line(start, indent, number > 0);
                        self.out.push_str(&pad);
                    }
                    let key = self.key(*key)?;
                    self.out.push_str(&format!("{key}:"));
                    self.value(*value, indent, indent + key.chars().count() + 2)?;
                }
            }
            Content::Sequence(items) => {
                for (number, item) in items.iter().enumerate() {
                    let start = self.node(*item).span.start;
                    if number > 0 || lead == Lead::NewLine {
                        self.before_line(start, indent, number > 0);
                        self.out.push_str(&pad);
                    }
                    self.out.push_str("- ");
                    self.item(*item, indent)?;
                }
            }
            Content::Scalar(scalar) => {
                self.out.push_str(&canonical(scalar, Context::Block)?);
                self.end = self.node(index).span.end;
                self.end_line(self.end);
            }
            Content::Alias(_) => return None,
        }
        Some(())
    }

    fn before_line(&mut self, start: usize, indent: usize, is_later: bool) {
        let column = self.column(start);
        self.flush(start, indent, column);
        if is_later || self.out.ends_with("\n") {
            self.blank_line_before(start);
        }
    }

    fn key(&mut self, index: NodeIndex) -> Option<String> {
        let node = self.node(index);
        let Content::Scalar(scalar) = &node.content else { return None };
        let is_long = self.text.get(..node.span.start)?.trim_end().ends_with('?');
        if scalar.style == Style::Block || is_long {
            return None;
        }
        self.end = node.span.end;
        canonical(scalar, Context::Block)
    }

    /// What stands behind `key:`.
    fn value(&mut self, index: NodeIndex, indent: usize, column: usize) -> Option<()> {
        let node = self.node(index);
        match &node.content {
            Content::Scalar(scalar) if scalar.style == Style::Block => {
                let block = block::moved(self.text, self.end..node.span.start, &node.span, indent + 2)?;
                self.out.push_str(&format!(" {block}"));
                self.end = node.span.end;
            }
            Content::Scalar(scalar) => {
                let value = canonical(scalar, Context::Block)?;
                if !value.is_empty() {
                    self.out.push_str(&format!(" {value}"));
                }
                self.end = self.end.max(node.span.end);
                self.end_line(self.end);
            }
            Content::Mapping(_) | Content::Sequence(_) => match self.one_line(index, column, node.is_flow) {
                Some(line) => {
                    self.out.push_str(&format!(" {line}"));
                    self.end = node.span.end;
                    self.end_line(self.end);
                }
                None => {
                    self.end_line_before(self.end, self.first_child(index));
                    self.block(index, indent + 2, Lead::NewLine)?;
                }
            },
            Content::Alias(_) => return None,
        }
        Some(())
    }

    /// Where the first thing in a collection starts.
    fn first_child(&self, index: NodeIndex) -> usize {
        let first = match &self.node(index).content {
            Content::Mapping(entries) => entries.first().map(|(key, _)| *key),
            Content::Sequence(items) => items.first().copied(),
            Content::Scalar(_) | Content::Alias(_) => None,
        };
        first.map_or(self.text.len(), |first| self.node(first).span.start)
    }

    /// What stands behind a dash.
    fn item(&mut self, index: NodeIndex, indent: usize) -> Option<()> {
        let node = self.node(index);
        self.end = self.end.max(node.span.start);
        match &node.content {
            Content::Scalar(scalar) if scalar.style == Style::Block => None,
            Content::Scalar(scalar) => {
                let value = canonical(scalar, Context::Block)?;
                self.out.push_str(if value.is_empty() { "null" } else { &value });
                self.end = node.span.end;
                self.end_line(self.end);
                Some(())
            }
            Content::Mapping(_) | Content::Sequence(_) => match self.one_line(index, indent + 2, true) {
                Some(line) => {
                    self.out.push_str(&line);
                    self.end = node.span.end;
                    self.end_line(self.end);
                    Some(())
                }
                None => self.block(index, indent + 2, Lead::SameLine),
            },
            Content::Alias(_) => None,
        }
    }

    /// A collection in one line, where it may stand in one, has no comment inside, and fits.
    fn one_line(&self, index: NodeIndex, column: usize, may: bool) -> Option<String> {
        let node = self.node(index);
        let is_empty = match &node.content {
            Content::Mapping(entries) => entries.is_empty(),
            Content::Sequence(items) => items.is_empty(),
            Content::Scalar(_) | Content::Alias(_) => false,
        };
        let first_inside = self.comments.partition_point(|comment| comment.span.start < node.span.start);
        let has_comment =
            self.comments.get(first_inside).is_some_and(|comment| comment.span.start < node.span.end);
        let line = if (may || is_empty) && !has_comment { self.inline(index) } else { None }?;
        (is_empty || column + line.chars().count() <= WIDTH).then_some(line)
    }

    fn inline(&self, index: NodeIndex) -> Option<String> {
        match &self.node(index).content {
            Content::Scalar(scalar) => {
                let value = canonical(scalar, Context::Flow)?;
                Some(if value.is_empty() { "null".to_owned() } else { value })
            }
            Content::Sequence(items) => {
                let parts: Option<Vec<String>> = items.iter().map(|item| self.inline(*item)).collect();
                Some(format!("[{}]", parts?.join(", ")))
            }
            Content::Mapping(entries) => {
                let part = |(key, value): &(NodeIndex, NodeIndex)| {
                    let Content::Scalar(key) = &self.node(*key).content else { return None };
                    Some(format!("{}: {}", canonical(key, Context::Flow)?, self.inline(*value)?))
                };
                let parts: Option<Vec<String>> = entries.iter().map(part).collect();
                Some(format!("{{{}}}", parts?.join(", ")))
            }
            Content::Alias(_) => None,
        }
    }
}

/// A scalar without quotes where it means itself, in quotes where they matter.
fn canonical(scalar: &Scalar, context: Context) -> Option<String> {
    match scalar.style {
        Style::Block => None,
        // What stands without quotes is what it is, special or not.
        Style::Plain if scalar.is_null() || is_special(&scalar.text) => Some(scalar.text.to_string()),
        Style::Plain => Some(written(&scalar.text, context)),
        Style::Single | Style::Double if is_special(&scalar.text) => Some(quoted(&scalar.text)),
        Style::Single | Style::Double => Some(written(&scalar.text, context)),
    }
}
