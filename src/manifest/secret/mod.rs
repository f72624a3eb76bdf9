//! The secrets of a text, wherever they stand in it and whether it is sound or not: what must be hidden
//! before somebody is shown a line of it. Rather too much is found than too little.
//!
//! A sound text is read as YAML, which knows lists, blocks, anchors and aliases below a name that says so.
//! Comments, CIBs, and the texts that are not YAML are read off the lines. Wherever else such a name stands,
//! all that follows on its line is taken for a secret.

mod lines;
mod markup;
mod sweep;
#[cfg(test)]
mod tests;
mod yaml;

use std::ops::Range;

/// One secret of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Secret {
    /// The bytes that hold it: within one line each.
    pub(crate) places: Vec<Range<usize>>,
    /// The bytes from its name to its end. A message about any of them may quote it.
    pub(crate) owner: Range<usize>,
    /// What a message may quote of it.
    pub(crate) words: Vec<String>,
}

impl Secret {
    /// A secret that stands in these bytes, as it is written there.
    fn written(text: &str, owner: Range<usize>, bytes: Range<usize>) -> Self {
        let places = by_line(text, bytes);
        let raw = places.iter().filter_map(|place| text.get(place.clone()));
        let words = raw.flat_map(|raw| [raw, bare(raw)]).map(str::to_owned).collect();
        Self { places, owner, words }
    }
}

/// All secrets of a text.
pub(crate) fn secrets(text: &str) -> Vec<Secret> {
    if text.trim_start().starts_with('<') {
        return markup::secrets(text);
    }
    let mut read = yaml::read(text);
    let mut secrets = std::mem::take(&mut read.secrets);
    let mut others = match read.is_whole {
        true => lines::in_comments(text, &read.scalars),
        false => lines::secrets(text),
    };
    others.extend(lines::written_anywhere(text));
    others.extend(sweep::secrets(text, &read));
    for secret in &mut others {
        secret.places = secret.places.iter().flat_map(|place| outside(place, &read.shown)).collect();
    }
    others.retain(|secret| !secret.places.is_empty());
    secrets.append(&mut others);
    secrets
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
    parts.retain(|part| part.start < part.end);
    parts
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

/// A value without the quotes around it.
fn bare(raw: &str) -> &str {
    raw.trim_matches(['"', '\''])
}
