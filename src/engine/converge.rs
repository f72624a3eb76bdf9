//! The convergence loop that the engines share: look, plan, carry out, write down, again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::hands::{Hands, Happening};
use super::{EngineError, Event, Outcome};
use crate::executor::{self, ActionResult, Command, Executor, Limits, Urgency};
use crate::ledger::roster::Roster;
use crate::ledger::{AgentTraits, Ledger, Performed};
use crate::model::{Cluster, NodeName};
use crate::scheduler::{self, Action, ActionId, ActionKind, Schedule, Transition};

/// Told of each step.
pub type Report<'a> = dyn FnMut(Event) + Send + 'a;

/// How long the loop keeps trying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Most transitions at all.
    pub transitions: u32,
    /// Most transitions that set out to do the very same things, in a row or in turns.
    pub attempts: u32,
    /// How long to wait before doing again what was done before.
    pub pause: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { transitions: 1000, attempts: 10, pause: Duration::from_secs(1) }
    }
}

/// Brings the cluster that `hands` reach to what `cluster` asks for.
///
/// # Errors
/// Whatever the hands cannot bear; a result they can tell of is not an error.
pub async fn converge<H: Hands + ?Sized>(
    cluster: &Cluster,
    ledger: &mut Ledger,
    hands: &mut H,
    bounds: &Bounds,
    report: &mut Report<'_>,
) -> Result<Outcome, EngineError> {
    let mut attempts: BTreeMap<BTreeSet<Goal>, u32> = BTreeMap::new();
    for transitions in 0.. {
        hands.look(ledger)?;
        let schedule = scheduler::schedule(cluster, &ledger.status, hands.now());
        let goals = goals_of(&schedule.transition);
        if goals.is_empty() {
            return Ok(if schedule.is_stuck() { Outcome::Stuck } else { Outcome::Converged });
        }
        let attempt = attempts.entry(goals).or_default();
        if transitions >= bounds.transitions || *attempt >= bounds.attempts {
            return Ok(Outcome::GaveUp { transitions });
        }
        if *attempt > 0 {
            hands.pause(bounds.pause).await;
        }
        *attempt += 1;
        carry_out(cluster, &schedule, ledger, hands, report).await?;
        if hands.is_interrupted() {
            return Ok(Outcome::GaveUp { transitions: transitions + 1 });
        }
    }
    Ok(Outcome::Stuck)
}

/// Carries out one schedule and writes down what came of it.
///
/// # Errors
/// As for [`converge`].
pub async fn carry_out<H: Hands + ?Sized>(
    cluster: &Cluster,
    schedule: &Schedule,
    ledger: &mut Ledger,
    hands: &mut H,
    report: &mut Report<'_>,
) -> Result<executor::Outcome, EngineError> {
    let roster = Roster::of(cluster, &ledger.status);
    report(Event::Scheduled { actions: schedule.transition.actions.len() });
    Run::new(schedule, &roster, ledger, hands).carry_out(report).await
}

/// What one real action of a transition is after.
type Goal = (Arc<str>, Option<NodeName>);

fn goals_of(transition: &Transition) -> BTreeSet<Goal> {
    let real = transition.actions.iter().filter(|action| action.kind != ActionKind::Pseudo);
    real.map(|action| (Arc::clone(&action.key), action.node.clone())).collect()
}

/// One transition being carried out.
struct Run<'a, H: ?Sized> {
    executor: Executor,
    roster: &'a Roster,
    ledger: &'a mut Ledger,
    hands: &'a mut H,
    start_failure_is_fatal: bool,
}

impl<'a, H: Hands + ?Sized> Run<'a, H> {
    fn new(schedule: &Schedule, roster: &'a Roster, ledger: &'a mut Ledger, hands: &'a mut H) -> Self {
        ledger.transition += 1;
        let transition = schedule.transition.clone();
        let start_failure_is_fatal = transition.start_failure_is_fatal;
        let mut limits = Limits::of(&transition);
        limits.per_node = hands.jobs_per_node();
        let executor = Executor::new(transition, limits);
        Self { executor, roster, ledger, hands, start_failure_is_fatal }
    }

    async fn carry_out(&mut self, report: &mut Report<'_>) -> Result<executor::Outcome, EngineError> {
        let mut event = executor::Event::Begin;
        loop {
            for command in self.executor.step(event) {
                if let Command::Done(outcome) = command {
                    self.tell_end(&outcome, report);
                    return Ok(outcome);
                }
                self.obey(command, report)?;
            }
            event = self.await_event(report).await?;
        }
    }

    fn obey(&mut self, command: Command, report: &mut Report<'_>) -> Result<(), EngineError> {
        match command {
            Command::Start(id) => {
                let Some(action) = self.executor.action(id) else { return Ok(()) };
                let agent = action.resource.as_deref().and_then(|resource| self.roster.agent(resource));
                report(Event::Started(Box::new(action.clone())));
                self.hands.begin(action, agent.as_ref())?;
            }
            Command::Reached(id) => {
                if let Some(action) = self.executor.action(id) {
                    if let Some(guest) = action.node.as_ref().filter(|_| action.task.takes_node_down()) {
                        self.ledger.node_ended(guest);
                    }
                    self.hands.reached(action);
                }
            }
            Command::SetTimer { action, after } => self.hands.set_timer(action, after),
            Command::Cancel(id) => self.hands.kill(id),
            Command::Lost { action, result } => {
                self.hands.kill(action);
                self.take_result(action, &result, report)?;
            }
            Command::Done(_) => {}
        }
        Ok(())
    }

    /// Waits for something the executor should know.
    async fn await_event(&mut self, report: &mut Report<'_>) -> Result<executor::Event, EngineError> {
        match self.hands.next().await? {
            Happening::Finished { action, result } => {
                self.take_result(action, &result, report)?;
                Ok(executor::Event::Finished { action, result })
            }
            Happening::TimerFired { action } => Ok(executor::Event::TimerFired { action }),
            Happening::Observed { action, result } => {
                self.write_down(&action, &result)?;
                let because = format!("{} answered {} on {}", action.key, result.rc.name(), place(&action));
                report(finished(&action, &result));
                Ok(executor::Event::Abort { because: because.into(), urgency: Urgency::Drain })
            }
            Happening::Changed { because, urgency } => Ok(executor::Event::Abort { because, urgency }),
        }
    }

    fn take_result(
        &mut self,
        id: ActionId,
        result: &ActionResult,
        report: &mut Report<'_>,
    ) -> Result<(), EngineError> {
        let Some(action) = self.executor.action(id).cloned() else { return Ok(()) };
        self.write_down(&action, result)?;
        report(finished(&action, result));
        Ok(())
    }

    fn write_down(&mut self, action: &Action, result: &ActionResult) -> Result<(), EngineError> {
        record(self.ledger, self.roster, self.hands, action, result, self.start_failure_is_fatal)
    }

    fn tell_end(&self, outcome: &executor::Outcome, report: &mut Report<'_>) {
        if self.hands.is_interrupted() {
            // Nobody plans again.
            return;
        }
        let because = match outcome {
            executor::Outcome::Complete => return,
            executor::Outcome::Aborted { cause, .. } => self.words_for(cause),
            executor::Outcome::Blocked { unstarted } => {
                format!("{} actions wait for one another", unstarted.len())
            }
        };
        report(Event::Aborted { because });
    }

    fn words_for(&self, cause: &executor::Cause) -> String {
        match cause {
            executor::Cause::Asked(because) => because.to_string(),
            executor::Cause::Unexpected { action, result } => {
                let action = self.executor.action(*action);
                let what =
                    action.map_or_else(String::new, |action| format!("{} on {}", action.key, place(action)));
                format!("{what} answered {}", result.rc.name())
            }
        }
    }
}

/// Writes down the result of an action, and lets the hands keep it.
///
/// # Errors
/// When the hands cannot keep it.
pub fn record<H: Hands + ?Sized>(
    ledger: &mut Ledger,
    roster: &Roster,
    hands: &mut H,
    action: &Action,
    result: &ActionResult,
    start_failure_is_fatal: bool,
) -> Result<(), EngineError> {
    let agent = action.resource.as_deref().and_then(|resource| roster.agent(resource));
    let traits = agent.as_ref().map_or_else(AgentTraits::default, |agent| hands.traits(agent));
    let done = Performed {
        action,
        agent: agent.as_ref(),
        traits: &traits,
        result,
        at: hands.now(),
        start_failure_is_fatal,
    };
    ledger.record_with_guests(&done, roster);
    hands.gather(ledger);
    hands.keep(ledger)
}

/// The event that tells of a result.
pub(super) fn finished(action: &Action, result: &ActionResult) -> Event {
    Event::Finished { action: Box::new(action.clone()), result: result.clone() }
}

fn place(action: &Action) -> &str {
    action.node.as_ref().map_or("the cluster", NodeName::as_str)
}
