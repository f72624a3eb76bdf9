//! Dispatch: what the executor asks for becomes orders.

use std::time::Duration;

use super::decision::recheck_interval;
use super::patience::Limit;
use super::{Control, Ground};
use crate::cluster::border::{Output, Timer};
use crate::cluster::call::{Call, Flight};
use crate::cluster::event::Event;
use crate::cluster::member::Member;
use crate::cluster::message::{Finding, Message, Orders};
use crate::cluster::state::worker_of;
use crate::executor::{self, ActionResult, Command};
use crate::model::{AgentClass, NodeName};
use crate::scheduler::{Action, ActionId, ActionKind, Task};
use crate::status::ResultCode;

impl Control {
    /// Does what the executor asks for.
    pub(super) fn obey(&mut self, commands: Vec<Command>, ground: &Ground<'_>, out: &mut Vec<Output>) {
        for command in commands {
            match command {
                Command::Start(action) => self.start(action, ground, out),
                Command::Reached(action) => self.reach(action),
                Command::SetTimer { action, after } => self.time(action, after, out),
                // Transitions are never killed here: they are replaced.
                Command::Cancel(_) => {}
                Command::Lost { action, result } => self.rule_lost(action, result, ground, out),
                Command::Done(outcome) => self.finish(&outcome),
            }
        }
    }

    fn start(&mut self, id: ActionId, ground: &Ground<'_>, out: &mut Vec<Output>) {
        let Some(running) = self.running.as_mut() else { return };
        let Some(action) = running.executor.action(id) else { return };
        let limit = attempts_limit(action, ground);
        if let Some((until, attempts)) = self.patience.until(action, limit, ground.now) {
            running.held.push(until);
            if self.held_until.replace(until) != Some(until) {
                out.push(Output::Tell(Event::Held { until, attempts }));
            }
            return;
        }
        self.launch(id, ground);
    }

    /// Orders an action.
    fn launch(&mut self, id: ActionId, ground: &Ground<'_>) {
        let Some(running) = self.running.as_mut() else { return };
        let Some(action) = running.executor.action(id).cloned() else { return };
        let Some(worker) = worker_for(&action, ground) else { return };
        let call =
            Call { by: ground.me, life: ground.settings.life.0, transition: running.number, action: id };
        let agent = action.resource.as_deref().and_then(|resource| running.roster.agent(resource));
        self.patience.note(&action, ground.now);
        let fenced = action.node.as_ref().filter(|_| action.kind == ActionKind::Fence);
        let target_life = fenced.and_then(|target| ground.state.live.life_of(target));
        running.calls.insert(call, id);
        let flight = Flight {
            call,
            worker,
            action,
            agent,
            since: ground.now,
            target_life,
            start_failure_is_fatal: running.start_failure_is_fatal,
        };
        self.sent.push(flight.clone());
        self.batch.push(flight);
    }

    /// A guest that is to be fenced ends with what holds it.
    fn reach(&mut self, id: ActionId) {
        let action = self.running.as_ref().and_then(|running| running.executor.action(id));
        let guest =
            action.filter(|action| action.task.takes_node_down()).and_then(|action| action.node.clone());
        self.ended_guests.extend(guest);
    }

    fn call_of(&self, id: ActionId) -> Option<Call> {
        let calls = &self.running.as_ref()?.calls;
        calls.iter().find(|(_, action)| **action == id).map(|(call, _)| *call)
    }

    fn time(&self, id: ActionId, after: Duration, out: &mut Vec<Output>) {
        // What is held has no call yet.
        if let Some(call) = self.call_of(id) {
            out.push(Output::SetTimer { timer: Timer::Call(call), after });
        }
    }

    fn rule_lost(&mut self, id: ActionId, result: ActionResult, ground: &Ground<'_>, out: &mut Vec<Output>) {
        if let Some(call) = self.call_of(id) {
            self.rule(ground, Finding::Lost { call, result }, out);
        }
    }

    fn finish(&mut self, outcome: &executor::Outcome) {
        let has_worked = self.running.take().is_some_and(|running| running.has_worked);
        match outcome {
            executor::Outcome::Complete => {
                if has_worked {
                    self.reconsider("the transition is complete");
                }
            }
            executor::Outcome::Aborted { cause, .. } => self.reconsider(&cause.to_string()),
            executor::Outcome::Blocked { .. } => {}
        }
    }

    /// Counts runs that took too long as ended.
    pub(super) fn take_overdue(&mut self, ground: &Ground<'_>, out: &mut Vec<Output>) {
        for call in std::mem::take(&mut self.overdue) {
            let Some(flight) = ground.state.flight(call) else { continue };
            let waited = u64::try_from(ground.now.0 - flight.since.0).unwrap_or(0);
            let result = ActionResult::timed_out(Duration::from_millis(waited));
            self.rule(ground, Finding::Lost { call, result }, out);
        }
    }

    /// Gives all orders of this step in one message.
    pub(super) fn dispatch(&mut self, ground: &Ground<'_>, out: &mut Vec<Output>) {
        if self.batch.is_empty() && self.ended_guests.is_empty() {
            return;
        }
        let orders = Orders {
            mark: ground.state.mark(),
            flights: std::mem::take(&mut self.batch),
            ended_guests: std::mem::take(&mut self.ended_guests),
        };
        out.push(Output::Multicast(Message::Orders(Box::new(orders)).encode()));
    }
}

/// Fencing that fails again and again rests (`fencing-max-attempts`) until the cluster looks again by itself.
fn attempts_limit(action: &Action, ground: &Ground<'_>) -> Limit {
    if action.kind != ActionKind::Fence {
        return Limit::NONE;
    }
    let durable = &ground.state.durable;
    let most = durable.property(&["fencing-max-attempts", "stonith-max-attempts"]);
    let attempts = most.and_then(|text| text.parse().ok()).unwrap_or(10);
    Limit { attempts, pause: recheck_interval(&durable.cluster, ground.now).unwrap_or(Control::RECHECK) }
}

/// How long an action is waited for before it counts as lost.
pub(super) fn patience(action: &Action) -> Option<Duration> {
    action.patience(Duration::from_secs(60))
}

/// Who does an action: its node; for fencing a member that is not the target, best one where a fence
/// device runs. Only the last member has to fence itself. A node is let in by itself, if it is there.
fn worker_for(action: &Action, ground: &Ground<'_>) -> Option<NodeName> {
    if action.kind != ActionKind::Fence {
        return worker_of(action).cloned();
    }
    let is_target =
        |member: &Member| action.node.as_ref().is_some_and(|target| target.is(member.name.as_str()));
    let members = ground.state.live.members.iter().map(|seat| &seat.member);
    if action.task == Task::FenceOn
        && let Some(own) = members.clone().find(|member| is_target(member))
    {
        return Some(own.name.clone());
    }
    let able: Vec<&Member> = members.filter(|member| !is_target(member)).collect();
    let best = able.iter().find(|member| runs_device(ground, &member.name)).or_else(|| able.first());
    best.map(|member| member.name.clone()).or_else(|| ground.state.dc().map(|dc| dc.name.clone()))
}

fn runs_device(ground: &Ground<'_>, node: &NodeName) -> bool {
    let state = ground.state.live.ledger.status.node(node.as_str());
    let histories = state.into_iter().flat_map(|state| &state.resources);
    histories.filter(|history| history.class == AgentClass::Stonith).any(|history| {
        let last = history.entries.iter().filter(|entry| entry.interval.is_zero());
        let last = last.max_by_key(|entry| entry.call_id);
        last.is_some_and(|entry| {
            *entry.operation == *Task::Start.as_str() && entry.rc == Some(ResultCode::OK)
        })
    })
}
