//! Comments: the parser drops them, so they are found between the scalars.

use std::ops::Range;

use crate::manifest::document::{Content, Document};

/// One comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comment {
    pub(super) span: Range<usize>,
    /// Nothing else stands on its line.
    pub(super) is_own_line: bool,
    /// Blanks before it on its line.
    pub(super) column: usize,
}

/// All comments of a text, in order.
pub(super) fn comments(text: &str, document: &Document) -> Vec<Comment> {
    let mut spans: Vec<Range<usize>> = document
        .nodes
        .iter()
        .filter(|node| matches!(node.content, Content::Scalar(_)))
        .map(|node| node.span.clone())
        .collect();
    spans.sort_by_key(|span| span.start);
    let mut comments = Vec::new();
    let mut at = 0;
    for span in spans {
        find(text, at..span.start.max(at), &mut comments);
        at = at.max(span.end);
    }
    find(text, at..text.len(), &mut comments);
    comments
}

/// What the comments of a text say.
pub(super) fn texts(text: &str, document: &Document) -> Vec<String> {
    let said = |comment: &Comment| text.get(comment.span.clone()).unwrap_or("").to_owned();
    comments(text, document).iter().map(said).collect()
}

fn find(text: &str, gap: Range<usize>, comments: &mut Vec<Comment>) {
    let mut at = gap.start;
    while let Some(hash) = text.get(at..gap.end).and_then(|rest| rest.find('#')).map(|found| at + found) {
        let before = text.get(..hash).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let on_line = before.get(line_start..).unwrap_or("");
        if !(on_line.is_empty() || on_line.ends_with([' ', '\t'])) {
            at = hash + 1;
            continue;
        }
        let rest = text.get(hash..).unwrap_or("");
        let length = rest.find('\n').unwrap_or(rest.len());
        let end = hash + rest.get(..length).unwrap_or("").trim_end().len();
        comments.push(Comment {
            span: hash..end,
            is_own_line: on_line.trim().is_empty(),
            column: on_line.chars().count(),
        });
        at = hash + length;
    }
}
