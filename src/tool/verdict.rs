//! How a tool ends: what it prints and the exit code that agents expect.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what agents read")]

use std::process::ExitCode;

use super::wire::Problem;

/// How a tool ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    code: u8,
    /// For standard output; nothing if empty.
    told: String,
    /// For standard error; nothing if empty.
    complaint: String,
}

impl Verdict {
    /// What is documented for a feature that is not there.
    const UNIMPLEMENTED: u8 = 3;
    const USAGE: u8 = 64;
    const DISCONNECTED: u8 = 102;
    const NO_SUCH_OBJECT: u8 = 105;

    /// All is well.
    pub(super) const fn done() -> Self {
        Self { code: 0, told: String::new(), complaint: String::new() }
    }

    /// All is well, and this is the answer.
    pub(super) const fn told(told: String) -> Self {
        Self { code: 0, told, complaint: String::new() }
    }

    /// It was called in a wrong way.
    pub(super) fn usage(complaint: &str) -> Self {
        Self::failed(Self::USAGE, complaint)
    }

    /// Nobody answers.
    pub(super) fn unreachable(complaint: &str) -> Self {
        Self::failed(Self::DISCONNECTED, complaint)
    }

    /// What was asked for is not there.
    pub(super) fn missing(complaint: &str) -> Self {
        Self::failed(Self::NO_SUCH_OBJECT, complaint)
    }

    /// It is not done here.
    pub(super) fn unsupported(complaint: &str) -> Self {
        Self::failed(Self::UNIMPLEMENTED, complaint)
    }

    /// What a refusal means.
    pub(super) fn of(problem: &Problem) -> Self {
        match problem {
            Problem::UnknownNode(_) | Problem::UnknownResource(_) => Self::missing(&problem.to_string()),
            Problem::Unsupported(_) => Self::unsupported(&problem.to_string()),
            Problem::Unreachable(_) => Self::unreachable(&problem.to_string()),
        }
    }

    /// The exit code.
    pub const fn code(&self) -> u8 {
        self.code
    }

    /// What goes to standard output.
    pub fn output(&self) -> &str {
        &self.told
    }

    /// Prints it, in the name of a tool.
    pub(super) fn say(&self, tool: &str) -> ExitCode {
        if !self.told.is_empty() {
            println!("{}", self.told);
        }
        if !self.complaint.is_empty() {
            eprintln!("{tool}: {}", self.complaint);
        }
        ExitCode::from(self.code)
    }

    fn failed(code: u8, complaint: &str) -> Self {
        Self { code, told: String::new(), complaint: complaint.to_owned() }
    }
}
