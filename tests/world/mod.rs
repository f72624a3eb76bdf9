//! The world: virtual time, an agenda of what will happen, and what was seen to happen. Daemons' logic
//! is as it is; hosts, cables, agents and fence devices are simulated.

#![expect(clippy::disallowed_methods, reason = "tells how long steps take")]
#![expect(clippy::wildcard_enum_match_arm, reason = "most of what is seen is of no concern to one who looks")]
#![expect(dead_code, reason = "shared by claims and simulator, neither of which needs all of it")]

mod agents;
mod bus;
mod cables;
pub(crate) mod copies;
mod daemons;
pub(crate) mod desired;
mod fencing;
pub(crate) mod host;
mod monitors;
pub(crate) mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use quorate::cluster::{
    Accepted, Call, Event, Evidence, Input, Member, Moment, Node, Output, Refusal, Request, RequestId,
    Settings, Timer, Uptime,
};
use quorate::model::Cluster;

pub(crate) use agents::{Failure, How};
use bus::{Torn, Wire};
pub(crate) use fencing::{Answer, Device};
pub(crate) use host::Host;
use trace::{Begun, Seen, Stamped};

use crate::dice::Dice;

/// Milliseconds since 1970 at which worlds begin.
const BEGINNING: i64 = 1_700_000_000_000;

/// Hosts, what lies between them, and what happens.
pub(crate) struct World {
    pub(crate) now: i64,
    agenda: BTreeMap<(i64, u64), Item>,
    asked: u64,
    pub(crate) hosts: Vec<Host>,
    /// Who cannot be heard by whom: from, to.
    pub(crate) cuts: BTreeSet<(usize, usize)>,
    pub(crate) rings: Vec<Vec<usize>>,
    /// Whether rings will form anew by themselves, as cables contradict one another.
    pub(crate) is_restless: bool,
    /// Messages that are on their way.
    wires: Vec<Wire>,
    /// Messages that did not get somewhere before the cables changed, until it is known whether the rings did.
    torn: Vec<Torn>,
    /// Messages that wait until the rings have formed.
    pub(crate) stalled: Vec<(usize, u32, Vec<u8>)>,
    /// The longest that a message takes at present, in milliseconds.
    pub(crate) message_delay: usize,
    pub(crate) dice: Dice,
    pub(crate) trace: Vec<Stamped>,
    pub(crate) events: Vec<(i64, usize, Event)>,
    pub(crate) answers: BTreeMap<u64, Result<Accepted, Refusal>>,
    pub(crate) slow: BTreeMap<(Arc<str>, &'static str), i64>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) device: Device,
    /// How long the longest step took, in real time.
    pub(crate) longest_step: Duration,
    /// Orders as they were given, by whom.
    pub(crate) orders: Vec<(usize, Vec<u8>)>,
    /// How many messages were given to the group.
    pub(crate) messages: u64,
    /// The longest message, in bytes.
    pub(crate) longest_message: usize,
    /// Whether doubles count.
    pub(crate) counts_doubles: bool,
    pub(crate) is_two_node: bool,
    /// Hosts that were reset by themselves: when, which, why.
    pub(crate) resets: Vec<(i64, usize, String)>,
}

/// Something that will happen.
pub(crate) enum Item {
    Inbox(usize),
    Timer {
        host: usize,
        process: u32,
        timer: Timer,
        stamp: u64,
    },
    AgentEnd {
        host: usize,
        boot: u32,
        call: Call,
        is_late: bool,
    },
    Monitor {
        host: usize,
        boot: u32,
        key: Arc<str>,
        stamp: i64,
    },
    Sequence {
        host: usize,
        process: u32,
        bytes: Vec<u8>,
    },
    Reform,
    Boot(usize),
    Look {
        host: usize,
        process: u32,
    },
    StartDaemon(usize),
    /// Whatever a test has in mind.
    Later(Box<dyn FnOnce(&mut World)>),
}

impl World {
    /// The longest that a message usually takes, in milliseconds.
    pub(crate) const MESSAGE_DELAY: usize = 3;

    /// So many hosts, all of them off.
    pub(crate) fn new(hosts: u32, seed: u64) -> Self {
        Self {
            now: BEGINNING,
            agenda: BTreeMap::new(),
            asked: 0,
            hosts: (1..=hosts).map(Host::new).collect(),
            cuts: BTreeSet::new(),
            rings: Vec::new(),
            is_restless: false,
            wires: Vec::new(),
            torn: Vec::new(),
            stalled: Vec::new(),
            message_delay: Self::MESSAGE_DELAY,
            dice: Dice::new(seed),
            trace: Vec::new(),
            events: Vec::new(),
            answers: BTreeMap::new(),
            slow: BTreeMap::new(),
            failures: Vec::new(),
            device: Device::default(),
            longest_step: Duration::ZERO,
            orders: Vec::new(),
            messages: 0,
            longest_message: 0,
            counts_doubles: true,
            is_two_node: hosts == 2,
            resets: Vec::new(),
        }
    }

    /// So many hosts, up and in agreement, with this in force and at rest.
    pub(crate) fn running(hosts: u32, cluster: Cluster) -> Self {
        let mut world = Self::new(hosts, 1);
        world.boot_all();
        world.propose(0, cluster);
        world.rest();
        world
    }

    /// What the clock of a host says.
    pub(crate) fn moment(&self, host: usize) -> Moment {
        Moment(self.now + self.hosts[host].clock)
    }

    /// Time that no clock says: all hosts have been up for as long as the world, which is as good as any other.
    fn uptime(&self) -> Uptime {
        Uptime(Duration::from_millis(u64::try_from(self.now - BEGINNING).unwrap()))
    }

    pub(crate) fn see(&mut self, seen: Seen) {
        self.trace.push(Stamped { at: self.now, seen });
    }

    /// Every action that was begun.
    pub(crate) fn begun(&self) -> Vec<&Begun> {
        let begun = self.trace.iter().filter_map(|stamped| match &stamped.seen {
            Seen::Begun(begun) => Some(begun),
            _ => None,
        });
        begun.collect()
    }

    pub(crate) fn plan(&mut self, after: i64, item: Item) {
        self.asked += 1;
        self.agenda.insert((self.now + after, self.asked), item);
    }

    /// Does something later.
    pub(crate) fn later(&mut self, after: i64, what: impl FnOnce(&mut Self) + 'static) {
        self.plan(after, Item::Later(Box::new(what)));
    }

    /// Lets this many milliseconds pass.
    pub(crate) fn run_for(&mut self, millis: i64) {
        let end = self.now + millis;
        while let Some(entry) = self.agenda.first_entry() {
            if entry.key().0 > end {
                break;
            }
            let ((at, _), item) = entry.remove_entry();
            self.now = self.now.max(at);
            self.happen(item);
        }
        self.now = end;
    }

    /// Lets time pass until nothing is in flight and nothing was begun or said for three seconds.
    pub(crate) fn rest(&mut self) {
        for _ in 0..600 {
            let before = (self.trace.len(), self.events.len());
            self.run_for(3000);
            if !self.is_busy() && before == (self.trace.len(), self.events.len()) {
                return;
            }
        }
        panic!(
            "the cluster does not come to rest:
{}",
            self.portrait()
        );
    }

    /// Whether any agent is at work or any daemon has not settled.
    pub(crate) fn is_busy(&self) -> bool {
        self.hosts.iter().any(|host| {
            !host.agents.is_empty() || host.daemon.as_ref().is_some_and(|node| !node.is_settled())
        })
    }

    fn happen(&mut self, item: Item) {
        match item {
            Item::Inbox(host) => self.read_inbox(host),
            Item::Timer { host, process, timer, stamp } => self.ring_timer(host, process, timer, stamp),
            Item::AgentEnd { host, boot, call, is_late } => {
                if self.hosts[host].is_paused && self.hosts[host].boot == boot {
                    self.plan(100, Item::AgentEnd { host, boot, call, is_late });
                } else {
                    self.end_agent(host, boot, call, is_late);
                }
            }
            Item::Monitor { host, boot, key, stamp } => self.run_monitor(host, boot, &key, stamp),
            Item::Sequence { host, process, bytes } => self.sequence(host, process, bytes),
            Item::Reform => self.reform(),
            Item::Boot(host) => self.boot(host),
            Item::Look { host, process } => self.look(host, process),
            Item::StartDaemon(host) => self.start_daemon(host),
            Item::Later(what) => what(self),
        }
    }

    fn ring_timer(&mut self, host: usize, process: u32, timer: Timer, stamp: u64) {
        let known = &mut self.hosts[host];
        if known.process != process || known.timers.get(&timer) != Some(&stamp) {
            return;
        }
        if known.stands_still() {
            self.plan(100, Item::Timer { host, process, timer, stamp });
            return;
        }
        known.timers.remove(&timer);
        self.step(host, vec![Input::Timer(timer)]);
    }

    fn read_inbox(&mut self, host: usize) {
        let now = self.now;
        if self.hosts[host].stands_still() {
            self.plan(100, Item::Inbox(host));
            return;
        }
        let inbox = &mut self.hosts[host].inbox;
        let ready = inbox.iter().take_while(|letter| letter.at <= now).count();
        // Sometimes one by one, sometimes all at once.
        let ready = if ready > 1 && self.dice.one_in(2) { 1 } else { ready };
        let inputs: Vec<Input> = self.hosts[host].inbox.drain(..ready).map(|letter| letter.input).collect();
        if let Some(letter) = self.hosts[host].inbox.front() {
            let after = (letter.at - now).max(0);
            self.plan(after, Item::Inbox(host));
        }
        if !inputs.is_empty() {
            self.step(host, inputs);
        }
    }

    pub(crate) fn step(&mut self, host: usize, inputs: Vec<Input>) {
        let (moment, uptime) = (self.moment(host), self.uptime());
        let Some(node) = self.hosts[host].daemon.as_mut() else { return };
        let begin = std::time::Instant::now();
        let outputs = node.step(moment, uptime, inputs);
        self.longest_step = self.longest_step.max(begin.elapsed());
        let first = |is_it: fn(&Output) -> bool| outputs.iter().position(is_it);
        let persisted = first(|output| matches!(output, Output::Persist(_)));
        let ordered = first(|output| matches!(output, Output::Multicast(message) if is_orders(message)));
        if let (Some(persisted), Some(ordered)) = (persisted, ordered) {
            assert!(persisted < ordered, "nobody is told to act on what could still be forgotten");
        }
        for output in outputs {
            self.obey(host, output);
        }
        self.attend(host);
    }

    /// A daemon that wants to look at the evidence does so, again and again.
    fn attend(&mut self, host: usize) {
        let known = &mut self.hosts[host];
        let wants = known.daemon.as_ref().is_some_and(|node| node.lookout().is_some());
        if wants && !known.is_looking {
            known.is_looking = true;
            let process = known.process;
            self.plan(1000, Item::Look { host, process });
        }
    }

    fn look(&mut self, host: usize, process: u32) {
        let known = &mut self.hosts[host];
        known.is_looking = false;
        if known.process != process || known.stands_still() {
            return;
        }
        let Some(isolation) = known.daemon.as_ref().and_then(Node::lookout) else { return };
        let answers = !known.has_evidence;
        let ping = isolation.ping.iter().map(|address| (Arc::clone(address), answers)).collect();
        let looked_at = self.uptime();
        let evidence = Evidence { looked_at, ping, ..Evidence::default() };
        self.step(host, vec![Input::Evidence(evidence)]);
    }

    fn obey(&mut self, host: usize, output: Output) {
        if self.hosts[host].daemon.is_none() {
            // It died half-way.
            return;
        }
        match output {
            Output::Multicast(bytes) => self.multicast(host, bytes),
            Output::Begin(flight) => self.begin_agent(host, *flight),
            Output::Kill(call) => self.kill_agent(host, call),
            Output::SetTimer { timer, after } => {
                let stamp = self.asked;
                self.hosts[host].timers.insert(timer.clone(), stamp);
                let process = self.hosts[host].process;
                let after = i64::try_from(after.as_millis()).unwrap();
                self.plan(after, Item::Timer { host, process, timer, stamp });
            }
            Output::ClearTimer(timer) => {
                self.hosts[host].timers.remove(&timer);
            }
            Output::Persist(_) if self.hosts[host].is_disk_full => self.fail_daemon(host),
            Output::Persist(durable) => self.hosts[host].durable = Some(*durable),
            Output::Record(kept) => self.hosts[host].keep(kept),
            Output::Rename(renames) => self.rename(host, &renames),
            Output::Answer { request, answer } => {
                self.see(Seen::Answered { id: request.0, is_accepted: answer.is_ok() });
                self.answers.insert(request.0, answer);
            }
            Output::Tell(event) => self.hear(host, event),
            Output::Leave(_) | Output::Released | Output::Postponed => self.end_daemon(host),
            Output::Reset { because } => {
                self.resets.push((self.now, host, because));
                self.crash(host);
            }
        }
    }

    fn hear(&mut self, host: usize, event: Event) {
        match &event {
            Event::Dropped { origin, .. } => self.see(Seen::Dropped { host, origin: origin.clone() }),
            Event::InForce { origin, .. } => self.see(Seen::InForce { host, origin: origin.clone() }),
            _ => {}
        }
        self.events.push((self.now, host, event));
    }

    /// Asks a daemon for something; the number of the answer.
    pub(crate) fn ask(&mut self, host: usize, request: Request) -> u64 {
        self.asked += 1;
        let id = self.asked;
        self.send(host, 0, Input::Request { id: RequestId(id), request });
        id
    }

    /// A new daemon on a host that is up.
    pub(crate) fn start_daemon(&mut self, host: usize) {
        let now = self.moment(host);
        let known = &mut self.hosts[host];
        if !known.is_up || known.daemon.is_some() {
            return;
        }
        known.process += 1;
        let mut settings = Settings::new(known.name.clone(), now);
        settings.jobs = Some(4);
        known.daemon = Some(Node::new(settings, known.durable.clone(), known.record.clone()));
        self.see(Seen::DaemonUp { host });
        self.give_orphans(host);
        self.resume_monitors(host);
        self.announce_views();
    }

    /// What daemons believe to be members, in the ring of a host.
    pub(crate) fn members_of(&self, ring: &[usize]) -> Vec<Member> {
        let there = ring.iter().map(|host| &self.hosts[*host]);
        there.filter(|host| host.daemon.is_some() && host.has_group).map(Host::member).collect()
    }

    /// The world in a few lines, for those who look for a fault.
    pub(crate) fn portrait(&self) -> String {
        let mut lines = vec![format!("at {}, rings {:?}", self.now, self.rings)];
        for host in &self.hosts {
            lines.push(host.portrait());
        }
        let recent = self.events.iter().rev().take(30).rev();
        lines.extend(recent.map(|(at, host, event)| {
            let text = format!("{event:?}");
            format!("{at} n{}: {}", host + 1, text.chars().take(200).collect::<String>())
        }));
        lines.join("\n")
    }
}

/// Whether a message has what members are to do.
fn is_orders(message: &[u8]) -> bool {
    String::from_utf8_lossy(message.get(..40).unwrap_or(message)).to_lowercase().contains("\"orders\"")
}
