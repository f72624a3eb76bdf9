//! Passwords in plain sight.

use super::Lint;
use crate::manifest::typed::{At, Field, Map};
use crate::manifest::vocabulary::options::{OptionValue, Options, Params};
use crate::model::secrecy::{holds_secret, password_in_address};

/// All parameters of a field, whatever guards them.
pub(super) fn values(
    field: &Field<Options<Params>>,
) -> impl Iterator<Item = (&At<String>, &At<OptionValue>)> {
    let maps: Vec<_> = match field.as_ref().and_then(At::get) {
        None => Vec::new(),
        Some(Options::Plain(map)) => vec![map],
        Some(Options::Blocks(blocks)) => {
            blocks.iter().filter_map(|block| block.get()?.content.as_ref()?.get()).collect()
        }
    };
    maps.into_iter().flat_map(Map::iter).map(|(key, value)| (key, value))
}

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

    fn check_params(self, field: &Field<Options<Params>>) {
        for (key, value) in values(field) {
            let Some(OptionValue::Text(text)) = value.get() else { continue };
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
