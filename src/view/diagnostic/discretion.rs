//! Diagnostics that may be shown anywhere: without the passwords of the texts that they are about, and
//! without characters that a terminal obeys.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, SourceId, Sources, Suggestion};
use crate::manifest::secret::{HIDDEN, Secrets, secrets};
use crate::view::escaped;

/// Shorter parts of a secret are hidden only where a message quotes just them: words would be torn.
const PART_MIN: usize = 3;

/// What messages quote of their own.
const OWN_WORDS: [&str; 6] = ["params", "meta", "attributes", "properties", "utilization", "secret"];

/// Texts without their secrets, and where those were.
pub(super) struct Discretion {
    sources: Sources,
    /// For each source what is secret in it.
    secrets: Vec<Secrets>,
    /// What a message must not quote: runs of letters without blanks.
    runs: BTreeSet<String>,
    /// All secrets, in small letters.
    secret_text: String,
    /// The words that can be seen in the texts.
    seen: BTreeSet<String>,
}

impl Discretion {
    /// Finds the secrets of the texts that some diagnostics are about. The others stay empty.
    pub(super) fn over(all: &Sources, diagnostics: &[Diagnostic]) -> Self {
        let mut this = Self {
            sources: Sources::default(),
            secrets: Vec::new(),
            runs: BTreeSet::new(),
            secret_text: String::new(),
            seen: OWN_WORDS.iter().map(|word| (*word).to_owned()).collect(),
        };
        for (number, source) in all.iter().enumerate() {
            let is_meant = diagnostics.iter().any(|diagnostic| {
                let suggested = diagnostic.suggestion.iter().map(|suggestion| suggestion.source);
                diagnostic.labels.iter().map(|label| label.source).chain(suggested).any(|id| id.0 == number)
            });
            let text = if is_meant { &*source.text } else { "" };
            let found = secrets(text);
            let masked = found.mask(text);
            if !found.places.is_empty() {
                this.seen.extend(words(&masked.replace(HIDDEN, " ")).map(str::to_owned));
            }
            for word in &found.words {
                this.runs.extend(word.split_whitespace().map(|run| run.trim_matches(QUOTES).to_lowercase()));
                this.secret_text.push_str(&word.to_lowercase());
                this.secret_text.push('\n');
            }
            this.sources.add(escaped(&source.name), masked);
            this.secrets.push(found);
        }
        this.runs.retain(|run| !run.is_empty());
        this
    }

    /// The texts without secrets.
    pub(super) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// A diagnostic about the texts as they are, in words that can be shown.
    pub(super) fn reword(&self, diagnostic: &Diagnostic) -> Diagnostic {
        let is_inside = diagnostic.labels.iter().any(|label| {
            let places = self.secrets.get(label.source.0).map_or(&[][..], |secrets| &secrets.places);
            let before = places.partition_point(|place| place.end <= label.span.start);
            places.get(before).is_some_and(|place| place.start < label.span.end.max(label.span.start + 1))
        });
        let reword = |text: &mut String| *text = escaped(&self.discreet(text, is_inside));
        let mut reworded = diagnostic.clone();
        reword(&mut reworded.message);
        reworded.labels.iter_mut().for_each(|label| reword(&mut label.text));
        reworded.help.iter_mut().for_each(reword);
        if let Some(suggestion) = &mut reworded.suggestion {
            if self.tells(&suggestion.replacement, is_inside) {
                reworded.suggestion = None;
            } else {
                reword(&mut suggestion.message);
            }
        }
        reworded
    }

    /// A message in which nothing is quoted of a secret. What it quotes stands between backticks; the words
    /// between them are its own.
    fn discreet(&self, text: &str, is_inside: bool) -> String {
        if self.runs.is_empty() {
            return text.to_owned();
        }
        let mut parts: Vec<&str> = text.split('`').collect();
        let whole;
        if parts.len() > 3
            && self.secret_text.contains('`')
            && let (Some((before, rest)), Some((_, after))) = (text.split_once('`'), text.rsplit_once('`'))
        {
            // It cannot be said which are the message's.
            whole = rest.get(..rest.len().saturating_sub(after.len() + 1)).unwrap_or_default();
            parts = vec![before, whole, after];
        }
        let told = parts.iter().enumerate().map(|(number, part)| {
            if number % 2 == 1 && self.tells(part, is_inside) {
                HIDDEN.to_owned()
            } else if number % 2 == 0 {
                self.without_runs(part)
            } else {
                (*part).to_owned()
            }
        });
        told.collect::<Vec<_>>().join("`")
    }

    /// The message's own words; should one be a secret that no word of a message looks like, it goes.
    fn without_runs(&self, text: &str) -> String {
        let is_own = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase()) || word.len() < PART_MIN;
        let strange = words(text).filter(|word| !is_own(word) && !self.seen.contains(*word));
        let strange: BTreeSet<&str> =
            strange.filter(|word| self.runs.contains(&word.to_lowercase())).collect();
        strange.into_iter().fold(text.to_owned(), |text, word| text.replace(word, HIDDEN))
    }

    /// Whether what a message quotes has a part of a secret in it: one that stands nowhere else, or any if the
    /// message is about a secret.
    fn tells(&self, quoted: &str, is_inside: bool) -> bool {
        let lower = quoted.to_lowercase();
        let is_seen = |part: &str| !is_inside && words(part).all(|word| self.seen.contains(word));
        let is_part = |part: &str| {
            let part_lower = part.to_lowercase();
            self.runs.contains(&part_lower)
                || part.len() >= PART_MIN && self.secret_text.contains(&part_lower)
        };
        let runs = quoted.split_whitespace().map(|run| run.trim_matches(QUOTES));
        let mut parts = runs.chain(words(quoted)).filter(|part| !part.is_empty());
        parts.any(|part| !is_seen(part) && is_part(part))
            || self.runs.iter().any(|run| {
                run.len() >= PART_MIN
                    && lower.contains(run.as_str())
                    && !words(run).all(|word| self.seen.contains(word))
            })
    }

    /// The same diagnostic about the texts without secrets.
    pub(super) fn transpose(&self, diagnostic: &Diagnostic) -> Diagnostic {
        let mut moved = self.reword(diagnostic);
        for label in &mut moved.labels {
            label.span = self.shift(label.source, &label.span);
        }
        if let Some(Suggestion { source, span, .. }) = &mut moved.suggestion {
            *span = self.shift(*source, span);
        }
        moved
    }

    fn shift(&self, source: SourceId, span: &Range<usize>) -> Range<usize> {
        let Some(secrets) = self.secrets.get(source.0) else { return span.clone() };
        shifted(&secrets.places, span.start, false)..shifted(&secrets.places, span.end, true)
    }
}

/// What may stand around a secret.
const QUOTES: [char; 2] = ['"', '\''];

/// Runs of letters and digits.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Where a byte is once secrets are hidden; one inside of a secret is at an end of what hides it.
fn shifted(secrets: &[Range<usize>], at: usize, is_end: bool) -> usize {
    let before = secrets.partition_point(|secret| secret.end <= at);
    let gone: usize = secrets.iter().take(before).map(Range::len).sum();
    let outside = at - gone + before * HIDDEN.len();
    match secrets.get(before).filter(|secret| secret.start < at) {
        Some(secret) => outside - (at - secret.start) + if is_end { HIDDEN.len() } else { 0 },
        None => outside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_where_they_were() {
        let secrets = [4..6, 10..30];
        let at = |at| (shifted(&secrets, at, false), shifted(&secrets, at, true));
        assert_eq!(at(3), (3, 3));
        assert_eq!(at(4), (4, 4));
        assert_eq!(at(5), (4, 12));
        assert_eq!(at(6), (12, 12));
        assert_eq!(at(10), (16, 16));
        assert_eq!(at(30), (24, 24));
        assert_eq!(at(31), (25, 25));
    }
}
