//! The hands of the local engine: each action is a task that runs an agent.

#![expect(clippy::disallowed_methods, reason = "actions and monitors take real time")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::attributes::Attributes;
use super::flight::{Flights, Record};
use super::monitor::{Round, StandingMonitor, begin_due, rounds};
use super::store::{Standing, Store};
use crate::engine::hands::{Hands, Happening};
use crate::engine::{BoxFuture, EngineError};
use crate::executor::{ActionResult, Urgency};
use crate::host::clock::now;
use crate::host::rounds::Rounds;
use crate::host::runner::{Runner, broken_off};
use crate::ledger::{AgentTraits, Ledger};
use crate::model::{Agent, Cluster, NodeName};
use crate::scheduler::{Action, ActionId};
use crate::status::ResultStatus;

/// The hands. What is in flight when they are dropped is killed.
pub(super) struct LocalHands<'a> {
    store: &'a Store,
    runner: &'a Arc<Runner>,
    attributes: &'a Attributes,
    standing: &'a mut Standing,
    cluster: &'a Cluster,
    node: &'a NodeName,
    stop: CancellationToken,
    /// Whether it was told that this is to end.
    has_told_stop: bool,
    tasks: JoinSet<News>,
    flights: BTreeMap<ActionId, Flight>,
    timers: BTreeMap<ActionId, AbortHandle>,
    rounds: Rounds<Round>,
    records: Flights,
    /// Records of what has ended, and is not written down yet.
    ended: Vec<Arc<Record>>,
}

/// An action in flight.
struct Flight {
    action: Action,
    agent: Option<Agent>,
    kill: CancellationToken,
    record: Option<Arc<Record>>,
    /// The task that it is.
    task: Id,
}

/// What a task has to tell.
enum News {
    Ended(ActionId, ActionResult),
    Rang(ActionId),
}

impl<'a> LocalHands<'a> {
    pub(super) fn new(
        store: &'a Store,
        runner: &'a Arc<Runner>,
        attributes: &'a Attributes,
        standing: &'a mut Standing,
        cluster: &'a Cluster,
        node: &'a NodeName,
        stop: CancellationToken,
    ) -> Self {
        Self {
            store,
            runner,
            attributes,
            standing,
            cluster,
            node,
            stop,
            has_told_stop: false,
            tasks: JoinSet::new(),
            flights: BTreeMap::new(),
            timers: BTreeMap::new(),
            rounds: rounds(runner),
            records: store.flights(),
            ended: Vec::new(),
        }
    }

    /// Ends the monitors that end when an action begins, also while they run: a resource that is
    /// being stopped has nothing to say.
    fn end_monitors(&mut self, action: &Action) {
        self.standing
            .monitors
            .retain(|monitor| !action.ends_monitor(&monitor.operation.resource, monitor.operation.interval));
        self.rounds.end_those(|round| action.ends_monitor(&round.resource, round.interval));
    }

    /// What the loop should hear of what a task told.
    fn digest(&mut self, news: News) -> Option<Happening> {
        match news {
            News::Ended(id, result) => {
                let flight = self.flights.remove(&id)?;
                if let Some(timer) = self.timers.remove(&id) {
                    timer.abort();
                }
                self.standing.memory.learn(&flight.action, &result);
                self.stand(&flight, &result);
                self.ended.extend(flight.record);
                Some(Happening::Finished { action: id, result })
            }
            News::Rang(id) => {
                self.timers.remove(&id)?;
                Some(Happening::TimerFired { action: id })
            }
        }
    }

    /// What a task that came to no end has to tell: a run that was broken off by a fault of ours has
    /// failed, a timer was not wanted any more.
    fn end_of(&self, error: &JoinError) -> Option<News> {
        let (action, _) = self.flights.iter().find(|(_, flight)| flight.task == error.id())?;
        Some(News::Ended(*action, broken_off(error)))
    }

    /// Lets a recurring monitor go on after its first answer.
    fn stand(&mut self, flight: &Flight, result: &ActionResult) {
        let monitor =
            flight.agent.as_ref().and_then(|agent| StandingMonitor::after(&flight.action, agent, result));
        if let Some(monitor) = monitor {
            self.standing.monitors.retain(|known| !known.operation.is_same(&monitor.operation));
            self.standing.monitors.push(monitor);
        }
    }

    async fn next_happening(&mut self) -> Result<Happening, EngineError> {
        loop {
            if self.tasks.is_empty() && self.standing.monitors.is_empty() {
                return Err(EngineError::Unreachable("nothing is left to wait for on this host".to_owned()));
            }
            let pause = begin_due(&mut self.rounds, &self.standing.monitors);
            let stop = self.stop.clone();
            let happening = tokio::select! {
                told = self.tasks.join_next(), if !self.tasks.is_empty() => match told {
                    Some(Ok(news)) => self.digest(news),
                    Some(Err(error)) => self.end_of(&error).and_then(|news| self.digest(news)),
                    None => None,
                },
                (round, result) = self.rounds.next() => {
                    let news = StandingMonitor::take_answer(&mut self.standing.monitors, &round, &result);
                    news.map(|action| Happening::Observed { action: Box::new(action), result })
                }
                () = sleep(pause) => None,
                () = stop.cancelled(), if !self.has_told_stop => {
                    self.has_told_stop = true;
                    Some(Happening::Changed { because: "interrupted".into(), urgency: Urgency::Drain })
                }
            };
            if let Some(happening) = happening {
                return Ok(happening);
            }
        }
    }
}

impl Hands for LocalHands<'_> {
    fn now(&self) -> i64 {
        now().seconds()
    }

    fn look(&mut self, ledger: &mut Ledger) -> Result<(), EngineError> {
        look(ledger, self.cluster, self.node);
        self.gather(ledger);
        Ok(())
    }

    fn gather(&mut self, ledger: &mut Ledger) {
        self.attributes.gather(ledger);
    }

    fn begin(&mut self, action: &Action, agent: Option<&Agent>) -> Result<(), EngineError> {
        self.end_monitors(action);
        let told = self.standing.memory.apply(action);
        let record = match agent.filter(|_| action.runs_agent()) {
            Some(agent) => self.records.begin(&told, agent)?,
            None => None,
        };
        let witness = record.as_ref().map(Record::witness);
        let kill = CancellationToken::new();
        let (runner, called, killed) = (Arc::clone(self.runner), agent.cloned(), kill.clone());
        let run = self.tasks.spawn(async move {
            let result = tokio::select! {
                result = runner.perform(&told, called.as_ref(), witness) => result,
                () = killed.cancelled() => ActionResult::failed(ResultStatus::Error, "was killed"),
            };
            News::Ended(told.id, result)
        });
        let flight = Flight { action: action.clone(), agent: agent.cloned(), kill, record, task: run.id() };
        self.flights.insert(action.id, flight);
        Ok(())
    }

    fn kill(&mut self, action: ActionId) {
        if let Some(flight) = self.flights.get(&action) {
            flight.kill.cancel();
        }
    }

    fn set_timer(&mut self, action: ActionId, after: Duration) {
        let timer = self.tasks.spawn(async move {
            sleep(after).await;
            News::Rang(action)
        });
        if let Some(earlier) = self.timers.insert(action, timer) {
            earlier.abort();
        }
    }

    fn next(&mut self) -> BoxFuture<'_, Result<Happening, EngineError>> {
        Box::pin(self.next_happening())
    }

    fn pause(&mut self, length: Duration) -> BoxFuture<'_, ()> {
        let stop = self.stop.clone();
        Box::pin(async move {
            tokio::select! {
                () = sleep(length) => {}
                () = stop.cancelled() => {}
            }
        })
    }

    fn keep(&mut self, ledger: &Ledger) -> Result<(), EngineError> {
        self.store.keep(ledger, self.standing)?;
        self.ended.drain(..).try_for_each(|record| record.clear())
    }

    fn traits(&self, agent: &Agent) -> AgentTraits {
        self.runner.traits(agent)
    }

    fn jobs_per_node(&self) -> Option<u32> {
        let cores = available_parallelism().map_or(1, std::num::NonZero::get);
        Some(u32::try_from(cores.saturating_mul(2)).unwrap_or(u32::MAX))
    }

    fn is_interrupted(&self) -> bool {
        self.stop.is_cancelled()
    }
}

/// This host is there, alone, and may act.
pub(super) fn look(ledger: &mut Ledger, cluster: &Cluster, node: &NodeName) {
    for configured in cluster.nodes.iter().filter(|configured| configured.name.is(node.as_str())) {
        ledger.enrol(configured);
    }
    ledger.node_joined(node);
    ledger.choose_dc(&[node]);
    ledger.status.has_quorum = true;
    ledger.status.observed_at = Some(now().seconds());
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::tests::Bench;
    use super::*;
    use crate::scheduler::Task;

    #[tokio::test]
    async fn a_run_that_is_broken_off_by_a_fault_of_ours_has_failed() {
        let mut bench = Bench::new();
        let start = bench.action(1, Task::Start, 0);
        let mut hands = bench.hands();
        let task = hands.tasks.spawn(async { unreachable!("a fault of ours") }).id();
        let kill = CancellationToken::new();
        hands
            .flights
            .insert(start.id, Flight { action: start.clone(), agent: None, kill, record: None, task });
        let Happening::Finished { action, result } = hands.next().await.unwrap() else {
            unreachable!("an end")
        };
        assert_eq!((action, result.status), (start.id, ResultStatus::Error));
        assert!(hands.flights.is_empty(), "nobody waits for it any more");
    }
}
