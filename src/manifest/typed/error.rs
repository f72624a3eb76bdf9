//! What serde's complaints become.

use std::fmt;

use serde::de::{Expected, Unexpected};

use crate::manifest::document::{NodeIndex, Place};
use crate::manifest::findings::Findings;
use crate::manifest::suggest::{listed, similar};
use crate::model::option::{RESOURCE_META, find};

/// Why a value could not be read; carried up to the nearest `At`, which reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Error {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) label: String,
    pub(super) help: Vec<String>,
    /// What to write instead, and how to say so.
    pub(super) replacement: Option<(String, String)>,
    /// The innermost node that was being read.
    pub(super) node: Option<NodeIndex>,
    /// The field that a record lacks, if it is that.
    pub(super) missing: Option<&'static str>,
}

impl Error {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            label: String::new(),
            help: Vec::new(),
            replacement: None,
            node: None,
            missing: None,
        }
    }

    /// Whether this is about a node itself, and not about one within it.
    pub(super) fn is_of(&self, node: NodeIndex) -> bool {
        self.node.is_none_or(|inner| inner == node)
    }

    #[must_use]
    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    #[must_use]
    pub(super) fn replace(mut self, message: impl Into<String>, replacement: impl Into<String>) -> Self {
        self.replacement = Some((message.into(), replacement.into()));
        self
    }

    /// Names the node, unless an inner one is named already.
    #[must_use]
    pub(super) fn or_at(mut self, node: NodeIndex) -> Self {
        self.node.get_or_insert(node);
        self
    }

    pub(super) fn report(self, source: u32, node: NodeIndex, findings: &Findings<'_>) {
        let place = Place { source, node: self.node.unwrap_or(node).0 };
        let mut draft = findings.error(self.code, place, self.message).here(self.label);
        for help in self.help {
            draft = draft.help(help);
        }
        if let Some((message, replacement)) = self.replacement {
            draft = draft.replace(message, replacement);
        }
        draft.report();
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Names that were once used for what has another name now.
const OLD_NAMES: [(&str, &str); 4] =
    [("master", "Promoted"), ("slave", "Unpromoted"), ("advisory", "Optional"), ("suicide", "fence")];

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new("invalid-value", message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let error = Self::new("wrong-type", format!("expected {expected}, found {}", describe(unexpected)));
        if unexpected == Unexpected::Unit {
            return error.label("the value is missing").help("for an empty text write \"\"");
        }
        let hints = [
            (Unexpected::Map, "a mapping is what has `key: value` in it; text that has it needs quotes"),
            (Unexpected::Seq, "a list is what stands in brackets, or behind dashes"),
        ];
        match hints.into_iter().find(|(kind, _)| *kind == unexpected) {
            Some((_, hint)) => error.help(hint),
            None => error,
        }
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new("invalid-value", format!("expected {expected}, found {}", describe(unexpected)))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let old = OLD_NAMES.iter().find(|(old, _)| variant.eq_ignore_ascii_case(old)).map(|(_, new)| *new);
        let close =
            old.filter(|new| expected.contains(new)).or_else(|| similar(variant, expected.iter().copied()));
        let error = Self::new("unknown-value", format!("unknown value `{variant}`"))
            .label("not one of the values possible here")
            .help(format!("possible: {}", listed(expected.iter().copied())));
        match close {
            Some(close) => error.replace(format!("did you mean `{close}`?"), close),
            None => error,
        }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let error = Self::new("unknown-field", format!("unknown field `{field}`")).label("not known here");
        let dashed = field.replace('_', "-");
        let close = expected.iter().copied().find(|known| *known == dashed);
        match close.or_else(|| similar(field, expected.iter().copied())) {
            // Under a plural stands a list, which is no value of what takes one.
            Some(close) if field.strip_suffix('s') == Some(close) => {
                error.help(format!("did you mean `{close}`? It takes one value, no list"))
            }
            Some(close) => error.replace(format!("did you mean `{close}`?"), close),
            None if expected.contains(&"meta") && find(RESOURCE_META, &dashed).is_some() => {
                error.help(format!("it is an option: write `meta: {{{dashed}: VALUE}}`"))
            }
            None => error.help(format!("known here: {}", listed(expected.iter().copied()))),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        let error = Self::new("missing-field", format!("`{field}` is missing")).label("needed here");
        Self { missing: Some(field), ..error }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new("duplicate-key", format!("`{field}` is given twice"))
    }
}

fn describe(unexpected: Unexpected<'_>) -> String {
    if let Unexpected::Str(text) = unexpected {
        return format!("`{text}`");
    }
    let names = [(Unexpected::Map, "a mapping"), (Unexpected::Seq, "a list"), (Unexpected::Unit, "nothing")];
    let name = names.iter().find(|(kind, _)| *kind == unexpected);
    name.map_or_else(|| unexpected.to_string(), |(_, name)| (*name).to_owned())
}
