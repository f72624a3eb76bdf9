//! Any text may be given to the manifest reader; none may make it panic, hang or eat memory. What
//! it accepts it can write and read back, and formatting changes no meaning.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::diagnostic::Sources;
use quorate::manifest::{Reading, format, read, write};

fn reading(text: &str) -> Reading {
    let mut sources = Sources::default();
    sources.add("fuzz.yaml", text);
    read(&sources)
}

fuzz_target!(|text: &str| {
    let first = reading(text);
    let formatted = format(text);
    assert_eq!(format(&formatted), formatted, "formatting twice is formatting once");
    assert_eq!(reading(&formatted).manifest, first.manifest, "formatting changes no meaning");
    if let Some(manifest) = first.manifest {
        // Names of rules and their order among kinds cannot be said, but what is written must be read.
        assert!(reading(&write(&manifest)).manifest.is_some(), "what is written can be read");
    }
});
