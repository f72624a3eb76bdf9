//! The loop of a daemon.

#![expect(clippy::disallowed_methods, reason = "the clock and the tasks of a daemon")]

use std::collections::{BTreeMap, VecDeque};
use std::future::{pending, ready};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::alerts::Alerts;
use super::door::{Ask, Inside};
use super::durable::{Store, make_folder, own};
use super::group::{self, Group};
use super::guard::Guardian;
use super::hands::Hands;
use super::hearing::{not_begun, translate};
use super::isolation::Lookout;
use super::manifest::{self, Reading};
use super::proposing::{Proposing, Step};
use super::timers::Timers;
use super::{Attribute, DaemonError, Door, Notice, Setup, Snapshot, attributes, chronicle};
use crate::agent::{make_shelf, settle_process};
use crate::cluster::{
    Accepted, Event, Input, Leave, Node, Output, Refusal, Request, RequestId, Settings, Uptime,
};
use crate::diagnostic::with_causes;
use crate::engine::EngineError;
use crate::engine::file::Lock;
use crate::host::clock::{now, until, uptime};
use crate::host::runner::Runner;
use crate::host::secrets::Secrets;
use crate::tool::Serving;

/// How a daemon ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It left the cluster.
    Left(Leave),
    /// It let go of everything, alone.
    Released,
    /// It was to let go of everything, and people want that left alone for now.
    Postponed,
    /// It was told to end at once: what runs goes on, and the others wait for its return.
    Abandoned,
}

/// A daemon.
#[derive(Debug)]
pub struct Daemon<G> {
    setup: Setup,
    node: Node,
    group: G,
    hands: Hands,
    store: Store,
    timers: Timers,
    inside: Inside,
    notice: Notice,
    answers: BTreeMap<RequestId, Asker>,
    requests: u64,
    /// What happened while outputs were obeyed.
    backlog: VecDeque<Input>,
    readings: Option<mpsc::Receiver<Reading>>,
    reread: watch::Sender<u64>,
    proposing: Proposing,
    next_beat: Option<Instant>,
    lookout: Lookout,
    alerts: Alerts,
    guardian: Option<Guardian>,
    return_grace: Duration,
    /// When a change of the manifest may come in force that had to wait.
    next_window: Option<Instant>,
    ending: Option<Ending>,
    /// Answers the tools of agents.
    _serving: Option<Serving>,
    /// Only one daemon per folder.
    _lock: Lock,
}

/// Who waits for an answer.
#[derive(Debug)]
enum Asker {
    /// Somebody at the door.
    Door(oneshot::Sender<Result<Accepted, Refusal>>),
    /// This node's own manifest, with this digest.
    Manifest(String),
}

/// Something that woke the loop.
enum Happening {
    Input(Input),
    Group(group::Event),
    Ask(Ask),
    Reading(Reading),
    Beat,
    /// A sign of life is due.
    Sign,
    Window,
}

impl<G: Group> Daemon<G> {
    /// How many things that are ready are looked at together.
    const BATCH: usize = 256;

    /// Makes the daemon of a node; runs with [`Daemon::run`]. Must be called within a runtime.
    ///
    /// # Errors
    /// When another daemon has the folder, or its files cannot be read or written.
    pub fn new(mut setup: Setup, group: G, notice: Notice) -> Result<(Self, Door), DaemonError> {
        settle_process();
        make_folder(&setup.state_dir)?;
        make_folder(&setup.run_dir)?;
        let lock = own(&setup.run_dir)?;
        let store = Store::new(&setup.state_dir);
        setup.site.tools = Some(attributes::tools(&setup.run_dir));
        setup.site.shelf = Some(setup.run_dir.join("metadata"));
        make_shelf(&setup.site);
        let secrets = Secrets::new(setup.secrets.clone());
        let runner = Arc::new(Runner::new(setup.site.clone(), secrets, setup.node.clone()));
        let cores = available_parallelism().map_or(1, std::num::NonZero::get);
        let jobs = setup.jobs.unwrap_or_else(|| u32::try_from(cores.saturating_mul(2)).unwrap_or(u32::MAX));
        let at_once = usize::try_from(jobs).unwrap_or(cores).max(1);
        let (hands, record) = Hands::open(&setup.run_dir, runner, at_once)?;
        let mut settings = Settings::new(setup.node.clone(), now());
        settings.jobs = Some(jobs);
        settings.return_grace = setup.return_grace.unwrap_or(settings.return_grace);
        let durable = store.load()?;
        if !setup.safety.is_release {
            chronicle::write_beginning(&setup.node, durable.as_ref(), &record);
        }
        let (door, inside) = Door::new();
        let serving = attributes::begin(&setup.site, &door);
        let next_beat = notice.beat().map(|_| Instant::now());
        let proposing = Proposing::recall(&store, &record, setup.manifest.is_some());
        let return_grace = settings.return_grace;
        let alerts = Alerts::new(setup.site.clone(), setup.node.clone());
        let guardian = Guardian::new(&setup.safety, &setup.run_dir);
        let backlog = setup.safety.is_release.then_some(Input::Release).into_iter().collect();
        let daemon = Self {
            node: Node::new(settings, durable, record),
            group,
            hands,
            store,
            timers: Timers::default(),
            inside,
            notice,
            answers: BTreeMap::new(),
            requests: 0,
            backlog,
            readings: None,
            reread: watch::channel(0).0,
            proposing,
            next_beat,
            lookout: Lookout::default(),
            alerts,
            guardian,
            return_grace,
            next_window: None,
            ending: None,
            setup,
            _serving: serving,
            _lock: lock,
        };
        Ok((daemon, door))
    }

    /// Runs until it has left the cluster, or `abandon` is done.
    ///
    /// # Errors
    /// When its files cannot be written: then it cannot keep its word.
    pub async fn run(mut self, abandon: impl Future<Output = ()>) -> Result<Ending, DaemonError> {
        let mut abandon = std::pin::pin!(abandon);
        self.follow_manifest();
        self.notice.ready("looking for the cluster");
        while self.ending.is_none() {
            let first = tokio::select! {
                biased;
                () = &mut abandon => return Ok(Ending::Abandoned),
                happening = self.next() => happening?,
            };
            let mut inputs = Vec::new();
            self.sort(first, &mut inputs);
            while inputs.len() < Self::BATCH
                && let Some(more) = self.next_ready().await?
            {
                self.sort(more, &mut inputs);
            }
            self.step(inputs)?;
            self.lookout.attend(self.node.lookout());
            self.propose();
        }
        let ending = self.ending.unwrap_or(Ending::Abandoned);
        self.part(ending, abandon).await?;
        Ok(ending)
    }

    /// Asks for the manifest to be read again.
    fn follow_manifest(&mut self) {
        let Some(path) = self.setup.manifest.clone() else { return };
        let (told, readings) = mpsc::channel(1);
        self.readings = Some(readings);
        tokio::spawn(manifest::follow(path, told, self.reread.subscribe()));
    }

    /// The next thing to happen. May be dropped without losing one.
    async fn next(&mut self) -> Result<Happening, DaemonError> {
        if let Some(input) = self.backlog.pop_front() {
            return Ok(Happening::Input(input));
        }
        let happening = tokio::select! {
            biased;
            event = self.group.next() => Happening::Group(event),
            input = self.hands.next() => Happening::Input(input?),
            Some(ask) = self.inside.asks.recv() => Happening::Ask(ask),
            timer = self.timers.next() => Happening::Input(Input::Timer(timer)),
            evidence = self.lookout.next() => Happening::Input(Input::Evidence(evidence)),
            () = until(self.guardian.as_ref().map(Guardian::next)) => Happening::Sign,
            Some(reading) = from(&mut self.readings) => Happening::Reading(reading),
            () = until(self.next_beat) => Happening::Beat,
            () = until(self.next_window) => Happening::Window,
        };
        Ok(happening)
    }

    /// The next thing that has happened already.
    async fn next_ready(&mut self) -> Result<Option<Happening>, DaemonError> {
        tokio::select! {
            biased;
            happening = self.next() => happening.map(Some),
            () = ready(()) => Ok(None),
        }
    }

    /// Takes what concerns only this loop, and leaves the rest for the node.
    fn sort(&mut self, happening: Happening, inputs: &mut Vec<Input>) {
        match happening {
            Happening::Input(input) => inputs.push(input),
            Happening::Group(event) => inputs.push(translate(event)),
            Happening::Ask(Ask::Request(request, asker)) => {
                inputs.push(self.ask(request, Asker::Door(asker)));
            }
            Happening::Ask(Ask::Attribute(Attribute { node, name, value, lifetime })) => {
                inputs.push(Input::AttributeSet { node, name, value, lifetime });
            }
            Happening::Ask(Ask::Reread) => self.reread.send_modify(|count| *count += 1),
            Happening::Ask(Ask::Look(asker)) => {
                // Who does not wait for the answer does not need it.
                let _ = asker.send(Box::new(Snapshot::of(&self.node, &self.setup.node, now())));
            }
            Happening::Reading(reading) => self.proposing.take(reading),
            Happening::Sign => {
                let release = self.node.release_bound();
                if let Some(guardian) = &mut self.guardian {
                    guardian.beat(self.return_grace, release);
                }
            }
            // What waited is looked at after every happening.
            Happening::Window => self.next_window = None,
            Happening::Beat => {
                self.notice.alive();
                self.next_beat = self.notice.beat().map(|beat| Instant::now() + beat);
            }
        }
    }

    fn ask(&mut self, request: Request, asker: Asker) -> Input {
        self.requests += 1;
        let id = RequestId(self.requests);
        self.answers.insert(id, asker);
        Input::Request { id, request }
    }

    /// Lets the node think, and obeys.
    fn step(&mut self, inputs: Vec<Input>) -> Result<(), DaemonError> {
        if inputs.is_empty() {
            return Ok(());
        }
        for output in self.node.step(now(), Uptime(uptime()), inputs) {
            self.obey(output)?;
        }
        Ok(())
    }

    fn obey(&mut self, output: Output) -> Result<(), DaemonError> {
        match output {
            Output::Multicast(message) => self.group.multicast(&message),
            Output::Begin(flight) => {
                let call = flight.call;
                tracing::debug!(action = chronicle::describe(&flight.action), %call, "begins here");
                let cluster = self.node.durable().overlaid(now());
                if let Err(error) = self.hands.begin(*flight, &cluster) {
                    tracing::error!(error = with_causes(&error), "an action could not be begun");
                    self.backlog.push_back(not_begun(call, &error));
                }
            }
            Output::Kill(call) => self.hands.kill(call),
            Output::SetTimer { timer, after } => self.timers.set(timer, after),
            Output::ClearTimer(timer) => self.timers.clear(&timer),
            Output::Persist(durable) => self.store.persist(&durable)?,
            Output::Record(kept) => self.hands.keep(kept)?,
            Output::Rename(renames) => self.hands.rename(&renames)?,
            Output::Answer { request, answer } => self.answer(request, answer),
            Output::Tell(event) => {
                chronicle::write(&event);
                self.alerts.tell(&event, &self.node.durable().cluster);
                if matches!(event, Event::InForce { .. })
                    && !self.setup.safety.has_watchdog
                    && self.node.is_watched()
                {
                    tracing::error!(
                        "the cluster relies on this node's watchdog, and there is none: start the daemon with --watchdog"
                    );
                }
                if let Event::Settled { members, dc } = &event {
                    self.notice.status(&format!("{} members, {dc} leads", members.len()));
                }
                // Nobody has to listen.
                let _ = self.inside.events.send(Arc::new(event));
            }
            Output::Leave(leave) => self.ending = Some(Ending::Left(leave)),
            Output::Released => self.ending = Some(Ending::Released),
            Output::Postponed => self.ending = Some(Ending::Postponed),
            Output::Reset { because } => self.setup.safety.reset.perform(&because),
        }
        Ok(())
    }

    fn answer(&mut self, request: RequestId, answer: Result<Accepted, Refusal>) {
        match self.answers.remove(&request) {
            // Who does not wait for the answer does not need it.
            Some(Asker::Door(asker)) => drop(asker.send(answer)),
            Some(Asker::Manifest(digest)) => {
                let seen = self.proposing.hear(digest, &answer, self.node.durable());
                seen.iter().for_each(|seen| seen.keep(&self.store));
            }
            None => {}
        }
    }

    /// Proposes the manifest of this node, when there is something to propose.
    fn propose(&mut self) {
        if !self.node.is_settled() {
            return;
        }
        let now = now();
        let next = self.proposing.next(&self.setup.node, &self.node, now);
        self.next_window = self.proposing.look_again(now).map(|after| Instant::now() + after);
        match next {
            Some(Step::Propose { digest, change }) => {
                let input = self.ask(Request::Change(Box::new(change)), Asker::Manifest(digest));
                self.backlog.push_back(input);
            }
            Some(Step::Decided(seen)) => seen.keep(&self.store),
            None => {}
        }
        let generation = self.node.durable().generation;
        self.backlog.extend(self.proposing.news(&self.setup.node, generation));
    }

    /// Leaves the group. What is in flight on a node that leaves its resources running comes to its end
    /// first: the result is on record for the next daemon.
    async fn part(&mut self, ending: Ending, abandon: impl Future<Output = ()>) -> Result<(), DaemonError> {
        self.notice.stopping(Duration::from_secs(30));
        if ending == Ending::Left(Leave::Detached) {
            let finish = async {
                while !self.hands.is_idle() {
                    self.hands.next().await?;
                }
                Ok::<_, EngineError>(())
            };
            tokio::select! {
                () = abandon => {}
                finished = finish => finished?,
            }
        }
        self.group.leave().await;
        if let Some(guardian) = &self.guardian {
            guardian.dismiss();
        }
        // That it has to wait is told by its supervisor, once.
        if ending != Ending::Postponed {
            tracing::info!(?ending, "the daemon ends");
        }
        Ok(())
    }
}

async fn from<T>(channel: &mut Option<mpsc::Receiver<T>>) -> Option<T> {
    match channel {
        Some(channel) => match channel.recv().await {
            Some(item) => Some(item),
            None => pending().await,
        },
        None => pending().await,
    }
}
