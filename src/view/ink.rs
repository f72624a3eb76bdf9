//! Colour, where it is wanted.

use super::escaped;

/// How text is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ink {
    /// As plain text.
    #[default]
    Plain,
    /// With terminal colours.
    Colour,
}

impl Ink {
    /// Text that carries terminal colours of its own, with or without them.
    pub fn render(self, text: &clap::builder::StyledStr) -> String {
        match self {
            Self::Plain => text.to_string(),
            Self::Colour => text.ansi().to_string(),
        }
    }

    fn paint(self, codes: &str, text: &str) -> String {
        match self {
            Self::Plain => escaped(text),
            Self::Colour => format!("\u{1b}[{codes}m{}\u{1b}[0m", escaped(text)),
        }
    }

    /// Something new, or good.
    pub fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// Something that changes, or deserves a look.
    pub fn change(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// Something that goes away, or is bad.
    pub fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    /// A heading.
    pub fn heading(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Something of less weight.
    pub fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// The word `error:`.
    pub fn error(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// The word `help:`.
    pub fn hint(self, text: &str) -> String {
        self.paint("1;36", text)
    }
}
