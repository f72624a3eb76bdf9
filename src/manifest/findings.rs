//! Where everything that is wrong goes, and how a place becomes a label.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ops::Range;

use super::document::{Content, Documents, Place};
use super::suggest;
use crate::diagnostic::{Diagnostic, Severity, SourceId};

/// Findings beyond this number are only counted: nobody reads them, and each costs a search.
pub(super) const FINDINGS_MAX: usize = 200;

/// Names that are compared in search of one that may have been meant. Whoever has thousands of
/// names and thousands of mistakes made one mistake thousands of times: a few suggestions will do.
const COMPARISONS_MAX: usize = 300_000;

/// Collects diagnostics about one manifest.
#[derive(Debug)]
pub(super) struct Findings<'d> {
    documents: &'d Documents,
    state: RefCell<State>,
    /// Values read so far: the measure of work.
    reads: Cell<usize>,
    /// Names compared so far.
    comparisons: Cell<usize>,
}

#[derive(Debug, Default)]
struct State {
    diagnostics: Vec<Diagnostic>,
    errors: usize,
    left_out: usize,
    /// Codes whose errors are only warnings from here on.
    tolerated: BTreeSet<&'static str>,
    /// Those of them that came up.
    needed: BTreeSet<&'static str>,
}

impl<'d> Findings<'d> {
    pub(super) fn new(documents: &'d Documents, diagnostics: Vec<Diagnostic>) -> Self {
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        let state = State { diagnostics, errors, ..State::default() };
        Self { documents, state: RefCell::new(state), reads: Cell::new(0), comparisons: Cell::new(0) }
    }

    pub(super) fn documents(&self) -> &'d Documents {
        self.documents
    }

    /// Counts a value that is read.
    pub(super) fn count_read(&self) {
        self.reads.set(self.reads.get() + 1);
    }

    /// How many values have been read.
    pub(super) fn reads(&self) -> usize {
        self.reads.get()
    }

    /// Whether the manifest is beyond use.
    pub(super) fn has_errors(&self) -> bool {
        self.state.borrow().errors > 0
    }

    /// Takes a finding, once.
    pub(super) fn report(&self, mut diagnostic: Diagnostic) {
        let mut state = self.state.borrow_mut();
        if diagnostic.is_error() && state.tolerated.contains(diagnostic.code) {
            diagnostic.severity = Severity::Warning;
            state.needed.insert(diagnostic.code);
        }
        let is_full = state.diagnostics.len() >= FINDINGS_MAX;
        if !is_full && state.diagnostics.contains(&diagnostic) {
            return;
        }
        state.errors += usize::from(diagnostic.is_error());
        if is_full {
            state.left_out += 1;
        } else {
            state.diagnostics.push(diagnostic);
        }
    }

    /// Takes errors of this code as warnings from here on.
    pub(super) fn tolerate(&self, code: &'static str) {
        self.state.borrow_mut().tolerated.insert(code);
    }

    /// Whether errors of this code came up and were taken as warnings.
    pub(super) fn has_tolerated(&self, code: &str) -> bool {
        self.state.borrow().needed.contains(code)
    }

    /// The most similar of some names, as long as the search is worth its while.
    pub(super) fn similar<'n>(
        &self,
        name: &str,
        among: impl IntoIterator<Item = &'n str>,
    ) -> Option<&'n str> {
        let is_full = self.state.borrow().diagnostics.len() >= FINDINGS_MAX;
        if is_full || self.comparisons.get() >= COMPARISONS_MAX {
            return None;
        }
        let count = |_: &&str| self.comparisons.set(self.comparisons.get() + 1);
        suggest::similar(name, among.into_iter().inspect(count))
    }

    /// An error at a place, not yet reported.
    pub(super) fn error(
        &self,
        code: &'static str,
        place: Place,
        message: impl Into<String>,
    ) -> Draft<'_, 'd> {
        Draft { findings: self, place, diagnostic: Diagnostic::error(code, message) }.label(place, "")
    }

    /// A warning at a place, not yet reported.
    pub(super) fn warning(
        &self,
        code: &'static str,
        place: Place,
        message: impl Into<String>,
    ) -> Draft<'_, 'd> {
        Draft { findings: self, place, diagnostic: Diagnostic::warning(code, message) }.label(place, "")
    }

    /// A note at a place, not yet reported.
    pub(super) fn note(&self, code: &'static str, place: Place, message: impl Into<String>) -> Draft<'_, 'd> {
        Draft { findings: self, place, diagnostic: Diagnostic::note(code, message) }.label(place, "")
    }

    /// The bytes of a place.
    pub(super) fn span(&self, place: Place) -> Option<(SourceId, Range<usize>)> {
        let (document, node) = self.documents.at(place)?;
        Some((document.source, document.mark(node)))
    }

    /// The bytes of the key of the value at a place, or of the value where there is no key.
    fn key_span(&self, place: Place) -> Option<(SourceId, Range<usize>)> {
        let (document, node) = self.documents.at(place)?;
        let key = document.node(node).key.unwrap_or(node);
        Some((document.source, document.mark(key)))
    }

    /// Everything found, in order of place.
    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let state = self.state.into_inner();
        let mut diagnostics = state.diagnostics;
        diagnostics.sort_by_key(Diagnostic::place);
        if state.left_out > 0 {
            diagnostics.push(Diagnostic::note(
                "more-findings",
                format!("{} more findings are not shown; mend these first", state.left_out),
            ));
        }
        diagnostics
    }
}

/// A finding being written; [`Draft::report`] hands it in.
#[derive(Debug)]
#[must_use]
pub(super) struct Draft<'f, 'd> {
    findings: &'f Findings<'d>,
    place: Place,
    diagnostic: Diagnostic,
}

impl Draft<'_, '_> {
    /// Adds a label; the text of the place's first label is replaced when the place is the same.
    pub(super) fn label(mut self, place: Place, text: impl Into<String>) -> Self {
        let text = text.into();
        if let Some((source, span)) = self.findings.span(place) {
            self.put(source, span, text);
        }
        self
    }

    /// Says what is to be seen at the finding's own place.
    pub(super) fn here(self, text: impl Into<String>) -> Self {
        let place = self.place;
        self.label(place, text)
    }

    /// Adds a label on the key of a value.
    pub(super) fn label_key(mut self, place: Place, text: impl Into<String>) -> Self {
        let Some((source, span)) = self.findings.key_span(place) else { return self };
        match self.diagnostic.labels.first_mut() {
            // The key says it all: its value need not be underlined as well.
            Some(first) if place == self.place && first.text.is_empty() => {
                first.span = span;
                first.text = text.into();
            }
            Some(_) | None => self.put(source, span, text.into()),
        }
        self
    }

    /// Narrows the first label to bytes of the scalar's value.
    pub(super) fn within(mut self, range: Range<usize>, text: impl Into<String>) -> Self {
        if let Some((document, node)) = self.findings.documents.at(self.place)
            && let Some(first) = self.diagnostic.labels.first_mut()
        {
            first.span = document.inner(node, range);
            first.text = text.into();
        }
        self
    }

    fn put(&mut self, source: SourceId, span: Range<usize>, text: String) {
        match self.diagnostic.labels.iter_mut().find(|label| label.source == source && label.span == span) {
            Some(label) => label.text = text,
            None => self.diagnostic = self.diagnostic.clone().at(source, span, text),
        }
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.help(text);
        self
    }

    /// Suggests a text in place of the finding's own; quotes and all.
    pub(super) fn replace(mut self, message: impl Into<String>, replacement: impl Into<String>) -> Self {
        if let Some((document, node)) = self.findings.documents.at(self.place)
            && matches!(document.node(node).content, Content::Scalar(_))
        {
            let span = document.mark(node);
            self.diagnostic = self.diagnostic.suggest(message, document.source, span, replacement);
        }
        self
    }

    /// Suggests the most similar of some names in place of `name`.
    pub(super) fn suggest<'n>(self, name: &str, among: impl IntoIterator<Item = &'n str>) -> Self {
        match self.findings.similar(name, among) {
            Some(similar) => {
                let message = format!("did you mean `{similar}`?");
                self.replace(message, similar)
            }
            None => self,
        }
    }

    pub(super) fn report(self) {
        self.findings.report(self.diagnostic);
    }
}
