//! Our own values as JSON: the one place where that is done, so that a value that could not be written
//! never turns into an empty text that looks like one.
//!
//! JSON cannot say two things: a mapping whose keys are no text, and what a `Serialize` of its own
//! refuses. No type of this crate does either, and each is written by some test. Should one ever do so,
//! this ends the process: an empty digest would call every plan fresh and all replicas equal, and an
//! empty message or file would be obeyed by somebody.

use serde::Serialize;
use serde_json::{Error, Value};

/// The value on one line.
pub fn bytes(value: &impl Serialize) -> Vec<u8> {
    written(serde_json::to_vec(value))
}

/// The value on one line.
pub fn line(value: &impl Serialize) -> String {
    written(serde_json::to_string(value))
}

/// The value over several lines, for people.
pub fn page(value: &impl Serialize) -> String {
    written(serde_json::to_string_pretty(value))
}

/// The value as a tree.
pub fn tree(value: &impl Serialize) -> Value {
    written(serde_json::to_value(value))
}

fn written<T>(result: Result<T, Error>) -> T {
    match result {
        Ok(json) => json,
        Err(error) => unreachable!("a value of this crate is no JSON: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    #[test]
    #[should_panic(expected = "is no JSON")]
    fn what_cannot_be_written_is_not_taken_for_empty() {
        super::bytes(&BTreeMap::from([((1, 2), 3)]));
    }
}
