//! From words to the tree.

use std::ops::Range;
use std::sync::Arc;

use super::lex::{Token, TokenKind, lex};
use super::negate::negate;
use super::{KEYWORDS, RuleError, date};
use crate::model::Rule;
use crate::model::option::parse_period;
use crate::model::rule::{
    AttributeCondition, Combine, Comparison, Condition, DateCondition, DateParts, ValueSource, ValueType,
};

/// Parentheses within parentheses.
const DEPTH_MAX: usize = 32;

/// Reads an expression.
///
/// # Errors
/// Says what is wrong, at which bytes of the expression.
pub fn parse(text: &str) -> Result<Rule, RuleError> {
    let tokens = lex(text)?;
    if tokens.is_empty() {
        return Err(
            RuleError::new(0..text.len(), "an empty rule").help("`always` is the rule without conditions")
        );
    }
    let mut parser = Parser { tokens, at: 0, depth: 0, end: text.len() };
    let rule = parser.expression()?;
    match parser.peek() {
        None => Ok(rule),
        Some(token) if token.kind == TokenKind::Close => {
            Err(RuleError::new(token.span.clone(), "a `)` without its `(`"))
        }
        Some(token) => {
            Err(RuleError::new(token.span.clone(), "expected `and` or `or` here").help(joining_help(token)))
        }
    }
}

fn joining_help(token: &Token) -> &'static str {
    match &token.kind {
        TokenKind::Word(word) if word.eq_ignore_ascii_case("and") || word == "&&" || word == "," => {
            "write `and`"
        }
        TokenKind::Word(word) if word.eq_ignore_ascii_case("or") || word == "||" => "write `or`",
        TokenKind::Word(_) | TokenKind::Quoted(_) | TokenKind::Open | TokenKind::Close | TokenKind::Dots => {
            "conditions are joined by `and` and `or`; a value with blanks needs double quotes"
        }
    }
}

pub(super) struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// Length of the expression, for what is missing at its end.
    end: usize,
}

impl Parser {
    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += usize::from(token.is_some());
        token
    }

    fn peek_word(&self) -> Option<&str> {
        match &self.peek()?.kind {
            TokenKind::Word(word) => Some(word),
            TokenKind::Open | TokenKind::Close | TokenKind::Dots | TokenKind::Quoted(_) => None,
        }
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let is_next = self.peek_word() == Some(word);
        self.at += usize::from(is_next);
        is_next
    }

    /// Where the next word is, or would be.
    pub(super) fn here(&self) -> Range<usize> {
        self.peek().map_or_else(|| self.end.saturating_sub(1)..self.end, |token| token.span.clone())
    }

    fn before(&self) -> Range<usize> {
        self.at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or(0..self.end, |token| token.span.clone())
    }

    /// The next word or quoted text.
    pub(super) fn value(&mut self, what: &str) -> Result<(Arc<str>, Range<usize>), RuleError> {
        match self.next() {
            Some(Token { kind: TokenKind::Word(text) | TokenKind::Quoted(text), span }) => {
                Ok((text.into(), span))
            }
            Some(token) => Err(RuleError::new(token.span, format!("expected {what} here"))),
            None => Err(RuleError::new(self.before(), format!("expected {what} after this"))),
        }
    }

    fn expression(&mut self) -> Result<Rule, RuleError> {
        if self.take_word("always") {
            return Ok(Rule::default());
        }
        let first = self.chain()?;
        if self.peek_word() != Some("or") {
            return Ok(first);
        }
        let mut conditions = vec![as_condition(first)];
        while self.take_word("or") {
            conditions.push(as_condition(self.chain()?));
        }
        Ok(Rule { id: None, combine: Combine::Or, conditions })
    }

    fn chain(&mut self) -> Result<Rule, RuleError> {
        let mut conditions = vec![self.term()?];
        while self.take_word("and") {
            conditions.push(self.term()?);
        }
        Ok(Rule { id: None, combine: Combine::And, conditions })
    }

    fn term(&mut self) -> Result<Condition, RuleError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(RuleError::new(self.here(), "the nesting is too deep here"));
        }
        let term = self.term_within_depth();
        self.depth -= 1;
        term
    }

    fn term_within_depth(&mut self) -> Result<Condition, RuleError> {
        let start = self.here();
        if self.take_word("not") {
            let condition = self.term()?;
            let span = start.start..self.before().end;
            return negate(condition).map_err(|why| RuleError::new(span, why));
        }
        let Some(token) = self.next() else {
            return Err(RuleError::new(self.before(), "expected a condition after this"));
        };
        match token.kind {
            TokenKind::Open => self.parenthesis(token.span),
            TokenKind::Close | TokenKind::Dots => {
                Err(RuleError::new(token.span, "expected a condition here"))
            }
            TokenKind::Quoted(name) => self.comparison(name),
            TokenKind::Word(word) => self.worded(&word, token.span),
        }
    }

    fn parenthesis(&mut self, open: Range<usize>) -> Result<Condition, RuleError> {
        let inner = self.expression()?;
        match self.next() {
            Some(Token { kind: TokenKind::Close, .. }) => Ok(Condition::Rule(inner)),
            Some(token) => Err(RuleError::new(token.span.clone(), "expected `and`, `or` or `)` here")
                .help(joining_help(&token))),
            None => Err(RuleError::new(open, "a `(` without its `)`")),
        }
    }

    fn worded(&mut self, word: &str, span: Range<usize>) -> Result<Condition, RuleError> {
        match word {
            "defined" => self.defined(Comparison::Defined),
            "not_defined" => self.defined(Comparison::NotDefined),
            "date" => date::condition(self).map(Condition::Date),
            "date-spec" => {
                let parts = self.pairs(&date::SPEC_FIELDS, span)?;
                date::check_spec(&parts)?;
                Ok(Condition::Date(DateCondition::Spec(without_spans(parts))))
            }
            "agent" => self.agent(span),
            "op" => self.operation(),
            "invalid" => Ok(Condition::Invalid { why: self.value("a reason")?.0.to_string() }),
            _ if KEYWORDS.contains(&word) => Err(RuleError::new(span, format!("`{word}` cannot stand here"))
                .help("an attribute of this name needs double quotes")),
            _ => self.comparison(word.to_owned()),
        }
    }

    fn defined(&mut self, comparison: Comparison) -> Result<Condition, RuleError> {
        let (attribute, _) = self.value("the name of a node attribute")?;
        Ok(Condition::Attribute(AttributeCondition {
            attribute,
            comparison,
            value: None,
            value_type: None,
            value_source: ValueSource::Literal,
        }))
    }

    fn comparison(&mut self, attribute: String) -> Result<Condition, RuleError> {
        let after = self.before();
        let (word, span) = match self.next() {
            Some(Token { kind: TokenKind::Word(word), span }) => (word, span),
            Some(token) => {
                return Err(RuleError::new(token.span, "expected a comparison here").help(COMPARISONS));
            }
            None => return Err(RuleError::new(after, "expected a comparison after this").help(COMPARISONS)),
        };
        let comparison = comparison_named(&word).ok_or_else(|| {
            let help = symbol(&word).map_or_else(|| COMPARISONS.to_owned(), |name| format!("write `{name}`"));
            RuleError::new(span, format!("`{word}` is not a comparison")).help(help)
        })?;
        let value_type = self.word_before_value(ValueType::named);
        let value_source = self.word_before_value(ValueSource::named).unwrap_or_default();
        let (value, _) = self.value("a value")?;
        Ok(Condition::Attribute(AttributeCondition {
            attribute: attribute.into(),
            comparison,
            value: Some(value),
            value_type,
            value_source,
        }))
    }

    /// Takes a word that says something of the value behind it, unless it is the value itself.
    fn word_before_value<T>(&mut self, named: impl Fn(&str) -> Option<T>) -> Option<T> {
        let meaning = named(self.peek_word()?)?;
        let is_value_next = match &self.tokens.get(self.at + 1)?.kind {
            TokenKind::Quoted(_) => true,
            TokenKind::Word(word) => !matches!(word.as_str(), "and" | "or"),
            TokenKind::Open | TokenKind::Close | TokenKind::Dots => false,
        };
        if is_value_next {
            self.at += 1;
            Some(meaning)
        } else {
            None
        }
    }

    /// `name=value` words with known names.
    pub(super) fn pairs(&mut self, names: &[&str], owner: Range<usize>) -> Result<Vec<Pair>, RuleError> {
        let mut pairs = Vec::new();
        while let Some(Token { kind: TokenKind::Word(word), span }) = self.peek().cloned() {
            let Some((name, value)) = word.split_once('=') else { break };
            self.at += 1;
            if !names.contains(&name) {
                let name_span = span.start..span.start + name.len();
                return Err(RuleError::new(name_span, format!("`{name}` is not known here"))
                    .help(format!("known: {}", names.join(", "))));
            }
            let value = match self.peek() {
                // A value in quotes is a word of its own.
                Some(Token { kind: TokenKind::Quoted(text), span: quoted })
                    if value.is_empty() && quoted.start == span.end =>
                {
                    let text = text.clone();
                    self.at += 1;
                    text
                }
                _ => value.to_owned(),
            };
            pairs.push(Pair { name: name.into(), value: value.into(), span });
        }
        if pairs.is_empty() {
            return Err(RuleError::new(owner, "expected `name=value` after this")
                .help(format!("known: {}", names.join(", "))));
        }
        Ok(pairs)
    }

    fn agent(&mut self, span: Range<usize>) -> Result<Condition, RuleError> {
        let pairs = self.pairs(&["class", "provider", "type"], span)?;
        let part =
            |name: &str| pairs.iter().find(|pair| &*pair.name == name).map(|pair| Arc::clone(&pair.value));
        Ok(Condition::Agent { class: part("class"), provider: part("provider"), kind: part("type") })
    }

    fn operation(&mut self) -> Result<Condition, RuleError> {
        let (name, _) = self.value("the name of an operation")?;
        let interval = match self.peek_word() {
            Some(word) if word.starts_with("interval=") => {
                let text = word.trim_start_matches("interval=").to_owned();
                let span = self.here();
                self.at += 1;
                let length =
                    parse_period(&text).map_err(|why| RuleError::new(span, format!("`{text}` {why}")))?;
                Some(length)
            }
            _ => None,
        };
        Ok(Condition::Operation { name, interval })
    }
}

/// A `name=value` word.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) name: Arc<str>,
    pub(super) value: Arc<str>,
    pub(super) span: Range<usize>,
}

pub(super) fn without_spans(pairs: Vec<Pair>) -> DateParts {
    DateParts(pairs.into_iter().map(|pair| (pair.name, pair.value)).collect())
}

/// A chain of one condition is that condition.
fn as_condition(mut chain: Rule) -> Condition {
    match chain.conditions.pop() {
        Some(only) if chain.conditions.is_empty() => only,
        Some(last) => {
            chain.conditions.push(last);
            Condition::Rule(chain)
        }
        None => Condition::Rule(chain),
    }
}

const COMPARISONS: &str = "comparisons: `lt`, `lte`, `gt`, `gte`, `eq`, `ne`";

/// `defined` and `not defined` stand before their attribute.
fn comparison_named(word: &str) -> Option<Comparison> {
    Comparison::named(word).filter(|known| !matches!(known, Comparison::Defined | Comparison::NotDefined))
}

fn symbol(word: &str) -> Option<&'static str> {
    Some(match word {
        "<" => "lt",
        "<=" | "le" => "lte",
        ">" => "gt",
        ">=" | "ge" => "gte",
        "=" | "==" | "is" => "eq",
        "!=" | "<>" | "neq" => "ne",
        _ => return None,
    })
}
