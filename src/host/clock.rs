//! The clock of this host, and which of its boots this is.

#![expect(clippy::disallowed_methods, reason = "this is the clock")]

use std::fs;
use std::future::pending;
use std::io;

use tokio::time::{Instant, sleep_until};

use crate::model::Moment;

/// Now.
pub(crate) fn now() -> Moment {
    Moment(jiff::Timestamp::now().as_millisecond())
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
