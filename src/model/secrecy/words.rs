//! Words of a line that name a secret.

use std::ops::Range;

use strsim::damerau_levenshtein;

use super::{holds_secret, says_where};

/// Words that are taken for the name of a secret also when a letter is wrong.
const MISSPELT: [&str; 7] =
    ["password", "passwd", "passphrase", "secret", "secrets", "credential", "credentials"];

/// The next word from here that names a secret, or two of which one was parted from the other by a blank.
pub(crate) fn next(line: &str, from: usize) -> Option<Range<usize>> {
    let mut word = next_word(line, from)?;
    loop {
        let text = line.get(word.clone())?.trim_end_matches(['-', '_', '.']);
        if names_secret(text) {
            return Some(word.start..word.start + text.len());
        }
        let following = next_word(line, word.end)?;
        let gap = line.get(word.end..following.start)?;
        let second = line.get(following.clone())?;
        if gap.trim().is_empty() && !holds_secret(second) && holds_secret(&format!("{text}_{second}")) {
            return Some(word.start..following.end);
        }
        word = following;
    }
}

/// The next word from here that names the place of a secret.
pub(crate) fn next_lead(line: &str, from: usize) -> Option<Range<usize>> {
    let mut word = next_word(line, from)?;
    while !line.get(word.clone()).is_some_and(says_where) {
        word = next_word(line, word.end)?;
    }
    Some(word)
}

/// Whether a word names a secret, or cannot be read as it stands.
pub(crate) fn names_secret(word: &str) -> bool {
    holds_secret(word) || is_escaped(word) || is_misspelt(word)
}

/// Whether a word has letters in it that are written as numbers.
fn is_escaped(word: &str) -> bool {
    ["\\x", "\\u", "\\U"].iter().any(|escape| word.contains(escape))
}

fn is_misspelt(word: &str) -> bool {
    word.split(|letter: char| !letter.is_alphanumeric()).filter(|part| (5..=12).contains(&part.len())).any(
        |part| {
            let part = part.to_lowercase();
            MISSPELT
                .iter()
                .any(|known| known.len().abs_diff(part.len()) < 2 && damerau_levenshtein(known, &part) == 1)
        },
    )
}

/// The next run of letters, digits and what joins them; a letter may be written as `\x77`.
fn next_word(line: &str, from: usize) -> Option<Range<usize>> {
    let is_name = |(at, letter): (usize, char)| match letter {
        '_' | '-' | '.' => true,
        '\\' => line.get(at + 1..).is_some_and(|rest| rest.starts_with(['x', 'u', 'U'])),
        letter => letter.is_alphanumeric(),
    };
    let mut letters = line.get(from..)?.char_indices().map(|(at, letter)| (from + at, letter));
    let (start, _) = letters.find(|letter| is_name(*letter))?;
    let end = letters.find(|letter| !is_name(*letter)).map_or(line.len(), |(at, _)| at);
    Some(start..end)
}
