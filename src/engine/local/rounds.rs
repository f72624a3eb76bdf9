//! Runs of recurring monitors, side by side.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};

use super::monitor::StandingMonitor;
use crate::executor::ActionResult;
use crate::host::runner::Runner;
use crate::model::Moment;

/// One run of a recurring monitor. It is told by when it was due: once the monitor has another
/// due time, what an older run has to say is of the past.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Round {
    pub(super) resource: Arc<str>,
    pub(super) interval: Duration,
    pub(super) due: Moment,
}

/// The runs in flight; killed when dropped.
pub(super) struct Rounds {
    runner: Arc<Runner>,
    tasks: JoinSet<(Round, ActionResult)>,
    running: BTreeMap<Round, AbortHandle>,
}

impl Rounds {
    pub(super) fn new(runner: &Arc<Runner>) -> Self {
        Self { runner: Arc::clone(runner), tasks: JoinSet::new(), running: BTreeMap::new() }
    }

    /// Begins a run of every monitor that is due and not running; when the next one will be due.
    pub(super) fn begin_due(&mut self, monitors: &[StandingMonitor]) -> Duration {
        let mut pause = Duration::MAX;
        for monitor in monitors {
            let round = monitor.round();
            if self.running.contains_key(&round) {
                continue;
            }
            let wait = monitor.wait();
            if wait.is_zero() {
                self.begin(round, monitor);
            } else {
                pause = pause.min(wait);
            }
        }
        pause
    }

    fn begin(&mut self, round: Round, monitor: &StandingMonitor) {
        let (runner, action, agent) =
            (Arc::clone(&self.runner), monitor.operation.action(), monitor.agent.clone());
        let told = round.clone();
        let run = self.tasks.spawn(async move { (told, runner.run(&action, &agent, None).await) });
        self.running.insert(round, run);
    }

    /// Kills the runs that are over.
    pub(super) fn end(&mut self, is_over: impl Fn(&Round) -> bool) {
        for (_, run) in self.running.extract_if(.., |round, _| is_over(round)) {
            run.abort();
        }
    }

    /// The next answer; never comes while nothing is running.
    pub(super) async fn next(&mut self) -> (Round, ActionResult) {
        loop {
            match self.tasks.join_next().await {
                Some(Ok((round, result))) if self.running.remove(&round).is_some() => return (round, result),
                // A run that was killed.
                Some(_) => {}
                None => pending().await,
            }
        }
    }

    /// Whether nothing is running.
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }
}
