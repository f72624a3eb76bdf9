//! The secrets of a text, wherever they stand in it and whether it is sound or not: what must be hidden
//! before somebody is shown a line of it. Rather too much is found than too little.
//!
//! One rule covers all texts that people write: what follows a word that names a secret is hidden, up to
//! the next line that begins with a plain key (`lines`). What YAML itself knows of lists, blocks, anchors
//! and aliases adds to it, and lets be seen what only says where a secret is (`yaml`). CIBs have a rule of
//! their own (`markup`).

mod lines;
mod markup;
#[cfg(test)]
mod tests;
mod yaml;

use std::ops::Range;

/// What stands where a secret was.
pub(crate) const HIDDEN: &str = "(hidden)";

/// The secrets of a text.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    /// The bytes that hold them: within one line each, in order and apart.
    pub(crate) places: Vec<Range<usize>>,
    /// The secrets themselves, as they are written and as they are meant.
    pub(crate) words: Vec<String>,
}

/// All secrets of a text.
pub(crate) fn secrets(text: &str) -> Secrets {
    let (mut places, mut words) = if text.trim_start().starts_with('<') {
        (markup::places(text), Vec::new())
    } else {
        let read = yaml::read(text);
        let timeouts = if read.is_whole { read.timeouts.as_slice() } else { &[] };
        let mut places = lines::places(text, timeouts);
        if read.is_whole {
            places = places.iter().flat_map(|place| outside(place, &read.shown)).collect();
            places.retain(|place| !is_structure(text, place, &read.scalars));
        }
        places.extend(read.places);
        (places, read.words)
    };
    places.extend(lines::addresses(text));
    let places = joined(places);
    let written = places.iter().filter_map(|place| text.get(place.clone()));
    words.extend(written.flat_map(|raw| [raw.to_owned(), markup::decoded(raw)]));
    words.sort();
    words.dedup();
    Secrets { places, words }
}

/// A text with its secrets hidden, line by line.
pub(crate) fn without_secrets(text: &str) -> String {
    secrets(text).mask(text)
}

impl Secrets {
    /// The text they are of, without them.
    pub(crate) fn mask(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for place in &self.places {
            masked.push_str(text.get(end..place.start).unwrap_or_default());
            masked.push_str(HIDDEN);
            end = place.end;
        }
        masked.push_str(text.get(end..).unwrap_or_default());
        masked
    }
}

/// Places in order; those that touch are one.
fn joined(mut all: Vec<Range<usize>>) -> Vec<Range<usize>> {
    all.retain(|place| place.start < place.end);
    all.sort_by_key(|place| place.start);
    let mut places: Vec<Range<usize>> = Vec::with_capacity(all.len());
    for place in all {
        match places.last_mut() {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            _ => places.push(place),
        }
    }
    places
}

/// The parts of a place that are not in one of some others, which are in order.
fn outside(place: &Range<usize>, shown: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = place.start;
    let first = shown.partition_point(|shown| shown.end <= place.start);
    for shown in shown.iter().skip(first).take_while(|shown| shown.start < place.end) {
        parts.push(start..shown.start);
        start = shown.end;
    }
    parts.push(start..place.end);
    parts
}

/// Whether nothing but brackets, commas and colons of sound YAML stands in a place.
fn is_structure(text: &str, place: &Range<usize>, scalars: &[Range<usize>]) -> bool {
    let before = scalars.partition_point(|scalar| scalar.end <= place.start);
    let is_apart = scalars.get(before).is_none_or(|scalar| scalar.start >= place.end);
    let structure = ['{', '}', '[', ']', ',', ':', ' ', '\t'];
    is_apart && text.get(place.clone()).is_some_and(|part| part.trim_matches(structure).is_empty())
}

/// Bytes of a text by line, without the blanks around them.
fn by_line(text: &str, bytes: Range<usize>) -> Vec<Range<usize>> {
    let mut start = bytes.start;
    let mut places = Vec::new();
    for line in text.get(bytes).unwrap_or_default().split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let end = line.trim_end().len();
        if indent < end {
            places.push(start + indent..start + end);
        }
        start += line.len();
    }
    places
}

/// How long a quoted value is that begins here; `None` when its quote does not close.
fn closed_length(value: &str, quote: char) -> Option<usize> {
    let mut letters = value.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' && quote == '"' {
            letters.next();
        } else if letter == quote && letters.next_if(|(_, next)| *next == quote && quote == '\'').is_none() {
            return Some(at + 1);
        }
    }
    None
}

fn quoted_length(value: &str, quote: char) -> usize {
    closed_length(value, quote).unwrap_or(value.len())
}
