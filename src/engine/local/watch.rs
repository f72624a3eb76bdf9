//! Keeping this host as it should be: monitors at their intervals, and convergence when something
//! happened. The lock is held only to write down and to converge, so that other commands get in.

#![expect(clippy::disallowed_methods, reason = "waits between the runs of monitors")]

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::rounds::{Round, Rounds};
use super::{Local, Session, monitor};
use crate::engine::converge::Report;
use crate::engine::{EngineError, Generation};
use crate::executor::ActionResult;
use crate::scheduler;

/// What a watch remembers from one moment to the next.
struct Watch {
    rounds: Rounds,
    /// What it has brought about last.
    seen: Option<Generation>,
    /// When a decision may differ by itself, seconds since 1970.
    recheck_at: i64,
}

impl Local {
    /// How often a watch looks whether another command changed something.
    const GLANCE: Duration = Duration::from_secs(2);
    /// How often a watch decides anew though nothing happened.
    const RECHECK: Duration = Duration::from_secs(15 * 60);

    /// Cancel this to end [`Local::watch`], and a converging after the transition it is at.
    pub fn stopper(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Keeps this host as it should be until [`Local::stopper`] is cancelled: runs the recurring
    /// monitors when they are due, and converges when one answers anew, when another command changed
    /// what should be, and when time alone may change a decision.
    ///
    /// # Errors
    /// As for [`super::Engine::converge`]; that another command is at work is waited out.
    pub async fn watch(&mut self, report: &mut Report<'_>) -> Result<(), EngineError> {
        let mut watch = Watch { rounds: Rounds::new(&self.runner), seen: None, recheck_at: 0 };
        while !self.stop.is_cancelled() {
            let session = self.read(None)?;
            if watch.seen != Some(session.in_force.generation) || monitor::now() / 1000 >= watch.recheck_at {
                self.attend(&mut watch, None, report).await?;
                continue;
            }
            let pause = watch.rounds.begin_due(&session.live.monitors).min(Self::GLANCE);
            tokio::select! {
                () = self.stop.cancelled() => {}
                answer = watch.rounds.next() => self.attend(&mut watch, Some(answer), report).await?,
                () = tokio::time::sleep(pause) => {}
            }
        }
        Ok(())
    }

    /// Takes the answer of a monitor, and converges when it is a new one or when it is time to.
    async fn attend(
        &self,
        watch: &mut Watch,
        answer: Option<(Round, ActionResult)>,
        report: &mut Report<'_>,
    ) -> Result<(), EngineError> {
        let mut session = match self.begin().await {
            Ok(session) => session,
            // Whatever was due is still due when the other command is done.
            Err(EngineError::Locked(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        if let Some((round, result)) = answer {
            let has_news = self.take_answer(&mut session, &round, &result, report)?;
            if !has_news {
                return Ok(());
            }
        }
        self.bring_about(&mut session, report).await?;
        watch.seen = Some(session.in_force.generation);
        watch.recheck_at = Self::recheck_at(&session);
        Ok(())
    }

    /// When a decision may differ by itself, seconds since 1970.
    fn recheck_at(session: &Session) -> i64 {
        let now = monitor::now() / 1000;
        let latest = now.saturating_add(i64::try_from(Self::RECHECK.as_secs()).unwrap_or(i64::MAX));
        if session.in_force.generation == Generation::default() {
            return latest;
        }
        let schedule = scheduler::schedule(&session.in_force.cluster, &session.live.ledger.status, now);
        schedule.recheck_by.map_or(latest, |by| by.clamp(now + 1, latest))
    }
}
