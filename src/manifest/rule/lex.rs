//! Words of a rule expression.

use std::ops::Range;

use super::RuleError;

/// One word with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) span: Range<usize>,
    pub(super) kind: TokenKind,
}

/// Kinds of word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `..`
    Dots,
    /// Anything without quotes.
    Word(String),
    /// What stood in quotes: never a keyword.
    Quoted(String),
}

/// Splits an expression into words.
pub(super) fn lex(text: &str) -> Result<Vec<Token>, RuleError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or(' ');
        let (kind, length) = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '(' => (TokenKind::Open, 1),
            ')' => (TokenKind::Close, 1),
            '"' | '\'' => quoted(rest, first).ok_or_else(|| {
                RuleError::new(at..text.len(), "a quote that is not closed")
                    .help("close it with the same quote")
            })?,
            _ if rest.starts_with("..") => (TokenKind::Dots, 2),
            _ => {
                let length = word_length(rest);
                (TokenKind::Word(rest.get(..length).unwrap_or(rest).to_owned()), length)
            }
        };
        tokens.push(Token { span: at..at + length, kind });
        at += length;
    }
    Ok(tokens)
}

fn word_length(rest: &str) -> usize {
    let stop = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\'');
    let end = rest.find(stop).unwrap_or(rest.len());
    let dots = rest.get(..end).and_then(|word| word.find("..")).unwrap_or(end);
    end.min(dots)
}

/// The text within quotes, and how long it is with them. A backslash keeps the next character.
fn quoted(rest: &str, quote: char) -> Option<(TokenKind, usize)> {
    let mut value = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        if c == quote {
            return Some((TokenKind::Quoted(value), at + 1));
        }
        if c == '\\' {
            value.push(characters.next()?.1);
        } else {
            value.push(c);
        }
    }
    None
}
