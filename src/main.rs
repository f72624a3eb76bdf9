//! The `quorate` binary: arguments in, exit code out. Everything else is in the library.

#![expect(clippy::disallowed_methods, reason = "looks at the name it was called by")]

use std::path::Path;
use std::process::ExitCode;

use quorate::tool::Tool;

/// Under the name of one of the agents' tools it is that tool.
fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    match words.first().and_then(|name| Tool::called(Path::new(name))) {
        Some(tool) => tool.run(words),
        None => quorate::cli::run(),
    }
}
