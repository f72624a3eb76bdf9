//! Plans every CIB of a directory in this one process, and does nothing else: for timing from outside.
//!
//! ```text
//! cargo bench --bench pass -- DIRECTORY [TIMES]
//! ```
//!
//! `benches/compare.py` sets it beside `crm_simulate --profile`, which does the same.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark reads files and prints")]

use std::{env, fs};

use quorate::diagnostic::Sources;
use quorate::{cib, scheduler};

/// The moment for CIBs that do not say when they were made.
const NOW: i64 = 1_782_864_000;

fn main() {
    let mut arguments = env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(directory) = arguments.next() else { return };
    let times: usize = arguments.next().and_then(|times| times.parse().ok()).unwrap_or(1);
    let files = fs::read_dir(&directory).into_iter().flatten().flatten();
    let (mut inputs, mut actions) = (0, 0);
    for file in files.map(|file| file.path()).filter(|file| file.extension().is_some_and(|end| end == "xml"))
    {
        for _ in 0..times {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let mut sources = Sources::default();
            sources.add("input", text);
            let Ok(cib) = cib::read(&sources) else { continue };
            let now = cib.status.observed_at.unwrap_or(NOW);
            actions += scheduler::schedule(&cib.cluster, &cib.status, now).transition.actions.len();
            inputs += 1;
        }
    }
    println!("{inputs} inputs planned, {actions} actions");
}
