//! What is so of every recurring monitor: what counts as the same answer, and that monitors which
//! began together do not stay together.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::executor::ActionResult;
use crate::status::{ResultCode, ResultStatus};

/// What counts as the same answer. Degraded is another one than healthy: people want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    rc: ResultCode,
    status: ResultStatus,
}

impl Answer {
    pub(crate) fn of(result: &ActionResult) -> Self {
        Self { rc: result.rc, status: result.status }
    }
}

/// A part of a time, the same for the same resource and spread evenly over all.
pub(crate) fn share(resource: &str, length: Duration) -> Duration {
    let spread = resource
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    length * (spread >> 16) / 0x1_0000
}

/// How long after its first answer a monitor runs again: up to a tenth of its interval early, and never
/// late.
pub(crate) fn first_pause(resource: &str, interval: Duration) -> Duration {
    interval.saturating_sub(share(resource, interval / 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_run_is_up_to_a_tenth_early_and_never_late() {
        let interval = Duration::from_secs(10);
        let pauses: Vec<Duration> =
            (0..100).map(|number| first_pause(&format!("r{number}"), interval)).collect();
        assert!(pauses.iter().all(|pause| *pause <= interval && *pause >= interval * 9 / 10));
        assert!(pauses.iter().collect::<std::collections::BTreeSet<_>>().len() > 90, "they are spread");
        assert_eq!(first_pause("A", interval), first_pause("A", interval));
    }
}
