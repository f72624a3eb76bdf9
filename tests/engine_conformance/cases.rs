//! The claims.

use quorate::cluster::Change;
use quorate::engine::{EngineError, Event, Outcome};
use quorate::model::{Cluster, Generation};
use quorate::status::ResultCode;

use crate::desired::{
    cluster, group, monitor, needs_ticket, order, primitive, resource, with_meta, with_param,
};
use crate::subject::{Log, Subject, apply, attribute, converge, is_at_rest, node_state, submit};

pub(crate) async fn nothing_desired_is_nothing_to_do<S: Subject>(mut subject: S) {
    let seen = subject.engine().observe().await.unwrap();
    assert_eq!(seen.generation, Generation(0));
    assert_eq!(seen.in_force, Cluster::default());
    let (outcome, log) = converge(&mut subject).await;
    assert_eq!(outcome, Outcome::Converged);
    assert!(log.0.is_empty());
}

pub(crate) async fn a_new_resource_is_found_stopped_and_started<S: Subject>(mut subject: S) {
    let desired = cluster(&subject, vec![resource(&subject, "A")]);
    let (outcome, log) = apply(&mut subject, &desired).await;
    assert_eq!(outcome, Outcome::Converged);
    assert_eq!(log.started(), ["probe A", "start A", "monitor A"]);
    assert!(is_at_rest(&mut subject).await);
}

pub(crate) async fn applying_again_runs_no_agent<S: Subject>(mut subject: S) {
    let desired = cluster(&subject, vec![resource(&subject, "A"), resource(&subject, "B")]);
    apply(&mut subject, &desired).await;
    let (outcome, log) = apply(&mut subject, &desired).await;
    assert_eq!(outcome, Outcome::Converged);
    assert!(log.0.is_empty(), "{:?}", log.started());
}

pub(crate) async fn a_stale_base_is_a_conflict_and_changes_nothing<S: Subject>(mut subject: S) {
    let first = cluster(&subject, vec![resource(&subject, "A")]);
    let second = cluster(&subject, vec![resource(&subject, "B")]);
    assert_eq!(submit(&mut subject, &first, Generation(0)).await.unwrap(), Generation(1));
    let error = submit(&mut subject, &second, Generation(0)).await.unwrap_err();
    assert!(matches!(error, EngineError::Conflict { planned: Generation(0), actual: Generation(1), .. }));
    assert_eq!(subject.engine().observe().await.unwrap().in_force, first);
}

pub(crate) async fn a_removed_resource_is_stopped<S: Subject>(mut subject: S) {
    let both = cluster(&subject, vec![resource(&subject, "A"), resource(&subject, "B")]);
    apply(&mut subject, &both).await;
    let desired = cluster(&subject, vec![resource(&subject, "A")]);
    let (outcome, log) = apply(&mut subject, &desired).await;
    assert_eq!(outcome, Outcome::Converged);
    assert_eq!(log.changes()[0], "stop B");
    assert!(log.changes().iter().all(|change| change.ends_with(" B")), "{:?}", log.changes());
    let state = node_state(&mut subject).await;
    assert!(state.resources.iter().all(|history| &*history.id != "B"), "its history is gone");
}

pub(crate) async fn a_resource_with_target_role_stopped_is_stopped<S: Subject>(mut subject: S) {
    let desired = cluster(&subject, vec![resource(&subject, "A")]);
    apply(&mut subject, &desired).await;
    let stopped = with_meta(primitive(&subject, "A"), "target-role", "Stopped");
    let desired = cluster(&subject, vec![stopped]);
    let (outcome, log) = apply(&mut subject, &desired).await;
    assert_eq!(outcome, Outcome::Converged);
    assert_eq!(log.changes(), ["stop A"]);
}

pub(crate) async fn order_holds_on_the_way_up_and_down<S: Subject>(mut subject: S) {
    let mut desired = cluster(&subject, vec![resource(&subject, "then"), resource(&subject, "first")]);
    desired.constraints = vec![order("first", "then")];
    let (_, up) = apply(&mut subject, &desired).await;
    assert!(up.place("start first", false) < up.place("start then", true));
    for resource in &mut desired.resources {
        let id = resource.id().clone();
        *resource = with_meta(primitive(&subject, id.as_str()), "target-role", "Stopped");
    }
    let (outcome, down) = apply(&mut subject, &desired).await;
    assert_eq!(outcome, Outcome::Converged);
    assert!(down.place("stop then", false) < down.place("stop first", true));
}

pub(crate) async fn group_members_start_in_order<S: Subject>(mut subject: S) {
    let members = ["A", "B", "C"].map(|id| primitive(&subject, id)).into();
    let desired = cluster(&subject, vec![group("G", members)]);
    let (outcome, log) = apply(&mut subject, &desired).await;
    assert_eq!(outcome, Outcome::Converged);
    assert_eq!(log.changes(), ["start A", "start B", "start C"]);
}

pub(crate) async fn a_failed_start_is_counted_and_not_tried_there_again<S: Subject>(mut subject: S) {
    let desired = cluster(&subject, vec![resource(&subject, "A")]);
    subject.force("A", "start", ResultCode::ERROR);
    let (_, log) = apply(&mut subject, &desired).await;
    assert_eq!(log.changes().iter().filter(|change| *change == "start A").count(), 1);
    assert_eq!(attribute(&mut subject, "fail-count-A#start_0").await.as_deref(), Some("INFINITY"));
    subject.release("A");
    let (_, log) = converge(&mut subject).await;
    assert!(log.changes().is_empty(), "only a clean-up lifts the ban: {:?}", log.changes());
}

pub(crate) async fn a_failed_stop_without_fencing_blocks_the_resource<S: Subject>(mut subject: S) {
    let desired = cluster(&subject, vec![resource(&subject, "A"), resource(&subject, "B")]);
    apply(&mut subject, &desired).await;
    subject.force("A", "stop", ResultCode::ERROR);
    let empty = cluster(
        &subject,
        vec![
            with_meta(primitive(&subject, "A"), "target-role", "Stopped"),
            with_meta(primitive(&subject, "B"), "target-role", "Stopped"),
        ],
    );
    let (_, log) = apply(&mut subject, &empty).await;
    let stops = |id: &str| log.changes().iter().filter(|change| **change == format!("stop {id}")).count();
    assert_eq!(stops("A"), 1, "what cannot be stopped is left to people");
    assert_eq!(stops("B"), 1, "others are not held up");
    assert_eq!(attribute(&mut subject, "fail-count-A#stop_0").await.as_deref(), Some("INFINITY"));
}

pub(crate) async fn a_failed_monitor_is_counted_and_recovered<S: Subject>(mut subject: S) {
    let desired = cluster(&subject, vec![resource(&subject, "A")]);
    apply(&mut subject, &desired).await;
    subject.kill("A");
    let mut log = Log::default();
    subject.let_monitors_run(&mut log).await.unwrap();
    assert_eq!(log.changes(), ["stop A", "start A"]);
    assert_eq!(attribute(&mut subject, "fail-count-A#monitor_10000").await.as_deref(), Some("1"));
    assert!(is_at_rest(&mut subject).await);
}

pub(crate) async fn a_degraded_monitor_counts_as_success_and_is_known_until_the_next_one_is_well<
    S: Subject,
>(
    mut subject: S,
) {
    let desired = cluster(&subject, vec![resource(&subject, "A")]);
    apply(&mut subject, &desired).await;
    let mut log = Log::default();
    subject.force("A", "monitor", ResultCode::DEGRADED);
    subject.let_monitors_run(&mut log).await.unwrap();
    assert_eq!(last_monitor(&mut subject).await, Some(ResultCode::DEGRADED));
    assert!(is_at_rest(&mut subject).await);
    subject.release("A");
    subject.let_monitors_run(&mut log).await.unwrap();
    assert_eq!(last_monitor(&mut subject).await, Some(ResultCode::OK));
    assert_eq!(log.changes(), [""; 0]);
    assert_eq!(attribute(&mut subject, "fail-count-A#monitor_10000").await, None);
}

/// What the recurring monitor of a resource said last.
async fn last_monitor<S: Subject>(subject: &mut S) -> Option<ResultCode> {
    let state = node_state(subject).await;
    let entries = state.resources.iter().flat_map(|history| &history.entries);
    entries.filter(|entry| !entry.interval.is_zero()).find_map(|entry| entry.rc)
}

pub(crate) async fn a_resource_over_its_migration_threshold_stays_stopped<S: Subject>(mut subject: S) {
    let limited = with_meta(primitive(&subject, "A"), "migration-threshold", "2");
    let desired = cluster(&subject, vec![limited]);
    apply(&mut subject, &desired).await;
    let mut log = Log::default();
    for _ in 0..2 {
        subject.kill("A");
        subject.let_monitors_run(&mut log).await.unwrap();
    }
    assert_eq!(log.changes(), ["stop A", "start A", "stop A"]);
    assert_eq!(attribute(&mut subject, "fail-count-A#monitor_10000").await.as_deref(), Some("2"));
}

pub(crate) async fn a_changed_parameter_restarts_only_its_resource<S: Subject>(mut subject: S) {
    let desired = cluster(&subject, vec![resource(&subject, "A"), resource(&subject, "B")]);
    apply(&mut subject, &desired).await;
    let changed = with_param(primitive(&subject, "A"), "op_sleep", "0");
    let desired = cluster(&subject, vec![changed, resource(&subject, "B")]);
    let (outcome, log) = apply(&mut subject, &desired).await;
    assert_eq!(outcome, Outcome::Converged);
    let is_taken_up = log.changes() == ["stop A", "start A"] || log.changes() == ["reload-agent A"];
    assert!(is_taken_up, "{:?}", log.changes());
    assert!(is_at_rest(&mut subject).await);
}

pub(crate) async fn a_changed_interval_replaces_the_monitor_and_restarts_nothing<S: Subject>(mut subject: S) {
    let desired = cluster(&subject, vec![resource(&subject, "A")]);
    apply(&mut subject, &desired).await;
    let mut other = primitive(&subject, "A");
    other.ops = vec![monitor(20)];
    let desired = cluster(&subject, vec![quorate::model::Resource::Primitive(other)]);
    let (outcome, log) = apply(&mut subject, &desired).await;
    assert_eq!(outcome, Outcome::Converged);
    assert_eq!(log.changes(), ["cancel A"]);
    assert!(log.started().contains(&"monitor A".to_owned()));
    assert!(is_at_rest(&mut subject).await);
}

pub(crate) async fn what_needs_a_ticket_runs_while_it_is_granted<S: Subject>(mut subject: S) {
    let mut desired = cluster(&subject, vec![resource(&subject, "A")]);
    desired.constraints = vec![needs_ticket("A", "east")];
    let (_, log) = apply(&mut subject, &desired).await;
    assert!(log.changes().is_empty(), "{:?}", log.changes());
    for (granted, standby, change) in
        [(true, false, "start A"), (true, true, "stop A"), (true, false, "start A"), (false, false, "stop A")]
    {
        let ticket = Change::Ticket { id: "east".into(), granted, standby };
        subject.engine().change(ticket).await.unwrap();
        let (_, log) = converge(&mut subject).await;
        assert_eq!(log.changes(), [change], "granted {granted}, in standby {standby}");
        assert!(is_at_rest(&mut subject).await);
    }
}

pub(crate) async fn what_is_in_force_and_what_runs_outlive_the_process<S: Subject>(mut subject: S) {
    let desired = cluster(&subject, vec![resource(&subject, "A")]);
    apply(&mut subject, &desired).await;
    let before = subject.engine().observe().await.unwrap();
    let mut subject = subject.reopen();
    let after = subject.engine().observe().await.unwrap();
    assert_eq!((after.generation, &after.in_force), (before.generation, &before.in_force));
    let (outcome, log) = converge(&mut subject).await;
    assert_eq!(outcome, Outcome::Converged);
    assert!(log.changes().is_empty(), "{:?}", log.changes());
}

pub(crate) async fn every_action_is_told_of_before_it_ends<S: Subject>(mut subject: S) {
    let desired = cluster(&subject, vec![resource(&subject, "A"), resource(&subject, "B")]);
    let (_, log) = apply(&mut subject, &desired).await;
    assert!(matches!(log.0[0], Event::Scheduled { .. }));
    for what in ["monitor A", "start A", "start B"] {
        assert!(log.place(what, true) < log.place(what, false), "{what}");
    }
}
