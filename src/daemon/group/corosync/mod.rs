//! The group of daemons on corosync.
//!
//! Two services of corosync are heard: the process group (members and messages) and quorum. They
//! are not in order with each other, so members that came or went with their nodes, and all that
//! is said after, are held back until quorum was counted for the same ring of nodes (1 to 2 ms):
//! who is gone is told together with whether the others may act.

#![expect(clippy::disallowed_methods, reason = "waits for corosync, and says which process this is")]

mod library;
mod pairing;
mod sounding;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::fragment::{self, Assembly};
use super::{Event, Group};
use crate::cluster::{Departure, Member, MemberId, Parting, Quorum, View};
use crate::model::NodeName;
use library::{Counted, Cpg, CpgEvent, Fault, Process, Reason, Votequorum, Votes, Watched};
use pairing::{Held, Pairing};
use sounding::Sounding;

/// The group of the daemons of this host's cluster.
#[derive(Debug)]
pub struct Corosync {
    /// The name of this host, if the node list has none for it.
    host: NodeName,
    link: Option<Link>,
    sounding: Option<Sounding>,
    /// The end of the connection before, which waits for corosync's answer.
    parting: Option<JoinHandle<()>>,
    events: VecDeque<Event>,
    attempt: Attempt,
}

/// When corosync is tried next.
#[derive(Debug)]
struct Attempt {
    at: Instant,
    pause: Duration,
    /// What was told last: a state that goes on is told once.
    told: Option<Fault>,
}

/// A connection to corosync.
#[derive(Debug)]
struct Link {
    cpg: Watched<Cpg>,
    quorum: Watched<library::Quorum>,
    votes: Votequorum,
    /// What was told of quorum last.
    told: Option<Quorum>,
    me: MemberId,
    names: BTreeMap<u32, NodeName>,
    pairing: Pairing,
    assembly: Assembly,
    outbox: Outbox,
}

/// What is still to be sent.
#[derive(Debug)]
struct Outbox {
    parts: VecDeque<Vec<u8>>,
    at: Instant,
    pause: Duration,
}

impl Corosync {
    /// The name of the process group.
    const GROUP: &'static str = "quorate";
    /// Between two attempts to reach corosync, at first and at most.
    const ATTEMPT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

    /// The group of the daemons of the cluster that this host is in. Corosync is reached when the
    /// first event is asked for.
    pub fn new(host: NodeName) -> Self {
        let attempt = Attempt { at: Instant::now(), pause: Self::ATTEMPT.0, told: None };
        Self { host, link: None, sounding: None, parting: None, events: VecDeque::new(), attempt }
    }

    fn connect(&mut self) {
        match Link::connect(&self.host) {
            Ok(link) => {
                self.attempt.pause = Self::ATTEMPT.0;
                self.attempt.told = None;
                self.link = Some(link);
            }
            Err(fault) => self.lose(fault),
        }
    }

    /// Whether it is better not to call corosync now.
    fn is_doubtful(&self) -> bool {
        self.sounding.as_ref().is_some_and(Sounding::is_doubtful)
    }

    fn lose(&mut self, fault: Fault) {
        let link = self.link.take();
        let was_linked = link.is_some();
        self.parting = link.map(|link| std::thread::spawn(|| drop(link))).or(self.parting.take());
        self.attempt.at = Instant::now() + self.attempt.pause;
        self.attempt.pause = (self.attempt.pause * 2).min(Self::ATTEMPT.1);
        // Who is busy with forming a ring is not lost.
        let is_passing = !was_linked && fault == Fault::Busy;
        if was_linked || !is_passing && self.attempt.told.as_ref() != Some(&fault) {
            self.events.push_back(Event::Lost { because: fault.to_string() });
        }
        self.attempt.told = Some(fault);
    }
}

impl Group for Corosync {
    async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            let sounding = self.sounding.get_or_insert_with(Sounding::begin);
            let Some(link) = &mut self.link else {
                sleep_until(self.attempt.at).await;
                // Whoever calls one that stands still stands still, too.
                sounding.answer().await;
                while self.parting.as_ref().is_some_and(|parting| !parting.is_finished()) {
                    sleep(Self::ATTEMPT.0).await;
                }
                self.connect();
                continue;
            };
            let heard = tokio::select! {
                heard = link.hear(&mut self.events) => heard,
                news = sounding.news() => news.map(|votes| self.events.extend(link.recount(votes))),
            };
            if let Err(fault) = heard {
                self.lose(fault);
            }
        }
    }

    fn multicast(&mut self, message: &[u8]) {
        let is_doubtful = self.is_doubtful();
        let Some(link) = &mut self.link else { return };
        link.outbox.parts.extend(fragment::split(message));
        if is_doubtful {
            link.outbox.wait();
            return;
        }
        if let Err(fault) = link.flush() {
            self.lose(fault);
        }
    }

    async fn leave(&mut self) {
        if self.is_doubtful() {
            return self.lose(Fault::Silent);
        }
        // Somebody who cannot send for so long is no member worth the name.
        let patience = Instant::now() + Duration::from_secs(2);
        while let Some(link) = &mut self.link {
            if link.outbox.parts.is_empty() || Instant::now() >= patience || link.flush().is_err() {
                // The members are told by the connection's end, if not by this.
                let _ = link.cpg.service().leave();
                break;
            }
            sleep_until(link.outbox.at).await;
        }
        self.link = None;
    }
}

impl Link {
    fn connect(host: &NodeName) -> Result<Self, Fault> {
        let cpg = Cpg::connect(Corosync::GROUP)?;
        let quorum = library::Quorum::connect()?;
        let votes = Votequorum::connect()?;
        let node = cpg.service().local_node()?;
        let mut link = Self {
            cpg,
            quorum,
            votes,
            told: None,
            me: MemberId { node, process: std::process::id() },
            names: BTreeMap::new(),
            pairing: Pairing::default(),
            assembly: Assembly::default(),
            outbox: Outbox::new(),
        };
        link.names = names()?;
        let listed = link.names.entry(node).or_insert_with(|| host.clone());
        if !listed.is(host.as_str()) {
            return Err(Fault::OtherName { listed: listed.to_string(), own: host.to_string() });
        }
        link.cpg.service().join()?;
        Ok(link)
    }

    /// Waits for corosync to tell something, and notes what it told.
    async fn hear(&mut self, events: &mut VecDeque<Event>) -> Result<(), Fault> {
        let has_mail = !self.outbox.parts.is_empty();
        tokio::select! {
            told = self.cpg.told() => told?.into_iter().for_each(|event| self.pairing.take(event)),
            told = self.quorum.told() => told?.into_iter().for_each(|counted| self.pairing.count(counted)),
            () = sleep_until(self.outbox.at), if has_mail => self.flush()?,
        }
        while let Some(held) = self.pairing.next() {
            match held {
                Held::Cpg(event) => self.translate(event, events),
                Held::Counted(counted) => {
                    let quorum = self.describe(counted);
                    events.push_back(Event::Quorum(quorum));
                }
            }
        }
        Ok(())
    }

    fn translate(&mut self, event: CpgEvent, events: &mut VecDeque<Event>) {
        match event {
            CpgEvent::Delivered { node, pid, message } => {
                let from = MemberId { node, process: pid };
                match self.assembly.take((node, pid), &message) {
                    Ok(Some(message)) => events.push_back(Event::Delivered { from, message }),
                    Ok(None) => {}
                    Err(error) => tracing::error!(node, process = pid, %error, "a message is not taken"),
                }
            }
            CpgEvent::Changed { members, left, with_ring: _ } => {
                let mut members: Vec<_> = members.iter().map(|process| self.member(process)).collect();
                members.sort();
                let left = left.iter().map(|process| self.departed(process)).collect();
                events.push_back(Event::View(View { me: self.me, members, left }));
            }
            CpgEvent::Ring { .. } => {}
        }
    }

    fn departed(&mut self, process: &Process) -> Departure {
        self.assembly.forget((process.node, process.pid));
        let why = match process.reason {
            Reason::Leave => Parting::Left,
            Reason::NodeDown => Parting::NodeDown,
            Reason::ProcessDown | Reason::NodeUp | Reason::Other => Parting::ProcessDown,
        };
        Departure { member: self.member(process), why }
    }

    fn member(&mut self, process: &Process) -> Member {
        let id = MemberId { node: process.node, process: process.pid };
        Member { id, name: self.name(process.node) }
    }

    /// The name of a node. One that was added to the running cluster is looked up.
    fn name(&mut self, node: u32) -> NodeName {
        if !self.names.contains_key(&node)
            && let Ok(names) = names()
        {
            self.names.extend(names);
        }
        let unnamed = || {
            tracing::warn!(node, "the node list of corosync.conf has no name for this node");
            NodeName::from(node.to_string())
        };
        self.names.entry(node).or_insert_with(unnamed).clone()
    }

    fn describe(&mut self, counted: Counted) -> Quorum {
        let votes = self.votes.votes(self.me.node).ok();
        let quorum = Quorum {
            quorate: counted.is_quorate,
            votes: votes.map_or(0, |votes| votes.total),
            expected_votes: votes.map_or(0, |votes| votes.expected),
            is_witness_silent: votes.is_some_and(is_witness_silent),
            nodes: counted.nodes.into_iter().map(|node| self.name(node)).collect(),
        };
        self.told = Some(quorum.clone());
        quorum
    }

    /// Votes that come or go with nobody, as that of the witness does: corosync tells of them only when asked.
    fn recount(&mut self, votes: Votes) -> Option<Event> {
        let told = self.told.as_ref()?;
        let quorum = Quorum {
            votes: votes.total,
            expected_votes: votes.expected,
            is_witness_silent: is_witness_silent(votes),
            ..told.clone()
        };
        if quorum == *told {
            return None;
        }
        self.told = Some(quorum.clone());
        Some(Event::Quorum(quorum))
    }

    /// Sends what can be sent now.
    fn flush(&mut self) -> Result<(), Fault> {
        while let Some(part) = self.outbox.parts.front() {
            match self.cpg.service().multicast(part) {
                Ok(()) => {
                    self.outbox.parts.pop_front();
                    self.outbox.pause = Outbox::PAUSE.0;
                }
                Err(Fault::Busy) => {
                    self.outbox.wait();
                    return Ok(());
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }
}

impl Outbox {
    /// Between two attempts to send, at first and at most.
    const PAUSE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

    fn new() -> Self {
        Self { parts: VecDeque::new(), at: Instant::now(), pause: Self::PAUSE.0 }
    }

    /// Sends later.
    fn wait(&mut self) {
        self.at = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(Self::PAUSE.1);
    }
}

/// Whether there is a quorum device that gives no vote to this node.
fn is_witness_silent(votes: Votes) -> bool {
    !votes.has_device && library::has_device()
}

/// The names of the nodes, as the node list of corosync gives them. An address is no name.
fn names() -> Result<BTreeMap<u32, NodeName>, Fault> {
    let listed = library::node_list()?.into_iter().filter_map(|listed| {
        let name = listed.name.filter(|name| name.parse::<IpAddr>().is_err())?;
        Some((listed.node, NodeName::from(name)))
    });
    Ok(listed.collect())
}
