//! Being interrupted: Ctrl-C or SIGTERM asks to end after what is in flight; a second one ends at once.
//!
//! A hangup (SIGHUP) is the same where a terminal went away. A service that has none takes it as
//! services do: it looks again. Where hangups are ignored (`nohup`), they stay so.

#![expect(clippy::disallowed_methods, reason = "listens for signals beside the work")]

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::failure::Failure;

/// Whether somebody wants this to end.
#[derive(Debug, Clone)]
pub(super) struct Interrupt {
    soon: CancellationToken,
    now: CancellationToken,
    again: Arc<Notify>,
}

/// What a hangup means to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hangup {
    /// To end after what is in flight.
    Ends,
    /// To look again at once.
    LooksAgain,
}

impl Interrupt {
    /// Begins to listen for signals.
    pub(super) fn listen(on_hangup: Hangup) -> Result<Self, Failure> {
        let fault = |error| Failure::error(format!("cannot listen for signals: {error}"));
        let mut interrupt = signal(SignalKind::interrupt()).map_err(fault)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(fault)?;
        let mut hangup =
            if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup()).map_err(fault)?) };
        let listener =
            Self { soon: CancellationToken::new(), now: CancellationToken::new(), again: Arc::default() };
        let Self { soon, now, again } = listener.clone();
        tokio::spawn(async move {
            for token in [soon, now] {
                loop {
                    let hung_up = async {
                        match &mut hangup {
                            Some(hangup) => hangup.recv().await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        _ = interrupt.recv() => break,
                        _ = terminate.recv() => break,
                        _ = hung_up => match on_hangup {
                            Hangup::Ends => break,
                            Hangup::LooksAgain => again.notify_one(),
                        },
                    }
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

    /// Waits until somebody wants this to look again at once.
    pub(super) async fn again(&self) {
        self.again.notified().await;
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

/// Whether whoever started this had hangups ignored, as `nohup` does.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
