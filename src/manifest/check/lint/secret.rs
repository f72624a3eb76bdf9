//! Passwords in plain sight.

use super::Lint;
use crate::manifest::typed::{At, Field, Map};
use crate::manifest::vocabulary::options::{OptionValue, Options, Params};

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
        let maps: Vec<_> = match field.as_ref().and_then(At::get) {
            None => return,
            Some(Options::Plain(map)) => vec![map],
            Some(Options::Blocks(blocks)) => {
                blocks.iter().filter_map(|block| block.get()?.content.as_ref()?.get()).collect()
            }
        };
        for (key, value) in maps.into_iter().flat_map(Map::iter) {
            let is_plain = matches!(value.get(), Some(OptionValue::Text(text)) if !text.is_empty());
            if is_plain && is_secret(key.text()) {
                self.findings
                    .warning(
                        "plaintext-secret",
                        value.place,
                        format!("`{}` stands in plain text", key.text()),
                    )
                    .here("everybody who reads this file can read it")
                    .help(
                        "write `{secret: NAME}`; the nodes find the value in a file that only root can read",
                    )
                    .report();
            }
        }
    }
}

/// Whether a parameter of this name holds a secret, and not the way to one.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let leads_to_one = ["_file", "_script", "_path", "file", "script"].iter().any(|end| name.ends_with(end));
    let holds_one = name.contains("passw")
        || name.contains("secret")
        || name.ends_with("token")
        || name.ends_with("api_key");
    holds_one && !leads_to_one
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn the_way_to_a_secret_is_none() {
        assert!(is_secret("password") && is_secret("login_passwd") && is_secret("client_secret"));
        assert!(!is_secret("password_script") && !is_secret("passwd_file") && !is_secret("ip"));
    }
}
