//! Drafts: actions while their relations are being settled.

use std::sync::Arc;

use crate::model::Role;
use crate::scheduler::facts::{NodeIx, Requires, ResourceIx};
use crate::scheduler::reason::Reason;
use crate::scheduler::transition::Task;

/// Number of a draft, in order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DraftIx(u32);

impl DraftIx {
    /// The number `index`.
    pub fn at(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The position in the list of drafts.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

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
    /// Enough members of a set have acted.
    EnoughOfSet,
    /// Enough instances of a clone have acted.
    EnoughOfClone,
    /// Tell remote nodes whether they are in maintenance.
    Maintenance,
    /// Another operation that the agent knows.
    Other(NameIx),
}

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
    pub const fn completion(self) -> Option<Self> {
        match self {
            Self::Start => Some(Self::Running),
            Self::Stop => Some(Self::Stopped),
            Self::Promote => Some(Self::Promoted),
            Self::Demote => Some(Self::Demoted),
            Self::Running
            | Self::Stopped
            | Self::Promoted
            | Self::Demoted
            | Self::Monitor
            | Self::MigrateTo
            | Self::MigrateFrom
            | Self::Reload
            | Self::Cancel
            | Self::Delete
            | Self::ClearFailCount
            | Self::ClearHistory
            | Self::Notify
            | Self::Notified
            | Self::FenceReboot
            | Self::FenceOff
            | Self::FenceOn
            | Self::Shutdown
            | Self::LoadStopped
            | Self::EnoughOfSet
            | Self::EnoughOfClone
            | Self::Maintenance
            | Self::Other(_) => None,
        }
    }

    /// The step a completion completes, else the verb itself.
    #[must_use]
    pub const fn step(self) -> Self {
        match self {
            Self::Running => Self::Start,
            Self::Stopped => Self::Stop,
            Self::Promoted => Self::Promote,
            Self::Demoted => Self::Demote,
            other => other,
        }
    }

    /// Whether this is the completion of a step.
    pub fn is_completion(self) -> bool {
        self.step() != self
    }

    /// Whether this leads down: stop, demote and their completions.
    pub const fn is_downward(self) -> bool {
        matches!(self.step(), Self::Stop | Self::Demote)
    }

    /// Whether this is one of the steps that orders can name, and what undoes it. Completions too.
    pub const fn inverse(self) -> Option<Self> {
        match self {
            Self::Start => Some(Self::Stop),
            Self::Stop => Some(Self::Start),
            Self::Promote => Some(Self::Demote),
            Self::Demote => Some(Self::Promote),
            Self::Running => Some(Self::Stopped),
            Self::Stopped => Some(Self::Running),
            Self::Promoted => Some(Self::Demoted),
            Self::Demoted => Some(Self::Promoted),
            Self::Monitor
            | Self::MigrateTo
            | Self::MigrateFrom
            | Self::Reload
            | Self::Cancel
            | Self::Delete
            | Self::ClearFailCount
            | Self::ClearHistory
            | Self::Notify
            | Self::Notified
            | Self::FenceReboot
            | Self::FenceOff
            | Self::FenceOn
            | Self::Shutdown
            | Self::LoadStopped
            | Self::EnoughOfSet
            | Self::EnoughOfClone
            | Self::Maintenance
            | Self::Other(_) => None,
        }
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
            Self::EnoughOfSet => pseudo("one-or-more"),
            Self::EnoughOfClone => pseudo("clone-one-or-more"),
            Self::Maintenance => pseudo("maintenance_nodes"),
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

/// Whether an action has to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Only if something else asks for it.
    Optional,
    /// It must.
    Required,
}

impl Need {
    /// Required exactly if `required`.
    pub const fn when(required: bool) -> Self {
        if required { Self::Required } else { Self::Optional }
    }
}

/// Whether an action can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ability {
    /// Not now.
    Blocked,
    /// It can.
    Runnable,
}

impl Ability {
    /// Runnable exactly if `runnable`.
    pub const fn when(runnable: bool) -> Self {
        if runnable { Self::Runnable } else { Self::Blocked }
    }
}

/// An action that may or may not become part of the transition.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Whose; `None` for what the cluster itself does.
    pub resource: Option<ResourceIx>,
    /// Where; the target for fencing.
    pub node: Option<NodeIx>,
    /// What it was created as.
    pub key: Key,
    /// What it does now.
    pub verb: Verb,
    /// Whether it has to happen.
    pub need: Need,
    /// Whether it can happen.
    pub ability: Ability,
    /// Why it is required or blocked.
    pub reason: Option<Reason>,
    /// Nobody runs it: a point in time.
    pub is_pseudo: bool,
    /// Part of a live migration.
    pub is_migratable: bool,
    /// Part of the transition even if optional.
    pub is_shown: bool,
    /// A stop that only ends a dangling migration.
    pub ends_migration: bool,
    /// A recurring action that must be set up anew.
    pub is_rescheduled: bool,
    /// What must be settled in the cluster before it can run.
    pub waits_for: Requires,
    /// Higher first when not all can run at once.
    pub priority: i64,
    /// How many runnable inputs it takes, where that matters.
    pub minimum: Option<Minimum>,
    /// Name of the constraint or set that a pseudo-action stands for.
    pub name: Option<Arc<str>>,
    /// The result that means success, where it is not the operation's usual one.
    pub expected_rc: Option<u8>,
    /// Options that its creator gave it, by name without prefix.
    pub meta: Vec<(&'static str, Arc<str>)>,
    /// Links to what comes before, in order of linking.
    pub inputs: Vec<super::link::LinkIx>,
    /// Links to what comes after, in order of linking.
    pub successors: Vec<super::link::LinkIx>,
}

/// How many inputs must be runnable, and how many are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minimum {
    /// Wanted.
    pub wanted: u32,
    /// Seen so far.
    pub seen: u32,
}

impl Draft {
    /// A runnable draft without a node.
    pub fn new(resource: Option<ResourceIx>, key: Key, need: Need) -> Self {
        Self {
            resource,
            node: None,
            key,
            verb: key.verb,
            need,
            ability: Ability::Runnable,
            reason: None,
            is_pseudo: false,
            is_migratable: false,
            is_shown: false,
            ends_migration: false,
            is_rescheduled: false,
            waits_for: Requires::Nothing,
            priority: 0,
            minimum: None,
            name: None,
            expected_rc: None,
            meta: Vec::new(),
            inputs: Vec::new(),
            successors: Vec::new(),
        }
    }

    /// Whether it has to happen.
    pub fn is_required(&self) -> bool {
        self.need == Need::Required
    }

    /// Whether it can happen.
    pub fn is_runnable(&self) -> bool {
        self.ability == Ability::Runnable
    }

    /// Whether it finds out if a resource runs somewhere.
    pub fn is_probe(&self) -> bool {
        self.resource.is_some() && self.verb == Verb::Monitor && !self.key.is_recurring()
    }

    /// Keeps the first reason given.
    pub fn give_reason(&mut self, reason: Reason) {
        self.reason.get_or_insert(reason);
    }

    /// Gives or replaces an option.
    pub fn set_meta(&mut self, name: &'static str, value: impl Into<Arc<str>>) {
        let value = value.into();
        match self.meta.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = value,
            None => self.meta.push((name, value)),
        }
    }
}

/// The next step on the way from one role to another: what is done, and the role after it.
/// `None` when nothing (more) is to be done.
pub const fn next_step(now: Role, target: Role) -> Option<(Verb, Role)> {
    match (now, target) {
        (Role::Stopped, Role::Started) => Some((Verb::Start, Role::Started)),
        (Role::Stopped, Role::Unpromoted | Role::Promoted) => Some((Verb::Start, Role::Unpromoted)),
        (Role::Started | Role::Unpromoted, Role::Stopped) => Some((Verb::Stop, Role::Stopped)),
        (Role::Started | Role::Unpromoted, Role::Promoted) => Some((Verb::Promote, Role::Promoted)),
        (Role::Promoted, Role::Stopped | Role::Started | Role::Unpromoted) => {
            Some((Verb::Demote, Role::Unpromoted))
        }
        (Role::Unpromoted, Role::Started) => Some((Verb::Stop, Role::Stopped)),
        (Role::Stopped, Role::Stopped)
        | (Role::Started, Role::Started | Role::Unpromoted)
        | (Role::Unpromoted, Role::Unpromoted)
        | (Role::Promoted, Role::Promoted) => None,
    }
}
