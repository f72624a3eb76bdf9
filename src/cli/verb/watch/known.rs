//! What a watch knows: what the files said when they were last read, and what was told of it.

use std::path::Path;
use std::sync::Arc;

use crate::cli::failure::Failure;
use crate::cli::planning::Wanted;
use crate::cli::progress::Progress;
use crate::cli::source;
use crate::cli::terminal::Terminal;
use crate::diagnostic::{Diagnostic, Sources};
use crate::manifest::{self, Manifest};
use crate::plan::{Basis, Leftover};
use crate::view;

/// What the files said when they were last read.
#[derive(Default)]
pub(super) struct Known {
    texts: Vec<(String, Arc<str>)>,
    trouble: Option<String>,
    pub(super) wanted: Option<Wanted>,
    /// The manifest, until the engine has looked at it and found no error.
    pub(super) unchecked: Option<(Manifest, Sources)>,
    /// What the engine found when it looked last.
    pub(super) found: Vec<Diagnostic>,
    pub(super) told: Option<String>,
    /// What a change waits for, as it was told last.
    pub(super) waiting: Option<String>,
    /// The basis of the plan that was shown last: one that is tried again is not shown again.
    pub(super) shown: Option<Basis>,
    /// What stays in force although the manifest does not have it, as it was told last.
    pub(super) kept: Vec<Leftover>,
    /// Whether the state of the cluster could not be read or written when it was tried last.
    is_storage_lost: bool,
    /// Whether machines were told why nothing can be done.
    is_hindered: bool,
}

impl Known {
    /// Reads the files; what cannot be used is told once, and changes nothing.
    pub(super) fn read(&mut self, path: &Path, prune: bool, progress: &Progress) {
        let terminal = progress.terminal;
        let sources = match source::read(path) {
            Ok(sources) => sources,
            Err(failure) => {
                let finding: Vec<Diagnostic> = failure.finding.into_iter().map(|finding| *finding).collect();
                let records = view::diagnostic::records(&finding, &Sources::default());
                return self.complain(failure.message.unwrap_or_default(), &records, progress);
            }
        };
        let texts: Vec<(String, Arc<str>)> =
            sources.iter().map(|source| (source.name.clone(), Arc::clone(&source.text))).collect();
        if texts == self.texts && self.trouble.is_none() {
            return;
        }
        let is_news = texts != self.texts;
        self.texts = texts;
        let reading = manifest::read(&sources);
        let errors: Vec<Diagnostic> = reading.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        match reading.manifest.filter(|_| errors.is_empty()) {
            Some(manifest) => {
                if self.trouble.take().is_some() {
                    let over = "The manifest can be used again.";
                    terminal.note(over);
                    progress.record(&view::progress::trouble_over_record(over));
                }
                self.unchecked = Some((manifest.clone(), sources));
                self.wanted = Some(Wanted::of(manifest, prune, path.display().to_string()));
            }
            None if is_news => {
                let records = view::diagnostic::records(&errors, &sources);
                self.complain(findings(&errors, &sources, terminal), &records, progress);
            }
            None => {}
        }
    }

    /// Says that the manifest cannot be used, and why; `records` say the latter to machines.
    fn complain(&mut self, trouble: String, records: &str, progress: &Progress) {
        if self.trouble.as_ref() == Some(&trouble) {
            return;
        }
        let verdict = if self.wanted.is_some() {
            "The manifest cannot be used; the last good one stays in force."
        } else {
            "The manifest cannot be used, and there was no good one yet."
        };
        progress.terminal.say(trouble.trim_end());
        progress.terminal.say(verdict);
        if records.is_empty() {
            progress.record(&view::progress::trouble_record(&format!("{verdict} {}", trouble.trim_end())));
        } else {
            progress.record(records);
            progress.record(&view::progress::trouble_record(verdict));
        }
        self.trouble = Some(trouble);
    }

    /// Says something that was not the last thing said; gives whether it was said.
    pub(super) fn tell(&mut self, text: String, terminal: Terminal) -> bool {
        let is_news = self.told.as_ref() != Some(&text);
        if is_news {
            terminal.note(&text);
            self.told = Some(text);
        }
        is_news
    }

    /// Says why nothing can be done for now. It is tried again.
    pub(super) fn tell_failure(&mut self, failure: Failure, progress: &Progress) {
        let message = failure.message.unwrap_or_default();
        let said = if failure.is_of_storage {
            self.is_storage_lost = true;
            format!("{message}; it is tried again")
        } else {
            message.clone()
        };
        if self.tell(said, progress.terminal) {
            progress.record(&view::progress::trouble_record(&message));
            self.is_hindered = true;
        }
    }

    /// Says that what kept the cluster from being worked on is over.
    pub(super) fn tell_recovery(&mut self, progress: &Progress) {
        let over = if std::mem::take(&mut self.is_storage_lost) {
            let over = "The state of the cluster can be read and written again.";
            progress.terminal.note(over);
            self.told = None;
            over
        } else {
            "The cluster can be worked on again."
        };
        if std::mem::take(&mut self.is_hindered) {
            progress.record(&view::progress::trouble_over_record(over));
        }
    }
}

fn findings(errors: &[Diagnostic], sources: &Sources, terminal: Terminal) -> String {
    view::diagnostic::text(errors, sources, terminal.error_ink())
}
