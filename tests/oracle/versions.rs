//! What the installed version does differently from the one that the specification describes.
//!
//! One function for each rule; `docs/conformance.md` says in words what each means, and where the
//! specification says so. A rule claims single differences: those that it cannot claim are left to
//! the other rules, and what no rule claims fails the test.

use crate::Case;

/// A rule's name and whether it explains one of the differences.
type Rule = (&'static str, fn(&Case<'_>, &str) -> bool);

const RULES: &[Rule] = &[
    ("score of an instance without a node", score_of_an_instance_without_a_node),
];

/// The rules that explain the differences, or the differences that they do not explain.
pub(crate) fn explain(case: &Case<'_>, differences: &[String]) -> Result<Vec<&'static str>, Vec<String>> {
    let mut left: Vec<&String> = differences.iter().collect();
    let mut used = Vec::new();
    for (name, claims) in RULES {
        let before = left.len();
        left.retain(|line| !claims(case, line));
        if left.len() < before {
            used.push(*name);
        }
    }
    if left.is_empty() { Ok(used) } else { Err(left.into_iter().cloned().collect()) }
}

/// The promotion score of an instance without a node is -INFINITY; it used to be 0.
fn score_of_an_instance_without_a_node(_: &Case<'_>, line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    matches!(
        words[..],
        ["score", "only-ours:", "promotion", _, "-", "-INFINITY"]
            | ["score", "only-theirs:", "promotion", _, "-", "0"]
    )
}
