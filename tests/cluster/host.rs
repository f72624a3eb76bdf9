//! Hosts: what is really so on each machine, whatever daemons believe.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use quorate::cluster::{
    Call, Durable, Flight, Input, Kept, Member, MemberId, Node, Quorum, Record, Timer, View,
};
use quorate::executor::ActionResult;
use quorate::model::{Agent, NodeName, Role};
use quorate::scheduler::Action;

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
    /// Its membership layer runs.
    pub(crate) has_group: bool,
    /// Alone it finds evidence that it is the one that is cut off.
    pub(crate) has_evidence: bool,
    /// It will look at the evidence in a moment.
    pub(crate) is_looking: bool,
    /// Whom its cables reach: hosts with the same number.
    pub(crate) island: usize,
    /// On disk.
    pub(crate) durable: Option<Durable>,
    /// On tmpfs.
    pub(crate) record: Record,
    /// What is active, as it really is.
    pub(crate) active: BTreeMap<Arc<str>, Role>,
    pub(crate) monitors: Vec<Monitor>,
    /// What agents will answer, by run.
    pub(crate) agents: BTreeMap<Call, Flight>,
    /// Ends that no daemon took.
    pub(crate) orphans: Vec<Call>,
    pub(crate) timers: BTreeMap<Timer, u64>,
    pub(crate) inbox: VecDeque<(i64, Input)>,
    pub(crate) last_sent: i64,
    pub(crate) last_view: Option<View>,
    pub(crate) last_quorum: Option<Quorum>,
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
            has_group: true,
            has_evidence: false,
            is_looking: false,
            island: 0,
            durable: None,
            record: Record::default(),
            active: BTreeMap::new(),
            monitors: Vec::new(),
            agents: BTreeMap::new(),
            orphans: Vec::new(),
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

    /// Keeps a part of the record.
    pub(crate) fn keep(&mut self, kept: Kept) {
        match kept {
            Kept::History(history) => {
                self.record.resources.retain(|known| known.id != history.id);
                self.record.resources.push(*history);
            }
            Kept::Forgotten(id) => self.record.resources.retain(|known| known.id != id),
            Kept::Attributes(attributes) => self.record.attributes = attributes,
        }
    }

    /// The power fails.
    pub(crate) fn power_off(&mut self) {
        self.is_up = false;
        self.boot += 1;
        self.kill_daemon();
        self.record = Record::default();
        self.active.clear();
        self.monitors.clear();
        self.agents.clear();
        self.orphans.clear();
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
