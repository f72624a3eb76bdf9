//! Any text may be given to the CIB reader; none may make it panic, hang or eat memory.

use quorate::cib::{Limits, read_within};
use quorate::diagnostic::Sources;

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut sources = Sources::default();
    sources.add("hostile.xml", text);
    let _ = read_within(&sources, &Limits { bytes: 1 << 20, ..Limits::default() });
}
