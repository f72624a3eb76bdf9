//! Contributions: what made a resource's score on a node what it is.

use crate::model::Score;
use crate::scheduler::constraint::colocation::ColocationIx;
use crate::scheduler::constraint::location::LocationIx;
use crate::scheduler::facts::{NodeIx, ResourceIx};

/// One addition to a resource's scores. Added up in order, starting from nothing, they give the
/// scores that decided. (Only in a clone, whose scores do not sink below 1 for the sake of others,
/// they may give less.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contribution {
    /// On which nodes.
    pub place: Place,
    /// How much.
    pub score: Score,
    /// Why.
    pub cause: Cause,
}

/// Which of the contributions to a primitive's scores decided where it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decided {
    /// How many there were when its node was chosen; those that follow decided nothing.
    pub noted: usize,
    /// Those to its last place among its siblings that was tried in vain and taken back.
    pub in_vain: Vec<Contribution>,
}

/// What decided whether an instance is promoted where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// The value by which instances were ranked.
    pub score: Score,
    /// What it is made of: added up in order, it gives the value.
    pub parts: Vec<Contribution>,
    /// Whether it could be promoted there, rank aside: its node is up, and takes one more.
    pub is_eligible: bool,
    /// Whether it is to be promoted.
    pub is_promoted: bool,
}

/// The nodes that a contribution is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// One node.
    Node(NodeIx),
    /// Every node of the table.
    Everywhere,
    /// Every node of the table but one.
    EverywhereBut(NodeIx),
}

impl Place {
    /// Whether it includes a node.
    pub fn includes(self, node: NodeIx) -> bool {
        match self {
            Self::Node(only) => only == node,
            Self::Everywhere => true,
            Self::EverywhereBut(spared) => spared != node,
        }
    }
}

/// Why a contribution was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The node's own score.
    NodeScore,
    /// What history says: failures, bans of what is no longer configured, pins of what is unmanaged.
    History,
    /// A location constraint (or the node's health), by number in `Placement::locations`.
    Location(LocationIx),
    /// The resource is locked to a node that is shut down.
    ShutdownLock,
    /// It likes to stay where it is.
    Stickiness,
    /// It failed there too often.
    MigrationThreshold,
    /// It may only be probed elsewhere.
    Discovery,
    /// A ticket is missing; the constraint's number in `Cluster::constraints`.
    Ticket(u32),
    /// The resource it is colocated with, by number in the list of colocations.
    Primary(ColocationIx),
    /// What is colocated with it would like it there, by number in the list of colocations.
    Dependent(ColocationIx),
    /// It is to be stopped.
    TargetRole,
    /// The nodes that a connection, guest or bundled resource cannot or must use.
    Connection,
    /// The node cannot carry it (or all that must be with it).
    Capacity,
    /// How well this instance is fit to be promoted there.
    PromotionScore,
    /// The same, of an instance of the clone whose score this is.
    Fitness(ResourceIx),
    /// No promotion score is set for the instance there.
    NoPromotionScore,
    /// Its role is settled, whatever the scores say: it is unmanaged, or told what to be.
    SettledRole,
    /// It has no node to be promoted on.
    NoNode,
    /// Its siblings already use that node, or there are enough of them.
    Siblings,
}
