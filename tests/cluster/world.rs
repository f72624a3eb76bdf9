//! The world: virtual time, an agenda of what will happen, and what was seen to happen.

#![expect(clippy::disallowed_methods, reason = "tells how long steps take")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use quorate::cluster::{
    Accepted, Call, Event, Evidence, Input, Member, Moment, Node, Output, Refusal, Request, RequestId,
    Settings, Timer,
};
use quorate::model::Cluster;

use crate::agents::Failure;
use crate::dice::Dice;
use crate::host::Host;

/// Seconds since 1970 at which worlds begin.
const BEGINNING: i64 = 1_700_000_000_000;

/// Hosts, what lies between them, and what happens.
pub(crate) struct World {
    pub(crate) now: i64,
    agenda: BTreeMap<(i64, u64), Item>,
    asked: u64,
    pub(crate) hosts: Vec<Host>,
    pub(crate) rings: Vec<Vec<usize>>,
    /// Messages that wait until the rings have formed.
    pub(crate) stalled: Vec<(usize, u32, Vec<u8>)>,
    pub(crate) dice: Dice,
    /// Every action that was begun: when, on which host, what.
    pub(crate) begun: Vec<Begun>,
    pub(crate) events: Vec<(i64, usize, Event)>,
    pub(crate) answers: BTreeMap<u64, Result<Accepted, Refusal>>,
    pub(crate) slow: BTreeMap<(Arc<str>, &'static str), i64>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) is_fencing_broken: bool,
    /// How long the longest step took, in real time.
    pub(crate) longest_step: Duration,
    /// Orders as they were given, by whom.
    pub(crate) orders: Vec<(usize, Vec<u8>)>,
    /// Resources that were active twice, where that was not to be.
    pub(crate) doubled: Vec<String>,
    /// Whether doubles count.
    pub(crate) counts_doubles: bool,
    pub(crate) is_two_node: bool,
    /// Hosts that were reset by themselves: when, which, why.
    pub(crate) resets: Vec<(i64, usize, String)>,
}

/// An action that was begun.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Begun {
    pub(crate) at: i64,
    pub(crate) host: usize,
    pub(crate) task: String,
    pub(crate) resource: String,
}

/// Something that will happen.
pub(crate) enum Item {
    Inbox(usize),
    Timer { host: usize, process: u32, timer: Timer, stamp: u64 },
    AgentEnd { host: usize, boot: u32, call: Call },
    Monitor { host: usize, boot: u32, key: Arc<str>, stamp: i64 },
    Sequence { host: usize, process: u32, bytes: Vec<u8> },
    Reform,
    Boot(usize),
    Look { host: usize, process: u32 },
    StartDaemon(usize),
}

impl World {
    /// So many hosts, all of them off.
    pub(crate) fn new(hosts: u32, seed: u64) -> Self {
        Self {
            now: BEGINNING,
            agenda: BTreeMap::new(),
            asked: 0,
            hosts: (1..=hosts).map(Host::new).collect(),
            rings: Vec::new(),
            stalled: Vec::new(),
            dice: Dice::new(seed),
            begun: Vec::new(),
            events: Vec::new(),
            answers: BTreeMap::new(),
            slow: BTreeMap::new(),
            failures: Vec::new(),
            is_fencing_broken: false,
            longest_step: Duration::ZERO,
            orders: Vec::new(),
            doubled: Vec::new(),
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

    pub(crate) fn moment(&self) -> Moment {
        Moment(self.now)
    }

    pub(crate) fn plan(&mut self, after: i64, item: Item) {
        self.asked += 1;
        self.agenda.insert((self.now + after, self.asked), item);
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
            let before = (self.begun.len(), self.events.len());
            self.run_for(3000);
            let is_busy = self.hosts.iter().any(|host| {
                !host.agents.is_empty() || host.daemon.as_ref().is_some_and(|node| !node.is_settled())
            });
            if !is_busy && before == (self.begun.len(), self.events.len()) {
                return;
            }
        }
        panic!(
            "the cluster does not come to rest:
{}",
            self.portrait()
        );
    }

    fn happen(&mut self, item: Item) {
        match item {
            Item::Inbox(host) => self.read_inbox(host),
            Item::Timer { host, process, timer, stamp } => {
                let known = &mut self.hosts[host];
                if known.process == process && known.timers.get(&timer) == Some(&stamp) {
                    known.timers.remove(&timer);
                    self.step(host, vec![Input::Timer(timer)]);
                }
            }
            Item::AgentEnd { host, boot, call } => self.end_agent(host, boot, call),
            Item::Monitor { host, boot, key, stamp } => self.run_monitor(host, boot, &key, stamp),
            Item::Sequence { host, process, bytes } => self.sequence(host, process, bytes),
            Item::Reform => self.reform(),
            Item::Boot(host) => self.boot(host),
            Item::Look { host, process } => self.look(host, process),
            Item::StartDaemon(host) => self.start_daemon(host),
        }
    }

    fn read_inbox(&mut self, host: usize) {
        let now = self.now;
        if self.hosts[host].is_hung {
            self.plan(100, Item::Inbox(host));
            return;
        }
        let inbox = &mut self.hosts[host].inbox;
        let ready = inbox.iter().take_while(|(at, _)| *at <= now).count();
        // Sometimes one by one, sometimes all at once.
        let ready = if ready > 1 && self.dice.one_in(2) { 1 } else { ready };
        let inputs: Vec<Input> = self.hosts[host].inbox.drain(..ready).map(|(_, input)| input).collect();
        if let Some((at, _)) = self.hosts[host].inbox.front() {
            let after = (at - now).max(0);
            self.plan(after, Item::Inbox(host));
        }
        if !inputs.is_empty() {
            self.step(host, inputs);
        }
    }

    /// Puts something in the inbox of a daemon, behind all that is there.
    pub(crate) fn send(&mut self, host: usize, after: i64, input: Input) {
        let last = self.hosts[host].inbox.back().map_or(self.now, |(at, _)| *at);
        let at = last.max(self.now + after);
        self.hosts[host].inbox.push_back((at, input));
        self.plan(at - self.now, Item::Inbox(host));
    }

    pub(crate) fn step(&mut self, host: usize, inputs: Vec<Input>) {
        let moment = self.moment();
        let Some(node) = self.hosts[host].daemon.as_mut() else { return };
        let begin = std::time::Instant::now();
        let outputs = node.step(moment, inputs);
        self.longest_step = self.longest_step.max(begin.elapsed());
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
        if known.process != process || known.is_hung {
            return;
        }
        let Some(isolation) = known.daemon.as_ref().and_then(Node::lookout) else { return };
        let answers = !known.has_evidence;
        let ping = isolation.ping.iter().map(|address| (Arc::clone(address), answers)).collect();
        let evidence = Evidence { looked_at: Moment(self.now), ping, ..Evidence::default() };
        self.step(host, vec![Input::Evidence(evidence)]);
    }

    fn obey(&mut self, host: usize, output: Output) {
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
            Output::Persist(durable) => self.hosts[host].durable = Some(*durable),
            Output::Record(kept) => self.hosts[host].keep(kept),
            Output::Rename(renames) => self.rename(host, &renames),
            Output::Answer { request, answer } => {
                self.answers.insert(request.0, answer);
            }
            Output::Tell(event) => self.events.push((self.now, host, event)),
            Output::Leave(_) | Output::Released => self.end_daemon(host),
            Output::Reset { because } => {
                self.resets.push((self.now, host, because));
                self.crash(host);
            }
        }
    }

    /// Asks a daemon for something; the number of the answer.
    pub(crate) fn ask(&mut self, host: usize, request: Request) -> u64 {
        self.asked += 1;
        let id = self.asked;
        self.step(host, vec![Input::Request { id: RequestId(id), request }]);
        id
    }

    /// A new daemon on a host that is up.
    pub(crate) fn start_daemon(&mut self, host: usize) {
        let now = self.moment();
        let known = &mut self.hosts[host];
        if !known.is_up || known.daemon.is_some() {
            return;
        }
        known.process += 1;
        let mut settings = Settings::new(known.name.clone(), now);
        settings.jobs = Some(4);
        known.daemon = Some(Node::new(settings, known.durable.clone(), known.record.clone()));
        self.give_orphans(host);
        self.resume_monitors(host);
        self.announce_views();
    }

    /// What daemons believe to be members, in the ring of a host.
    pub(crate) fn members_of(&self, ring: &[usize]) -> Vec<Member> {
        let there = ring.iter().map(|host| &self.hosts[*host]);
        there.filter(|host| host.daemon.is_some() && host.has_group).map(Host::member).collect()
    }
}
