//! What can be seen from outside: what agents did on which host, who had power, who could reach whom,
//! what was asked and answered. Checkers know nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use quorate::model::Role;

/// Something that was seen to happen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stamped {
    /// When, in milliseconds since 1970, by a clock that no host has.
    pub(crate) at: i64,
    pub(crate) seen: Seen,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    /// An agent began its work.
    Begun(Begun),
    /// An agent was seen to end; `report` is what it said, whether true or not.
    Ended { begun: Begun, report: Report },
    /// A recurring monitor says something else than before.
    Noticed { host: usize, resource: Arc<str>, report: Report },
    /// A resource is really active in this role; `None`: it is not active any more.
    Real { host: usize, resource: Arc<str>, role: Option<Role> },
    /// A service goes on under another name.
    Renamed { host: usize, from: Arc<str>, to: Arc<str> },
    /// A host lost its power, and with it all that it ran.
    PowerOff { host: usize },
    /// A host has power again.
    PowerOn { host: usize },
    /// Somebody looked, and says that a host has no power.
    Confirmed { host: usize },
    /// A daemon came up.
    DaemonUp { host: usize },
    /// A daemon ended or died.
    DaemonDown { host: usize },
    /// The membership layer of a host ended under its daemon.
    GroupLost { host: usize },
    /// A host or its daemon stands still.
    Stopped { host: usize },
    /// It goes on.
    Resumed { host: usize },
    /// The membership layer formed new rings, each with its quorum as every host is told of it.
    Rings { rings: Vec<Vec<usize>>, quorate: BTreeSet<usize> },
    /// Somebody asked for a desired state to be put in force, having read what is: where that came from.
    Proposed { id: u64, host: usize, origin: String, on: String },
    /// A proposal was answered.
    Answered { id: u64, is_accepted: bool },
    /// A node told its operators that this desired state was given up.
    Dropped { host: usize, origin: String },
    /// A node told its operators that this desired state is in force.
    InForce { host: usize, origin: String },
    /// Something told an untruth that nobody could see through.
    Lied { host: usize, resource: Option<Arc<str>> },
}

/// An action that was begun.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Begun {
    pub(crate) at: i64,
    pub(crate) host: usize,
    /// Its name in the field; `probe` for a monitor that runs once.
    pub(crate) task: String,
    pub(crate) resource: String,
    /// The host that is to be fenced.
    pub(crate) target: Option<usize>,
    /// Number of this run.
    pub(crate) run: u64,
    /// Whether instances may be active on several hosts.
    pub(crate) is_clone: bool,
}

/// What an agent said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    /// It ended with this exit code.
    Exit(u8),
    /// It took too long and was killed.
    Killed,
    /// Nobody was there to hear it.
    Unheard,
}

impl Report {
    /// Whether it said that all went well.
    pub(crate) const fn is_success(self) -> bool {
        matches!(self, Self::Exit(0))
    }
}
