//! Orphans: actions that a command which was killed left in flight. They are brought to an end, and
//! what they may have changed is found out, before anything new is decided.
//!
//! A start or a stop that still runs is waited for, up to its deadline: half of either is worse than
//! all of it. Then, or at once where it changes nothing, its process group is ended. Nobody has seen
//! its answer, so that its result is unknown: what was known of its resource is forgotten, and a probe
//! finds out, with the parameters that the action had. What an agent started in a process group of its
//! own, as a daemon, is out of reach and let be: the probe sees whether it serves.

#![expect(clippy::disallowed_methods, reason = "waits for agents to end")]

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::flight::Flight;
use super::store::Live;
use super::{Local, Session, monitor};
use crate::engine::converge::{self, Report};
use crate::engine::{EngineError, Event};
use crate::host::process::Process;
use crate::ledger::Performed;
use crate::scheduler::{Action, Task};
use crate::status::ResultCode;

impl Local {
    const ORPHAN_POLL: Duration = Duration::from_millis(50);
    const SIGHTINGS: u32 = 10;

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
            if record.flight().may_change() {
                self.find_out(record.flight(), session, report).await?;
            }
            record.clear()?;
        }
        Ok(())
    }

    /// The agent of an action, if it still runs. One that is told by its environment is looked for a
    /// few times: while a program is being loaded the kernel has not set up its environment yet.
    async fn running(flight: &Flight) -> Option<Process> {
        for _ in 0..Self::SIGHTINGS {
            let running = flight.running();
            if running.is_some() || flight.is_process_known() {
                return running;
            }
            sleep(Self::ORPHAN_POLL).await;
        }
        None
    }

    /// Waits until an agent has ended, and ends it when its time is over.
    async fn outlast(&self, flight: &Flight, report: &mut Report<'_>) -> Result<(), EngineError> {
        let Some(process) = Self::running(flight).await else { return Ok(()) };
        let what = flight.describe(process);
        tracing::warn!(what, "an action of a command that was killed still runs");
        if !flight.is_monitor() {
            let because = format!("{what}, begun by an earlier command, still runs");
            report(Event::Waiting { length: None, because });
        }
        while !flight.is_monitor() && !flight.left().is_zero() {
            if self.stop.is_cancelled() {
                return Err(EngineError::Locked(format!("{what}, begun by an earlier command, still runs")));
            }
            sleep(Self::ORPHAN_POLL.min(flight.left())).await;
            if !process.is_alive() {
                return Ok(());
            }
        }
        process.signal_group(Signal::TERM);
        let patience = Instant::now() + self.runner.grace();
        while process.is_alive() && Instant::now() < patience {
            sleep(Self::ORPHAN_POLL).await;
        }
        process.signal_group(Signal::KILL);
        while process.is_alive() {
            sleep(Self::ORPHAN_POLL).await;
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
        let was_monitored =
            |monitor: &monitor::StandingMonitor| monitor.operation.resource == flight.resource;
        standing.monitors.retain(|monitor| !was_monitored(monitor));
        if flight.is_start() {
            standing.memory.assume(&flight.resource, &flight.params);
        }
        let params = standing.memory.params(&flight.resource).unwrap_or(&flight.params).clone();
        let mut probe = Action {
            instance: flight.instance.clone(),
            timeout: flight.timeout,
            expected_rc: Some(ResultCode::NOT_RUNNING.0),
            params,
            meta: flight.meta.clone(),
            ..Action::new(Task::Monitor, flight.resource.clone(), flight.node.clone())
        };
        probe.drop_start_delay();
        let result = self.runner.perform(&probe, Some(&flight.agent), None).await;
        standing.memory.learn(&probe, &result);
        ledger.forget(&flight.resource, &flight.node);
        ledger.record(&Performed {
            action: &probe,
            agent: Some(&flight.agent),
            traits: &self.runner.traits(&flight.agent),
            result: &result,
            at: monitor::now() / 1000,
            start_failure_is_fatal: false,
        });
        self.store.keep(ledger, standing)?;
        report(converge::finished(&probe, &result));
        Ok(())
    }
}
