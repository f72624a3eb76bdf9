//! Diagnostics that may be shown anywhere: without the passwords of the texts that they are about, and
//! without characters that a terminal obeys.

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, SourceId, Sources, Suggestion};
use crate::manifest::secret::{Secret, secrets};
use crate::view::escaped;

/// What stands where a secret was.
const HIDDEN: &str = "(hidden)";

/// So many secrets at most are looked for in the words of one diagnostic.
const WORDS_MAX: usize = 1_000;

/// Shorter secrets are hidden only where a message quotes them: words would be torn.
const WORD_MIN: usize = 3;

/// Texts without their secrets, and where those were.
pub(super) struct Discretion<'s> {
    all: &'s Sources,
    sources: Sources,
    /// For each source what is secret in it.
    secrets: Vec<Hidden>,
}

/// What is secret in one text.
#[derive(Default)]
struct Hidden {
    /// The bytes to hide, in order and apart.
    places: Vec<Range<usize>>,
    /// The secrets, by where their owners start.
    secrets: Vec<Secret>,
    /// For each of them how far it or one before it reaches.
    reach: Vec<usize>,
}

impl Hidden {
    fn of(text: &str) -> Self {
        let mut secrets = secrets(text);
        secrets.sort_by_key(|secret| secret.owner.start);
        let mut all: Vec<Range<usize>> = secrets.iter().flat_map(|secret| secret.places.clone()).collect();
        all.sort_by_key(|place| place.start);
        let mut places: Vec<Range<usize>> = Vec::new();
        for place in all {
            match places.last_mut() {
                Some(last) if place.start < last.end => last.end = last.end.max(place.end),
                _ => places.push(place),
            }
        }
        let reach = secrets.iter().scan(0, |reach, secret| {
            *reach = secret.owner.end.max(*reach);
            Some(*reach)
        });
        let reach = reach.collect();
        Self { places, secrets, reach }
    }

    /// The secrets that some bytes are about.
    fn near(&self, bytes: Range<usize>) -> impl Iterator<Item = &Secret> {
        let first = self.reach.partition_point(|reach| *reach <= bytes.start);
        self.secrets
            .iter()
            .skip(first)
            .take_while(move |secret| secret.owner.start < bytes.end)
            .filter(move |secret| secret.owner.end > bytes.start)
    }

    fn mask(&self, text: &str) -> String {
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

impl<'s> Discretion<'s> {
    /// Finds the secrets of the texts that some diagnostics are about. The others stay empty.
    pub(super) fn over(all: &'s Sources, diagnostics: &[Diagnostic]) -> Self {
        let mut this = Self { all, sources: Sources::default(), secrets: Vec::new() };
        for (number, source) in all.iter().enumerate() {
            let is_meant = diagnostics.iter().any(|diagnostic| {
                let suggested = diagnostic.suggestion.iter().map(|suggestion| suggestion.source);
                diagnostic.labels.iter().map(|label| label.source).chain(suggested).any(|id| id.0 == number)
            });
            let text = if is_meant { &*source.text } else { "" };
            let hidden = Hidden::of(text);
            this.sources.add(escaped(&source.name), hidden.mask(text));
            this.secrets.push(hidden);
        }
        this
    }

    /// The texts without secrets.
    pub(super) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// A diagnostic about the texts as they are, in words that can be shown.
    pub(super) fn reword(&self, diagnostic: &Diagnostic) -> Diagnostic {
        let words = self.words_at(diagnostic);
        let reword = |text: &mut String| *text = escaped(&without(&words, text));
        let mut reworded = diagnostic.clone();
        reword(&mut reworded.message);
        reworded.labels.iter_mut().for_each(|label| reword(&mut label.text));
        reworded.help.iter_mut().for_each(reword);
        if let Some(suggestion) = &mut reworded.suggestion {
            reword(&mut suggestion.message);
            suggestion.replacement = without(&words, &suggestion.replacement).into_owned();
        }
        reworded
    }

    /// The secrets that a diagnostic is about, longest first: what it may quote.
    fn words_at(&self, diagnostic: &Diagnostic) -> Vec<&str> {
        let mut words: Vec<&str> = Vec::new();
        for label in &diagnostic.labels {
            let Some(text) = self.all.source(label.source).map(|source| &source.text) else { continue };
            let Some(hidden) = self.secrets.get(label.source.0) else { continue };
            let start = text.get(..label.span.start).and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
            let end = text.get(label.span.end..).and_then(|text| text.find('\n'));
            let end = end.map_or(text.len(), |length| label.span.end + length);
            words.extend(
                hidden.near(start..end).flat_map(|secret| &secret.words).take(WORDS_MAX).map(|word| &**word),
            );
        }
        words.retain(|word| !word.is_empty() && !HIDDEN.contains(word));
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        words
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
        let Some(hidden) = self.secrets.get(source.0) else { return span.clone() };
        shifted(&hidden.places, span.start, false)..shifted(&hidden.places, span.end, true)
    }
}

/// A text in which nothing is said of some words.
fn without<'t>(words: &[&str], text: &'t str) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    for word in words {
        if word.len() >= WORD_MIN {
            if text.contains(word) {
                text = text.replace(word, HIDDEN).into();
            }
            continue;
        }
        for quote in ['`', '"', '\''] {
            let quoted = format!("{quote}{word}{quote}");
            if text.contains(&quoted) {
                text = text.replace(&quoted, &format!("{quote}{HIDDEN}{quote}")).into();
            }
        }
    }
    text
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
