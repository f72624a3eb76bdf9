//! Diagnostics that may be shown anywhere: without the passwords of the texts that they are about, and
//! without characters that a terminal obeys.

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, SourceId, Sources, Suggestion};
use crate::model::secrecy::{holds_secret, password_in_address};
use crate::view::escaped;

/// What stands where a secret was.
const HIDDEN: &str = "(hidden)";

/// So many secrets at most are looked for in the words of one diagnostic.
const WORDS_MAX: usize = 1_000;

/// Shorter secrets are left alone in messages: words would be torn.
const WORD_MIN: usize = 3;

/// Texts without their secrets, and where those were.
pub(super) struct Discretion<'s> {
    all: &'s Sources,
    sources: Sources,
    /// For each source the secrets in it, in order.
    secrets: Vec<Vec<Range<usize>>>,
}

impl<'s> Discretion<'s> {
    /// Finds the secrets of all texts.
    pub(super) fn over(all: &'s Sources) -> Self {
        let mut this = Self { all, sources: Sources::default(), secrets: Vec::new() };
        for source in all.iter() {
            let secrets = secrets_in(&source.text);
            let mut masked = String::with_capacity(source.text.len());
            let mut end = 0;
            for secret in &secrets {
                masked.push_str(source.text.get(end..secret.start).unwrap_or_default());
                masked.push_str(HIDDEN);
                end = secret.end;
            }
            masked.push_str(source.text.get(end..).unwrap_or_default());
            this.sources.add(escaped(&source.name), masked);
            this.secrets.push(secrets);
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

    /// The secrets in the lines that a diagnostic is about, longest first: what it may quote.
    fn words_at(&self, diagnostic: &Diagnostic) -> Vec<&str> {
        let mut words: Vec<&str> = Vec::new();
        for label in &diagnostic.labels {
            let Some(source) = self.all.source(label.source) else { continue };
            let text = &source.text;
            let start = text.get(..label.span.start).and_then(|text| text.rfind('\n')).unwrap_or(0);
            let end = text.get(label.span.end..).and_then(|text| text.find('\n'));
            let end = end.map_or(text.len(), |length| label.span.end + length);
            let secrets = self.secrets.get(label.source.0).map(Vec::as_slice).unwrap_or_default();
            let first = secrets.partition_point(|secret| secret.end <= start);
            let near = secrets.iter().skip(first).take_while(|secret| secret.start < end).take(WORDS_MAX);
            words.extend(near.filter_map(|secret| text.get(secret.clone())).map(|word| {
                let is_quoted = word.len() > 1 && word.starts_with(['"', '\'']);
                if is_quoted { word.trim_matches(['"', '\'']) } else { word }
            }));
        }
        words.retain(|word| word.len() >= WORD_MIN && !HIDDEN.contains(word));
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
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
        let Some(secrets) = self.secrets.get(source.0) else { return span.clone() };
        shifted(secrets, span.start, false)..shifted(secrets, span.end, true)
    }
}

/// A text in which nothing is said of some words.
fn without<'t>(words: &[&str], text: &'t str) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    for word in words.iter().filter(|word| text.contains(**word)).copied().collect::<Vec<_>>() {
        text = text.replace(word, HIDDEN).into();
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

/// The secrets of a manifest's text: values behind names that say so, and passwords in addresses. The text
/// need not be sound: this is read off the lines, and rather too much is hidden than too little.
fn secrets_in(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    // A block of lines that all belong to a secret: those that are deeper than this.
    let mut block: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let is_blank = line.trim().is_empty();
        if let Some(outer) = block
            && !is_blank
        {
            if indent > outer {
                found.push(start + indent..start + line.trim_end().len());
                start += line.len();
                continue;
            }
            block = None;
        }
        if !is_blank && line_secrets(line, start, &mut found) {
            block = Some(indent);
        }
        start += line.len();
    }
    found
}

/// Adds the secrets of a line that begins at `start`; whether the lines below go on with one.
fn line_secrets(line: &str, start: usize, found: &mut Vec<Range<usize>>) -> bool {
    let line = line.trim_end();
    let mut at = 0;
    let mut depth = 0;
    while let Some(colon) = line.get(at..).and_then(|rest| rest.find(':')).map(|colon| at + colon) {
        depth += depth_of(line.get(at..colon).unwrap_or_default());
        at = colon + 1;
        let name = name_before(line.get(..colon).unwrap_or_default());
        let rest = line.get(at..).unwrap_or_default();
        if !holds_secret(name)
            || name == "secrets"
            || name == "secret" && is_reference(line.get(..colon).unwrap_or_default())
            || !(rest.is_empty() || rest.starts_with([' ', '\t', '"', '\'']))
        {
            continue;
        }
        let value_at = at + rest.len() - rest.trim_start().len();
        let value = line.get(value_at..).unwrap_or_default();
        match value.chars().next() {
            None | Some('|' | '>') => return true,
            Some('[') => {
                // Up to the last bracket of the line: what else stands there is hidden with it.
                let closed = value.rfind(']').map(|bracket| bracket + 1);
                found.push(start + value_at..start + value_at + closed.unwrap_or(value.len()));
                if closed.is_none() {
                    return true;
                }
                break;
            }
            Some('{' | '#') => continue,
            Some(_) => {}
        }
        let end = value_at + value_length(value, depth > 0);
        found.push(start + value_at..start + end);
        at = end;
    }
    let from = found.partition_point(|secret| secret.end <= start);
    let mut at = 0;
    while let Some(password) = line.get(at..).and_then(password_in_address) {
        let password = start + at + password.start..start + at + password.end;
        at = password.end - start;
        let next = from + found.iter().skip(from).take_while(|secret| secret.end <= password.start).count();
        if found.get(next).is_none_or(|secret| secret.start >= password.end) {
            found.insert(next, password);
        }
    }
    false
}

/// Whether the `secret` that ends here only says where a secret is, as in `password: {secret: NAME}`; in
/// `params: {secret: VALUE}` it is a parameter.
fn is_reference(text: &str) -> bool {
    let key = text.trim_end().trim_end_matches(['"', '\'']);
    let key = key.strip_suffix("secret").unwrap_or_default().trim_end_matches(['"', '\'']).trim_end();
    let owner = key.strip_suffix('{').and_then(|text| text.trim_end().strip_suffix(':'));
    owner.is_some_and(|owner| name_before(owner) != "params")
}

/// The name that ends here, quoted or not.
fn name_before(text: &str) -> &str {
    let text = text.trim_end().trim_end_matches(['"', '\'']);
    let start = text.rfind(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '-' | '.'));
    let after =
        start.and_then(|start| text.get(start..)?.chars().next().map(|letter| start + letter.len_utf8()));
    text.get(after.unwrap_or(0)..).unwrap_or_default()
}

/// How many brackets this opens beyond those that it closes.
fn depth_of(text: &str) -> isize {
    text.bytes().fold(0, |depth, byte| match byte {
        b'{' | b'[' => depth + 1,
        b'}' | b']' => depth - 1,
        _ => depth,
    })
}

/// How long a plain or quoted value is.
fn value_length(value: &str, is_in_flow: bool) -> usize {
    let quote = value.chars().next().filter(|letter| matches!(letter, '"' | '\''));
    if let Some(quote) = quote {
        let mut letters = value.char_indices().skip(1).peekable();
        while let Some((at, letter)) = letters.next() {
            if letter == '\\' && quote == '"' {
                letters.next();
            } else if letter == quote {
                match letters.next_if(|(_, next)| *next == quote && quote == '\'') {
                    Some(_) => {}
                    None => return at + 1,
                }
            }
        }
        return value.len();
    }
    let within = if is_in_flow { value.find([',', '}', ']']).unwrap_or(value.len()) } else { value.len() };
    let length = value.get(..within).and_then(|value| value.find(" #")).unwrap_or(within);
    value.get(..length).map_or(length, |value| value.trim_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> String {
        let mut sources = Sources::default();
        sources.add("m", text);
        Discretion::over(&sources).sources().iter().map(|source| source.text.to_string()).collect()
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        for (text, shown) in [
            ("password: HUNTER2 # mine\n", "password: (hidden) # mine\n"),
            ("params: {user: a, passwd: b c, x: 1}", "params: {user: a, passwd: (hidden), x: 1}"),
            ("  \"pin\": '1''2' # x", "  \"pin\": (hidden) # x"),
            (
                "a:\n  token: |\n    one\n\n    two\n  b: 1\n",
                "a:\n  token: |\n    (hidden)\n\n    (hidden)\n  b: 1\n",
            ),
            ("url: http://u:PW@h/", "url: http://u:(hidden)@h/"),
            ("password: {secret: db}", "password: {secret: db}"),
            ("params: {secret: HUNTERD}", "params: {secret: (hidden)}"),
            ("  secret: HUNTERD", "  secret: (hidden)"),
            ("params: {password: [X], b: 1}", "params: {password: (hidden), b: 1}"),
            ("secrets:\n  db: {file: /x}\n", "secrets:\n  db: {file: /x}\n"),
            ("passwd_file: /etc/x", "passwd_file: /etc/x"),
            ("token:\n", "token:\n"),
        ] {
            assert_eq!(hidden(text), shown);
        }
    }

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
