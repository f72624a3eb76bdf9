//! What an agent said that did not end by itself: the few lines that tell people why.

use super::invocation::bounded;
use super::{capture, ocf};

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

/// The text without secrets, nor any line of one.
pub(super) fn hide(text: &str, secrets: &[String]) -> String {
    /// A shorter line of a secret tells nothing, and stands in many words.
    const LINE_MIN: usize = 4;
    let parts = secrets.iter().flat_map(|secret| secret.lines()).filter(|line| line.trim().len() >= LINE_MIN);
    let whole = secrets.iter().map(String::as_str).filter(|secret| !secret.is_empty());
    let mut hidden: Vec<&str> = whole.chain(parts).collect();
    hidden.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    hidden.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
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
}
