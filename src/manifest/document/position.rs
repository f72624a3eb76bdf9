//! From the places that the YAML parser and a scalar's value count in, to bytes of the text.

use std::ops::Range;

use super::{Scalar, Style};

/// Turns numbers of characters into numbers of bytes.
pub(in crate::manifest) struct Positions<'t> {
    text: &'t str,
    /// Byte of every [`STEP`]th character; empty when all characters are one byte.
    steps: Vec<usize>,
}

const STEP: usize = 64;

impl<'t> Positions<'t> {
    pub(in crate::manifest) fn new(text: &'t str) -> Self {
        let steps = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().step_by(STEP).map(|(byte, _)| byte).collect()
        };
        Self { text, steps }
    }

    /// The byte at which this character starts.
    pub(in crate::manifest) fn byte(&self, character: usize) -> usize {
        if self.steps.is_empty() {
            return character.min(self.text.len());
        }
        let Some(&start) = self.steps.get(character / STEP) else { return self.text.len() };
        let rest = self.text.get(start..).unwrap_or("");
        rest.char_indices().nth(character % STEP).map_or(self.text.len(), |(byte, _)| start + byte)
    }
}

/// The bytes of a scalar's raw text that give these bytes of its value; `None` where lines were
/// folded or the value was escaped in ways that are not worth following.
pub(super) fn inner(raw: &str, scalar: &Scalar, within: &Range<usize>) -> Option<Range<usize>> {
    if raw.contains('\n') {
        return None;
    }
    match scalar.style {
        Style::Plain => Some(within.clone()),
        Style::Single => {
            let place = |target: usize| {
                walk(raw, target, |rest| if rest.starts_with("''") { (2, 1) } else { plain(rest) })
            };
            Some(place(within.start)?..place(within.end)?)
        }
        Style::Double => {
            let place = |target: usize| walk(raw, target, escape);
            Some(place(within.start)?..place(within.end)?)
        }
        Style::Block => None,
    }
}

/// Walks a quoted text until `target` bytes of value have been seen.
fn walk(raw: &str, target: usize, step: impl Fn(&str) -> (usize, usize)) -> Option<usize> {
    let mut at = 1;
    let mut seen = 0;
    while seen < target {
        let rest = raw.get(at..)?;
        if rest.is_empty() {
            return None;
        }
        let (written, meant) = step(rest);
        at += written;
        seen += meant;
    }
    (at < raw.len()).then_some(at)
}

fn plain(rest: &str) -> (usize, usize) {
    let length = rest.chars().next().map_or(1, char::len_utf8);
    (length, length)
}

/// Length of an escape as written and of what it means.
fn escape(rest: &str) -> (usize, usize) {
    let Some(after) = rest.strip_prefix('\\') else { return plain(rest) };
    let hex = |digits: usize| {
        let code = after.get(1..1 + digits).and_then(|text| u32::from_str_radix(text, 16).ok());
        (2 + digits, code.and_then(char::from_u32).map_or(1, char::len_utf8))
    };
    match after.chars().next() {
        Some('x') => hex(2),
        Some('u') => hex(4),
        Some('U') => hex(8),
        Some('_' | 'N') => (2, 2),
        Some('L' | 'P') => (2, 3),
        Some(_) | None => (2, 1),
    }
}
