//! Passwords in plain sight.

use super::Lint;
use crate::manifest::document::{Content, Place, Style};
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::options::{OptionValue, Options, Params};
use crate::model::secrecy::words::next;
use crate::model::secrecy::{holds_secret, password_in_address};

impl Lint<'_, '_> {
    pub(super) fn check_secrets(self) {
        for (_, at) in &self.gathered.resources {
            if let Some(entry) = at.get() {
                self.check_params(&entry.params);
            }
        }
        for (_, at) in &self.gathered.templates {
            if let Some(entry) = at.get() {
                self.check_params(&entry.params);
            }
        }
    }

    /// A parameter that is written as a pair: the value would be known under the name `value`.
    fn check_pairs(self, field: &Field<Options<Params>>) {
        for map in field.iter().filter_map(At::get).flat_map(Options::maps) {
            let named = |wanted: &str| {
                let mut entries = map.iter();
                let (_, value) = entries.find(|(key, _)| key.text() == wanted)?;
                Some((value.place, value.get()?))
            };
            if let (Some((_, OptionValue::Text(name))), Some((place, _))) = (named("name"), named("value"))
                && next(name, 0).is_some()
            {
                self.findings
                    .error(
                        "pair-of-parameters",
                        place,
                        "a parameter is written as a pair: its name and its value are two parameters here",
                    )
                    .here("the agent would be given this under a name that is not its own")
                    .help("write the value behind the name, as one parameter")
                    .report();
            }
        }
    }

    /// Whether a value without quotes ends at a comma behind which no blank stands: perhaps the comma was meant
    /// to be part of it.
    fn is_torn(self, place: Place) -> bool {
        let Some((document, node)) = self.findings.documents().at(place) else { return false };
        let node = document.node(node);
        let is_plain = matches!(&node.content, Content::Scalar(scalar) if scalar.style == Style::Plain);
        let rest = document.text.get(node.span.end..).unwrap_or_default().trim_start();
        is_plain && rest.strip_prefix(',').is_some_and(|rest| !rest.starts_with(char::is_whitespace))
    }

    fn check_params(self, field: &Field<Options<Params>>) {
        self.check_pairs(field);
        for (key, value) in field.iter().filter_map(At::get).flat_map(Options::pairs) {
            let Some(OptionValue::Text(text)) = value.get() else { continue };
            if holds_secret(key.text()) && self.is_torn(value.place) {
                self.findings
                    .error("torn-secret", value.place, format!("`{}` ends at a comma", key.text()))
                    .here("what follows the comma is a parameter of its own")
                    .help("quote the value if the comma is part of it; else leave a blank behind the comma")
                    .report();
            }
            let message = if text.is_empty() {
                continue;
            } else if holds_secret(key.text()) {
                format!("`{}` stands in plain text", key.text())
            } else if password_in_address(text).is_some() {
                format!("the password in `{}` stands in plain text", key.text())
            } else {
                continue;
            };
            self.findings
                .warning("plaintext-secret", value.place, message)
                .here("everybody who reads this file can read it")
                .help("write `{secret: NAME}`; the nodes find the value in a file that only root can read")
                .report();
        }
    }
}
