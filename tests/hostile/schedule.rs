//! Whatever the CIB reader accepts can be scheduled and planned: no panic, no hang, and twice the
//! same answer.

use quorate::cib::{Limits, read_within};
use quorate::diagnostic::Sources;
use quorate::plan::{self, Inputs, Prune};
use quorate::scheduler;

const NOW: i64 = 1_700_000_000;

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut sources = Sources::default();
    sources.add("hostile.xml", text);
    let Ok(cib) = read_within(&sources, &Limits { bytes: 1 << 18, ..Limits::default() }) else { return };
    let first = scheduler::schedule(&cib.cluster, &cib.status, NOW);
    assert_eq!(first, scheduler::schedule(&cib.cluster, &cib.status, NOW));
    let planned = plan::plan(&Inputs {
        generation: 1,
        in_force: &cib.cluster,
        status: &cib.status,
        overlay: quorate::model::Overlay::none(),
        now: NOW,
        declared: &cib.cluster,
        renames: &[],
        prune: Prune::No,
        origin: "hostile",
    });
    assert_eq!(planned.schedule, first, "what is in force already changes nothing");
}
