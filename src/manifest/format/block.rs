//! Block scalars: their lines move, and stay what they are.

use std::ops::Range;

/// The header and the lines of a block scalar, indented anew; `None` for the rare kinds whose
/// blanks mean more than can be kept.
///
/// `gap` runs from the end of what stands before the scalar to where its text begins.
pub(super) fn moved(text: &str, gap: Range<usize>, span: &Range<usize>, indent: usize) -> Option<String> {
    let before = text.get(gap.clone())?;
    let start = before.find(['|', '>'])?;
    let header: String =
        before.get(start..)?.chars().take_while(|c| matches!(c, '|' | '>' | '-' | '+')).collect();
    let after = before.get(start + header.len()..)?;
    if header.contains('+') || after.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let line_start = text.get(..span.start)?.rfind('\n')? + 1;
    let column = span.start - line_start;
    let empty_lines = after.bytes().filter(|byte| *byte == b'\n').count().checked_sub(1)?;
    let mut moved = format!("{header}\n{}", "\n".repeat(empty_lines));
    let content = text.get(line_start..span.end)?.trim_end();
    if content.trim().is_empty() {
        return None;
    }
    for line in content.lines() {
        let own = line.get(column.min(line.len() - line.trim_start_matches(' ').len())..)?;
        let own = own.trim_end_matches('\r');
        if own.trim().is_empty() {
            moved.push('\n');
        } else {
            moved.push_str(&format!("{}{own}\n", " ".repeat(indent)));
        }
    }
    Some(moved)
}
