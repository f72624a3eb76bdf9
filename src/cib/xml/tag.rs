//! What stands between `<` and `>`: a name and attributes.

use std::borrow::Cow;

use super::Fault;
use super::tree::Attribute;

/// Splits an opening tag (without its brackets and closing slash) that begins at byte `offset`.
/// Appends its attributes to `attributes`, at most `most` of them, and returns the name.
pub(super) fn split<'t>(
    tag: &'t str,
    offset: usize,
    most: usize,
    attributes: &mut Vec<Attribute<'t>>,
) -> Result<&'t str, Fault> {
    let first = attributes.len();
    let mut names = Names::default();
    let (name, mut rest) = split_name(tag, offset)?;
    loop {
        let trimmed = rest.trim_start_matches(is_blank);
        if trimmed.is_empty() {
            return Ok(name);
        }
        let at = offset + tag.len() - trimmed.len();
        if trimmed.len() == rest.len() {
            return Err(Fault::new("blank missing before attribute", at..at + 1));
        }
        let (attribute, after) = split_attribute(trimmed, at)?;
        let own = attributes.get(first..).unwrap_or_default();
        if own.len() >= most {
            return Err(Fault::new(format!("more than {most} attributes"), at..at + attribute.name.len()));
        }
        if !names.is_new(attribute.name) && own.iter().any(|known| known.name == attribute.name) {
            let message = format!("attribute `{}` given twice", attribute.name);
            return Err(Fault::new(message, at..at + attribute.name.len()));
        }
        attributes.push(attribute);
        rest = after;
    }
}

/// Which names there may have been already: a name whose mark is not set is new, so that few have to be compared.
#[derive(Default)]
struct Names(u64);

impl Names {
    /// Sets the mark of a name; whether it was not set.
    fn is_new(&mut self, name: &str) -> bool {
        let bytes = name.as_bytes();
        let byte = |at: usize| bytes.get(at).copied().map_or(0, usize::from);
        let mark = 1_u64
            << ((bytes.len() * 11
                + byte(0) * 5
                + byte(bytes.len() / 2) * 3
                + byte(bytes.len().saturating_sub(1)))
                % 64);
        let before = self.0;
        self.0 |= mark;
        before & mark == 0
    }
}

/// `name = "value"` at the start of `text`, and what follows it.
fn split_attribute(text: &str, offset: usize) -> Result<(Attribute<'_>, &str), Fault> {
    let (name, rest) = split_name(text, offset)?;
    let here = || offset..offset + name.len();
    let value = rest
        .trim_start_matches(is_blank)
        .strip_prefix('=')
        .ok_or_else(|| Fault::new(format!("attribute `{name}` has no value"), here()))?
        .trim_start_matches(is_blank);
    let quote = match value.as_bytes().first() {
        Some(quote @ (b'"' | b'\'')) => *quote,
        Some(_) | None => {
            return Err(Fault::new(format!("value of attribute `{name}` is not quoted"), here()));
        }
    };
    let quoted = value.get(1..).unwrap_or_default();
    let is_end_or_special = |byte: u8| byte == quote || is_special(byte);
    let stop = quoted.bytes().position(is_end_or_special).unwrap_or(quoted.len());
    let rest_of = |end: usize| quoted.get(end + 1..).unwrap_or_default();
    // Most values are as they are written, which one look tells.
    if quoted.as_bytes().get(stop) == Some(&quote) {
        return Ok((Attribute { name, value: Cow::Borrowed(&quoted[..stop]) }, rest_of(stop)));
    }
    let end = quoted
        .bytes()
        .position(|byte| byte == quote)
        .ok_or_else(|| Fault::new(format!("value of attribute `{name}` does not end"), here()))?;
    let value = unescape(&quoted[..end]).map_err(|message| Fault::new(message, here()))?;
    Ok((Attribute { name, value: Cow::Owned(value) }, rest_of(end)))
}

/// Whether a byte in a value is not itself what it stands for.
const fn is_special(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'\t' | b'\n' | b'\r')
}

fn split_name(text: &str, offset: usize) -> Result<(&str, &str), Fault> {
    let end = text.bytes().position(|byte| !is_name_byte(byte)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    match name.bytes().next() {
        Some(first) if is_name_start(first) => Ok((name, rest)),
        Some(_) | None => Err(Fault::new("a name was expected", offset..offset + 1)),
    }
}

/// Characters beyond ASCII are all taken for letters; no CIB has them in names.
const fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || !byte.is_ascii()
}

const fn is_name_byte(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
}

/// A blank in the sense of XML.
pub(super) const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// The value of an attribute: line ends and tabs are blanks, references are what they name.
fn unescape(raw: &str) -> Result<String, String> {
    let mut value = String::with_capacity(raw.len());
    let mut chars = raw.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '<' => return Err("`<` in the value of an attribute".to_owned()),
            '\r' => {
                value.push(' ');
                chars.next_if(|(_, next)| *next == '\n');
            }
            '\t' | '\n' => value.push(' '),
            '&' => {
                let reference = raw.get(at + 1..).and_then(|rest| rest.split_once(';')).map(|(name, _)| name);
                let Some(name) = reference else {
                    return Err("`&` without `;`".to_owned());
                };
                value.push(resolve(name).ok_or_else(|| format!("unknown entity `{name}`"))?);
                while chars.next_if(|(next, _)| *next <= at + 1 + name.len()).is_some() {}
            }
            other => value.push(other),
        }
    }
    Ok(value)
}

/// The character that `&name;` stands for, where XML itself defines it.
pub(super) fn resolve(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
            let is_plain = digits.chars().all(|digit| digit.is_digit(radix));
            let code = u32::from_str_radix(digits, radix).ok().filter(|_| is_plain)?;
            char::from_u32(code).filter(|c| is_allowed(*c))
        }
    }
}

/// Whether XML allows the character at all.
const fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// The first character that XML does not allow, with its place.
pub(super) fn forbidden(text: &str) -> Option<(usize, char)> {
    // U+FFFE and U+FFFF begin with 0xEF; most documents have no such byte at all.
    let is_suspect = |byte: u8| (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0xef;
    // A processor looks at many bytes at once where none of them ends the look.
    let has_suspect = |bytes: &[u8]| bytes.iter().fold(false, |found, byte| found | is_suspect(*byte));
    if !text.as_bytes().chunks(64).any(has_suspect) {
        return None;
    }
    text.char_indices().find(|(_, c)| !is_allowed(*c))
}
