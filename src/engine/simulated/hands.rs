//! The hands of one side of the simulated cluster: actions take virtual time and act on the world.

use std::collections::BTreeMap;
use std::time::Duration;

use super::agent;
use super::injection::Answer;
use super::monitor::StandingMonitor;
use super::side::Side;
use super::world::World;
use crate::engine::hands::{Hands, Happening};
use crate::engine::{BoxFuture, EngineError};
use crate::executor::ActionResult;
use crate::ledger::roster::Roster;
use crate::ledger::{AgentTraits, Ledger};
use crate::model::{Agent, Cluster, NodeName};
use crate::scheduler::{Action, ActionId, ActionKind, Task};
use crate::status::{ClusterStatus, ResultCode, ResultStatus};

/// The hands of one side.
pub(super) struct SimulatedHands<'a> {
    world: &'a mut World,
    cluster: &'a Cluster,
    members: Vec<NodeName>,
    /// Remote nodes belong to the first side.
    is_first: bool,
    roster: Roster,
    /// What will happen, by moment and then in order of asking.
    agenda: BTreeMap<(u64, u64), Item>,
    /// Where in the agenda what concerns an action is.
    places: BTreeMap<ActionId, Vec<(u64, u64)>>,
    asked: u64,
}

/// Something that will happen.
enum Item {
    End { action: Box<Action>, agent: Option<Agent>, took: Duration, answer: Option<Answer> },
    Timer(ActionId),
}

impl Item {
    fn action_id(&self) -> ActionId {
        match self {
            Self::End { action, .. } => action.id,
            Self::Timer(action) => *action,
        }
    }
}

impl<'a> SimulatedHands<'a> {
    pub(super) fn new(world: &'a mut World, cluster: &'a Cluster, side: &Side, is_first: bool) -> Self {
        let roster = Roster::of(cluster, &ClusterStatus::default());
        let members = side.members.clone();
        Self {
            world,
            cluster,
            members,
            is_first,
            roster,
            agenda: BTreeMap::new(),
            places: BTreeMap::new(),
            asked: 0,
        }
    }

    fn plan(&mut self, after: Duration, item: Item) {
        let after = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        self.asked += 1;
        let place = (self.world.clock.saturating_add(after), self.asked);
        self.places.entry(item.action_id()).or_default().push(place);
        self.agenda.insert(place, item);
    }

    fn drop_from_agenda(&mut self, action: ActionId) {
        for place in self.places.remove(&action).unwrap_or_default() {
            self.agenda.remove(&place);
        }
    }

    /// Ends the monitors that end when an action begins.
    fn end_monitors(&mut self, action: &Action) {
        self.world.monitors.retain(|monitor| {
            let operation = &monitor.operation;
            action.node.as_ref() != Some(&operation.node)
                || !action.ends_monitor(&operation.resource, operation.interval)
        });
    }

    fn finish(
        &mut self,
        action: &Action,
        agent: Option<&Agent>,
        took: Duration,
        answer: Option<Answer>,
    ) -> ActionResult {
        let result = match (answer, action.kind) {
            (Some(Answer::Code(rc)), _) => agent::forced(action, agent, rc, took),
            (Some(Answer::Hang), _) => ActionResult::timed_out(took),
            (_, ActionKind::Fence) => self.world.fence(self.cluster, &self.roster, action, took),
            (_, ActionKind::Resource) => self.world.act(action, agent, took),
            (_, ActionKind::Cluster | ActionKind::Pseudo) => self.keep_house(action, took),
        };
        if let Some(launcher) = action.resource.as_deref().filter(|_| result.is_expected(action)) {
            if action.task == Task::Start {
                self.world.begin_guest(launcher, &self.roster);
            } else if action.task == Task::Stop && !self.world.is_active(launcher) {
                self.world.end_guest(launcher, &self.roster); // One that was sent elsewhere goes on there.
            }
        }
        if let Some(monitor) = StandingMonitor::after(action, result.rc, self.world.clock) {
            self.world.monitors.retain(|known| !known.operation.is_same(&monitor.operation));
            self.world.monitors.push(monitor);
        }
        result
    }

    /// What the cluster does itself has no agent; only a shutdown touches the world.
    fn keep_house(&mut self, action: &Action, took: Duration) -> ActionResult {
        if action.task == Task::Shutdown
            && let Some(node) = &action.node
        {
            self.world.crash(node, &self.roster);
        }
        ActionResult::done(ResultCode::OK, took)
    }

    /// Runs the first standing monitor that is due at `until` or before; tells of a new answer.
    pub(super) fn run_due_monitor(&mut self, until: u64) -> MonitorRun {
        let due = self.next_monitor().filter(|place| self.world.monitors[*place].due <= until);
        let Some(place) = due else { return MonitorRun::NoneDue };
        self.world.clock = self.world.clock.max(self.world.monitors[place].due);
        let clock = self.world.clock;
        let monitor = &mut self.world.monitors[place];
        monitor.postpone(clock);
        let (action, before) = (monitor.operation.action(), monitor.last);
        let agent = action.resource.as_deref().and_then(|resource| self.roster.agent(resource));
        let took = self.world.latency(agent::usual_latency(&action));
        let result = match self.world.take_injection(&action) {
            Some(Answer::Code(rc)) => agent::forced(&action, agent.as_ref(), rc, took),
            Some(Answer::Hang) => ActionResult::timed_out(action.timeout.unwrap_or(took)),
            Some(Answer::Slow(_)) | None => self.world.act(&action, agent.as_ref(), took),
        };
        let answered = if result.status == ResultStatus::Done { result.rc } else { ResultCode::ERROR };
        if let Some(monitor) = self.world.monitors.get_mut(place) {
            monitor.last = answered;
        }
        if answered == before { MonitorRun::Same } else { MonitorRun::Changed(Box::new(action), result) }
    }

    /// The standing monitor of this side that is due first.
    fn next_monitor(&self) -> Option<usize> {
        let mine = self
            .world
            .monitors
            .iter()
            .enumerate()
            .filter(|(_, monitor)| self.is_mine(&monitor.operation.node));
        mine.min_by_key(|(place, monitor)| (monitor.due, *place)).map(|(place, _)| place)
    }

    /// When this side's next standing monitor is due.
    pub(super) fn next_due(&self) -> Option<u64> {
        self.next_monitor().map(|place| self.world.monitors[place].due)
    }

    fn is_mine(&self, node: &NodeName) -> bool {
        let is_remote = || self.world.machines.get(node).is_some_and(|machine| machine.is_remote);
        self.members.contains(node) || self.is_first && is_remote()
    }

    fn next_happening(&mut self) -> Result<Happening, EngineError> {
        loop {
            let next = self.agenda.first_key_value().map(|((at, _), _)| *at);
            let Some(at) = next else {
                return Err(EngineError::Unreachable(
                    "nothing is left to happen in the simulated world".to_owned(),
                ));
            };
            match self.run_due_monitor(at) {
                MonitorRun::Changed(action, result) => return Ok(Happening::Observed { action, result }),
                MonitorRun::Same => continue,
                MonitorRun::NoneDue => {}
            }
            let Some((_, item)) = self.agenda.pop_first() else { continue };
            self.world.clock = self.world.clock.max(at);
            return Ok(match item {
                Item::Timer(action) => Happening::TimerFired { action },
                Item::End { action, agent, took, answer } => {
                    self.drop_from_agenda(action.id);
                    let result = self.finish(&action, agent.as_ref(), took, answer);
                    Happening::Finished { action: action.id, result }
                }
            });
        }
    }
}

/// What came of looking for a monitor to run.
pub(super) enum MonitorRun {
    /// None was due.
    NoneDue,
    /// It answered as before.
    Same,
    /// It answered something new.
    Changed(Box<Action>, ActionResult),
}

impl Hands for SimulatedHands<'_> {
    fn now(&self) -> i64 {
        self.world.now()
    }

    fn look(&mut self, ledger: &mut Ledger) -> Result<(), EngineError> {
        Side::look(ledger, &self.members, self.world, self.cluster);
        Ok(())
    }

    fn begin(&mut self, action: &Action, agent: Option<&Agent>) -> Result<(), EngineError> {
        self.end_monitors(action);
        let answer = self.world.take_injection(action);
        let usual = self.world.latency(agent::usual_latency(action));
        let takes = match answer {
            Some(Answer::Hang) => Duration::MAX,
            Some(Answer::Slow(length)) => length,
            Some(Answer::Code(_)) | None => usual,
        };
        let limit = action.timeout.unwrap_or(Duration::from_secs(20));
        let (took, answer) = if takes > limit { (limit, Some(Answer::Hang)) } else { (takes, answer) };
        let item = Item::End { action: Box::new(action.clone()), agent: agent.cloned(), took, answer };
        self.plan(took, item);
        Ok(())
    }

    fn kill(&mut self, action: ActionId) {
        for item in self.agenda.values_mut().filter(|item| item.action_id() == action) {
            if let Item::End { answer, .. } = item {
                *answer = Some(Answer::Code(ResultCode::ERROR));
            }
        }
    }

    fn set_timer(&mut self, action: ActionId, after: Duration) {
        self.plan(after, Item::Timer(action));
    }

    fn next(&mut self) -> BoxFuture<'_, Result<Happening, EngineError>> {
        let happening = self.next_happening();
        Box::pin(async move { happening })
    }

    fn pause(&mut self, length: Duration) -> BoxFuture<'_, ()> {
        let length = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        self.world.clock = self.world.clock.saturating_add(length);
        Box::pin(async {})
    }

    fn traits(&self, agent: &Agent) -> AgentTraits {
        agent::traits(agent)
    }
}
