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
