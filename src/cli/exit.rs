//! Exit codes: what a script or pipeline can tell from the end of a command.

use std::process::ExitCode;

/// How a command ended. Numbers above 100 are those Pacemaker's tools use for the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Something else went wrong; the message says what.
    Error = 1,
    /// There are changes or drift. Only with `--detailed-exitcode`, and from `fmt --check`.
    Changes = 2,
    /// `status --check` could not find out; a code of the scale that monitoring systems use.
    CheckUnknown = 3,
    /// The command line cannot be understood.
    Usage = 64,
    /// The manifest has errors.
    ManifestInvalid = 65,
    /// The cluster cannot be reached.
    Unreachable = 69,
    /// Another process is at work on the same cluster state.
    Locked = 75,
    /// The saved plan no longer fits the cluster, or another desired state came in force than the one applied.
    Stale = 103,
    /// The cluster has no quorum.
    NoQuorum = 106,
    /// Refused as unsafe; the message says which `--allow` it needs.
    Unsafe = 107,
    /// A resource cannot be as it should be: no node can run it. From `plan` also when one failed for
    /// good or something will stay impossible, where `apply` ends with [`Exit::Error`].
    Unsatisfiable = 113,
    /// It took too long.
    Timeout = 124,
    /// Stopped by Ctrl-C.
    Interrupted = 130,
}

impl Exit {
    /// All codes, in rising order.
    pub const ALL: [Self; 14] = [
        Self::Done,
        Self::Error,
        Self::Changes,
        Self::CheckUnknown,
        Self::Usage,
        Self::ManifestInvalid,
        Self::Unreachable,
        Self::Locked,
        Self::Stale,
        Self::NoQuorum,
        Self::Unsafe,
        Self::Unsatisfiable,
        Self::Timeout,
        Self::Interrupted,
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What it means, for help and man page.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or nothing to do",
            Self::Error => "error",
            Self::Changes => "changes or drift (with --detailed-exitcode or --check)",
            Self::CheckUnknown => "unknown (status --check only: 0 ok, 1 warning, 2 critical, 3 unknown)",
            Self::Usage => "usage error",
            Self::ManifestInvalid => "manifest invalid",
            Self::Unreachable => "cluster unreachable",
            Self::Locked => "lock held by another process",
            Self::Stale => {
                "the saved plan is stale, or another desired state took the place of the one applied"
            }
            Self::NoQuorum => "no quorum",
            Self::Unsafe => "refused as unsafe; needs --allow",
            Self::Unsatisfiable => {
                "unsatisfiable: a resource has no node (plan also: one failed for good, or cannot be as it should)"
            }
            Self::Timeout => "timeout",
            Self::Interrupted => "interrupted",
        }
    }

    /// All codes with their meaning, one per line.
    pub fn table() -> String {
        Self::ALL.iter().map(|exit| format!("  {:>3}  {}\n", exit.code(), exit.meaning())).collect()
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
