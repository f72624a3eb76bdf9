//! How the field reads booleans and integers: forgivingly, so that every old configuration
//! means here what it means to Pacemaker. Manifests are checked strictly before this is used.

/// `true on yes y 1` and `false off no n 0` in any case; `None` for anything else.
pub fn parse_boolean(text: &str) -> Option<bool> {
    const TRUE: [&str; 5] = ["true", "on", "yes", "y", "1"];
    const FALSE: [&str; 5] = ["false", "off", "no", "n", "0"];
    if TRUE.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        Some(true)
    } else if FALSE.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        Some(false)
    } else {
        None
    }
}

/// Optional blanks and sign, then digits; whatever follows is ignored and numbers beyond
/// 64 bits saturate. `None` without digits.
pub fn parse_integer(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = digits.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    if end == 0 {
        return None;
    }
    let magnitude = digits[..end]
        .bytes()
        .fold(0_i64, |sum, byte| sum.saturating_mul(10).saturating_add(i64::from(byte - b'0')));
    Some(if negative { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_after_the_digits_is_ignored() {
        assert_eq!(parse_integer(" -12.5"), Some(-12));
        assert_eq!(parse_integer("1.0"), Some(1));
        assert_eq!(parse_integer("+"), None);
        assert_eq!(parse_integer("99999999999999999999"), Some(i64::MAX));
    }

    #[test]
    fn booleans_ignore_case() {
        assert_eq!(parse_boolean("Yes"), Some(true));
        assert_eq!(parse_boolean("OFF"), Some(false));
        assert_eq!(parse_boolean("2"), None);
    }
}
