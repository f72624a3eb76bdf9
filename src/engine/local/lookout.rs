//! Recurring monitors that are due when a command looks or begins, and what becomes of their answers.

use super::monitor::{Round, StandingMonitor, begin_due, rounds};
use super::store::Live;
use super::{Local, Session};
use crate::diagnostic::with_causes;
use crate::engine::EngineError;
use crate::engine::converge::{self, Report};
use crate::engine::file::Glance;
use crate::executor::ActionResult;
use crate::host::clock::now;
use crate::ledger::Performed;
use crate::ledger::roster::Roster;
use crate::scheduler::Action;

impl Local {
    /// Sees to the monitors that are due where nobody else does: without a daemon, looking is what
    /// finds a failure. They run without the lock, which is only held to write down what they answered;
    /// where nothing can be written, what they answered is seen and not kept. While another command is
    /// at work, it sees to them.
    pub(super) async fn look_after(&self, session: Session) -> Result<Session, EngineError> {
        let mut rounds = rounds(&self.runner);
        let has_due = session.live.standing.monitors.iter().any(|monitor| monitor.wait().is_zero());
        if has_due && !matches!(self.store.glance(), Glance::Held) {
            self.answer_agents().await;
            begin_due(&mut rounds, &session.live.standing.monitors);
        }
        if rounds.is_empty() {
            return Ok(session);
        }
        let mut answers = Vec::new();
        while !rounds.is_empty() {
            answers.push(rounds.next().await);
        }
        let (lock, is_ours) = match self.store.glance() {
            Glance::Free(lock) => (Some(lock), true),
            Glance::Unwritable => (None, false),
            Glance::Held => return self.read(None),
        };
        let mut session = self.read(lock)?;
        for (round, result) in &answers {
            self.note_answer(&mut session, round, result);
        }
        if is_ours && let Err(error) = self.store.keep(&session.live.ledger, &session.live.standing) {
            let error = with_causes(&error);
            tracing::warn!(error, "what monitors answered is seen, and not kept");
        }
        Ok(session)
    }

    /// Runs the recurring monitors that are due, and writes down what they answer.
    pub(super) async fn run_due(
        &self,
        session: &mut Session,
        report: &mut Report<'_>,
    ) -> Result<(), EngineError> {
        let mut rounds = rounds(&self.runner);
        begin_due(&mut rounds, &session.live.standing.monitors);
        while !rounds.is_empty() {
            let (round, result) = rounds.next().await;
            self.take_answer(session, &round, &result, report)?;
        }
        Ok(())
    }

    /// Takes the answer of a recurring monitor and writes it down; whether it is a new one, or the agent
    /// told something else.
    pub(super) fn take_answer(
        &self,
        session: &mut Session,
        round: &Round,
        result: &ActionResult,
        report: &mut Report<'_>,
    ) -> Result<bool, EngineError> {
        let (news, has_told) = self.note_answer(session, round, result);
        self.store.keep(&session.live.ledger, &session.live.standing)?;
        if let Some(action) = &news {
            report(converge::finished(action, result));
        }
        Ok(news.is_some() || has_told)
    }

    /// Takes the answer of a recurring monitor into what is known; the monitor, if the answer is a new
    /// one, and whether the agent told something else.
    fn note_answer(
        &self,
        session: &mut Session,
        round: &Round,
        result: &ActionResult,
    ) -> (Option<Action>, bool) {
        let Live { ledger, standing, .. } = &mut session.live;
        let has_told = self.attributes.gather(ledger);
        let news = StandingMonitor::take_answer(&mut standing.monitors, round, result);
        if let Some(action) = &news {
            tracing::info!(resource = action.resource.as_deref(), rc = result.rc.0, "a monitor answers anew");
            let roster = Roster::of(&session.in_force.cluster, &ledger.status);
            let agent = action.resource.as_deref().and_then(|resource| roster.agent(resource));
            let traits = agent.as_ref().map(|agent| self.runner.traits(agent)).unwrap_or_default();
            let done = Performed {
                action,
                agent: agent.as_ref(),
                traits: &traits,
                result,
                at: now().seconds(),
                start_failure_is_fatal: false,
            };
            ledger.record_with_guests(&done, &roster);
        }
        (news, has_told)
    }
}
