//! The answer of a verb that has no document of its own, for machines: what it said, and how it ended.

use std::ffi::OsStr;
use std::sync::{Mutex, PoisonError};

use clap::{ArgMatches, Args, ValueEnum};
use serde::Serialize;

use super::exit::Exit;
use super::failure::Failure;
use crate::view;

/// In which form a verb answers.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Answering {
    /// Form of the answer.
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// Forms of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

impl Answering {
    /// Whether the answer is for machines.
    pub(super) fn is_json(self) -> bool {
        self.output == Format::Json
    }
}

/// What a verb has said so far, to be told as one document at its end.
#[derive(Debug, Default)]
pub(super) struct Page(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    lines: Vec<String>,
    data: String,
    /// Whether there was a document already.
    is_told: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    kind: &'static str,
    exit_code: u8,
    /// What was done or found, a sentence each.
    said: &'a [String],
    /// What stands on standard output without `-o json`.
    #[serde(skip_serializing_if = "str::is_empty")]
    data: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error<'a>>,
}

#[derive(Serialize)]
struct Error<'a> {
    message: Option<&'a str>,
    help: &'a [String],
}

/// In which form machines are told that a verb with a document of its own has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureForm {
    /// It has none: the exit code and standard error tell.
    None,
    /// The document of the other verbs, unless there was one.
    Document,
    /// A record after the others, unless one told the outcome.
    Record,
}

impl FailureForm {
    /// As somebody asked for it on the command line.
    pub(super) fn asked_for(matches: &ArgMatches) -> Self {
        let mut innermost = matches;
        while let Some((_, verb)) = innermost.subcommand() {
            innermost = verb;
        }
        let output = innermost.try_get_raw("output").ok().flatten().and_then(|mut values| values.next());
        match output.and_then(OsStr::to_str) {
            Some("json") => Self::Document,
            Some("ndjson") => Self::Record,
            Some(_) | None => Self::None,
        }
    }

    /// What is told.
    pub(super) fn tell(self, failure: &Failure) -> Option<String> {
        let error = Error { message: failure.message.as_deref(), help: &failure.help };
        match self {
            Self::Document => Some(view::to_json(&Document {
                format_version: "1.0",
                kind: "answer",
                exit_code: failure.exit.code(),
                said: &[],
                data: "",
                error: Some(error),
            })),
            Self::Record => Some(view::to_json_line(&FailureRecord {
                kind: "failure",
                exit_code: failure.exit.code(),
                error,
            })),
            Self::None => None,
        }
    }
}

#[derive(Serialize)]
struct FailureRecord<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    exit_code: u8,
    error: Error<'a>,
}

impl Page {
    /// Takes a sentence.
    pub(super) fn say(&self, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).lines.push(text.to_owned());
    }

    /// Takes data.
    pub(super) fn data(&self, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).data.push_str(text);
    }

    /// The verb has told a document of its own.
    pub(super) fn is_told(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_told = true;
    }

    /// The document, unless there was one.
    pub(super) fn document(&self, ended: &Result<Exit, Failure>) -> Option<String> {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (exit, error) = match ended {
            Ok(exit) => (*exit, None),
            Err(failure) => {
                (failure.exit, Some(Error { message: failure.message.as_deref(), help: &failure.help }))
            }
        };
        let document = Document {
            format_version: "1.0",
            kind: "answer",
            exit_code: exit.code(),
            said: &said.lines,
            data: &said.data,
            error,
        };
        (!said.is_told).then(|| view::to_json(&document))
    }
}
