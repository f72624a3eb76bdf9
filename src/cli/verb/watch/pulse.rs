//! The pulse of a cluster while it is watched: what goes on between two changes of the manifest.

#![expect(clippy::disallowed_methods, reason = "lets time pass")]

use std::time::{Duration, Instant};

use super::{Known, is_passing};
use crate::cli::engines::{self, Access, Opened};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::{EngineName, Options};
use crate::cli::progress::Progress;

/// How soon it is tried again when the cluster cannot be got at.
const RETRY: Duration = Duration::from_secs(5);

/// The engine of a watch. On this host it stays open from round to round, and so remembers what it has
/// seen of the monitors: what another command hears between two rounds does not escape it. A simulated
/// cluster is left after each round, as others could not get at it otherwise.
pub(super) struct Resident<'a> {
    options: &'a Options,
    opened: Option<Opened>,
}

impl<'a> Resident<'a> {
    /// No engine is open yet.
    pub(super) const fn new(options: &'a Options) -> Self {
        Self { options, opened: None }
    }

    /// The engine, opened when it is not.
    pub(super) fn open(&mut self) -> Result<&mut Opened, Failure> {
        let opened = match self.opened.take() {
            Some(opened) => opened,
            None => engines::open(self.options, Access::Write)?,
        };
        Ok(self.opened.insert(opened))
    }

    /// Lets others at the cluster after a round.
    pub(super) fn leave(&mut self) {
        match self.options.engine() {
            EngineName::Local | EngineName::Corosync => {}
            EngineName::Simulated => self.opened = None,
        }
    }

    /// Lets the cluster live for up to `length`, and shows what happens. On this host the recurring
    /// monitors run; in a simulated cluster time passes as it does outside.
    ///
    /// # Errors
    /// What trying again does not help against. All else is told, and some time passes.
    pub(super) async fn beat(
        &mut self,
        length: Duration,
        known: &mut Known,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        match self.live(length, progress).await {
            Err(failure) if is_passing(&failure) => {
                if failure.is_of_storage {
                    self.abandon();
                }
                known.tell_failure(failure, progress);
                tokio::time::sleep(length.min(RETRY)).await;
                Ok(())
            }
            done => done,
        }
    }

    /// Leaves an engine that could not keep what it knows: it is opened anew, and finds out what is.
    pub(super) fn abandon(&mut self) {
        self.opened = None;
    }

    async fn live(&mut self, length: Duration, progress: &mut Progress) -> Result<(), Failure> {
        let mut report = |event| progress.show(&event);
        match self.options.engine() {
            EngineName::Local | EngineName::Corosync => {
                Ok(self.open()?.engine.rest(length, &mut report).await?)
            }
            EngineName::Simulated => {
                let since = Instant::now();
                tokio::time::sleep(length).await;
                match engines::open_simulated(self.options) {
                    Ok(mut cluster) => {
                        cluster.advance(since.elapsed(), &mut report).await?;
                        Ok(())
                    }
                    // Another command is at work, and time waits for it.
                    Err(failure) if failure.exit == Exit::Locked => Ok(()),
                    Err(failure) => Err(failure),
                }
            }
        }
    }
}
