//! The pulse of a cluster while it is watched: what goes on between two changes of the manifest.
//!
//! On this host the recurring monitors run, and what they find is put right. In a simulated
//! cluster time passes as it does outside.

#![expect(clippy::disallowed_methods, reason = "keeps a cluster alive")]

use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::super::engines;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::options::{EngineName, Options};
use super::super::progress::Progress;
use crate::engine::{EngineError, Event};

/// What goes on between two changes of the manifest.
pub(super) enum Pulse {
    /// The monitors of this host, in a task of their own.
    Local {
        /// What they tell.
        events: UnboundedReceiver<Event>,
        /// Ends them.
        stopper: CancellationToken,
        /// Ends when they are ended, or cannot go on.
        task: JoinHandle<Result<(), EngineError>>,
    },
    /// Time in a simulated cluster.
    Simulated {
        /// Up to when it has passed.
        until: Instant,
    },
}

impl Pulse {
    /// Begins.
    pub(super) fn begin(options: &Options) -> Result<Self, Failure> {
        match options.engine {
            EngineName::Simulated => Ok(Self::Simulated { until: Instant::now() }),
            EngineName::Local => {
                let mut host = engines::open_local(options)?;
                let stopper = host.stopper();
                let (sender, events) = unbounded_channel();
                let task = tokio::spawn(async move {
                    let mut report = |event| {
                        // Nobody listens any more when the watch ends.
                        let _ = sender.send(event);
                    };
                    host.watch(&mut report).await
                });
                Ok(Self::Local { events, stopper, task })
            }
        }
    }

    /// Lets the cluster live for up to `length`, and shows what happens.
    pub(super) async fn beat(
        &mut self,
        length: Duration,
        options: &Options,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        match self {
            Self::Local { events, task, .. } => {
                let end = tokio::time::sleep(length);
                tokio::pin!(end);
                loop {
                    tokio::select! {
                        () = &mut end => return Ok(()),
                        Some(event) = events.recv() => progress.show(&event),
                        ended = &mut *task => return Err(reason(ended)),
                    }
                }
            }
            Self::Simulated { until } => {
                tokio::time::sleep(length).await;
                let passed = until.elapsed();
                *until = Instant::now();
                let mut report = |event| progress.show(&event);
                match engines::open_simulated(options) {
                    Ok(mut cluster) => {
                        cluster.advance(passed, &mut report).await?;
                    }
                    // Another command is at work, and time waits for it.
                    Err(failure) if failure.exit == Exit::Locked => {}
                    Err(failure) => return Err(failure),
                }
                Ok(())
            }
        }
    }

    /// Ends, after what is in flight.
    pub(super) async fn end(self) {
        if let Self::Local { stopper, task, .. } = self {
            stopper.cancel();
            // What it failed of is of no use any more.
            let _ = task.await;
        }
    }
}

fn reason(ended: Result<Result<(), EngineError>, tokio::task::JoinError>) -> Failure {
    match ended {
        Ok(Ok(())) => Failure::error("the monitors of this host have ended"),
        Ok(Err(error)) => error.into(),
        Err(error) => Failure::error(format!("the monitors of this host have ended: {error}")),
    }
}
