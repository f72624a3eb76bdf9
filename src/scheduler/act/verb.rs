//! Verbs: what actions do, and the keys that tell a resource's actions apart.

use std::sync::Arc;

use crate::scheduler::task::Task;

/// Number of an operation name that has no verb of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameIx(pub(crate) u16);

/// What an action does. Collectives have a completion to each of their four steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Start.
    Start,
    /// A collective has started.
    Running,
    /// Stop.
    Stop,
    /// A collective has stopped.
    Stopped,
    /// Promote.
    Promote,
    /// A collective has been promoted.
    Promoted,
    /// Demote.
    Demote,
    /// A collective has been demoted.
    Demoted,
    /// Monitor; a probe when its interval is zero.
    Monitor,
    /// Send a live migration.
    MigrateTo,
    /// Receive a live migration.
    MigrateFrom,
    /// Take up parameters in place.
    Reload,
    /// Stop a recurring action.
    Cancel,
    /// Forget history on a node.
    Delete,
    /// Forget failures on a node.
    ClearFailCount,
    /// Forget history without asking the node.
    ClearHistory,
    /// Tell instances what happens to their siblings.
    Notify,
    /// Instances have been told.
    Notified,
    /// Fence: reboot.
    FenceReboot,
    /// Fence: off.
    FenceOff,
    /// Unfence.
    FenceOn,
    /// Let a node shut down.
    Shutdown,
    /// A node has shed the load that must go first.
    LoadStopped,
    /// All members of a large set have acted.
    AllOfSet,
    /// Enough members of a set have acted.
    EnoughOfSet,
    /// Enough instances of a clone have acted.
    EnoughOfClone,
    /// Another operation that the agent knows.
    Other(NameIx),
}

/// The steps of a collective with their completions.
const STEPS: [(Verb, Verb); 4] = [
    (Verb::Start, Verb::Running),
    (Verb::Stop, Verb::Stopped),
    (Verb::Promote, Verb::Promoted),
    (Verb::Demote, Verb::Demoted),
];

impl Verb {
    /// The verb of an operation name, if it has one.
    pub fn of_operation(name: &str) -> Option<Self> {
        Some(match name {
            "start" => Self::Start,
            "stop" => Self::Stop,
            "promote" => Self::Promote,
            "demote" => Self::Demote,
            "monitor" => Self::Monitor,
            "migrate_to" => Self::MigrateTo,
            "migrate_from" => Self::MigrateFrom,
            "reload-agent" => Self::Reload,
            "notify" => Self::Notify,
            "delete" => Self::Delete,
            _ => return None,
        })
    }

    /// The step's completion on a collective.
    pub fn completion(self) -> Option<Self> {
        STEPS.iter().find(|(step, _)| *step == self).map(|(_, completion)| *completion)
    }

    /// The step a completion completes, else the verb itself.
    #[must_use]
    pub fn step(self) -> Self {
        STEPS.iter().find(|(_, completion)| *completion == self).map_or(self, |(step, _)| *step)
    }

    /// Whether this is the completion of a step.
    pub fn is_completion(self) -> bool {
        self.step() != self
    }

    /// Whether this leads down: stop, demote and their completions.
    pub fn is_downward(self) -> bool {
        matches!(self.step(), Self::Stop | Self::Demote)
    }

    /// Whether this fences (not: unfences) a node.
    pub const fn is_fencing(self) -> bool {
        matches!(self, Self::FenceReboot | Self::FenceOff)
    }

    /// The task that the transition names; `other` names those without a verb.
    pub fn task(self, other: &[Arc<str>]) -> Task {
        let pseudo = |name: &str| Task::Pseudo(name.into());
        match self {
            Self::Start => Task::Start,
            Self::Running => pseudo("running"),
            Self::Stop => Task::Stop,
            Self::Stopped => pseudo("stopped"),
            Self::Promote => Task::Promote,
            Self::Promoted => pseudo("promoted"),
            Self::Demote => Task::Demote,
            Self::Demoted => pseudo("demoted"),
            Self::Monitor => Task::Monitor,
            Self::MigrateTo => Task::MigrateTo,
            Self::MigrateFrom => Task::MigrateFrom,
            Self::Reload => Task::Reload,
            Self::Cancel => Task::Cancel,
            Self::Delete => Task::Delete,
            Self::ClearFailCount => Task::ClearFailCount,
            Self::ClearHistory => Task::ClearHistory,
            Self::Notify => Task::Notify,
            Self::Notified => pseudo("notified"),
            Self::FenceReboot => Task::FenceReboot,
            Self::FenceOff => Task::FenceOff,
            Self::FenceOn => Task::FenceOn,
            Self::Shutdown => Task::Shutdown,
            Self::LoadStopped => pseudo("load_stopped"),
            Self::AllOfSet => pseudo("all-of-set"),
            Self::EnoughOfSet => pseudo("one-or-more"),
            Self::EnoughOfClone => pseudo("clone-one-or-more"),
            Self::Other(name) => {
                Task::Pseudo(other.get(usize::from(name.0)).cloned().unwrap_or_else(|| Arc::from("")))
            }
        }
    }
}

/// What tells a resource's actions apart, the node aside. A recurring action keeps its key when
/// it is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What it was created to do.
    pub verb: Verb,
    /// Milliseconds; zero for what runs once.
    pub interval: u32,
    /// Which notification, where it is one.
    pub notice: Option<Notice>,
}

/// A notification: when, and about what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Notice {
    /// Before or after.
    pub moment: Moment,
    /// The step or completion it is about; `None` for fencing.
    pub about: Option<Verb>,
}

/// When instances are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// Before the step.
    Pre,
    /// All have been told before the step.
    ConfirmedPre,
    /// After the step.
    Post,
    /// All have been told after the step.
    ConfirmedPost,
}

impl Key {
    /// The key of what runs once.
    pub const fn once(verb: Verb) -> Self {
        Self { verb, interval: 0, notice: None }
    }

    /// The key of what is repeated every `interval` milliseconds.
    pub const fn every(verb: Verb, interval: u32) -> Self {
        Self { verb, interval, notice: None }
    }

    /// Whether this is a recurring action's.
    pub const fn is_recurring(self) -> bool {
        self.interval > 0
    }
}
