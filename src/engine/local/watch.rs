//! Keeping this host as it should be: monitors at their intervals, and convergence when something
//! happened. The lock is held only to write down and to converge, so that other commands get in.

#![expect(clippy::disallowed_methods, reason = "waits between the runs of monitors")]

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::monitor::{Answers, Round, begin_due, rounds};
use super::{Local, Session};
use crate::agent::Leash;
use crate::engine::EngineError;
use crate::engine::converge::Report;
use crate::executor::ActionResult;
use crate::host::clock::now;
use crate::model::{Generation, Moment};
use crate::scheduler;

impl Local {
    /// How often it is looked whether another command changed something.
    const GLANCE: Duration = Duration::from_secs(2);
    /// How often a watch decides anew though nothing happened.
    const RECHECK: Duration = Duration::from_secs(15 * 60);

    /// Cancel this to end [`Local::watch`], and a converging after the transition it is at.
    pub fn stopper(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// What holds the agents that this engine runs.
    pub fn leash(&self) -> Leash {
        self.site.leash.clone()
    }

    /// Keeps this host as it should be until [`Local::stopper`] is cancelled: runs the recurring
    /// monitors when they are due, and converges when one answers anew, when another command changed
    /// what should be, and when time alone may change a decision.
    ///
    /// # Errors
    /// As for [`super::Engine::converge`]; that another command is at work is waited out.
    pub async fn watch(&mut self, report: &mut Report<'_>) -> Result<(), EngineError> {
        while !self.stop.is_cancelled() {
            let pause = match self.begin(Self::PATIENCE, report).await {
                Ok(mut session) => {
                    self.bring_about(&mut session, report).await?;
                    Self::until_recheck(&session)
                }
                Err(EngineError::Locked(_)) => Self::GLANCE,
                Err(error) => return Err(error),
            };
            self.rest_for(pause, report).await?;
        }
        Ok(())
    }

    /// Runs the recurring monitors that fall due within a time; is done early when one answers anew
    /// (to this or to another command), when another command changed what should be, and when a watch
    /// should end.
    pub(super) async fn rest_for(
        &mut self,
        length: Duration,
        report: &mut Report<'_>,
    ) -> Result<(), EngineError> {
        let end = Instant::now() + length.min(Self::RECHECK);
        let mut rounds = rounds(&self.runner);
        let begun = self.read(None)?;
        let generation = begun.in_force.generation;
        let heard = self.heard.take().unwrap_or_else(|| Answers::of(&begun.live.standing.monitors));
        while !self.stop.is_cancelled() {
            let session = self.read(None)?;
            if session.in_force.generation != generation || heard.differ_from(&session.live.standing.monitors)
            {
                return Ok(());
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() && rounds.is_empty() {
                return Ok(());
            }
            // What runs when the time is over may end: it would never, if it took longer than that.
            let pause = if left.is_zero() {
                Self::GLANCE
            } else {
                begin_due(&mut rounds, &session.live.standing.monitors).min(left)
            };
            drop(session);
            tokio::select! {
                () = self.stop.cancelled() => {}
                (round, result) = rounds.next() => {
                    if self.hear(&round, &result, report).await? {
                        return Ok(());
                    }
                }
                () = sleep(pause.min(Self::GLANCE)) => {}
            }
        }
        Ok(())
    }

    /// Takes the answer of a monitor; whether it is a new one. While another command is at work it is
    /// lost: the monitor is still due afterwards.
    async fn hear(
        &self,
        round: &Round,
        result: &ActionResult,
        report: &mut Report<'_>,
    ) -> Result<bool, EngineError> {
        match self.begin(Self::PATIENCE, report).await {
            Ok(mut session) => self.take_answer(&mut session, round, result, report),
            Err(EngineError::Locked(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// How long until a decision may differ by itself.
    fn until_recheck(session: &Session) -> Duration {
        if session.in_force.generation == Generation::default() {
            return Self::RECHECK;
        }
        let now = now().seconds();
        let overlay = &session.in_force.overlay;
        let wanted = overlay.over(&session.in_force.cluster, Moment::at(now));
        let schedule = scheduler::schedule(&wanted, &session.live.ledger.status, now);
        let by_overlay = overlay.lapses_at(Moment::at(now)).map(Moment::seconds);
        let left = [schedule.recheck_by, by_overlay]
            .into_iter()
            .flatten()
            .min()
            .map(|by| u64::try_from(by.saturating_sub(now)).unwrap_or(0).max(1));
        left.map_or(Self::RECHECK, |left| Duration::from_secs(left).min(Self::RECHECK))
    }
}
