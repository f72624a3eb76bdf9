//! The clock of this host, and which of its boots this is.

#![expect(clippy::disallowed_methods, reason = "this is the clock")]

use std::fs;
use std::future::pending;
use std::io;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Instant, sleep_until};

use crate::model::Moment;

/// Now.
pub(crate) fn now() -> Moment {
    Moment(jiff::Timestamp::now().as_millisecond())
}

/// Time since the host was booted, in which no step of the clock is seen.
pub(crate) fn uptime() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    let (seconds, nanos) =
        (u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0));
    Duration::new(seconds, nanos)
}

/// Waits until a moment; for ever, where there is none.
pub(crate) async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}

/// What tells one boot of this host from another.
///
/// # Errors
/// When the kernel does not tell.
pub fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}
