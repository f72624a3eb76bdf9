//! Strict XML to a tree that borrows from the text.
//!
//! A CIB is elements with attributes and nothing else, so the tree keeps only those. Everything
//! that makes XML dangerous is refused: document types and with them entities, unbounded depth,
//! size and attribute counts, and all that a lenient parser would let pass.

mod parse;
mod tag;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests;
mod tree;

use std::ops::Range;

pub use parse::parse;
pub use tree::{Children, Element, Tree};

use crate::diagnostic::{Diagnostic, SourceId};

/// How much a document may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text; never above 4 GiB.
    pub bytes: usize,
    /// Elements within elements.
    pub depth: usize,
    /// Attributes of one element.
    pub attributes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1 << 30, depth: 256, attributes: 64 }
    }
}

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, as a lower-case fragment.
    pub message: String,
    /// Where, in bytes.
    pub span: Range<usize>,
}

impl Fault {
    fn new(message: impl Into<String>, span: Range<usize>) -> Self {
        Self { message: message.into(), span }
    }

    /// The fault as a finding in `source`.
    pub fn to_diagnostic(&self, source: SourceId) -> Diagnostic {
        Diagnostic::error("malformed-xml", self.message.clone()).at(source, self.span.clone(), "")
    }
}
