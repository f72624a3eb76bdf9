//! What is wrong, where, and what to do: a plain value that only `view` knows how to draw.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// A default or a habit that bites; `--strict` makes it an error.
    Warning,
    /// Cannot be used as it is.
    Error,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable kebab-case name of the kind of finding, such as `unknown-resource`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
    /// Where, with what is to be seen there; the first label is the place itself.
    pub labels: Vec<Label>,
    /// What to do, or why this matters: evidence first.
    pub help: Vec<String>,
    /// A change of the text that would mend it.
    pub suggestion: Option<Suggestion>,
    /// The flag that allows it all the same, where there is one.
    pub allowed_by: Option<&'static str>,
    /// What it is about, where whoever found it has not the text: `manifest::pin` finds the place.
    pub about: Option<Box<Subject>>,
}

/// A part of a manifest, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A section, such as `isolation`, or a part of one, such as `corosync.quorum`.
    Section(String),
    /// A resource.
    Resource {
        /// Its name.
        id: String,
        /// What of it.
        part: Part,
    },
}

/// A part of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Its agent.
    Agent,
    /// The name of a parameter.
    ParamName(String),
    /// The value of a parameter.
    Param(String),
    /// An operation.
    Operation {
        /// Its name.
        name: String,
        /// How often it runs; zero if only when needed.
        interval: Duration,
        /// Which field of it.
        field: &'static str,
    },
}

/// A place in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Which source.
    pub source: SourceId,
    /// Bytes of it.
    pub span: Range<usize>,
    /// What is to be seen there; may be empty.
    pub text: String,
}

/// Which of the [`Sources`] a span is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub usize);

/// Text to put in place of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What the change is, as in "did you mean `WebSite`?".
    pub message: String,
    /// Which source.
    pub source: SourceId,
    /// Bytes to replace.
    pub span: Range<usize>,
    /// The new text.
    pub replacement: String,
}

/// The texts that diagnostics point into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources(Vec<Source>);

/// One text and what people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// File name, or `<stdin>`.
    pub name: String,
    /// The text.
    pub text: Arc<str>,
}

impl Sources {
    /// Adds a text.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        self.0.push(Source { name: name.into(), text: text.into() });
        SourceId(self.0.len() - 1)
    }

    /// The text with this id.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.0.get(id.0)
    }

    /// All texts, in order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }
}

impl Diagnostic {
    /// An error without place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning without place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note without place.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            labels: Vec::new(),
            help: Vec::new(),
            suggestion: None,
            allowed_by: None,
            about: None,
        }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, source: SourceId, span: Range<usize>, text: impl Into<String>) -> Self {
        self.labels.push(Label { source, span, text: text.into() });
        self
    }

    /// Says what it is about, by name.
    #[must_use]
    pub fn about(mut self, subject: Subject) -> Self {
        self.about = Some(Box::new(subject));
        self
    }

    /// Says that it is about a resource, by name.
    #[must_use]
    pub fn about_resource(self, id: &str, part: Part) -> Self {
        self.about(Subject::Resource { id: id.to_owned(), part })
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Sets the change that would mend it.
    #[must_use]
    pub fn suggest(
        mut self,
        message: impl Into<String>,
        source: SourceId,
        span: Range<usize>,
        replacement: impl Into<String>,
    ) -> Self {
        self.suggestion =
            Some(Suggestion { message: message.into(), source, span, replacement: replacement.into() });
        self
    }

    /// Sorts by place; what has none comes last.
    pub fn place(&self) -> (bool, Option<(SourceId, usize)>) {
        let first = self.labels.first();
        (first.is_none(), first.map(|label| (label.source, label.span.start)))
    }

    /// Whether it stops the work.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The message of an error and of everything that caused it, on one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// What is passed over of a desired cluster: for each section whether it is written, and why it has no
/// effect.
pub(crate) fn without_effect(sections: &[(&str, bool, &str)]) -> Vec<Diagnostic> {
    let written = sections.iter().filter(|(_, is_written, _)| *is_written);
    let finding = |(name, _, why): &(&str, bool, &str)| {
        Diagnostic::warning("without-effect", format!("`{name}` has no effect: {why}"))
            .about(Subject::Section((*name).to_owned()))
    };
    written.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_what_caused_it() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot write the file")]
        struct Unwritten(#[source] std::io::Error);
        let error = Unwritten(std::io::Error::other("the disk is full"));
        assert_eq!(with_causes(&error), "cannot write the file: the disk is full");
    }
}
