//! Why a command failed: an exit code, a message, and what to do.

use super::exit::Exit;
use crate::diagnostic::{Diagnostic, with_causes};
use crate::engine::EngineError;

/// A command that failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// The exit code.
    pub(super) exit: Exit,
    /// What went wrong, as a lower-case fragment; `None` when everything was said already.
    pub(super) message: Option<String>,
    /// What to do about it.
    pub(super) help: Vec<String>,
    /// Whether what is known of the cluster could not be written, read or understood just now, as on a
    /// full disk or while somebody else writes the file.
    pub(super) is_of_storage: bool,
    /// The same as a finding, where it is one about a manifest as a whole.
    pub(super) finding: Option<Box<Diagnostic>>,
}

impl Failure {
    /// A failure with this code and message.
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: Some(message.into()), help: Vec::new(), is_of_storage: false, finding: None }
    }

    /// A failure without a code of its own.
    pub(super) fn error(message: impl Into<String>) -> Self {
        Self::new(Exit::Error, message)
    }

    /// A command line that parses but makes no sense.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A file that cannot be used.
    pub(super) fn file(doing: &str, path: &std::path::Path, cause: &std::io::Error) -> Self {
        Self::error(format!("cannot {doing} {}: {cause}", path.display()))
    }

    /// Adds a line of help.
    #[must_use]
    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let exit = match &error {
            EngineError::Unreachable(_) => Exit::Unreachable,
            EngineError::Unsuitable(_) => Exit::ManifestInvalid,
            EngineError::Conflict { .. } => Exit::Stale,
            EngineError::Storage { .. } | EngineError::Damaged(_) => Exit::Error,
            EngineError::Locked(_) => Exit::Locked,
            EngineError::NoQuorum(_) => Exit::NoQuorum,
            EngineError::Refused(_) => Exit::Usage,
        };
        let is_of_storage = matches!(error, EngineError::Storage { .. } | EngineError::Damaged(_));
        Self { is_of_storage, ..Self::new(exit, with_causes(&error)) }
    }
}
