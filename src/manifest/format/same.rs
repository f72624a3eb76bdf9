//! Whether two trees mean the same.

use crate::manifest::document::{Content, Document, NodeIndex, Scalar, Style};

/// Whether two documents hold the same values, and every YAML reader would think so.
pub(super) fn is_same(one: &Document, other: &Document) -> bool {
    match (one.root, other.root) {
        (Some(root), Some(other_root)) => is_same_node(one, root, other, other_root),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn is_same_node(one: &Document, node: NodeIndex, other: &Document, other_node: NodeIndex) -> bool {
    let same = |a: NodeIndex, b: NodeIndex| is_same_node(one, a, other, b);
    match (&one.node(node).content, &other.node(other_node).content) {
        (Content::Scalar(a), Content::Scalar(b)) => reading(a) == reading(b),
        (Content::Sequence(a), Content::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(*a, *b))
        }
        (Content::Mapping(a), Content::Mapping(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, v), (l, w))| same(*k, *l) && same(*v, *w))
        }
        (Content::Alias(a), Content::Alias(b)) => a == b,
        (Content::Scalar(_) | Content::Sequence(_) | Content::Mapping(_) | Content::Alias(_), _) => false,
    }
}

/// What a scalar is read as.
#[derive(Debug, PartialEq, Eq)]
enum Reading<'s> {
    Nothing,
    /// Text, whichever reader it is.
    Text(&'s str),
    /// Something else to some readers, as long as it stands without quotes.
    Special(&'s str),
}

fn reading(scalar: &Scalar) -> Reading<'_> {
    if scalar.is_null() {
        Reading::Nothing
    } else if scalar.style == Style::Plain && is_special(&scalar.text) {
        Reading::Special(&scalar.text)
    } else {
        Reading::Text(&scalar.text)
    }
}

/// Whether some reader takes this text, without quotes, for something else than text.
pub(super) fn is_special(text: &str) -> bool {
    let is_word = matches!(
        text.to_ascii_lowercase().as_str(),
        "" | "~" | "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "=" | "<<"
    );
    let unsigned = text.trim_start_matches(['-', '+']);
    let starts_like_number = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let is_numeric = |c: char| {
        c.is_ascii_hexdigit() || matches!(c, '.' | '_' | ':' | '-' | '+' | 'x' | 'o' | 'T' | 'Z' | ' ')
    };
    // Infinity and not-a-number start with a dot, too.
    let is_float_word = matches!(unsigned.to_ascii_lowercase().as_str(), ".inf" | ".nan");
    let dots = text.bytes().filter(|byte| *byte == b'.').count();
    is_word || is_float_word || (starts_like_number && dots < 2 && text.chars().all(is_numeric))
}
