//! Natural order of names: numbers inside names count by value, case does not count.

use std::cmp::Ordering;

/// Compares left to right: digit runs as numbers (equal ones: the shorter first), anything else
/// by lower-cased character; a proper prefix comes first.
pub fn compare(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    loop {
        let (Some(a), Some(b)) = (left.first(), right.first()) else {
            return left.len().cmp(&right.len());
        };
        if a.is_ascii_digit() && b.is_ascii_digit() {
            let (run_a, rest_a) = split_digits(left);
            let (run_b, rest_b) = split_digits(right);
            let order = compare_runs(run_a, run_b);
            if order.is_ne() {
                return order;
            }
            (left, right) = (rest_a, rest_b);
        } else {
            let order = a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase());
            if order.is_ne() {
                return order;
            }
            (left, right) = (&left[1..], &right[1..]);
        }
    }
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

fn compare_runs(left: &[u8], right: &[u8]) -> Ordering {
    let significant = |run: &[u8]| run.iter().position(|byte| *byte != b'0').unwrap_or(run.len());
    let (value_a, value_b) = (&left[significant(left)..], &right[significant(right)..]);
    let by_value = value_a.len().cmp(&value_b.len()).then_with(|| value_a.cmp(value_b));
    by_value.then_with(|| left.len().cmp(&right.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_by_value() {
        let mut names = ["node10", "Node2", "node1", "node", "node02", "alpha"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(names, ["alpha", "node", "node1", "Node2", "node02", "node10"]);
    }
}
