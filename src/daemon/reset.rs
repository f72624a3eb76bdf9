//! Resetting this host: the last means of a node that must not hold what others take over.

use rustix::system::{RebootCommand, reboot};

/// How this host is reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reset {
    /// The kernel starts anew at once: nothing is ended in order, nothing is synced.
    Kernel,
    /// Not at all; the log says that it should have been. For where several hosts are one machine.
    #[default]
    Never,
}

impl Reset {
    /// Resets this host. Returns only where that is not to be done, or fails.
    pub(super) fn perform(self, because: &str) {
        match self {
            Self::Kernel => {
                tracing::error!(because, "THIS HOST IS RESET");
                if let Err(error) = reboot(RebootCommand::Restart) {
                    tracing::error!(%error, "the kernel does not reset this host");
                }
            }
            Self::Never => {
                tracing::error!(because, "this host should be reset, and is not, as it was told never to be");
            }
        }
    }
}
