//! Claims about the state machine.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed test says so by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::NodeName;
use crate::scheduler::{Action, ActionId, ActionKind, Task, Transition};
use crate::status::{ResultCode, ResultStatus};

mod carried;

fn action(id: u32, task: Task, resource: &str, node: &str, after: &[u32]) -> Action {
    Action {
        id: ActionId(id),
        timeout: Some(Duration::from_secs(20)),
        after: after.iter().copied().map(ActionId).collect(),
        ..Action::new(task, resource, NodeName::new(node))
    }
}

fn start(id: u32, resource: &str, after: &[u32]) -> Action {
    action(id, Task::Start, resource, "n1", after)
}

fn pseudo(id: u32, after: &[u32]) -> Action {
    let mut point = action(id, Task::Pseudo("running".into()), "G", "n1", after);
    point.kind = ActionKind::Pseudo;
    point
}

fn executor(actions: Vec<Action>) -> Executor {
    let transition = Transition { actions, ..Transition::default() };
    let limits = Limits::of(&transition);
    Executor::new(transition, limits)
}

fn ok() -> ActionResult {
    ActionResult::done(ResultCode::OK, Duration::from_secs(1))
}

fn finished(id: u32, rc: ResultCode) -> Event {
    Event::Finished { action: ActionId(id), result: ActionResult::done(rc, Duration::ZERO) }
}

fn started(commands: &[Command]) -> Vec<u32> {
    let is_start = |command: &Command| if let Command::Start(id) = command { Some(id.0) } else { None };
    commands.iter().filter_map(is_start).collect()
}

fn outcome(commands: &[Command]) -> Option<&Outcome> {
    commands
        .iter()
        .find_map(|command| if let Command::Done(outcome) = command { Some(outcome) } else { None })
}

#[test]
fn unordered_actions_start_together_and_followers_wait() {
    let mut executor = executor(vec![start(1, "A", &[]), start(2, "B", &[]), start(3, "C", &[1, 2])]);
    assert_eq!(started(&executor.step(Event::Begin)), [1, 2]);
    assert!(started(&executor.step(finished(1, ResultCode::OK))).is_empty());
    assert_eq!(started(&executor.step(finished(2, ResultCode::OK))), [3]);
    assert_eq!(outcome(&executor.step(finished(3, ResultCode::OK))), Some(&Outcome::Complete));
}

#[test]
fn an_empty_transition_is_complete_at_once() {
    assert_eq!(outcome(&executor(vec![]).step(Event::Begin)), Some(&Outcome::Complete));
}

#[test]
fn pseudo_actions_complete_at_once_and_release_what_waits() {
    let mut executor = executor(vec![pseudo(1, &[]), pseudo(2, &[1]), start(3, "A", &[2])]);
    let commands = executor.step(Event::Begin);
    assert_eq!(commands[..2], [Command::Reached(ActionId(1)), Command::Reached(ActionId(2))]);
    assert_eq!(started(&commands), [3]);
}

#[test]
fn what_an_action_waits_for_counts_only_inside_the_transition() {
    assert_eq!(started(&executor(vec![start(1, "A", &[99])]).step(Event::Begin)), [1]);
}

#[test]
fn a_higher_priority_goes_first_when_not_all_can() {
    let mut urgent = start(3, "C", &[]);
    urgent.priority = 10;
    let transition = Transition {
        actions: vec![start(1, "A", &[]), start(2, "B", &[]), urgent],
        batch_limit: 2,
        ..Transition::default()
    };
    let limits = Limits::of(&transition);
    let mut executor = Executor::new(transition, limits);
    assert_eq!(started(&executor.step(Event::Begin)), [3, 1]);
    assert_eq!(started(&executor.step(finished(3, ResultCode::OK))), [2]);
}

#[test]
fn services_begin_before_those_that_run_are_looked_after() {
    let mut watch = action(2, Task::Monitor, "A", "n1", &[1]);
    (watch.interval, watch.priority) = (Duration::from_secs(10), 1000);
    let transition = Transition {
        actions: vec![start(1, "A", &[]), watch, start(3, "B", &[]), start(4, "C", &[])],
        ..Transition::default()
    };
    let mut limits = Limits::of(&transition);
    limits.per_node = Some(1);
    let mut executor = Executor::new(transition, limits);
    assert_eq!(started(&executor.step(Event::Begin)), [1]);
    let then: Vec<_> =
        [1, 3, 4].iter().map(|id| started(&executor.step(finished(*id, ResultCode::OK)))).collect();
    assert_eq!(then, [[3], [4], [2]], "a monitor waits until there is nothing to start");
}

#[test]
fn a_full_node_does_not_hold_up_another() {
    let mut limits = Limits::of(&Transition::default());
    limits.per_node = Some(1);
    let actions = vec![start(1, "A", &[]), start(2, "B", &[]), action(3, Task::Start, "C", "n2", &[])];
    let mut executor = Executor::new(Transition { actions, ..Transition::default() }, limits);
    assert_eq!(started(&executor.step(Event::Begin)), [1, 3]);
}

#[test]
fn a_migration_counts_at_both_of_its_ends() {
    let migration = |id, resource: &str, source: &str, target: &str| {
        let mut action = action(id, Task::MigrateTo, resource, source, &[]);
        action.meta.insert("migrate_source".into(), source.into());
        action.meta.insert("migrate_target".into(), target.into());
        action
    };
    let transition = Transition {
        actions: vec![
            migration(1, "A", "n1", "n2"),
            migration(2, "B", "n2", "n3"),
            migration(3, "C", "n3", "n4"),
        ],
        migration_limit: Some(1),
        ..Transition::default()
    };
    let limits = Limits::of(&transition);
    assert_eq!(started(&Executor::new(transition, limits).step(Event::Begin)), [1, 3]);
}

#[test]
fn an_unexpected_answer_starts_nothing_new_and_awaits_what_is_in_flight() {
    let mut executor = executor(vec![start(1, "A", &[]), start(2, "B", &[]), start(3, "C", &[2])]);
    executor.step(Event::Begin);
    assert!(executor.step(finished(1, ResultCode::ERROR)).is_empty());
    let commands = executor.step(finished(2, ResultCode::OK));
    assert!(started(&commands).is_empty());
    let Some(Outcome::Aborted { cause, unstarted }) = outcome(&commands) else { panic!("{commands:?}") };
    assert!(matches!(cause, Cause::Unexpected { action: ActionId(1), .. }));
    assert_eq!(unstarted, &[ActionId(3)]);
}

#[test]
fn the_expected_answer_of_a_probe_is_not_an_error() {
    let mut probe = action(1, Task::Monitor, "A", "n1", &[]);
    probe.expected_rc = Some(7);
    let mut executor = executor(vec![probe]);
    executor.step(Event::Begin);
    let commands = executor.step(finished(1, ResultCode::NOT_RUNNING));
    assert_eq!(outcome(&commands), Some(&Outcome::Complete));
}

#[test]
fn degraded_is_healthy_and_notifications_may_answer_anything() {
    assert!(ActionResult::done(ResultCode::DEGRADED, Duration::ZERO).is_expected(&start(1, "A", &[])));
    let notify = action(1, Task::Notify, "A", "n1", &[]);
    assert!(ActionResult::done(ResultCode::ERROR, Duration::ZERO).is_expected(&notify));
}

#[test]
fn a_probe_goes_well_whatever_it_finds() {
    let probe = Action { expected_rc: Some(7), ..action(1, Task::Monitor, "A", "n1", &[]) };
    let found = |rc| ActionResult::done(rc, Duration::ZERO);
    assert!(found(ResultCode::OK).has_succeeded(&probe) && !found(ResultCode::OK).is_expected(&probe));
    assert!(found(ResultCode::DEGRADED_PROMOTED).has_succeeded(&probe));
    assert!(!found(ResultCode::ERROR).has_succeeded(&probe));
    let watch = Action { interval: Duration::from_secs(10), expected_rc: None, ..probe };
    assert!(found(ResultCode::DEGRADED).has_succeeded(&watch));
    assert!(!found(ResultCode::NOT_RUNNING).has_succeeded(&watch));
    let broken = ActionResult::failed(ResultStatus::Error, "no");
    assert!(!broken.has_succeeded(&watch) && !ActionResult::unknown("?").is_expected(&watch));
}

#[test]
fn an_action_without_answer_is_lost_after_timeout_and_grace() {
    let mut executor = executor(vec![start(1, "A", &[])]);
    let commands = executor.step(Event::Begin);
    assert!(commands.contains(&Command::SetTimer { action: ActionId(1), after: Duration::from_secs(80) }));
    let commands = executor.step(Event::TimerFired { action: ActionId(1) });
    assert!(matches!(&commands[0], Command::Lost { result, .. } if result.status == ResultStatus::TimedOut));
    assert!(matches!(outcome(&commands), Some(Outcome::Aborted { .. })));
    assert!(executor.step(finished(1, ResultCode::OK)).is_empty(), "a late answer changes nothing");
}

#[test]
fn a_timer_of_an_ended_action_means_nothing() {
    let mut executor = executor(vec![start(1, "A", &[]), start(2, "B", &[])]);
    executor.step(Event::Begin);
    executor.step(finished(1, ResultCode::OK));
    assert!(executor.step(Event::TimerFired { action: ActionId(1) }).is_empty());
}

#[test]
fn killing_cancels_what_is_in_flight_and_waits_for_it() {
    let mut executor = executor(vec![start(1, "A", &[]), start(2, "B", &[1])]);
    executor.step(Event::Begin);
    let abort = Event::Abort { because: "interrupted".into(), urgency: Urgency::Kill };
    assert_eq!(executor.step(abort.clone()), [Command::Cancel(ActionId(1))]);
    assert!(executor.step(abort).is_empty(), "asking again cancels nothing twice");
    let commands = executor.step(finished(1, ResultCode::ERROR));
    let Some(Outcome::Aborted { cause, .. }) = outcome(&commands) else { panic!("{commands:?}") };
    assert_eq!(cause, &Cause::Asked("interrupted".into()));
}

#[test]
fn a_new_plan_takes_over_what_is_in_flight() {
    let mut old = executor(vec![start(1, "A", &[]), start(2, "B", &[])]);
    old.step(Event::Begin);
    let commands = old.step(Event::Abort { because: "n2 left".into(), urgency: Urgency::HandOver });
    assert!(matches!(outcome(&commands), Some(Outcome::Aborted { .. })));
    let in_flight: Vec<Action> = old.in_flight().into_iter().cloned().collect();
    assert_eq!(in_flight.len(), 2);

    // The new plan still starts A, but wants B stopped, and C besides.
    let stop = action(8, Task::Stop, "B", "n1", &[]);
    let mut new = executor(vec![start(7, "A", &[]), stop, start(9, "C", &[])]);
    assert_eq!(new.carry(in_flight), [ActionId(7), ActionId(10)]);
    assert_eq!(started(&new.step(Event::Begin)), [9], "C does not wait; A is not started twice");
    assert_eq!(started(&new.step(finished(10, ResultCode::OK))), [8], "B is stopped once its start ended");
    new.step(finished(7, ResultCode::OK));
    new.step(finished(8, ResultCode::OK));
    assert_eq!(outcome(&new.step(finished(9, ResultCode::OK))), Some(&Outcome::Complete));
}

#[test]
fn a_start_in_flight_is_not_the_one_that_follows_a_stop() {
    let stop = action(1, Task::Stop, "A", "n1", &[]);
    let mut new = executor(vec![stop, start(2, "A", &[1])]);
    assert_eq!(new.carry(vec![start(9, "A", &[])]), [ActionId(3)]);
    assert_eq!(started(&new.step(Event::Begin)), [] as [u32; 0], "the stop waits for the start in flight");
    assert_eq!(started(&new.step(finished(3, ResultCode::OK))), [1]);
    assert_eq!(started(&new.step(finished(1, ResultCode::OK))), [2]);
}

#[test]
fn instances_that_are_numbered_anew_are_not_started_twice() {
    let instance = |id: u32, number: u32, node: &str| Action {
        instance: Some(format!("A:{number}").into()),
        key: format!("A:{number}_start_0").into(),
        ..action(id, Task::Start, "A", node, &[])
    };
    let mut new = executor(vec![instance(1, 0, "n2"), instance(2, 1, "n1")]);
    assert_eq!(new.carry(vec![instance(7, 0, "n1"), instance(8, 1, "n2")]), [ActionId(2), ActionId(1)]);
    assert_eq!(started(&new.step(Event::Begin)), [] as [u32; 0], "both are in flight already");
}

#[test]
fn an_instance_starts_nowhere_while_its_stop_elsewhere_is_in_flight() {
    let elsewhere = action(1, Task::Start, "A", "n2", &[]);
    let mut new = executor(vec![elsewhere, start(2, "B", &[])]);
    assert_eq!(new.carry(vec![action(9, Task::Stop, "A", "n1", &[])]), [ActionId(3)]);
    assert_eq!(started(&new.step(Event::Begin)), [2]);
    assert_eq!(started(&new.step(finished(3, ResultCode::OK))), [1]);
}

#[test]
fn a_contradictory_order_ends_as_blocked() {
    let mut executor = executor(vec![start(1, "A", &[2]), start(2, "B", &[1])]);
    let commands = executor.step(Event::Begin);
    assert_eq!(outcome(&commands), Some(&Outcome::Blocked { unstarted: vec![ActionId(1), ActionId(2)] }));
}

/// A random transition in which every action waits only for earlier ones.
fn transitions() -> impl Strategy<Value = Transition> {
    let one =
        (0..4_u32, 0..3_u32, 0..4_i64, proptest::collection::vec(any::<proptest::sample::Index>(), 0..4));
    (proptest::collection::vec(one, 0..30), 0..4_u32, proptest::option::of(1..3_u32)).prop_map(
        |(parts, batch_limit, migration_limit)| {
            let mut actions = Vec::new();
            for (place, (kind, node, priority, before)) in parts.into_iter().enumerate() {
                let id = u32::try_from(place).unwrap() + 1;
                let after: Vec<u32> = before
                    .iter()
                    .filter(|_| place > 0)
                    .map(|index| u32::try_from(index.index(place)).unwrap() + 1)
                    .collect();
                let task = if kind == 1 { Task::MigrateTo } else { Task::Start };
                let mut action = action(id, task, &format!("R{id}"), &format!("n{node}"), &after);
                action.priority = priority;
                if kind == 0 {
                    action.kind = ActionKind::Pseudo;
                }
                actions.push(action);
            }
            Transition { actions, batch_limit, migration_limit, ..Transition::default() }
        },
    )
}

/// What a run did, as seen from outside.
#[derive(Default)]
struct Watched {
    started: Vec<ActionId>,
    ended: BTreeSet<ActionId>,
    in_flight: BTreeSet<ActionId>,
    outcome: Option<Outcome>,
}

impl Watched {
    fn take(&mut self, commands: Vec<Command>, actions: &BTreeMap<ActionId, Action>) {
        for command in commands {
            assert!(self.outcome.is_none(), "nothing follows the end");
            match command {
                Command::Start(id) | Command::Reached(id) => {
                    let action = &actions[&id];
                    assert!(!self.started.contains(&id), "{id:?} was started twice");
                    assert!(
                        action.after.iter().all(|before| self.ended.contains(before)),
                        "{id:?} was early"
                    );
                    self.started.push(id);
                    if action.kind == ActionKind::Pseudo {
                        self.ended.insert(id);
                    } else {
                        self.in_flight.insert(id);
                    }
                }
                Command::Done(outcome) => self.outcome = Some(outcome),
                Command::SetTimer { .. } | Command::Cancel(_) | Command::Lost { .. } => {}
            }
        }
    }
}

proptest! {
    #[test]
    fn every_transition_keeps_order_and_limits_and_ends(
        transition in transitions(),
        picks in proptest::collection::vec(any::<proptest::sample::Index>(), 30),
        failing in proptest::option::of(0..30_usize),
        per_node in proptest::option::of(1..3_u32),
    ) {
        let actions: BTreeMap<_, _> =
            transition.actions.iter().map(|action| (action.id, action.clone())).collect();
        let mut limits = Limits::of(&transition);
        limits.per_node = per_node;
        let (batch, migrations) = (limits.batch, limits.migrations);
        let mut executor = Executor::new(transition, limits);
        let mut watched = Watched::default();
        watched.take(executor.step(Event::Begin), &actions);
        for (turn, pick) in picks.iter().enumerate() {
            let total = u32::try_from(watched.in_flight.len()).unwrap();
            prop_assert!(batch.is_none_or(|limit| total <= limit));
            for node in ["n0", "n1", "n2"] {
                let here = |id: &&ActionId| actions[*id].node.as_ref().unwrap() == node;
                let there: Vec<_> = watched.in_flight.iter().filter(here).collect();
                let moving = there.iter().filter(|id| actions[**id].task == Task::MigrateTo).count();
                prop_assert!(per_node.is_none_or(|limit| there.len() <= limit as usize));
                prop_assert!(migrations.is_none_or(|limit| moving <= limit as usize));
            }
            if watched.in_flight.is_empty() {
                break;
            }
            let id = *pick.get(&watched.in_flight.iter().copied().collect::<Vec<_>>());
            let result = if failing == Some(turn) {
                ActionResult::done(ResultCode::ERROR, Duration::ZERO)
            } else {
                ok()
            };
            watched.in_flight.remove(&id);
            watched.ended.insert(id);
            watched.take(executor.step(Event::Finished { action: id, result }), &actions);
        }
        let failed = matches!(watched.outcome, Some(Outcome::Aborted { .. }));
        prop_assert!(failed || watched.outcome == Some(Outcome::Complete));
        prop_assert!(failed || watched.started.len() == actions.len());
        prop_assert!(executor.is_over() && executor.in_flight().is_empty());
    }
}

#[test]
fn causes_read_as_sentences() {
    let cause = Cause::Asked(Arc::from("n2 left"));
    assert_eq!(cause.to_string(), "n2 left");
}
