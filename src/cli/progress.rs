//! Showing progress while an engine converges.

use super::terminal::Terminal;
use crate::engine::Event;
use crate::scheduler::{Action, ActionId};
use crate::view::progress;

/// Takes away the line that the cursor is on.
pub(super) const ERASE: &str = "\r\u{1b}[2K";

/// Forms of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Lines for people, on standard error.
    People,
    /// Records for machines, on standard output.
    Records,
    /// Nothing.
    Silent,
}

/// Shows events as they come.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) terminal: Terminal,
    form: Form,
    /// What is in flight, for the line that is redrawn.
    in_flight: Vec<(ActionId, String)>,
    is_line_open: bool,
    /// Actions that did not end as they should.
    pub(super) failures: usize,
    /// Actions that were begun.
    pub(super) started: usize,
}

impl Progress {
    /// Begins to show progress in this form.
    pub(super) fn new(terminal: Terminal, form: Form) -> Self {
        let progress =
            Self { terminal, form, in_flight: Vec::new(), is_line_open: false, failures: 0, started: 0 };
        if form == Form::Records {
            progress.record(&progress::version_record());
        }
        progress
    }

    /// Shows an event.
    pub(super) fn show(&mut self, event: &Event) {
        self.count(event);
        match self.form {
            Form::Records => self.record(&progress::event_record(event)),
            Form::People => self.show_people(event),
            Form::Silent => {}
        }
    }

    /// Writes a record for machines, if that is the form.
    pub(super) fn record(&self, line: &str) {
        if self.form == Form::Records {
            // A reader that went away has seen what it wanted; the work goes on.
            let _ = self.terminal.data(line);
        }
    }

    /// Says something while an engine is at work.
    pub(super) fn interject(terminal: Terminal, text: &str) {
        if terminal.can_redraw() {
            terminal.say_raw(ERASE);
        }
        terminal.note(text);
    }

    /// Ends the line that is redrawn.
    pub(super) fn end(&mut self) {
        self.erase();
    }

    fn count(&mut self, event: &Event) {
        match event {
            Event::Started(_) => self.started += 1,
            Event::Finished { action, result } => {
                if !result.has_succeeded(action) {
                    self.failures += 1;
                }
            }
            Event::Scheduled { .. } | Event::Waiting { .. } | Event::Aborted { .. } => {}
        }
    }

    fn show_people(&mut self, event: &Event) {
        match event {
            Event::Scheduled { .. } => self.in_flight.clear(),
            Event::Started(action) => self.begin(action),
            Event::Finished { action, result } => {
                self.in_flight.retain(|(id, _)| *id != action.id);
                if !result.has_succeeded(action) || result.rc.is_degraded() || self.is_shown(action) {
                    self.print(&progress::finished_line(action, result, self.terminal.error_ink()));
                }
                self.draw();
            }
            Event::Waiting { length, because } => {
                self.print(&progress::waiting_line(*length, because, self.terminal.error_ink()));
            }
            Event::Aborted { because } => self.print(&format!("  planning again: {because}")),
        }
    }

    fn begin(&mut self, action: &Action) {
        if self.is_shown(action) {
            self.in_flight.push((action.id, progress::describe(action)));
            self.draw();
        }
    }

    fn is_shown(&self, action: &Action) -> bool {
        progress::is_worth_showing(action) || self.terminal.is_verbose()
    }

    fn print(&mut self, line: &str) {
        self.erase();
        self.terminal.note(line);
    }

    fn draw(&mut self) {
        if !self.terminal.can_redraw() {
            return;
        }
        self.erase();
        if !self.in_flight.is_empty() {
            let what: Vec<&str> = self.in_flight.iter().map(|(_, what)| what.as_str()).collect();
            let line: String = what.join(", ").chars().take(72).collect();
            self.terminal.say_raw(&format!("  ...     {line}"));
            self.is_line_open = true;
        }
    }

    fn erase(&mut self) {
        if self.is_line_open {
            self.terminal.say_raw(ERASE);
            self.is_line_open = false;
        }
    }
}
