//! Drafts: actions while their relations are being settled.

use std::sync::Arc;

use super::verb::{Key, Verb};
use crate::model::Role;
use crate::scheduler::facts::{NodeIx, Requires, ResourceIx};
use crate::scheduler::reason::Reason;

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

/// Where an action stands in effect; for a collective's, its parts' count too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effective {
    /// Whether it has to happen.
    pub need: Need,
    /// Whether it can.
    pub ability: Ability,
    /// Whether it is part of a live migration.
    pub is_migratable: bool,
}

impl Effective {
    /// Where an action stands by itself.
    pub fn plain(draft: &Draft) -> Self {
        Self { need: draft.need, ability: draft.ability, is_migratable: draft.is_migratable }
    }

    /// Whether it has to happen.
    pub fn is_required(self) -> bool {
        self.need == Need::Required
    }

    /// Whether it can.
    pub fn is_runnable(self) -> bool {
        self.ability == Ability::Runnable
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
    /// It only stands between other actions.
    pub join: Option<Join>,
    /// Where a collective's action stood when its parts were last looked at.
    pub memo: Option<(u32, Effective)>,
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

/// For a point that stands between actions: which of those before it made it what it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Join {
    /// The first action because of which it is required.
    pub required_by: Option<DraftIx>,
    /// The first action because of which it is blocked.
    pub blocked_by: Option<DraftIx>,
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
            join: None,
            memo: None,
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
