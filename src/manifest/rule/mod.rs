//! Rules as one readable expression: `pingd gt 0 and not date in 2026-12-24..2026-12-26`.
//!
//! ```text
//! expression  = chain { "or" chain }          chain = term { "and" term }
//! term        = "not" term | "(" expression ")" | "defined" NAME | comparison | date | agent | op
//! comparison  = NAME lt|lte|gt|gte|eq|ne [string|integer|number|version] [param|meta] VALUE
//! date        = "date in" [MOMENT] ".." [MOMENT] | "date in" MOMENT "for" months=1 days=2
//!             | "date" lt|gt MOMENT | "date-spec" hours=9-16 weekdays=1-5
//! agent       = "agent" class=ocf provider=heartbeat type=IPaddr2
//! op          = "op" NAME [interval=10s]
//! ```
//!
//! Words with blanks or parentheses, and words that mean something here, stand in double quotes.
//! `always` is the rule without conditions; `invalid "why"` never passes and only comes out of
//! imported configurations. A rule of a CIB has no *not*, so `not` is worked into the tree.

mod date;
mod lex;
mod negate;
mod parse;
#[cfg(test)]
mod tests;
mod write;

use std::ops::Range;

pub use parse::parse;
pub use write::write;

/// Why an expression cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RuleError {
    /// Bytes of the expression.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl RuleError {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Words that start a term or join terms.
const KEYWORDS: [&str; 11] =
    ["and", "or", "not", "defined", "not_defined", "date", "date-spec", "agent", "op", "always", "invalid"];
/// Words that may stand before a value.
const BEFORE_VALUE: [&str; 8] = ["string", "integer", "number", "version", "literal", "param", "meta", "for"];
