//! The fewest faults that still break the same claim.

use crate::run::run;
use crate::scenario::Scenario;

/// Leaves out faults, many at a time at first, as long as the same claim is broken.
pub(crate) fn shrink(scenario: &Scenario, claim: &'static str) -> Scenario {
    let mut best = scenario.clone();
    let mut size = best.steps.len().div_ceil(2).max(1);
    loop {
        let mut from = 0;
        let before = best.steps.len();
        while from < best.steps.len() {
            let mut fewer = best.steps.clone();
            fewer.drain(from..(from + size).min(best.steps.len()));
            let candidate = scenario.with(fewer);
            if breaks(&candidate, claim) {
                best = candidate;
            } else {
                from += size;
            }
        }
        if size == 1 && best.steps.len() == before {
            return best;
        }
        size = size.div_ceil(2).max(1);
    }
}

/// Whether a run breaks this claim; one that panics breaks every claim.
fn breaks(scenario: &Scenario, claim: &'static str) -> bool {
    match std::panic::catch_unwind(|| run(scenario).violation) {
        Ok(violation) => violation.is_some_and(|violation| violation.claim == claim),
        Err(_) => claim == crate::campaign::NO_PANIC,
    }
}
