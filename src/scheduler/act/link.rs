//! Links: which draft comes before which, and what that does to both.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use super::draft::DraftIx;
use super::verb::Key;
use crate::scheduler::facts::ResourceIx;

/// Number of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkIx(u32);

impl LinkIx {
    /// The number `index`.
    pub fn at(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The position in the list of links.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of relations between a first and a then action. The empty set has no effect.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Relations(u32);

macro_rules! relations {
    ($($(#[$doc:meta])* $name:ident = $bit:literal;)*) => {
        impl Relations {
            $($(#[$doc])* pub const $name: Self = Self(1 << $bit);)*

            const NAMES: &[(Self, &str)] = &[$((Self::$name, stringify!($name))),*];
        }
    };
}

relations! {
    /// Plain "before".
    ORDERED = 0;
    /// If first is required, so is then.
    FIRST_REQUIRES_THEN = 1;
    /// If then is required, so is first (weakly: only where first is required in effect already).
    THEN_REQUIRES_FIRST = 2;
    /// As above, only while then's resource is promoted.
    PROMOTED_THEN_REQUIRES_FIRST = 3;
    /// If first cannot run, then cannot.
    BLOCKS = 4;
    /// First undoes what then needs: a restart, or the chain of stops in a group.
    RESTARTS = 5;
    /// Part of a migration: unless then can, first cannot.
    MIGRATES = 6;
    /// If first cannot run, then becomes real and cannot migrate.
    ELSE_REAL = 7;
    /// Counts only if first does not migrate.
    UNLESS_MIGRATING = 8;
    /// First counts towards the number of inputs that then needs.
    COUNTS = 9;
    /// An asymmetrical order that somebody wrote.
    ASYMMETRICAL = 10;
    /// Not at the same time.
    SERIALIZES = 11;
    /// Only if both are on the same node.
    SAME_NODE = 12;
    /// Only if both are on the same node and first is required.
    SAME_NODE_IF_REQUIRED = 13;
    /// Only if both are on the same node, by load.
    LOAD = 14;
    /// If first is required, so is then on first's node.
    FIRST_REQUIRES_THEN_ON_NODE = 15;
    /// If then is required, first is shown.
    THEN_SHOWS_FIRST = 16;
    /// If first is required and runnable, then is shown.
    FIRST_SHOWS_THEN = 17;
    /// If then is required, first is not.
    CANCELS = 18;
    /// A container's start before the probe of a connection inside.
    NESTED = 19;
    /// Holds even between a guest's launcher and what runs on the guest.
    GUEST_ALLOWED = 20;
}

impl Relations {
    /// No relation.
    pub const NONE: Self = Self(0);

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` are in this.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is in this.
    pub const fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// This without `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Union, for constants.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This if `condition`, else nothing.
    #[must_use]
    pub const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }
}

impl BitOr for Relations {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

impl BitOrAssign for Relations {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.and(other);
    }
}

impl fmt::Debug for Relations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Self::NAMES.iter().filter(|(relation, _)| self.has(*relation)).map(|(_, name)| name);
        f.debug_set().entries(names).finish()
    }
}

/// One draft before another.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// Comes first.
    pub first: DraftIx,
    /// Comes then.
    pub then: DraftIx,
    /// What that means; nothing once the link was dropped.
    pub relations: Relations,
    /// What it meant when it was made: a dropped link is not made again.
    pub made_as: Relations,
}

/// One side of an ordering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// This draft.
    Draft(DraftIx),
    /// Every draft of the resource with this key.
    Key(ResourceIx, Key),
}

/// What some constraint says about two actions; becomes links between drafts in the end.
#[derive(Debug, Clone, Copy)]
pub struct Ordering {
    /// Comes first.
    pub first: Side,
    /// Comes then.
    pub then: Side,
    /// What that means.
    pub relations: Relations,
}
