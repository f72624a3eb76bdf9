//! Orphans: actions that a command which was killed left in flight. They are brought to an end, as
//! [`crate::host::orphan`] says, and what they may have changed is found out, before anything new is
//! decided.

use super::flight::Flight;
use super::store::Live;
use super::{Local, Session};
use crate::engine::converge::{self, Report};
use crate::engine::{EngineError, Event};
use crate::host::clock::now;
use crate::host::orphan::{self, Wait};
use crate::ledger::Performed;

impl Local {
    /// Brings to an end what an earlier command left in flight, and finds out what came of it.
    pub(super) async fn settle(
        &self,
        session: &mut Session,
        report: &mut Report<'_>,
    ) -> Result<(), EngineError> {
        let records = self.store.flights().all()?;
        for record in &records {
            self.outlast(record.flight(), report).await?;
        }
        for record in records {
            if record.flight().action().task.changes_service() {
                self.find_out(record.flight(), session, report).await?;
            }
            record.clear()?;
        }
        Ok(())
    }

    /// Waits until an agent has ended, and ends it when its time is over.
    async fn outlast(&self, flight: &Flight, report: &mut Report<'_>) -> Result<(), EngineError> {
        let Some(process) = flight.running().await else { return Ok(()) };
        let what = flight.describe(process);
        tracing::warn!(what, "an action of a command that was killed still runs");
        let still_runs = format!("{what}, begun by an earlier command, still runs");
        let patience = orphan::patience(&flight.action().task, flight.left());
        if !patience.is_zero() {
            report(Event::Waiting { length: None, because: still_runs.clone() });
        }
        match orphan::wait(process, patience, &self.stop).await {
            Wait::Ended => {}
            Wait::Over => orphan::end(process, self.runner.grace()).await,
            Wait::Stopped => return Err(EngineError::Locked(still_runs)),
        }
        Ok(())
    }

    /// Asks the agent what is so, and writes that down in place of what was known.
    async fn find_out(
        &self,
        flight: &Flight,
        session: &mut Session,
        report: &mut Report<'_>,
    ) -> Result<(), EngineError> {
        let Live { ledger, standing, .. } = &mut session.live;
        standing.monitors.retain(|monitor| monitor.operation.resource != flight.resource);
        let interrupted = flight.action();
        let (probe, result) =
            orphan::find_out(&self.runner, &interrupted, &flight.agent, &mut standing.memory).await;
        ledger.forget(&flight.resource, &flight.node);
        ledger.record(&Performed {
            action: &probe,
            agent: Some(&flight.agent),
            traits: &self.runner.traits(&flight.agent),
            result: &result,
            at: now().seconds(),
            start_failure_is_fatal: false,
        });
        self.store.keep(ledger, standing)?;
        report(converge::finished(&probe, &result));
        Ok(())
    }
}
