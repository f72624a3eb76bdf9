//! Recurring monitors: which there are, and when each is due.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::engine::recurring::Recurring;
use crate::executor::ActionResult;
use crate::host::clock::now;
use crate::host::monitor::{Answer, first_pause};
use crate::host::rounds::Rounds;
use crate::host::runner::Runner;
use crate::model::{Agent, Moment};
use crate::scheduler::Action;

/// A recurring monitor that goes on until it is cancelled or its resource stops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StandingMonitor {
    #[serde(flatten)]
    pub(super) operation: Recurring,
    pub(super) agent: Agent,
    /// When it runs next.
    due: Moment,
    /// What it answered last.
    last: Answer,
}

/// What monitors have answered last, for finding out later whether one has answered anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answers(BTreeMap<(Arc<str>, Duration), Answer>);

impl Answers {
    pub(super) fn of(monitors: &[StandingMonitor]) -> Self {
        let key =
            |monitor: &StandingMonitor| (Arc::clone(&monitor.operation.resource), monitor.operation.interval);
        Self(monitors.iter().map(|monitor| (key(monitor), monitor.last)).collect())
    }

    /// Whether a monitor that was there then has another answer now.
    pub(super) fn differ_from(&self, monitors: &[StandingMonitor]) -> bool {
        let now = Self::of(monitors);
        self.0.iter().any(|(key, then)| now.0.get(key).is_some_and(|now| now != then))
    }
}

/// One run of a recurring monitor. It is told by when it was due: once the monitor has another
/// due time, what an older run has to say is of the past.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Round {
    pub(super) resource: Arc<str>,
    pub(super) interval: Duration,
    pub(super) due: Moment,
}

/// Runs of monitors, as many at once as are due.
pub(super) fn rounds(runner: &Arc<Runner>) -> Rounds<Round> {
    Rounds::new(runner, Semaphore::MAX_PERMITS)
}

/// Begins a run of every monitor that is due and not running; when the next one will be due.
pub(super) fn begin_due(rounds: &mut Rounds<Round>, monitors: &[StandingMonitor]) -> Duration {
    let mut pause = Duration::MAX;
    for monitor in monitors {
        let (round, wait) = (monitor.round(), monitor.wait());
        if rounds.has(&round) {
            continue;
        }
        if wait.is_zero() {
            rounds.begin(round, monitor.operation.action(), monitor.agent.clone());
        } else {
            pause = pause.min(wait);
        }
    }
    pause
}

impl StandingMonitor {
    /// What goes on after the first answer of a recurring monitor; `None` for anything else.
    pub(super) fn after(action: &Action, agent: &Agent, result: &ActionResult) -> Option<Self> {
        let operation = Recurring::of(action)?;
        let due = now().after(first_pause(&operation.resource, operation.interval));
        Some(Self { operation, agent: agent.clone(), due, last: Answer::of(result) })
    }

    /// This run of it.
    pub(super) fn round(&self) -> Round {
        Round {
            resource: Arc::clone(&self.operation.resource),
            interval: self.operation.interval,
            due: self.due,
        }
    }

    /// Takes the answer of one of these, whose next run is one interval away; the action if the answer
    /// is a new one. The answer of a run that is not of now counts for nothing.
    pub(super) fn take_answer(monitors: &mut [Self], round: &Round, result: &ActionResult) -> Option<Action> {
        let monitor = monitors.iter_mut().find(|monitor| monitor.round() == *round)?;
        monitor.due = now().after(monitor.operation.interval);
        let answer = Answer::of(result);
        let before = std::mem::replace(&mut monitor.last, answer);
        (before != answer).then(|| monitor.operation.action())
    }

    /// How long until it should run. A clock that was set back does not silence it.
    pub(super) fn wait(&self) -> Duration {
        let left = u64::try_from(self.due.0.saturating_sub(now().0)).unwrap_or(0);
        Duration::from_millis(left).min(self.operation.interval)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_record_of_the_first_format_is_read() {
        let text = r#"{"resource":"A","interval":{"secs":10,"nanos":0},
            "agent":{"class":"Ocf","provider":"heartbeat","kind":"IPaddr2"},"due":1767225611000,
            "last":{"rc":0,"status":"Done"},"node":"n1","instance":"A","key":"A_monitor_10000",
            "timeout":{"secs":20,"nanos":0},"expected_rc":null,"params":{"ip":"10.0.0.1"},
            "meta":{"timeout":"20000"},"id":7}"#;
        let monitor: StandingMonitor = serde_json::from_str(text).unwrap();
        assert_eq!(monitor.due, Moment(1_767_225_611_000));
        let action = monitor.operation.action();
        assert_eq!((&*action.key, action.interval), ("A_monitor_10000", Duration::from_secs(10)));
        let again: StandingMonitor = serde_json::from_value(serde_json::to_value(&monitor).unwrap()).unwrap();
        assert_eq!(again, monitor);
    }
}
