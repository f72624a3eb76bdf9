//! Recurring monitors that run in the simulated world.

use serde::{Deserialize, Serialize};

use crate::engine::recurring::Recurring;
use crate::scheduler::Action;
use crate::status::ResultCode;

/// A recurring monitor that runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StandingMonitor {
    #[serde(flatten)]
    pub(super) operation: Recurring,
    /// When it runs next, in the world's milliseconds.
    pub(super) due: u64,
    /// What it answered last.
    pub(super) last: ResultCode,
}

impl StandingMonitor {
    /// What goes on after the first answer of a recurring monitor; `None` for anything else.
    pub(super) fn after(action: &Action, rc: ResultCode, clock: u64) -> Option<Self> {
        let mut monitor = Self { operation: Recurring::of(action)?, due: clock, last: rc };
        monitor.postpone(clock);
        Some(monitor)
    }

    /// Puts the next run one interval after `clock`.
    pub(super) fn postpone(&mut self, clock: u64) {
        let interval = u64::try_from(self.operation.interval.as_millis()).unwrap_or(u64::MAX).max(1);
        self.due = clock.saturating_add(interval);
    }

    /// Leaves out the runs before `moment`.
    pub(super) fn skip_to(&mut self, moment: u64) {
        let interval = u64::try_from(self.operation.interval.as_millis()).unwrap_or(u64::MAX).max(1);
        let runs = moment.saturating_sub(self.due).div_ceil(interval);
        self.due = self.due.saturating_add(runs.saturating_mul(interval));
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_record_of_the_first_format_is_read() {
        let text = r#"{"node":"n1","resource":"A","interval":{"secs":10,"nanos":0},"due":1767225611000,
            "last":0,"instance":"A","router":null,"key":"A_monitor_10000",
            "timeout":{"secs":20,"nanos":0},"expected_rc":null,"params":{"ip":"10.0.0.1"},
            "meta":{"timeout":"20000"},"id":7}"#;
        let monitor: StandingMonitor = serde_json::from_str(text).unwrap();
        assert_eq!((monitor.due, monitor.last), (1_767_225_611_000, ResultCode::OK));
        let action = monitor.operation.action();
        assert_eq!(
            (&*action.key, action.params.get("ip").map(|ip| &**ip)),
            ("A_monitor_10000", Some("10.0.0.1"))
        );
        let again: serde_json::Value = serde_json::to_value(&monitor).unwrap();
        assert_eq!(again, serde_json::from_str::<serde_json::Value>(text).unwrap());
    }
}
