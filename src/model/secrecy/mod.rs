//! Which options hold secrets: judged by their names, and by what looks like an address with a
//! password in it. The one list; docs/manifest.md (Secrets) tells it to people.

pub(crate) mod words;

use std::borrow::Cow;
use std::ops::Range;

/// Words anywhere in the name of an option that holds a secret, without what separates them.
const WORDS: [&str; 11] = [
    "passw",
    "passphrase",
    "secret",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
    "encryptionkey",
    "authkey",
    "sshkey",
    "hexadecimalkg",
];

/// Ends of names of options that hold a secret, without what separates words.
const ENDS: [&str; 7] = ["token", "authcode", "authdata", "authorization", "community", "pwd", "pass"];

/// Last words of names of options that hold a secret. As the end of a longer word they mean something
/// else.
const LAST_WORDS: [&str; 3] = ["pin", "pins", "kg"];

/// Names that end like those of secrets, and are none.
const OTHERS: [&str; 4] = ["bypass", "compass", "trespass", "surpass"];

/// Names of options that hold a secret only if there is nothing else to them.
const NAMES: [&str; 1] = ["key"];

/// Ends of names of options that say where a secret is.
const LEADS: [&str; 5] = ["file", "script", "path", "dir", "name"];

/// Whether an option of this name holds a secret, and not the way to one.
pub fn holds_secret(name: &str) -> bool {
    is_about_secret(name) && !is_lead(name)
}

/// Whether an option of this name says where a secret is.
pub(crate) fn says_where(name: &str) -> bool {
    is_lead(name) && is_about_secret(name)
}

fn is_lead(name: &str) -> bool {
    let joined = joined(name);
    LEADS.iter().any(|end| joined.ends_with(end))
}

fn is_about_secret(name: &str) -> bool {
    let joined = joined(name);
    // `token_2` is a token.
    let name = name.trim_end_matches(|letter: char| !letter.is_alphabetic());
    let last_word = last_word(name).to_ascii_lowercase();
    let is_named_so = WORDS.iter().any(|word| joined.contains(word))
        || ENDS.iter().any(|end| joined.ends_with(end))
        || LAST_WORDS.contains(&&*last_word)
        || NAMES.contains(&&*joined);
    is_named_so && !OTHERS.iter().any(|other| joined.ends_with(other))
}

/// A name without case, what separates its words, and the number it ends in.
fn joined(name: &str) -> String {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    let joined: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    joined.trim_end_matches(|letter: char| letter.is_ascii_digit()).to_owned()
}

/// What of a name stands behind its last separator, or begins at its last capital after a small letter.
fn last_word(name: &str) -> &str {
    let word = name.rsplit(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    let capitals = word.char_indices().zip(word.chars().skip(1));
    let start = capitals
        .filter(|((_, before), letter)| before.is_lowercase() && letter.is_uppercase())
        .map(|((at, before), _)| at + before.len_utf8())
        .last();
    word.get(start.unwrap_or(0)..).unwrap_or_default()
}

/// Whether this value of an option is a secret, or has one in it.
pub fn is_secret(name: &str, value: &str) -> bool {
    holds_secret(name) || words::next(name, 0).is_some() || secret_in(value).is_some()
}

/// Where the first secret stands in a text that is no secret by its name: the password of an address, or
/// all that follows where the name of a secret is given a value: `-e PASSWORD=VALUE`.
pub fn secret_in(text: &str) -> Option<Range<usize>> {
    let assigned = assigned_secret(text);
    match (password_in_address(text), assigned) {
        (Some(password), Some(assigned)) if password.start < assigned.start => Some(password),
        (password, assigned) => assigned.or(password),
    }
}

/// Where the value of the first name of a secret stands: up to the end of the text.
fn assigned_secret(text: &str) -> Option<Range<usize>> {
    if !text.contains(['=', ':']) && !text.contains("--") {
        return None;
    }
    let mut from = 0;
    while let Some(name) = words::next(text, from) {
        from = name.end;
        let is_option = text.get(name.clone()).is_some_and(|name| name.starts_with("--"));
        let rest = text.get(name.end..)?.trim_start_matches(['"', '\'', ' ', '\t']);
        let value = match rest.strip_prefix(['=', ':']) {
            Some(value) => value,
            None if is_option => rest,
            None => continue,
        };
        let value = value.trim_start_matches(['"', '\'', ' ', '\t']);
        if !value.is_empty() {
            return Some(text.len() - value.len()..text.len());
        }
    }
    None
}

/// A text without the passwords of the addresses in it.
pub fn without_passwords(text: &str) -> Cow<'_, str> {
    without(text, password_in_address)
}

/// A text without the secrets that [`secret_in`] finds.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    without(text, secret_in)
}

fn without(text: &str, first: impl Fn(&str) -> Option<Range<usize>>) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut end = 0;
    while let Some(password) = text.get(end..).and_then(&first) {
        shown.push_str(text.get(end..end + password.start).unwrap_or_default());
        shown.push_str("(hidden)");
        end += password.end;
    }
    if end == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(text.get(end..).unwrap_or_default());
    Cow::Owned(shown)
}

/// Where in a text the first password of an address stands: `http://user:PASSWORD@host/`. Only bytes
/// of the password, which may have letters in it that an address should not have: all up to the last `@`
/// before a blank or quote belongs to it, unless what stands behind the `:` is a port.
pub fn password_in_address(text: &str) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find("://") {
        let start = from + found + 3;
        let rest = text.get(start..)?;
        let word = rest.split([' ', '\t', '\r', '\n', '"', '\'']).next().unwrap_or_default();
        let authority = word.split(['/', '?', '#']).next().unwrap_or_default();
        let is_user = authority.contains('@')
            || authority
                .split_once(':')
                .is_some_and(|(_, port)| !port.bytes().all(|byte| byte.is_ascii_digit()) || port.is_empty());
        if let Some((user, _)) = word.rsplit_once('@').filter(|_| is_user)
            && let Some((name, password)) = user.split_once(':')
            && !name.contains(['/', '?', '#', '@'])
            && !password.is_empty()
        {
            let at = start + name.len() + 1;
            return Some(at..at + password.len());
        }
        from = start;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_secret_is_none() {
        for name in [
            "password",
            "login_passwd",
            "client_secret",
            "auth_token",
            "API_KEY",
            "pass",
            "my_pass",
            "adminpass",
            "pin",
            "userPin",
            "userPIN",
            "user_pin",
            "community",
            "snmp_community",
            "snmp_priv_passwd",
            "snmp-auth-passwd",
            "private_key",
            "hexadecimal_kg",
            "accesskey",
            "access-key",
            "credentials",
            "authkey",
            "auth_key",
            "pwd",
            "pwd2",
            "token_2",
            "userPin1",
            "PINs",
            "api_key_prod",
            "PrivateKeyPem",
            "key",
        ] {
            assert!(holds_secret(name), "{name}");
        }
        for name in [
            "password_script",
            "passwd_file",
            "ip",
            "secret_path",
            "token_timeout",
            "private_key_file",
            "bypass",
            "mapping",
            "shopping",
            "auth",
            "snmp_auth_prot",
            "authentication",
            "cpu_pinning",
            "weight_kgs",
            "sort_key",
            "password_file2",
            "bypass2",
        ] {
            assert!(!holds_secret(name), "{name}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_found() {
        let found = |text: &'static str| password_in_address(text).map(|range| &text[range]);
        assert_eq!(found("http://u:PW@h/"), Some("PW"));
        assert_eq!(found("see http://h/ and amqp://u:a:b@c@h:1"), Some("a:b@c"));
        assert_eq!(found("http://h:80/p:q@r"), None);
        assert_eq!(found("http://user@h/"), None);
        assert_eq!(found("http://u:@h/"), None);
        assert_eq!(found("pg://u:P/W#?@h/x"), Some("P/W#?"));
        assert_eq!(found("http://user@h:80/"), None);
        assert_eq!(
            without_passwords("a http://u:PW@h/ b://c:D@e"),
            "a http://u:(hidden)@h/ b://c:(hidden)@e"
        );
        assert_eq!(found("://"), None);
        assert!(is_secret("url", "http://u:PW@h/"));
    }

    #[test]
    fn a_value_given_to_the_name_of_a_secret_is_found_in_a_text() {
        let found = |text: &'static str| secret_in(text).map(|range| &text[range]);
        assert_eq!(found("-e DB_PASSWORD=X -v /a:/b"), Some("X -v /a:/b"));
        assert_eq!(found("--password X"), Some("X"));
        assert_eq!(found("{\"token\": \"X\"}"), Some("X\"}"));
        assert_eq!(found("the password of: nobody"), None);
        assert_eq!(found("--password-file=/x"), None);
    }
}
