//! What stands behind a word that counts as the name of a secret, however the two are joined.

use std::ops::Range;

use super::Secret;
use super::lines::{indent_of, is_pointer, name_before};
use super::yaml::Found;
use crate::model::secrecy::holds_secret;

/// All that follows on the line of such a word, and on the lines below that go on with it. Of a key of sound
/// YAML only what stands before its value: the value is found there.
pub(super) fn secrets(text: &str, read: &Found) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut start = 0;
    // How deep the line is that goes on below.
    let mut outer: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let is_blank = line.trim().is_empty();
        if !is_blank && outer.is_some_and(|outer| indent_of(line) > outer) {
            found.push(taken(text, start..end, start..end));
        } else if !is_blank {
            outer = in_line(text, start..end, read, &mut found);
        }
        start = end;
    }
    found
}

/// Adds what one line has. Lines below that are deeper than what it gives go on with it.
fn in_line(text: &str, bytes: Range<usize>, read: &Found, found: &mut Vec<Secret>) -> Option<usize> {
    let line = text.get(bytes.clone()).unwrap_or_default();
    let mut at = 0;
    while let Some(name) = next_name(line, at) {
        at = name.end;
        let (before, rest) = line.split_at(name.end);
        let place = bytes.start + name.start..bytes.start + name.end;
        let is_folder =
            line.get(..name.start).is_some_and(|lead| lead.ends_with('/')) && rest.starts_with('/');
        if is_folder || is_in(&read.shown, place.start) {
            continue;
        }
        let value = rest.trim_start_matches(['"', '\'', ' ', '\t']);
        let value = value.strip_prefix([':', '=', ';']).unwrap_or(value).trim_start();
        let from = bytes.end - value.len();
        let key = read.keys.partition_point(|(end, _)| *end < place.end);
        if let Some((_, value_at)) =
            read.keys.get(key).filter(|(end, _)| *end <= place.end + 1 && read.is_whole)
        {
            // A tag or an anchor, not what a block begins with.
            if value.starts_with(['!', '&']) || from < *value_at && !value.starts_with(['#', '|', '>']) {
                found.push(taken(text, bytes.clone(), from..bytes.end));
            }
            continue;
        }
        let is_key = rest.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':');
        let is_key = is_key.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        if is_key && is_pointer(before, value) {
            at = line.len() - value.len() + value.find('}').unwrap_or(0);
            continue;
        }
        if read.is_whole && is_comment(line, bytes.start, name.start, read) {
            let places = super::by_line(text, from..bytes.end);
            found.push(Secret { places, owner: bytes, words: Vec::new() });
            return None;
        }
        // A message may be about all of a value that has several lines.
        let around = read.scalars.partition_point(|scalar| scalar.end <= place.start);
        let around = read.scalars.get(around).filter(|scalar| scalar.start <= place.start);
        let owner =
            around.map_or(bytes.clone(), |around| bytes.start.min(around.start)..bytes.end.max(around.end));
        found.push(taken(text, owner, from..from + value.len()));
        let lead = line.get(..name.start).unwrap_or_default().trim_end_matches(['"', '\'', ' ']);
        if !read.is_whole && lead.strip_suffix(':').is_some_and(|key| name_before(key) == "name") {
            // `{name: password, value: VALUE}`, in any order.
            let block = block_start(text, bytes.start, indent_of(line))..bytes.end;
            found.push(taken(text, block.clone(), block));
            return Some(indent_of(line).saturating_sub(1));
        }
        return (!is_key).then(|| indent_of(line));
    }
    None
}

/// Where the item of a list begins that a line is in which is so deep; or the line, if it is in none.
fn block_start(text: &str, line: usize, indent: usize) -> usize {
    let mut start = line;
    for before in text.get(..line).unwrap_or_default().split_inclusive('\n').rev() {
        let is_first = before.trim_start().starts_with("- ");
        if before.trim().is_empty() || indent_of(before) < indent && !is_first {
            break;
        }
        start -= before.len();
        if is_first {
            break;
        }
    }
    start
}

/// A secret and its parts: a message may quote any.
fn taken(text: &str, owner: Range<usize>, bytes: Range<usize>) -> Secret {
    let mut secret = Secret::written(text, owner, bytes.clone());
    let parts = text.get(bytes).unwrap_or_default().split(|letter: char| {
        letter.is_whitespace()
            || matches!(letter, ',' | '[' | ']' | '{' | '}' | '"' | '\'' | ':' | '=' | ';' | '&' | '!')
    });
    secret.words.extend(parts.filter(|part| !part.is_empty()).map(str::to_owned));
    secret
}

/// The next word from here that counts as the name of a secret.
fn next_name(line: &str, from: usize) -> Option<Range<usize>> {
    let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let mut at = from;
    loop {
        let rest = line.get(at..)?;
        let start = at + rest.find(is_name)?;
        let rest = line.get(start..)?;
        let end = start + rest.find(|letter| !is_name(letter)).unwrap_or(rest.len());
        if line.get(start..end).is_some_and(holds_secret) {
            return Some(start..end);
        }
        at = end;
    }
}

/// Whether what stands here in a sound text is in a comment.
fn is_comment(line: &str, start: usize, at: usize, read: &Found) -> bool {
    let lead = line.get(..at).unwrap_or_default();
    lead.match_indices('#').any(|(mark, _)| !is_in(&read.scalars, start + mark))
}

fn is_in(places: &[Range<usize>], at: usize) -> bool {
    let before = places.partition_point(|place| place.end <= at);
    places.get(before).is_some_and(|place| place.start <= at)
}
