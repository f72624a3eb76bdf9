//! Hosts: what is really so on each machine, whatever daemons believe.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use quorate::cluster::{
    Call, Durable, Flight, Input, Kept, Member, MemberId, Node, Quorum, Record, Timer, View,
};
use quorate::executor::ActionResult;
use quorate::model::{Agent, NodeName, Role};
use quorate::scheduler::Action;

use super::How;
use super::trace::Begun;

/// A machine.
pub(crate) struct Host {
    pub(crate) name: NodeName,
    pub(crate) number: u32,
    pub(crate) is_up: bool,
    /// Rises with each boot: what an earlier life began never ends.
    pub(crate) boot: u32,
    pub(crate) daemon: Option<Node>,
    pub(crate) process: u32,
    /// Its daemon does not do anything for now.
    pub(crate) is_hung: bool,
    /// How many versions its daemon is ahead in what it says.
    pub(crate) ahead: u32,
    /// Its membership layer runs.
    pub(crate) has_group: bool,
    /// Which ring it was in last: those who come from different ones went through having lost one another.
    pub(crate) ring: u64,
    /// Alone it finds evidence that it is the one that is cut off.
    pub(crate) has_evidence: bool,
    /// It will look at the evidence in a moment.
    pub(crate) is_looking: bool,
    /// It stands still altogether.
    pub(crate) is_paused: bool,
    /// Nothing more can be written to its disk.
    pub(crate) is_disk_full: bool,
    /// How far its clock is ahead of the true time, in milliseconds.
    pub(crate) clock: i64,
    /// On disk.
    pub(crate) durable: Option<Durable>,
    /// On tmpfs.
    pub(crate) record: Record,
    /// What is active, as it really is.
    pub(crate) active: BTreeMap<Arc<str>, Role>,
    pub(crate) monitors: Vec<Monitor>,
    /// What agents will answer, by run.
    pub(crate) agents: BTreeMap<Call, Run>,
    /// Runs that ended while there was no daemon.
    pub(crate) orphans: Vec<Call>,
    /// Ends that are told to each new daemon, until what came of them is on record.
    pub(crate) ended: BTreeMap<Call, ActionResult>,
    pub(crate) timers: BTreeMap<Timer, u64>,
    pub(crate) inbox: VecDeque<Letter>,
    pub(crate) last_sent: i64,
    pub(crate) last_view: Option<View>,
    pub(crate) last_quorum: Option<Quorum>,
}

/// Something in an inbox.
pub(crate) struct Letter {
    /// When it gets there.
    pub(crate) at: i64,
    pub(crate) input: Input,
    /// Which message brings it.
    pub(crate) wire: Option<u64>,
}

/// An agent at work.
pub(crate) struct Run {
    pub(crate) flight: Flight,
    pub(crate) begun: Begun,
    /// What it was told to do instead of its work.
    pub(crate) how: Option<How>,
}

/// A recurring monitor on its host.
pub(crate) struct Monitor {
    pub(crate) action: Action,
    pub(crate) agent: Agent,
    pub(crate) last: ActionResult,
}

impl Host {
    pub(crate) fn new(number: u32) -> Self {
        Self {
            name: NodeName::new(format!("n{number}")),
            number,
            is_up: false,
            boot: 0,
            daemon: None,
            process: 0,
            is_hung: false,
            ahead: 0,
            has_group: true,
            ring: 0,
            has_evidence: false,
            is_looking: false,
            is_paused: false,
            is_disk_full: false,
            clock: 0,
            durable: None,
            record: Record::default(),
            active: BTreeMap::new(),
            monitors: Vec::new(),
            agents: BTreeMap::new(),
            orphans: Vec::new(),
            ended: BTreeMap::new(),
            timers: BTreeMap::new(),
            inbox: VecDeque::new(),
            last_sent: 0,
            last_view: None,
            last_quorum: None,
        }
    }

    pub(crate) fn member(&self) -> Member {
        Member { id: MemberId { node: self.number, process: self.process }, name: self.name.clone() }
    }

    /// Keeps a part of the record. What came of the runs of a resource is part of its history.
    pub(crate) fn keep(&mut self, kept: Kept) {
        let resource = match &kept {
            Kept::History(history) => Some(&history.id),
            Kept::Forgotten(id) => Some(id),
            Kept::Attributes(_) => None,
        };
        let Self { record, ended, .. } = self;
        record.in_flight.retain(|flight| {
            let is_kept = resource.is_some() && flight.action.resource.as_ref() == resource;
            !(is_kept && ended.remove(&flight.call).is_some())
        });
        match kept {
            Kept::History(history) => {
                self.record.resources.retain(|known| known.id != history.id);
                self.record.resources.push(*history);
            }
            Kept::Forgotten(id) => self.record.resources.retain(|known| known.id != id),
            Kept::Attributes(attributes) => self.record.attributes = attributes,
        }
    }

    /// Whether its daemon does nothing for now.
    pub(crate) const fn stands_still(&self) -> bool {
        self.is_hung || self.is_paused
    }

    /// The host in a few lines.
    pub(crate) fn portrait(&self) -> String {
        let mut lines = vec![format!("{}: up {}, active {:?}", self.name, self.is_up, self.active)];
        let Some(node) = &self.daemon else { return lines.remove(0) };
        lines.push(format!("   settled {}, controller {}", node.is_settled(), node.is_dc()));
        lines.push(format!("   view {:?}", self.last_view));
        lines.push(format!("   quorum {:?}", node.quorum()));
        let Some(state) = node.state() else { return lines.join("\n") };
        let live = &state.live;
        let (mark, awaited, detached) = (state.mark(), &live.awaited, &live.detached);
        lines.push(format!("   {mark:?}, awaited {awaited:?}, detached {detached:?}"));
        let flights =
            live.in_flight.iter().map(|flight| format!("{} by {}", flight.action.key, flight.worker));
        lines.push(format!("   in flight {:?}", flights.collect::<Vec<_>>()));
        for state in &live.ledger.status.nodes {
            lines.push(format!(
                "   {:?}: {:?} {:?} {:?} expected {} {:?}",
                state.name, state.member, state.process, state.join, state.expected_up, state.attributes
            ));
        }
        lines.join("\n")
    }

    /// The power fails.
    pub(crate) fn power_off(&mut self) {
        self.is_up = false;
        self.is_hung = false;
        self.is_paused = false;
        // Whatever it belonged to, it is another host when it comes back.
        self.ring = 0;
        self.boot += 1;
        self.kill_daemon();
        self.record = Record::default();
        self.active.clear();
        self.monitors.clear();
        self.agents.clear();
        self.orphans.clear();
        self.ended.clear();
        self.last_quorum = None;
    }

    /// The daemon dies; what it started goes on.
    pub(crate) fn kill_daemon(&mut self) {
        self.daemon = None;
        self.timers.clear();
        self.is_looking = false;
        self.inbox.clear();
        self.last_view = None;
        self.last_quorum = None;
    }
}
