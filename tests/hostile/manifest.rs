//! Any text may be given to the manifest reader; none may make it panic, hang or eat memory. What
//! it accepts it can write and read back, and formatting changes no meaning.

use quorate::diagnostic::Sources;
use quorate::manifest::{Reading, format, read, write};

fn reading(text: &str) -> Reading {
    let mut sources = Sources::default();
    sources.add("hostile.yaml", text);
    read(&sources)
}

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let first = reading(text);
    let formatted = format(text).text;
    assert_eq!(format(&formatted).text, formatted, "formatting twice is formatting once");
    assert_eq!(reading(&formatted).manifest, first.manifest, "formatting changes no meaning");
    if let Some(manifest) = first.manifest {
        // Names of rules and their order among kinds cannot be said, but what is written must be read.
        let again = reading(&write(&manifest));
        assert!(again.manifest.is_some(), "what is written can be read: {:#?}", again.diagnostics);
    }
}
