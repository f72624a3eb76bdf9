//! The pulse of a cluster while it is watched: what goes on between two changes of the manifest.

#![expect(clippy::disallowed_methods, reason = "lets time pass")]

use std::time::{Duration, Instant};

use super::super::engines;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::options::{EngineName, Options};
use super::super::progress::Progress;

/// Lets the cluster live for up to `length`, and shows what happens. On this host the recurring
/// monitors run; in a simulated cluster time passes as it does outside.
pub(super) async fn beat(
    length: Duration,
    options: &Options,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let mut report = |event| progress.show(&event);
    match options.engine {
        EngineName::Local => Ok(engines::open(options)?.engine.rest(length, &mut report).await?),
        EngineName::Simulated => {
            let since = Instant::now();
            tokio::time::sleep(length).await;
            match engines::open_simulated(options) {
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
