//! What an agent says of itself: its parameters and actions, and advice on time limits.

mod parse;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::model::Role;

/// An agent's description of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// The agent's name.
    pub name: String,
    /// The agent's own version.
    pub version: Option<String>,
    /// What it is for, in a line.
    pub shortdesc: Text,
    /// What it is for, at length.
    pub longdesc: Text,
    /// What it can be told, in the agent's order.
    pub parameters: Vec<Parameter>,
    /// What it can do, in the agent's order; `monitor` may be there several times.
    pub actions: Vec<ActionAdvice>,
}

/// A text in one or more languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text(BTreeMap<String, String>);

/// Something an agent can be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// No two resources of this agent may share the values of one such group; its name.
    pub unique_group: Option<String>,
    /// Whether it must be given when it has no default.
    pub is_required: bool,
    /// Whether a change of it can be taken up without a restart.
    pub is_reloadable: bool,
    /// Whether it should not be used any more.
    pub is_deprecated: bool,
    /// What should be used instead.
    pub replaced_with: Vec<String>,
    /// What values are like.
    pub kind: ParameterKind,
    /// The value when none is given.
    pub default: Option<String>,
    /// What it means, in a line.
    pub shortdesc: Text,
    /// What it means, at length.
    pub longdesc: Text,
}

/// What the values of a parameter are like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterKind {
    /// Any text.
    #[default]
    String,
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// A length of time.
    Time,
    /// One of these.
    Select(Vec<String>),
}

/// Something an agent can do, and how its author would have it done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ActionAdvice {
    /// The action's name.
    pub name: String,
    /// The shortest time limit that makes sense.
    pub timeout: Option<Duration>,
    /// How often, for what recurs.
    pub interval: Option<Duration>,
    /// How long to wait before it is run first.
    pub start_delay: Option<Duration>,
    /// How thorough it is (`OCF_CHECK_LEVEL`).
    pub depth: Option<u32>,
    /// For instances of which role.
    pub role: Option<Role>,
}

/// Why metadata cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// The agent could not be asked.
    #[error("{0}")]
    Unavailable(String),
    /// What it said is no XML.
    #[error("metadata is not XML at byte {at}: {problem}")]
    NotXml {
        /// Where.
        at: u64,
        /// What is wrong there.
        problem: String,
    },
    /// What it said is XML, but no metadata.
    #[error("metadata {0}")]
    NotMetadata(String),
}

impl Metadata {
    /// Reads what an agent printed. Elements and attributes that are not known are passed over.
    ///
    /// # Errors
    /// When the text is too long, no XML, or describes no agent.
    pub fn parse(text: &str) -> Result<Self, MetadataError> {
        parse::parse(text)
    }

    /// Actions of a class whose agents give no advice.
    pub(super) fn plain_actions(names: &[&str]) -> Vec<ActionAdvice> {
        let plain = |name: &&str| ActionAdvice { name: (*name).to_owned(), ..ActionAdvice::default() };
        names.iter().map(plain).collect()
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Whether the agent knows an action.
    pub fn has_action(&self, name: &str) -> bool {
        self.actions.iter().any(|action| action.name == name)
    }

    /// The advice for an action: that for the role if there is one, else the first of the name.
    pub fn advice(&self, name: &str, role: Option<Role>) -> Option<&ActionAdvice> {
        let named = || self.actions.iter().filter(|action| action.name == name);
        named().find(|action| role.is_some() && action.role == role).or_else(|| named().next())
    }

    /// Whether a changed value of this parameter can be taken up in place: the agent can reload, and
    /// says so of the parameter. Any other change needs a restart.
    pub fn can_reload(&self, parameter: &str) -> bool {
        self.has_action("reload-agent") && self.parameter(parameter).is_some_and(|known| known.is_reloadable)
    }

    /// The parameters whose change needs a restart, where the agent can reload at all.
    pub fn restart_parameters(&self) -> Option<Vec<&str>> {
        let fixed = self.parameters.iter().filter(|parameter| !parameter.is_reloadable);
        self.has_action("reload-agent").then(|| fixed.map(|parameter| parameter.name.as_str()).collect())
    }
}

impl Text {
    /// The text in a language such as `en`, else in English, else in any.
    pub fn in_language(&self, language: &str) -> Option<&str> {
        let exact = self.0.get(language).or_else(|| self.0.get("en"));
        exact.or_else(|| self.0.values().next()).map(String::as_str)
    }

    /// The text in English, else in any language; empty when there is none.
    pub fn as_str(&self) -> &str {
        self.in_language("en").unwrap_or_default()
    }

    /// A text in English only.
    pub(super) fn english(text: String) -> Self {
        let mut english = Self::default();
        english.add("en", text);
        english
    }

    /// Adds a text; the first of a language stays.
    fn add(&mut self, language: &str, text: String) {
        if !text.is_empty() {
            self.0.entry(language.to_owned()).or_insert(text);
        }
    }
}

impl ParameterKind {
    /// What a value should be, if this is none.
    pub fn mismatch(&self, value: &str) -> Option<String> {
        use crate::model::{period, scalar};
        let value = value.trim();
        match self {
            Self::String => None,
            Self::Integer => value.parse::<i64>().is_err().then(|| "a whole number".to_owned()),
            Self::Boolean => scalar::parse_boolean(value).is_none().then(|| "yes or no".to_owned()),
            Self::Time => period::parse(value).is_none().then(|| "a length of time".to_owned()),
            Self::Select(options) => (!options.is_empty() && !options.iter().any(|option| option == value))
                .then(|| format!("one of {}", options.join(", "))),
        }
    }
}

#[cfg(test)]
mod tests;
