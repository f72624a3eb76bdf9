//! The terminal: data goes to standard output, everything else to standard error.

#![expect(clippy::disallowed_methods, reason = "the terminal is an effect")]

use std::io::{BufRead, ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::answer::{FailureForm, Page};
use super::exit::Exit;
use super::failure::Failure;
use super::options::Colour;
use crate::diagnostic::{Diagnostic, Sources};
use crate::view::{Ink, diagnostic};

/// Whether anything was written to standard output, of which this process has one.
static HAS_DATA: AtomicBool = AtomicBool::new(false);
/// Whether a record told how it ended.
static HAS_OUTCOME: AtomicBool = AtomicBool::new(false);

/// Where output goes, and how much of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    output: Ink,
    errors: Ink,
    verbosity: Verbosity,
    findings: Findings,
    /// Where what is said is gathered, for a verb that answers with a document.
    page: Option<&'static Page>,
}

/// Where findings go that end a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Findings {
    /// To people, on standard error.
    People,
    /// One JSON document instead of the one that the verb would have printed.
    Document,
    /// One JSON record each.
    Records,
}

/// How much is said beside the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verbosity {
    /// Only data and errors.
    Quiet,
    /// Progress as well.
    Normal,
    /// Details that are usually folded away.
    Verbose,
}

impl Terminal {
    /// Colours each stream: where nobody said when, if it is a terminal and the environment does not
    /// mind.
    pub(super) fn new(colour: Colour, verbosity: Verbosity) -> Self {
        let may_colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let ink = |is_terminal: bool| match colour {
            Colour::Always => Ink::Colour,
            Colour::Auto if may_colour && is_terminal => Ink::Colour,
            Colour::Auto | Colour::Never => Ink::Plain,
        };
        Self {
            output: ink(std::io::stdout().is_terminal()),
            errors: ink(std::io::stderr().is_terminal()),
            verbosity,
            findings: Findings::People,
            page: None,
        }
    }

    /// The same terminal, for a verb whose output is for machines.
    pub(super) const fn with_findings(self, findings: Findings) -> Self {
        Self { findings, ..self }
    }

    /// The same terminal, for a verb that answers with one document at its end.
    pub(super) fn answering(self) -> Self {
        // There is one terminal in the life of this process.
        Self { page: Some(Box::leak(Box::default())), ..self }
    }

    /// Ends a verb that answers with a document.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(super) fn answer(self, ended: &Result<Exit, Failure>) -> Result<(), Failure> {
        match self.page.and_then(|page| page.document(ended)) {
            Some(document) => Self { page: None, ..self }.data(&document),
            None => Ok(()),
        }
    }

    /// Tells machines that a verb with a document of its own has failed.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(super) fn tell_failure(self, form: FailureForm, failure: &Failure) -> Result<(), Failure> {
        let is_told = match form {
            FailureForm::Record => HAS_OUTCOME.load(Ordering::Relaxed),
            FailureForm::Document | FailureForm::None => HAS_DATA.load(Ordering::Relaxed),
        };
        match form.tell(failure).filter(|_| !is_told && !self.is_answering()) {
            Some(text) => self.data(&text),
            None => Ok(()),
        }
    }

    /// Writes the record that tells how it ended.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(super) fn outcome(self, record: &str) -> Result<(), Failure> {
        HAS_OUTCOME.store(true, Ordering::Relaxed);
        self.data(record)
    }

    /// Writes a document of the verb's own.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub(super) fn document(self, text: &str) -> Result<(), Failure> {
        self.page.inspect(|page| page.is_told());
        Self { page: None, ..self }.data(text)
    }

    /// Whether the verb answers with a document.
    pub(super) const fn is_answering(&self) -> bool {
        self.page.is_some()
    }

    /// Whether findings that end the verb are data.
    pub(super) fn is_for_machines(&self) -> bool {
        self.findings != Findings::People
    }

    /// Tells what is wrong with a manifest: it ends the verb.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(super) fn findings(&self, found: &[Diagnostic], sources: &Sources) -> Result<(), Failure> {
        match self.findings {
            Findings::People => {
                self.say_raw(&diagnostic::text(found, sources, self.error_ink()));
                Ok(())
            }
            Findings::Document => self.data(&diagnostic::json(found, sources)),
            Findings::Records => self.data(&diagnostic::records(found, sources)),
        }
    }

    /// How data is coloured.
    pub(super) const fn output_ink(&self) -> Ink {
        self.output
    }

    /// How progress and errors are coloured.
    pub(super) const fn error_ink(&self) -> Ink {
        self.errors
    }

    /// Whether details were asked for.
    pub(super) fn is_verbose(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    /// Whether only data and errors were asked for.
    pub(super) fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    /// Whether a person can be asked: both input and error output are terminals.
    pub(super) fn can_ask(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Whether progress may redraw its lines.
    pub(super) fn can_redraw(&self) -> bool {
        std::io::stderr().is_terminal() && self.verbosity != Verbosity::Quiet
    }

    /// Writes data. A reader that went away is not an error: it has seen what it wanted.
    ///
    /// # Errors
    /// When the output cannot be written for another reason, such as a full disk.
    pub(super) fn data(&self, text: &str) -> Result<(), Failure> {
        if let Some(page) = self.page {
            page.data(text);
            return Ok(());
        }
        HAS_DATA.store(true, Ordering::Relaxed);
        let mut output = std::io::stdout().lock();
        match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::error(format!("cannot write output: {error}")))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Writes a line of progress, unless quiet.
    pub(super) fn note(&self, text: &str) {
        if let Some(page) = self.page {
            page.say(text);
        } else if self.verbosity != Verbosity::Quiet {
            self.say(text);
        }
    }

    /// Writes a line to standard error in any case.
    pub(super) fn say(&self, text: &str) {
        // Nobody is left to be told when standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Writes to standard error without a newline.
    pub(super) fn say_raw(&self, text: &str) {
        let mut errors = std::io::stderr().lock();
        let _ = errors.write_all(text.as_bytes()).and_then(|()| errors.flush());
    }

    /// Says why a command failed.
    pub(super) fn fail(&self, failure: &Failure) {
        if let Some(message) = &failure.message {
            self.say(&format!("{} {message}", self.errors.error("error:")));
        }
        for line in &failure.help {
            self.say(&format!("  {} {line}", self.errors.hint("help:")));
        }
    }

    /// A text as a page of its own: on a terminal it replaces what was there.
    pub(super) fn fresh_page(&self, text: &str) -> String {
        if std::io::stdout().is_terminal() { format!("\u{1b}[H\u{1b}[2J{text}") } else { format!("{text}\n") }
    }

    /// Asks a person; only `yes` is yes.
    pub(super) fn ask(&self, question: &str) -> bool {
        self.say_raw(&format!("{question} "));
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == "yes"
    }
}
