//! Patterns of names: regular expressions.

use regex::{Regex, RegexBuilder};

/// Most bytes that a pattern may take once it is understood.
const SIZE: usize = 1 << 20;

/// Reads a pattern.
///
/// # Errors
/// Says what is wrong with it, as a fragment.
pub fn parse(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(SIZE).build().map_err(|error| {
        let why = error.to_string();
        why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })
}
