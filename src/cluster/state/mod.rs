//! What all members agree on, changed by ordered messages and by nothing else.

mod apply;
mod change;
pub(super) mod departure;
mod durable;
mod effect;
mod fencing;
mod flight;
pub(super) mod merge;
mod overlay;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub(super) use departure::Reach;
pub use durable::Durable;
pub(super) use effect::{Effect, Solo};
pub use fencing::Fencing;
pub(super) use overlay::Effective;

use super::call::{Call, Flight};
use super::member::{Member, MemberId, Moment};
use super::request::Leave;
use crate::ledger::Ledger;
use crate::model::NodeName;
use crate::model::digest::digest;
use crate::scheduler::Action;

/// What all members agree on. Two members of a settled view that applied the same messages have
/// equal ones, and equal digests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Rises each time that members agreed on a state anew.
    pub epoch: u64,
    /// The desired state, and what was asked for on top of it.
    pub durable: Durable,
    /// What is, as far as it is known, and what is being done.
    pub live: Live,
}

/// What is known of the cluster, and what is being done. It ends with the last member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// Membership, history, attributes and tickets.
    pub ledger: Ledger,
    /// Members, longest there first. The first is the designated controller.
    pub members: Vec<Seat>,
    /// What was asked for and has not ended.
    pub in_flight: Vec<Flight>,
    /// Nodes that nothing may be done about yet, and what is waited for.
    pub awaited: BTreeMap<NodeName, Awaited>,
    /// Nodes that left with their resources running.
    pub detached: BTreeSet<NodeName>,
    /// Members on their way out.
    pub leaving: BTreeMap<NodeName, Leave>,
    /// The last word of each node that was taken in, so that none counts twice.
    pub heard: BTreeMap<NodeName, Heard>,
    /// The last fencings, oldest first.
    pub fencing: Vec<Fencing>,
    /// Since when there is a cluster.
    pub formed: Moment,
    /// Whether it ever had quorum.
    pub had_quorum: bool,
    /// Whether nodes were lost since it was found last whether there is quorum.
    #[serde(default)]
    pub is_quorum_in_doubt: bool,
}

/// What is waited for before anything is done about a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Awaited {
    /// Its daemon died, and may come back.
    Return,
    /// Its daemon did not come back, and nobody fences it: its supervisor ends what runs there.
    Supervisor,
    /// It went, and nobody fences it: it is given the time to let go of what it runs.
    Release,
}

/// A member's seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Who has it.
    pub member: Member,
    /// When that daemon started.
    pub life: Moment,
    /// How many actions its node runs at once, as far as the node is concerned.
    pub jobs: Option<u32>,
}

/// The last word of a daemon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// When the daemon started.
    pub life: Moment,
    /// The number of its word.
    pub seq: u64,
}

/// What orders are good for. As long as no member joins, members only become fewer, so that epoch
/// and number name one set of members, and no two of them ever are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The epoch.
    pub epoch: u64,
    /// How many members there are.
    pub members: usize,
}

impl State {
    /// Who writes the entries of history. The same on all members, as they all write.
    const WRITER: &str = "quorate";

    /// The state of a daemon that knows no other yet.
    pub(super) fn new(durable: Durable) -> Self {
        let live = Live {
            ledger: Ledger::new(Self::WRITER),
            members: Vec::new(),
            in_flight: Vec::new(),
            awaited: BTreeMap::new(),
            detached: BTreeSet::new(),
            leaving: BTreeMap::new(),
            heard: BTreeMap::new(),
            fencing: Vec::new(),
            formed: Moment::default(),
            had_quorum: false,
            is_quorum_in_doubt: false,
        };
        Self { epoch: 0, durable, live }
    }

    /// A digest to compare members by.
    pub fn digest(&self) -> String {
        digest(self)
    }

    /// The designated controller.
    pub fn dc(&self) -> Option<&Member> {
        self.live.members.first().map(|seat| &seat.member)
    }

    /// What orders are good for at present.
    pub fn mark(&self) -> Mark {
        Mark { epoch: self.epoch, members: self.live.members.len() }
    }

    /// The member with this identity.
    pub fn member(&self, id: MemberId) -> Option<&Member> {
        self.live.members.iter().map(|seat| &seat.member).find(|member| member.id == id)
    }

    /// The member on a node.
    pub fn member_on(&self, node: &NodeName) -> Option<&Member> {
        self.live.members.iter().map(|seat| &seat.member).find(|member| member.name.is(node.as_str()))
    }

    /// An action in flight.
    pub fn flight(&self, call: Call) -> Option<&Flight> {
        self.live.in_flight.iter().find(|flight| flight.call == call)
    }

    /// Whether nothing on a node may be touched or recovered: its daemon is waited for, or left its
    /// resources running.
    pub fn is_frozen(&self, node: &NodeName) -> bool {
        let is_it = |known: &NodeName| known.is(node.as_str());
        self.live.awaited.keys().any(is_it) || self.live.detached.iter().any(is_it)
    }

    /// Makes the configured members known, and forgets those that are neither configured nor here.
    fn enrol(&mut self) {
        let durable = &self.durable;
        let configured = durable.cluster.members();
        let mut names: Vec<NodeName> = Vec::new();
        for node in configured {
            self.live.ledger.enrol(node);
            names.push(node.name.clone());
        }
        let seats = self.live.members.iter().map(|seat| seat.member.name.clone());
        names.extend(seats.chain(self.live.awaited.keys().cloned()).chain(self.live.detached.clone()));
        let is_remote = |name: &str| durable.is_remote(name);
        self.live.ledger.keep_members(&names.iter().collect::<Vec<_>>(), is_remote);
    }
}

/// The member that is to run an action on behalf of others.
pub(super) fn worker_of(action: &Action) -> Option<&NodeName> {
    action.router.as_ref().or(action.node.as_ref())
}
