//! Being interrupted: Ctrl-C or SIGTERM asks to end after what is in flight; a second one ends at once.

#![expect(clippy::disallowed_methods, reason = "listens for signals beside the work")]

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::failure::Failure;

/// Whether somebody wants this to end.
#[derive(Debug, Clone)]
pub(super) struct Interrupt {
    soon: CancellationToken,
    now: CancellationToken,
}

impl Interrupt {
    /// Begins to listen for signals.
    pub(super) fn listen() -> Result<Self, Failure> {
        let fault = |error| Failure::error(format!("cannot listen for signals: {error}"));
        let mut interrupt = signal(SignalKind::interrupt()).map_err(fault)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(fault)?;
        let listener = Self { soon: CancellationToken::new(), now: CancellationToken::new() };
        let Self { soon, now } = listener.clone();
        tokio::spawn(async move {
            for token in [soon, now] {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                token.cancel();
            }
        });
        Ok(listener)
    }

    /// Waits until this should end after what is in flight.
    pub(super) async fn soon(&self) {
        self.soon.cancelled().await;
    }

    /// Whether this should end after what is in flight.
    pub(super) fn is_soon(&self) -> bool {
        self.soon.is_cancelled()
    }

    /// Waits until this should end at once.
    pub(super) async fn now(&self) {
        self.now.cancelled().await;
    }
}
