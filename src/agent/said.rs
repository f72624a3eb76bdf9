//! What an agent said that did not end by itself: the few lines that tell people why.

use super::invocation::bounded;
use super::{capture, ocf};
use crate::model::secrecy::password_in_address;

/// How many lines are told.
const LINES_MAX: usize = 3;

/// The longest line told, in bytes.
const LINE_MAX: usize = 240;

/// Words by which a line speaks of what is wrong.
const TROUBLE: [&str; 5] = ["error", "fatal", "critical", "fail", "cannot"];

/// The reason that an agent gave, or else the last lines that speak of something wrong, or else the last
/// lines: of standard error, and where that has none of standard output. Agents that wait for something
/// repeat themselves until their time is up, and what went wrong was said long before.
pub(super) fn last_lines(stdout: &str, stderr: &str) -> Option<String> {
    if let Some(reason) = ocf::exit_reason(stderr) {
        return Some(reason);
    }
    let (errors, output) = (lines(stderr), lines(stdout));
    let is_trouble = |line: &&String| {
        let line = line.to_lowercase();
        TROUBLE.iter().any(|word| line.contains(word))
    };
    let troubles: Vec<&String> = output.iter().chain(&errors).filter(is_trouble).collect();
    let told: Vec<&String> = match (troubles.is_empty(), errors.is_empty()) {
        (false, _) => troubles,
        (true, false) => errors.iter().collect(),
        (true, true) => output.iter().collect(),
    };
    let told = told.get(told.len().saturating_sub(LINES_MAX)..).unwrap_or_default();
    let told: Vec<String> = told.iter().map(|line| bounded((*line).clone(), LINE_MAX)).collect();
    (!told.is_empty()).then(|| told.join(" | "))
}

/// The lines, each where it stands last; without those that a shell prints of its own doing, and those
/// of which a part was left out.
fn lines(text: &str) -> Vec<String> {
    let all: Vec<&str> = text.lines().collect();
    let is_gap = |at: Option<usize>| at.and_then(|at| all.get(at)).is_some_and(|line| capture::is_gap(line));
    let mut kept: Vec<String> = Vec::new();
    for (at, line) in all.iter().enumerate() {
        if is_gap(Some(at)) || is_gap(at.checked_sub(1)) || is_gap(at.checked_add(1)) {
            continue;
        }
        let line: String = line.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
        let line = line.trim();
        if line.is_empty() || line.starts_with('+') {
            continue;
        }
        kept.retain(|known| known != line);
        kept.push(line.to_owned());
    }
    kept
}

/// The text without secrets, nor any line of one, nor the password of an address. Where output ends or a
/// part was left out, what is left of a secret goes as well.
pub(super) fn hide(text: &str, secrets: &[String]) -> String {
    let passwords = secrets.iter().flat_map(|secret| passwords(secret)).collect::<Vec<_>>();
    let written = secrets.iter().chain(&passwords).flat_map(|secret| quoted(secret)).collect::<Vec<_>>();
    let all = secrets.iter().chain(&passwords).chain(&written).map(String::as_str);
    let parts = all.clone().flat_map(str::lines).filter(|line| line.trim().len() >= PART_MIN);
    let whole = all.clone().filter(|secret| !secret.is_empty());
    let mut hidden: Vec<&str> = whole.chain(parts).collect();
    hidden.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    hidden.dedup();
    let text = hidden.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN));
    let lines: Vec<&str> = text.split('\n').collect();
    let told = lines.iter().enumerate().map(|(at, line)| {
        let is_gap =
            |at: Option<usize>| at.and_then(|at| lines.get(at)).is_some_and(|line| capture::is_gap(line));
        let mut line = (*line).to_owned();
        let is_cut = line.trim_end().ends_with("...") || line.trim_end().ends_with('…');
        if is_cut
            || at + 1 == lines.len()
            || is_gap(at.checked_add(1))
            || at + 2 == lines.len() && text.ends_with('\n')
        {
            line = without_beginnings(line, &hidden);
        }
        if is_gap(at.checked_sub(1)) {
            line = without_ends(line, &hidden);
        }
        line
    });
    told.collect::<Vec<_>>().join("\n")
}

/// What stands for a secret.
const HIDDEN: &str = "***";

/// A shorter part of a secret tells nothing, and stands in many words.
const PART_MIN: usize = 4;

/// The passwords of the addresses in a secret, as they are written there and as they are meant.
fn passwords(secret: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = secret;
    while let Some(place) = password_in_address(rest) {
        let password = rest.get(place.clone()).unwrap_or_default();
        found.extend([password.to_owned(), unescaped(password)]);
        rest = rest.get(place.end..).unwrap_or_default();
    }
    found
}

/// A secret as a shell and as markup write it.
fn quoted(secret: &str) -> [String; 2] {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-./:@%+=,".contains(letter);
    let mut for_shell = String::with_capacity(secret.len());
    for letter in secret.chars() {
        if !is_plain(letter) {
            for_shell.push('\\');
        }
        for_shell.push(letter);
    }
    let entities = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&apos;")];
    let as_markup =
        entities.iter().fold(secret.to_owned(), |text, (letter, entity)| text.replace(letter, entity));
    [for_shell, as_markup]
}

/// A part of an address without `%40` and the like.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.filter(|_| *first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A line that does not end in the beginning of a secret.
fn without_beginnings(mut line: String, secrets: &[&str]) -> String {
    let trimmed = line.trim_end_matches(['\r', '\u{fffd}', '…', '.', ' ']).len();
    let cut = secrets.iter().filter_map(|secret| {
        let borders = secret.char_indices().map(|(at, _)| at).filter(|at| *at >= PART_MIN);
        borders.rev().find(|at| {
            secret.get(..*at).is_some_and(|part| line.get(..trimmed).is_some_and(|line| line.ends_with(part)))
        })
    });
    if let Some(length) = cut.max() {
        line.replace_range(trimmed - length..trimmed, HIDDEN);
    }
    line
}

/// A line that does not begin with the end of a secret.
fn without_ends(line: String, secrets: &[&str]) -> String {
    let shown = line.trim_start_matches('\u{fffd}');
    let cut = secrets.iter().filter_map(|secret| {
        let mut borders = secret.char_indices().map(|(at, _)| at).skip(1);
        borders
            .find(|at| {
                secret.get(*at..).is_some_and(|part| part.len() >= PART_MIN && shown.starts_with(part))
            })
            .map(|at| secret.len() - at)
    });
    match cut.max().and_then(|length| shown.get(length..)) {
        Some(rest) => format!("{HIDDEN}{rest}"),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_is_told_though_it_was_said_long_before() {
        let waits = "INFO: waiting\n".repeat(20);
        let stderr = format!("INFO: begins\nERROR: Syntax error on line 18\n{waits}");
        assert_eq!(last_lines("", &stderr).as_deref(), Some("ERROR: Syntax error on line 18"));
    }

    #[test]
    fn the_last_lines_are_told_once_each_where_none_speaks_of_trouble() {
        assert_eq!(
            last_lines("out\n", "a\nb\nc\n+ traced\nd\nd\n\n").as_deref(),
            Some("b | c | d"),
            "standard error comes first"
        );
        assert_eq!(last_lines("out\n", "").as_deref(), Some("out"));
        assert_eq!(last_lines("", "\n"), None);
    }

    #[test]
    fn a_reason_given_is_the_reason() {
        assert_eq!(last_lines("", "ERROR: a\nocf-exit-reason:b\n").as_deref(), Some("b"));
    }

    #[test]
    fn half_of_a_line_is_not_told() {
        assert_eq!(last_lines("", "a\nb\n... 7 bytes left out ...\nc\nd\n").as_deref(), Some("a | d"));
    }

    #[test]
    fn secrets_of_many_lines_are_hidden_line_by_line() {
        let secrets = ["hunter2".to_owned(), "first line\nab\nsecond line".to_owned()];
        assert_eq!(hide("with hunter2: second line, ab", &secrets), "with ***: ***, ab");
    }

    #[test]
    fn of_a_secret_address_the_password_alone_is_hidden_too() {
        let secrets = ["pg://u:HUN%40TER@h/x".to_owned()];
        let told = hide("pg://u:HUN%40TER@h/x: login as u with HUN%40TER or HUN@TER failed", &secrets);
        assert_eq!(told, "***: login as u with *** or *** failed");
    }

    #[test]
    fn a_secret_is_hidden_as_it_is_quoted_as_well() {
        let secrets = ["p&w$1".to_owned()];
        assert_eq!(hide("a p\\&w\\$1 b p&amp;w$1 c p&w$1\n", &secrets), "a *** b *** c ***\n");
    }

    #[test]
    fn what_was_cut_within_a_secret_goes_too() {
        let secrets = ["HUNTER_pw".to_owned()];
        assert_eq!(hide("a\nERROR: pw is HUNTER_", &secrets), "a\nERROR: pw is ***");
        assert_eq!(
            hide("pw HUNTER\n... 7 bytes left out ...\nTER_pw b", &secrets),
            "pw ***\n... 7 bytes left out ...\n*** b"
        );
        assert_eq!(hide("done by HUN\n", &secrets), "done by HUN\n", "three letters tell nothing");
        assert_eq!(hide("user HUNTER_...\nb\nc\n", &secrets), "user ***...\nb\nc\n");
    }
}
