//! Long lists, folded for people.

/// Lists of this length are shown whole.
const WHOLE_MAX: usize = 12;

/// How many names of a longer list are shown.
const SHOWN: usize = 8;

/// Names in a row: a few, then how many more there are.
pub fn names<S: AsRef<str>>(names: &[S]) -> String {
    let joined = |some: &[S]| some.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ");
    match names.get(..SHOWN) {
        Some(first) if names.len() > WHOLE_MAX => {
            format!("{} and {} more", joined(first), number(names.len() - SHOWN))
        }
        Some(_) | None => joined(names),
    }
}

/// Lines below one another: a few, then how many more there are.
pub fn lines(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > WHOLE_MAX {
        let folded = lines.len() - SHOWN;
        lines.truncate(SHOWN);
        lines.push(format!("and {} more", number(folded)));
    }
    lines
}

/// A number with its thousands apart: `4,992`.
pub fn number(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_folded_and_short_ones_are_not() {
        let many: Vec<String> = (0..5000).map(|number| format!("m{number}")).collect();
        assert_eq!(names(&many), "m0, m1, m2, m3, m4, m5, m6, m7 and 4,992 more");
        assert_eq!(lines(many).last().map(String::as_str), Some("and 4,992 more"));
        assert_eq!(names(&["A", "B"]), "A, B");
        assert_eq!(names::<&str>(&[]), "");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }
}
