//! Claims about the simulated world, with transitions written by hand.

#![expect(clippy::unwrap_used, reason = "a failed test says so by panicking")]

use std::time::Duration;

use super::*;
use crate::engine::converge::carry_out;
use crate::executor::{self, Cause};
use crate::model::fencing::FencingTarget;
use crate::model::{Agent, FencingLevel, Node, Primitive, Resource, ResourceId, Role};
use crate::scheduler::{Action, ActionId, ActionKind, Schedule, Task, Transition};
use crate::status::{Presence, ResultCode, ResultStatus};

fn cluster() -> Cluster {
    let dummy = Agent::parse("ocf:pacemaker:Dummy").unwrap();
    let device = Agent::parse("stonith:fence_dummy").unwrap();
    Cluster {
        nodes: vec![Node::member("n1"), Node::member("n2"), Node::member("n3")],
        resources: vec![
            Resource::Primitive(Primitive::new("A", dummy)),
            Resource::Primitive(Primitive::new("fence", device)),
        ],
        ..Cluster::default()
    }
}

fn simulated() -> Simulated {
    let mut simulated = Simulated::in_memory(1);
    let desired =
        Desired { cluster: cluster(), base: Generation(0), origin: String::new(), renames: Vec::new() };
    simulated.put_in_force(desired).unwrap();
    simulated
}

fn action(task: Task, node: &str) -> Action {
    Action { timeout: Some(Duration::from_secs(20)), ..Action::new(task, "A", NodeName::new(node)) }
}

fn monitor(node: &str) -> Action {
    Action { interval: Duration::from_secs(10), key: "A_monitor_10000".into(), ..action(Task::Monitor, node) }
}

fn fence(node: &str) -> Action {
    Action { kind: ActionKind::Fence, resource: None, ..action(Task::FenceReboot, node) }
}

/// Carries out actions one after another on the first side.
async fn run(simulated: &mut Simulated, actions: Vec<Action>) -> (executor::Outcome, Vec<Event>) {
    let mut actions = actions;
    for (number, action) in (1..).zip(&mut actions) {
        action.id = ActionId(number);
        action.after = (number > 1).then_some(ActionId(number - 1)).into_iter().collect();
    }
    let transition = Transition { actions, start_failure_is_fatal: true, ..Transition::default() };
    let schedule = Schedule {
        transition,
        changes: Vec::new(),
        scores: Vec::new(),
        recheck_by: None,
        shortcuts: Vec::new(),
        stalled: Vec::new(),
    };
    let mut events = Vec::new();
    let State { world, sides, in_force, .. } = &mut simulated.state;
    let mut hands = SimulatedHands::new(world, in_force, &sides[0], true);
    let ledger = &mut sides[0].ledger;
    crate::engine::hands::Hands::look(&mut hands, ledger).unwrap();
    let outcome =
        carry_out(in_force, &schedule, ledger, &mut hands, &mut |event| events.push(event)).await.unwrap();
    (outcome, events)
}

async fn rc_of(simulated: &mut Simulated, action: Action) -> u8 {
    let (_, events) = run(simulated, vec![action]).await;
    let mut rcs = events.iter().filter_map(|event| match event {
        Event::Finished { result, .. } => Some(result.rc.0),
        Event::Scheduled { .. } | Event::Started(_) | Event::Waiting { .. } | Event::Aborted { .. } => None,
    });
    rcs.next_back().unwrap()
}

fn inject(simulated: &mut Simulated, resource: &str, operation: &str, answer: Answer, repeat: Repeat) {
    let resource = ResourceId::new(resource);
    simulated
        .inject(Injection { resource, node: None, operation: operation.into(), answer, repeat })
        .unwrap();
}

#[tokio::test]
async fn agents_keep_the_contract_of_their_standard() {
    let mut simulated = simulated();
    assert_eq!(rc_of(&mut simulated, action(Task::Monitor, "n1")).await, 7);
    assert_eq!(rc_of(&mut simulated, action(Task::Promote, "n1")).await, 7);
    assert_eq!(
        rc_of(&mut simulated, action(Task::Stop, "n1")).await,
        0,
        "stopping what is stopped is success"
    );
    assert_eq!(rc_of(&mut simulated, action(Task::Start, "n1")).await, 0);
    assert_eq!(rc_of(&mut simulated, action(Task::Start, "n1")).await, 0, "starting twice is success");
    assert_eq!(rc_of(&mut simulated, action(Task::Monitor, "n1")).await, 0);
    assert_eq!(rc_of(&mut simulated, action(Task::Promote, "n1")).await, 0);
    assert_eq!(rc_of(&mut simulated, action(Task::Monitor, "n1")).await, 8);
    assert_eq!(rc_of(&mut simulated, action(Task::Demote, "n1")).await, 0);
    assert_eq!(rc_of(&mut simulated, action(Task::Monitor, "n1")).await, 0);
}

#[tokio::test]
async fn actions_take_virtual_time_and_the_same_seed_gives_the_same_world() {
    let mut one = simulated();
    let mut two = simulated();
    for simulated in [&mut one, &mut two] {
        run(simulated, vec![action(Task::Start, "n1"), monitor("n1"), action(Task::Stop, "n1")]).await;
    }
    assert!(one.state.world.clock > world::GENESIS);
    assert_eq!(one.state, two.state);
}

#[tokio::test]
async fn a_live_migration_takes_the_resource_along() {
    let mut simulated = simulated();
    let mut send = action(Task::MigrateTo, "n1");
    send.meta.insert("migrate_source".into(), "n1".into());
    send.meta.insert("migrate_target".into(), "n2".into());
    let steps =
        vec![action(Task::Start, "n1"), send, action(Task::MigrateFrom, "n2"), action(Task::Stop, "n1")];
    let (outcome, _) = run(&mut simulated, steps).await;
    assert_eq!(outcome, executor::Outcome::Complete);
    assert_eq!(simulated.truth()["A"], [(NodeName::new("n2"), Role::Started)]);
}

#[tokio::test]
async fn a_forced_answer_is_used_up_or_stays() {
    let mut simulated = simulated();
    inject(&mut simulated, "A", "start", Answer::Code(ResultCode::ERROR), Repeat::Once);
    assert_eq!(rc_of(&mut simulated, action(Task::Start, "n1")).await, 1);
    assert!(simulated.truth().is_empty());
    assert_eq!(rc_of(&mut simulated, action(Task::Start, "n1")).await, 0);
    inject(&mut simulated, "A", "stop", Answer::Code(ResultCode::ERROR), Repeat::Always);
    assert_eq!(rc_of(&mut simulated, action(Task::Stop, "n1")).await, 1);
    assert_eq!(rc_of(&mut simulated, action(Task::Stop, "n1")).await, 1);
    simulated.clear_injections(None).unwrap();
    assert_eq!(rc_of(&mut simulated, action(Task::Stop, "n1")).await, 0);
}

#[tokio::test]
async fn what_hangs_is_timed_out_after_its_timeout() {
    let mut simulated = simulated();
    inject(&mut simulated, "A", "start", Answer::Hang, Repeat::Once);
    let before = simulated.now();
    let (outcome, _) = run(&mut simulated, vec![action(Task::Start, "n1")]).await;
    let executor::Outcome::Aborted { cause: Cause::Unexpected { result, .. }, .. } = outcome else {
        unreachable!("{outcome:?}")
    };
    assert_eq!(result.status, ResultStatus::TimedOut);
    assert_eq!(simulated.now() - before, 20);
}

#[tokio::test]
async fn fencing_takes_the_node_down_unless_its_device_fails() {
    let mut simulated = simulated();
    run(&mut simulated, vec![action(Task::Start, "n2")]).await;
    inject(&mut simulated, "fence", "reboot", Answer::Code(ResultCode::ERROR), Repeat::Once);
    assert_eq!(rc_of(&mut simulated, fence("n2")).await, 1);
    assert!(!simulated.truth().is_empty());
    assert_eq!(rc_of(&mut simulated, fence("n2")).await, 0);
    assert!(simulated.truth().is_empty());
    let status = simulated.observation().status;
    assert_eq!(status.node("n2").unwrap().member, Presence::Absent);
    assert!(!status.node("n2").unwrap().expected_up);
}

#[tokio::test]
async fn the_next_fencing_level_is_tried_when_one_fails() {
    let mut simulated = simulated();
    let level = |index, device: &str| FencingLevel {
        id: None,
        target: FencingTarget::Node(NodeName::new("n2")),
        index,
        devices: vec![ResourceId::new(device)],
    };
    simulated.state.in_force.fencing_levels = vec![level(2, "second"), level(1, "fence")];
    inject(&mut simulated, "fence", "fence", Answer::Code(ResultCode::ERROR), Repeat::Always);
    assert_eq!(rc_of(&mut simulated, fence("n2")).await, 1, "there is no second device");
    let agent = Agent::parse("stonith:fence_second").unwrap();
    simulated.state.in_force.resources.push(Resource::Primitive(Primitive::new("second", agent)));
    assert_eq!(rc_of(&mut simulated, fence("n2")).await, 0);
    inject(&mut simulated, "second", "fence", Answer::Hang, Repeat::Always);
    assert_eq!(rc_of(&mut simulated, fence("n2")).await, 1);
}

#[tokio::test]
async fn only_its_monitor_finds_that_a_resource_failed() {
    let mut simulated = simulated();
    run(&mut simulated, vec![action(Task::Start, "n1"), monitor("n1")]).await;
    simulated.fail_resource(&ResourceId::new("A"), None).unwrap();
    let history = |simulated: &Simulated| {
        let node = simulated.observation().status.node("n1").unwrap().clone();
        node.resources[0].entries.iter().any(|entry| &*entry.id == "A_last_failure_0")
    };
    assert!(!history(&simulated));
    let due = simulated.next_due().unwrap();
    assert!(simulated.run_monitors(due, &mut |_| {}).unwrap());
    assert!(history(&simulated));
    assert!(!simulated.run_monitors(due + 10_000, &mut |_| {}).unwrap(), "the same answer is no news");
}

#[tokio::test]
async fn a_failed_node_is_lost_with_all_it_ran_and_returns_empty() {
    let mut simulated = simulated();
    let n1 = NodeName::new("n1");
    run(&mut simulated, vec![action(Task::Start, "n1"), monitor("n1")]).await;
    simulated.fail_node(&n1).unwrap();
    assert!(simulated.truth().is_empty());
    let lost = simulated.observation().status;
    assert_eq!(lost.node("n1").unwrap().member, Presence::Absent);
    assert!(!lost.node("n1").unwrap().resources.is_empty(), "nobody knows what became of it");
    run(&mut simulated, vec![action(Task::Start, "n2")]).await;
    simulated.recover_node(&n1).unwrap();
    let back = simulated.observation().status;
    assert_eq!(back.node("n1").unwrap().member, Presence::Present);
    assert!(back.node("n1").unwrap().resources.is_empty());
}

#[tokio::test]
async fn a_cut_link_makes_two_sides_of_which_only_the_larger_has_quorum() {
    let mut simulated = simulated();
    let n1 = NodeName::new("n1");
    run(&mut simulated, vec![action(Task::Start, "n1")]).await;
    simulated.cut_link(&n1).unwrap();
    assert_eq!(simulated.sides().len(), 2);
    let State { world, sides, in_force, .. } = &mut simulated.state;
    for (place, has_quorum) in [(0, true), (1, false)] {
        let side = &mut sides[place];
        let members = side.members.clone();
        Side::look(&mut side.ledger, &members, world, in_force);
        assert_eq!(side.ledger.status.has_quorum, has_quorum);
    }
    assert_eq!(sides[0].ledger.status.node("n1").unwrap().member, Presence::Absent);
    assert_eq!(sides[1].ledger.status.node("n2").unwrap().member, Presence::Absent);
    simulated.recover_node(&n1).unwrap();
    let whole = simulated.observation().status;
    assert_eq!(whole.node("n1").unwrap().member, Presence::Present);
    assert!(!whole.node("n1").unwrap().resources.is_empty(), "it tells what it kept running");
    assert_eq!(simulated.sides().len(), 1);
}

#[test]
fn state_outlives_the_process_and_only_one_may_have_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = Simulated::open(dir.path()).unwrap();
    assert!(matches!(Simulated::open(dir.path()), Err(EngineError::Locked(_))));
    let desired =
        Desired { cluster: cluster(), base: Generation(0), origin: "test".into(), renames: Vec::new() };
    first.put_in_force(desired).unwrap();
    first.fail_node(&NodeName::new("n2")).unwrap();
    let state = first.state.clone();
    drop(first);
    assert_eq!(Simulated::open(dir.path()).unwrap().state, state);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a damaged file must come from somewhere")]
fn a_damaged_file_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("simulated.json"), "{\"format_version\": 1, \"gener").unwrap();
    let error = Simulated::open(dir.path()).unwrap_err().to_string();
    assert!(error.contains("is damaged") && error.contains("move it away"), "{error}");
    std::fs::write(dir.path().join("simulated.json"), "{\"format_version\": 99}").unwrap();
    let error = Simulated::open(dir.path()).unwrap_err().to_string();
    assert!(error.contains("newer version"), "{error}");
}

#[test]
fn unknown_nodes_and_idle_resources_are_refused() {
    let mut simulated = simulated();
    assert!(matches!(simulated.fail_node(&NodeName::new("n9")), Err(EngineError::Refused(_))));
    let idle = simulated.fail_resource(&ResourceId::new("A"), None);
    assert!(matches!(idle, Err(EngineError::Refused(_))));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "an old file must come from somewhere")]
fn a_state_from_before_votes_were_counted_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut simulated = Simulated::open(dir.path()).unwrap();
    let desired =
        Desired { cluster: cluster(), base: Generation(0), origin: String::new(), renames: Vec::new() };
    simulated.put_in_force(desired).unwrap();
    let state = simulated.state.clone();
    drop(simulated);
    let path = dir.path().join("simulated.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for newer in ["corosync", "isolation", "\"cut\"", "\"lost\"", "is_cut_off"] {
        assert!(!text.contains(newer), "what says nothing is not written: {newer}");
    }
    let mut old: serde_json::Value = serde_json::from_str(&text).unwrap();
    let machines = old.pointer_mut("/world/machines").and_then(serde_json::Value::as_object_mut).unwrap();
    for machine in machines.values_mut() {
        machine.as_object_mut().unwrap().remove("waits_for_all");
    }
    std::fs::write(&path, old.to_string()).unwrap();
    assert_eq!(Simulated::open(dir.path()).unwrap().state, state);
}
