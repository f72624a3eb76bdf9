//! The law about what comes of carrying a plan out.

use std::time::Duration;

use quorate::executor::{self, ActionResult};
use quorate::ledger::roster::Roster;
use quorate::ledger::{AgentTraits, Ledger, Performed};
use quorate::scheduler::{self, Action, ActionKind, Schedule, Task};
use quorate::status::{HistoryEntry, ResultCode, ResultStatus};

use crate::Case;
use crate::generator::NOW;
use crate::graph;
use crate::restless::{self, End};
use crate::ring::{Wishes, top};
use crate::trace;

/// How many plans in a row may have something to do. What a probe or a fenced node reveals is only
/// known once the first has been carried out.
const ROUNDS: usize = 5;

/// Every action ends as the plan counts on; then there is nothing left to do. Nothing is promised where
/// wishes contradict each other, or where something must come first that may itself run inside what
/// comes then.
pub(crate) fn settles(case: &Case<'_>) -> Option<String> {
    // What was already under way when the plan was made is not in it, so that nothing ends it here; and
    // what failed to stop bans its place or restarts its container until somebody looks after it.
    let histories = case.cib.status.nodes.iter().flat_map(|node| &node.resources);
    let is_open = |entry: &HistoryEntry| {
        let has_failed = entry.rc != Some(ResultCode::OK);
        entry.status == Some(ResultStatus::Pending) || has_failed && *entry.operation == *Task::Stop.as_str()
    };
    if histories.flat_map(|history| &history.entries).any(is_open) {
        return None;
    }
    if contradicts_itself(case) {
        return None;
    }
    let mut ledger = Ledger::new("laws");
    ledger.status = case.cib.status.clone();
    let mut schedule = case.schedule.clone();
    trace::round(case, 0, NOW, &ledger.status, &schedule);
    let mut lacked_room = false;
    for round in 0..ROUNDS {
        let at = NOW + 10 * i64::try_from(round).unwrap_or(0);
        carry_out(case, &mut ledger, &schedule, at);
        let (placement, next) = scheduler::decide(&case.cib.cluster, &ledger.status, at + 5);
        lacked_room |= restless::lacks_room(&placement);
        schedule = next;
        trace::round(case, round + 1, at + 5, &ledger.status, &schedule);
        real(&schedule).next()?;
    }
    let at = NOW + 10 * i64::try_from(ROUNDS).unwrap_or(0);
    let (placement, schedule) = scheduler::decide(&case.cib.cluster, &ledger.status, at);
    let end = End { placement: &placement, schedule: &schedule, status: &ledger.status, lacked_room };
    let left: Vec<String> = real(&schedule)
        .filter(|action| !end.is_restless(action))
        .map(|action| format!("{} {}", action.key, action.node.as_ref().map_or("-", |node| node.as_str())))
        .collect();
    (!left.is_empty()).then(|| format!("still to do: {}", left.join(", ")))
}

fn contradicts_itself(case: &Case<'_>) -> bool {
    let facts = &case.placement.facts;
    let (places, orders) = (Wishes::of_place(case), Wishes::of_order(case));
    let mut launchers = facts.resources.iter().filter_map(|resource| resource.launcher);
    places.form_a_ring()
        || orders.form_a_ring()
        || launchers.any(|launcher| orders.name(&top(facts, launcher)))
}

/// What has an effect: a notification of what cannot be done is sent all the same, and a monitor of which
/// only the failure is remembered is ended again with every plan.
fn real(schedule: &Schedule) -> impl Iterator<Item = &Action> {
    let is_real = |action: &&Action| {
        action.kind != ActionKind::Pseudo && !matches!(action.task, Task::Notify | Task::Cancel)
    };
    schedule.transition.actions.iter().filter(is_real)
}

/// Carries everything out in an order that the graph allows, and writes it down as the engines do.
fn carry_out(case: &Case<'_>, ledger: &mut Ledger, schedule: &Schedule, at: i64) {
    let roster = Roster::of(&case.cib.cluster, &ledger.status);
    ledger.transition += 1;
    let actions = &schedule.transition.actions;
    for id in graph::linear(actions, &mut |_| 0) {
        let Some(action) = actions.iter().find(|action| action.id == id) else { continue };
        if action.kind == ActionKind::Pseudo {
            if let Some(guest) = action.node.as_ref().filter(|_| action.task.takes_node_down()) {
                ledger.node_ended(guest);
            }
            continue;
        }
        let agent = action.resource.as_deref().and_then(|resource| roster.agent(resource));
        let result = ActionResult::done(executor::expected_rc(action), Duration::from_millis(1));
        let done = Performed {
            action,
            agent: agent.as_ref(),
            traits: &AgentTraits::default(),
            result: &result,
            at,
            start_failure_is_fatal: schedule.transition.start_failure_is_fatal,
        };
        ledger.record_with_guests(&done, &roster);
    }
}
