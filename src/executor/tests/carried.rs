//! Claims about what is in flight when a transition begins.

use super::*;

#[test]
fn stops_wait_for_a_stop_in_flight_that_is_not_planned_any_more() {
    let stop = |id, resource| action(id, Task::Stop, resource, "n1", &[]);
    let mut new = executor(vec![stop(1, "A"), start(2, "C", &[])]);
    assert_eq!(new.carry(vec![stop(9, "B")]), [ActionId(3)]);
    assert_eq!(started(&new.step(Event::Begin)), [2], "A may have to stop after B");
    assert_eq!(started(&new.step(finished(3, ResultCode::OK))), [1]);
}

#[test]
fn nothing_is_looked_at_while_what_is_planned_for_it_is_in_flight_already() {
    let probe = action(1, Task::Monitor, "A", "n1", &[]);
    let mut new = executor(vec![probe, action(2, Task::Promote, "A", "n1", &[1])]);
    assert_eq!(new.carry(vec![action(9, Task::Promote, "A", "n1", &[])]), [ActionId(2)]);
    assert!(started(&new.step(Event::Begin)).is_empty());
    assert_eq!(started(&new.step(finished(2, ResultCode::OK))), [1]);
}

/// A notification that is given even if the transition ends before.
fn notice(id: u32, what: &str, of: &str, after: &[u32]) -> Action {
    let mut notice = action(id, Task::Notify, "S", "n1", after);
    notice.notify = Some(what.into());
    notice.priority = 1_000_000;
    let operation = what.rsplit('-').next().unwrap_or_default();
    notice.meta.insert("notify_operation".into(), operation.into());
    notice.meta.insert(format!("notify_{operation}_resource").into(), "S".into());
    notice.meta.insert(format!("notify_{operation}_uname").into(), of.into());
    notice
}

#[test]
fn a_failure_elsewhere_keeps_nobody_from_being_told() {
    let steps = vec![
        start(1, "S", &[]),
        start(2, "B", &[]),
        pseudo(3, &[1]),
        notice(4, "post-start", "n1", &[3]),
        start(5, "C", &[4]),
    ];
    let mut executor = executor(steps);
    executor.step(Event::Begin);
    assert_eq!(started(&executor.step(finished(2, ResultCode::ERROR))), [] as [u32; 0]);
    assert_eq!(started(&executor.step(finished(1, ResultCode::OK))), [4]);
    let commands = executor.step(finished(4, ResultCode::OK));
    assert!(matches!(outcome(&commands), Some(Outcome::Aborted { .. })), "and nothing more: {commands:?}");
}

#[test]
fn nobody_is_told_of_what_failed() {
    let mut executor = executor(vec![start(1, "S", &[]), notice(2, "post-start", "n1", &[1])]);
    executor.step(Event::Begin);
    assert_eq!(started(&executor.step(finished(1, ResultCode::ERROR))), [] as [u32; 0]);
}

#[test]
fn what_an_earlier_transition_owes_is_told_before_the_instance_does_anything_else() {
    let steps = vec![start(1, "S", &[]), start(2, "B", &[]), notice(3, "post-start", "n1", &[1, 2])];
    let mut old = executor(steps);
    old.step(Event::Begin);
    old.step(finished(1, ResultCode::OK));
    let owed = old.owed();
    assert_eq!(owed.len(), 1);
    assert_eq!(owed[0].after, [ActionId(2)]);

    let mut new = executor(vec![action(1, Task::Promote, "S", "n1", &[])]);
    let mut ready = owed[0].clone();
    ready.after.clear();
    new.owe(vec![ready]);
    assert_eq!(started(&new.step(Event::Begin)), [2]);
    assert_eq!(started(&new.step(finished(2, ResultCode::OK))), [1]);
}

#[test]
fn what_is_owed_is_told_together_with_the_same_of_now() {
    let mut new = executor(vec![start(1, "B", &[]), notice(2, "post-start", "n2", &[1])]);
    new.owe(vec![Owed { action: notice(9, "post-start", "n1", &[]), after: Vec::new() }]);
    assert_eq!(started(&new.step(Event::Begin)), [1]);
    assert_eq!(started(&new.step(finished(1, ResultCode::OK))), [2]);
    let told = new.action(ActionId(2)).unwrap();
    assert_eq!(told.meta["notify_start_uname"].as_ref(), "n1 n2");
    assert_eq!(told.meta["notify_start_resource"].as_ref(), "S S");
}

#[test]
fn a_stop_in_flight_is_not_announced_to_the_one_that_stops() {
    let announcement = Action { notify: Some("pre-stop".into()), ..action(1, Task::Notify, "S", "n1", &[]) };
    let mut new = executor(vec![announcement, pseudo(2, &[1]), action(3, Task::Stop, "S", "n1", &[2])]);
    assert_eq!(new.carry(vec![action(9, Task::Stop, "S", "n1", &[])]), [ActionId(3)]);
    assert_eq!(started(&new.step(Event::Begin)), [] as [u32; 0]);
    assert!(outcome(&new.step(finished(3, ResultCode::OK))).is_some());
}

#[test]
fn what_is_in_flight_is_announced_to_nobody_any_more() {
    let announcement =
        |id, node| Action { notify: Some("pre-stop".into()), ..action(id, Task::Notify, "S", node, &[]) };
    let stop = |id, node| action(id, Task::Stop, "S", node, &[3]);
    let plan = || vec![announcement(1, "n1"), announcement(2, "n2"), pseudo(3, &[1, 2]), stop(4, "n1")];
    let mut new = executor(plan());
    assert_eq!(new.carry(vec![action(9, Task::Stop, "S", "n1", &[])]), [ActionId(4)]);
    assert_eq!(started(&new.step(Event::Begin)), [] as [u32; 0]);
    assert!(outcome(&new.step(finished(4, ResultCode::OK))).is_some());
    // Another that is to come is announced.
    let mut new = executor([plan(), vec![stop(5, "n3")]].concat());
    assert_eq!(new.carry(vec![action(9, Task::Stop, "S", "n1", &[])]), [ActionId(4)]);
    assert_eq!(started(&new.step(Event::Begin)), [2]);
}
