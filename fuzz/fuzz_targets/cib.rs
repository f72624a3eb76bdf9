//! Any text may be given to the CIB reader; none may make it panic, hang or eat memory.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::cib::{Limits, read_within};
use quorate::diagnostic::Sources;

fuzz_target!(|text: &str| {
    let mut sources = Sources::default();
    sources.add("fuzz.xml", text);
    let _ = read_within(&sources, &Limits { bytes: 1 << 20, ..Limits::default() });
});
