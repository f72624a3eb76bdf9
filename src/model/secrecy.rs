//! Which options hold secrets, judging by their names.

/// Words in names of options that hold a secret.
const WORDS: [&str; 3] = ["passw", "passphrase", "secret"];

/// Ends of names of options that hold a secret.
const ENDS: [&str; 2] = ["token", "api_key"];

/// Ends of names of options that say where a secret is.
const LEADS: [&str; 3] = ["file", "script", "path"];

/// Whether an option of this name holds a secret, and not the way to one.
pub fn holds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_named_so =
        WORDS.iter().any(|word| name.contains(word)) || ENDS.iter().any(|end| name.ends_with(end));
    is_named_so && !LEADS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_secret_is_none() {
        for name in ["password", "login_passwd", "client_secret", "auth_token", "API_KEY"] {
            assert!(holds_secret(name), "{name}");
        }
        for name in ["password_script", "passwd_file", "ip", "secret_path", "token_timeout"] {
            assert!(!holds_secret(name), "{name}");
        }
    }
}
