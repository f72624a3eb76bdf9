//! Explanations add up: for every primitive and every node, the parts give the score that decided.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "this test reads cases from files and says when they are missing"
)]

use std::path::{Path, PathBuf};
use std::{env, fs};

use quorate::cib;
use quorate::diagnostic::Sources;
use quorate::plan::explain::{Source, explain_all};
use quorate::scheduler::{assign, interpret};

/// A moment for cases that do not name one.
const NOW: i64 = 1_700_000_000;

#[test]
fn parts_add_up_to_the_score_in_every_conformance_case() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = env::var_os("QUORATE_SHARED").map_or_else(|| package.join("../shared"), PathBuf::from);
    let conformance = shared.join("scheduler/conformance");
    let Ok(list) = fs::read_to_string(conformance.join("lists/dev.txt")) else {
        assert!(env::var_os("QUORATE_SHARED_REQUIRED").is_none(), "the shared data is not there");
        eprintln!("SKIPPED: no conformance cases at {} (set QUORATE_SHARED)", conformance.display());
        return;
    };
    let mut faults = Vec::new();
    let (mut scores, mut floors) = (0_usize, 0_usize);
    for case in list.split_whitespace() {
        let text = fs::read_to_string(conformance.join("cases/xml").join(format!("{case}.xml"))).unwrap();
        let mut sources = Sources::default();
        sources.add(case.to_owned(), text);
        let Ok(cib) = cib::read(&sources) else { continue };
        let placement = assign::assign(interpret::interpret(&cib.cluster, &cib.status, NOW));
        for explanation in explain_all(&placement) {
            for verdict in &explanation.nodes {
                let Some(score) = verdict.score else { continue };
                scores += 1;
                let has_floor = verdict.parts.iter().any(|part| part.source == Source::Floor);
                floors += usize::from(has_floor);
                // Only instances of clones may yield less than was asked of them.
                let is_instance = explanation.resource.contains(':');
                if verdict.sum() != score || (has_floor && !is_instance) {
                    faults.push(format!(
                        "{case}: {} on {}: {:?}",
                        explanation.resource, verdict.node, verdict.parts
                    ));
                }
            }
        }
    }
    eprintln!("{scores} scores add up, {floors} of them with a floor");
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults[..faults.len().min(20)].join("\n"));
}
