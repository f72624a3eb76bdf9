//! Any text may stand where a rule is expected. What is accepted can be written, and means the same
//! when it is read again; evaluating it ends.

use quorate::manifest::rule::{parse, write};

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(rule) = parse(text) else { return };
    let written = write(&rule);
    assert_eq!(parse(&written).as_ref(), Ok(&rule), "`{text}` is written as `{written}`");
}
