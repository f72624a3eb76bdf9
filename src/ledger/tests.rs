//! Claims about the ledger.

#![expect(clippy::unwrap_used, reason = "a failed test says so by panicking")]

use std::time::Duration;

use super::*;
use crate::diagnostic::Sources;
use crate::model::{AgentClass, Cluster, OptionSet, Primitive, Resource};
use crate::scheduler::ActionId;
use crate::status::{HistoryEntry, Presence, ResultCode, ResultStatus};

fn dummy() -> Agent {
    Agent { class: AgentClass::Ocf, provider: Some("pacemaker".into()), kind: "Dummy".into() }
}

#[test]
fn fencing_is_possible_where_a_device_may_reach_the_node() {
    let node = NodeName::new("n1");
    let device = |params: &[(&str, &str)]| {
        let agent = Agent { class: AgentClass::Stonith, provider: None, kind: "fence_any".into() };
        let mut device = Primitive::new("device", agent);
        device.params.push(OptionSet::of(params.iter().copied()));
        Cluster { resources: vec![Resource::Primitive(device)], ..Cluster::default() }
    };
    let judge = |cluster: &Cluster| unfenceable(cluster, &ClusterStatus::default(), &node, 0);
    let mut switched_off = device(&[("pcmk_host_list", "n1")]);
    assert_eq!(judge(&switched_off), None);
    switched_off.properties.push(OptionSet::of([("stonith-enabled", "false")]));
    assert_eq!(judge(&switched_off), Some(Unfenceable::Off(node.clone())));
    let nothing = Some(Unfenceable::NoDevice(node.clone()));
    assert_eq!(judge(&Cluster::default()), nothing);
    assert_eq!(judge(&device(&[("pcmk_host_list", "n2 n3")])), nothing);
    assert_eq!(judge(&device(&[])), None, "its own list of targets tells");
}

fn action(task: Task) -> Action {
    Action {
        id: ActionId(3),
        timeout: Some(Duration::from_secs(20)),
        ..Action::new(task, "A", NodeName::new("n1"))
    }
}

fn monitor() -> Action {
    Action { interval: Duration::from_secs(10), ..action(Task::Monitor) }
}

/// A ledger to which results are added at one second each.
struct Bench {
    ledger: Ledger,
    traits: AgentTraits,
    at: i64,
    is_fatal: bool,
}

impl Bench {
    fn new() -> Self {
        let mut ledger = Ledger::new("writer");
        ledger.node_joined(&NodeName::new("n1"));
        ledger.transition = 7;
        Self { ledger, traits: AgentTraits::default(), at: 1000, is_fatal: true }
    }

    fn take(&mut self, action: &Action, rc: u8) -> &mut Self {
        self.take_result(action, &ActionResult::done(ResultCode(rc), Duration::from_millis(20)))
    }

    fn take_result(&mut self, action: &Action, result: &ActionResult) -> &mut Self {
        let agent = dummy();
        self.ledger.record(&Performed {
            action,
            agent: Some(&agent),
            traits: &self.traits,
            result,
            at: self.at,
            start_failure_is_fatal: self.is_fatal,
        });
        self.at += 1;
        self
    }

    fn node(&self) -> &NodeState {
        self.ledger.status.node("n1").unwrap()
    }

    fn entries(&self) -> &[HistoryEntry] {
        self.node().resources.first().map_or(&[], |history| &history.entries)
    }

    fn entry(&self, id: &str) -> Option<&HistoryEntry> {
        self.entries().iter().find(|entry| *entry.id == *id)
    }

    fn attribute(&self, name: &str) -> Option<String> {
        failure::attribute(self.node(), name).map(|value| value.to_string())
    }
}

#[test]
fn the_last_one_time_result_replaces_the_one_before() {
    let mut bench = Bench::new();
    bench.take(&Action { expected_rc: Some(7), ..action(Task::Monitor) }, 7).take(&action(Task::Start), 0);
    assert_eq!(bench.entries().len(), 1);
    let entry = bench.entry("A_last_0").unwrap();
    assert_eq!(&*entry.operation, "start");
    assert_eq!(entry.operation_key.as_deref(), Some("A_start_0"));
    assert_eq!(entry.call_id, Some(2));
    assert_eq!(entry.transition_key.as_deref(), Some("3:7:0:writer"));
    assert_eq!(entry.transition_magic.as_deref(), Some("0:0;3:7:0:writer"));
    assert_eq!(entry.last_rc_change, Some(1001));
}

#[test]
fn recurring_operations_are_kept_apart_and_end_with_the_resource() {
    let mut bench = Bench::new();
    bench.take(&action(Task::Start), 0).take(&monitor(), 0);
    assert!(bench.entry("A_monitor_10000").is_some());
    bench.take(&action(Task::Stop), 0);
    assert!(bench.entry("A_monitor_10000").is_none());
    assert_eq!(&*bench.entry("A_last_0").unwrap().operation, "stop");
}

#[test]
fn a_failed_recurring_monitor_is_remembered_and_counted() {
    let mut bench = Bench::new();
    bench.take(&action(Task::Start), 0).take(&monitor(), 0).take(&monitor(), 7).take(&monitor(), 7);
    assert_eq!(bench.entry("A_monitor_10000").unwrap().rc, Some(ResultCode::OK));
    let failure = bench.entry("A_last_failure_0").unwrap();
    assert_eq!(failure.rc, Some(ResultCode::NOT_RUNNING));
    assert_eq!(failure.status, Some(ResultStatus::Error));
    assert_eq!(bench.attribute("fail-count-A#monitor_10000").as_deref(), Some("2"));
    assert_eq!(bench.attribute("last-failure-A#monitor_10000").as_deref(), Some("1003"));
}

#[test]
fn a_failed_start_counts_as_infinity_only_where_it_is_fatal() {
    let mut bench = Bench::new();
    bench.take(&action(Task::Start), 1);
    assert_eq!(bench.attribute("fail-count-A#start_0").as_deref(), Some("INFINITY"));
    assert_eq!(bench.entry("A_last_0").unwrap().call_id, bench.entry("A_last_failure_0").unwrap().call_id);
    let mut bench = Bench { is_fatal: false, ..Bench::new() };
    bench.take(&action(Task::Start), 1);
    assert_eq!(bench.attribute("fail-count-A#start_0").as_deref(), Some("1"));
}

#[test]
fn a_failed_stop_always_counts_as_infinity() {
    let mut bench = Bench { is_fatal: false, ..Bench::new() };
    bench.take_result(&action(Task::Stop), &ActionResult::timed_out(Duration::from_secs(20)));
    assert_eq!(bench.attribute("fail-count-A#stop_0").as_deref(), Some("INFINITY"));
    assert_eq!(bench.entry("A_last_failure_0").unwrap().status, Some(ResultStatus::TimedOut));
}

#[test]
fn what_nobody_saw_the_end_of_is_forgotten_and_counts_for_nothing() {
    for task in [Task::Start, Task::Stop, Task::Promote] {
        let mut book = Bench::new();
        book.take(&action(Task::Start), 0);
        book.take_result(&action(task.clone()), &ActionResult::unknown("its daemon was killed"));
        assert!(book.entries().is_empty() && book.attribute(&format!("fail-count-A#{task}_0")).is_none());
    }
}

#[test]
fn a_probe_that_finds_something_running_is_no_failure_count() {
    let mut bench = Bench::new();
    bench.take(&Action { expected_rc: Some(7), ..action(Task::Monitor) }, 0);
    assert_eq!(bench.entry("A_last_0").unwrap().status, Some(ResultStatus::Done));
    assert!(bench.node().attributes.is_empty());
}

#[test]
fn clearing_forgets_counts_and_the_last_failure_of_that_resource_only() {
    let mut bench = Bench::new();
    bench.take(&action(Task::Start), 0).take(&monitor(), 1);
    let other = Action { resource: Some("AB".into()), ..monitor() };
    bench.take(&other, 1);
    let clear = Action { kind: ActionKind::Cluster, ..action(Task::ClearFailCount) };
    bench.take(&clear, 0);
    assert!(bench.attribute("fail-count-A#monitor_10000").is_none());
    assert!(bench.attribute("fail-count-AB#monitor_10000").is_some());
    assert!(bench.entry("A_last_failure_0").is_none());
    assert!(bench.entry("A_last_0").is_some());
}

#[test]
fn the_address_of_its_container_is_no_part_of_what_a_resource_ran_with() {
    let mut outside = Bench::new();
    let mut inside = Bench::new();
    let mut start = action(Task::Start);
    outside.take(&start, 0);
    start.params.insert("pcmk_external_ip".into(), "10.0.0.5".into());
    inside.take(&start, 0);
    let digest = |bench: &Bench| bench.entry("A_last_0").unwrap().op_digest.clone();
    assert_eq!(digest(&inside), digest(&outside));
}

#[test]
fn cancelling_remembers_that_the_operation_failed() {
    let mut bench = Bench::new();
    bench.take(&action(Task::Start), 0).take(&monitor(), 1);
    let mut cancel = Action { interval: Duration::from_secs(10), ..action(Task::Cancel) };
    cancel.meta.insert("operation".into(), "monitor".into());
    bench.take(&cancel, 0);
    assert!(bench.entry("A_last_failure_0").is_some(), "the resource may be stopping because of it");
}

#[test]
fn what_started_is_not_locked_to_its_node_any_more() {
    let mut bench = Bench::new();
    bench.take(&action(Task::Stop), 0);
    bench.ledger.node_mut(&NodeName::new("n1")).resources[0].shutdown_lock = Some(900);
    bench.take(&action(Task::Start), 0);
    assert_eq!(bench.node().resources[0].shutdown_lock, None);
}

#[test]
fn an_instance_that_is_not_told_apart_any_more_loses_its_number() {
    let mut bench = Bench::new();
    let start = Action::new(Task::Start, "A:0", NodeName::new("n1"));
    let stop = Action { key: "A:0_stop_0".into(), ..action(Task::Stop) };
    bench.take(&start, 0).take(&stop, 0);
    let histories: Vec<&str> = bench.node().resources.iter().map(|history| &*history.id).collect();
    assert_eq!(histories, ["A"]);
    assert_eq!(&*bench.entry("A_last_0").unwrap().operation, "stop");
}

#[test]
fn instances_that_were_told_apart_on_one_node_keep_histories_of_their_own() {
    let mut bench = Bench::new();
    for instance in ["A:0", "A:1"] {
        bench.take(&Action::new(Task::Start, instance, NodeName::new("n1")), 0);
    }
    for key in ["A:0_stop_0", "A:1_stop_0"] {
        bench.take(&Action { key: key.into(), ..action(Task::Stop) }, 0);
    }
    let histories: Vec<&str> = bench.node().resources.iter().map(|history| &*history.id).collect();
    assert_eq!(histories, ["A", "A:1"]);
    let entries = bench.node().resources.iter().flat_map(|history| &history.entries);
    let told: Vec<(&str, &str)> = entries.map(|entry| (&*entry.id, &*entry.operation)).collect();
    assert_eq!(told, [("A_last_0", "stop"), ("A:1_last_0", "stop")]);
}

#[test]
fn deleting_forgets_all_history_and_cancelling_one_operation() {
    let mut bench = Bench::new();
    bench.take(&action(Task::Start), 0).take(&monitor(), 0);
    let mut cancel = Action { interval: Duration::from_secs(10), ..action(Task::Cancel) };
    cancel.meta.insert("operation".into(), "monitor".into());
    bench.take(&cancel, 0);
    assert!(bench.entry("A_monitor_10000").is_none());
    assert!(bench.entry("A_last_0").is_some());
    bench.take(&action(Task::Delete), 0);
    assert!(bench.node().resources.is_empty());
}

#[test]
fn migrations_keep_their_ends_and_ids_of_their_own() {
    let mut bench = Bench::new();
    let mut send = action(Task::MigrateTo);
    send.meta.insert("migrate_source".into(), "n1".into());
    send.meta.insert("migrate_target".into(), "n2".into());
    bench.take(&action(Task::Start), 0).take(&send, 0);
    let entry = bench.entry("A_migrate_to_0").unwrap();
    assert_eq!(entry.migrate_target.as_deref(), Some("n2"));
    assert_eq!(&*bench.entry("A_last_0").unwrap().operation, "start");
    bench.take(&send, 1);
    assert!(bench.entry("A_last_failure_0").is_none());
    bench.take(&action(Task::Stop), 0);
    assert!(bench.entry("A_migrate_to_0").is_none(), "what is stopped is not half way anywhere");
}

#[test]
fn confirmed_fencing_takes_the_node_down_and_forgets_what_it_ran() {
    let mut bench = Bench::new();
    bench.take(&action(Task::Start), 0).take(&monitor(), 1);
    let fence = Action { kind: ActionKind::Fence, resource: None, ..action(Task::FenceReboot) };
    bench.take(&fence, 1);
    assert!(bench.node().expected_up, "fencing that failed changes nothing");
    bench.take(&fence, 0);
    assert_eq!(bench.node().member, Presence::Absent);
    assert!(!bench.node().expected_up);
    assert!(bench.node().resources.is_empty() && bench.node().attributes.is_empty());
}

#[test]
fn digests_tell_which_parameters_need_a_restart() {
    let mut bench = Bench::new();
    bench.traits.restart_params = Some(vec!["state".into()]);
    let mut start = action(Task::Start);
    start.params.insert("fake".into(), "x".into());
    bench.take(&start, 0).take(&monitor(), 0);
    let entry = bench.entry("A_last_0").unwrap();
    assert_eq!(entry.op_force_restart.as_deref(), Some(" state "));
    assert_eq!(entry.op_restart_digest.as_deref(), Some("f2317cad3d54cec5d7d7aa7d0bf35cf8"));
    assert_ne!(entry.op_digest, entry.op_restart_digest);
    let recurring = bench.entry("A_monitor_10000").unwrap();
    assert!(recurring.op_restart_digest.is_none());
    assert_eq!(recurring.op_digest.as_deref(), Some("4811cef7f7f94e3a35a70be7916cb2fd"));
}

#[test]
fn a_reload_renews_the_start() {
    let mut bench = Bench::new();
    bench.take(&action(Task::Start), 0);
    let mut reload = action(Task::Reload);
    reload.params.insert("fake".into(), "y".into());
    bench.take(&reload, 0);
    let entry = bench.entry("A_last_0").unwrap();
    assert_eq!(&*entry.operation, "start");
    assert_ne!(entry.op_digest.as_deref(), Some("f2317cad3d54cec5d7d7aa7d0bf35cf8"));
}

#[test]
fn a_change_of_role_does_not_pass_for_the_start() {
    let with = |task: Task, value: &str| {
        let mut action = action(task);
        action.params.insert("fake".into(), value.into());
        action
    };
    let mut bench = Bench::new();
    bench.take(&with(Task::Start, "x"), 0);
    let started_with = bench.entry("A_last_0").unwrap().op_digest.clone();
    bench.take(&with(Task::Promote, "x"), 0).take(&with(Task::Demote, "y"), 0);
    assert_eq!(&*bench.entry("A_last_0").unwrap().operation, "demote");
    assert_eq!(bench.entry("A_start_0").unwrap().op_digest, started_with);
    bench.take(&with(Task::Promote, "y"), 0);
    assert_eq!(bench.entry("A_start_0").unwrap().op_digest, started_with, "nobody restarted it");
    bench.take(&with(Task::Stop, "y"), 0);
    assert!(bench.entry("A_start_0").is_none());
}

#[test]
fn what_was_found_running_counts_as_started_with_what_it_was_found_with() {
    let mut bench = Bench::new();
    bench.take(&Action { expected_rc: Some(7), ..action(Task::Monitor) }, 8);
    let found_with = bench.entry("A_last_0").unwrap().op_digest.clone();
    let mut demote = action(Task::Demote);
    demote.params.insert("fake".into(), "y".into());
    bench.take(&demote, 0);
    let beginning = bench.entry("A_start_0").unwrap();
    assert_eq!(beginning.op_digest, found_with);
    assert_eq!(beginning.transition_magic.as_deref(), Some("0:0;3:7:0:writer"));
}

#[test]
fn a_reload_of_a_promoted_instance_leaves_it_promoted() {
    let mut bench = Bench::new();
    bench.take(&action(Task::Start), 0).take(&action(Task::Promote), 0);
    let mut reload = action(Task::Reload);
    reload.params.insert("fake".into(), "y".into());
    bench.take(&reload, 0);
    let (start, last) = (bench.entry("A_start_0").unwrap(), bench.entry("A_last_0").unwrap());
    assert_eq!(&*last.operation, "promote");
    assert_ne!(start.op_digest.as_deref(), Some("f2317cad3d54cec5d7d7aa7d0bf35cf8"));
    assert_eq!(last.op_digest, start.op_digest);
}

#[test]
fn a_failed_reload_is_no_failed_start() {
    let mut bench = Bench::new();
    bench.take(&action(Task::Start), 0).take(&action(Task::Reload), 5);
    assert_eq!(&*bench.entry("A_last_0").unwrap().operation, "start", "it runs as it was started");
    let failure = bench.entry("A_last_failure_0").unwrap();
    assert_eq!(&*failure.operation, "monitor");
    assert_eq!(failure.rc, Some(ResultCode::ERROR), "a probe that cannot run would say that nothing runs");
    assert_eq!(failure.exit_reason.as_deref(), Some("the reload failed"));
    assert_eq!(bench.attribute("fail-count-A#monitor_0").as_deref(), Some("1"));
    assert_eq!(bench.attribute("fail-count-A#start_0"), None);
}

#[test]
fn a_connection_begins_the_life_of_a_remote_node() {
    let mut bench = Bench::new();
    let connection =
        Agent { class: AgentClass::Ocf, provider: Some("pacemaker".into()), kind: "remote".into() };
    let start = Action { resource: Some("remote1".into()), ..action(Task::Start) };
    bench.ledger.record(&Performed {
        action: &start,
        agent: Some(&connection),
        traits: &AgentTraits::default(),
        result: &ActionResult::done(ResultCode::OK, Duration::ZERO),
        at: 5,
        start_failure_is_fatal: true,
    });
    assert_eq!(bench.ledger.status.node("remote1").unwrap().member, Presence::Present);
}

#[test]
fn a_node_that_returns_begins_a_new_life() {
    let mut bench = Bench::new();
    bench.take(&action(Task::Start), 0);
    let n1 = NodeName::new("n1");
    bench.ledger.node_joined(&n1);
    assert!(!bench.entries().is_empty(), "it had never left");
    bench.ledger.node_lost(&n1);
    assert!(bench.node().expected_up && !bench.entries().is_empty(), "it may run it still");
    bench.ledger.node_joined(&n1);
    assert!(bench.entries().is_empty());
}

/// Where the services outlived all daemons, transitions are numbered anew: what has ended may have the higher
/// number.
#[test]
fn a_promotion_in_flight_is_newer_than_all_that_ended() {
    let mut bench = Bench::new();
    let clone = r#"<cib have-quorum="1"><configuration><crm_config><cluster_property_set id="o">
          <nvpair id="o1" name="stonith-enabled" value="false"/></cluster_property_set></crm_config>
        <nodes><node id="n1" uname="n1"/><node id="n2" uname="n2"/></nodes>
        <resources><clone id="AC"><meta_attributes id="m"><nvpair id="m1" name="promotable" value="true"/></meta_attributes>
          <primitive id="A" class="ocf" provider="pacemaker" type="Dummy"/></clone></resources>
        <constraints/></configuration><status/></cib>"#;
    let mut sources = Sources::default();
    sources.add("cib.xml", clone.to_owned());
    let cluster = crate::cib::read(&sources).unwrap().cluster;
    bench.ledger.node_joined(&NodeName::new("n2"));
    for (node, score) in [("n1", "5"), ("n2", "10")] {
        bench.ledger.transition = 30;
        bench.take(&Action { node: Some(NodeName::new(node)), ..action(Task::Start) }, 0);
        bench.ledger.set_attribute(&NodeName::new(node), "master-A", Some(score));
    }
    bench.ledger.status.has_quorum = true;
    bench.ledger.transition = 3;
    bench.ledger.record_pending(&action(Task::Promote), Some(&dummy()), 2000);
    let plan = crate::scheduler::schedule(&cluster, &bench.ledger.status, 2001);
    let steps: Vec<_> = plan
        .transition
        .actions
        .iter()
        .filter(|action| matches!(action.task, Task::Demote | Task::Promote) && action.node.is_some())
        .map(|action| (action.task.as_str(), action.node.as_ref().map(ToString::to_string)))
        .collect();
    let on = |node: &str| Some(node.to_owned());
    assert_eq!(steps, [("demote", on("n1")), ("promote", on("n2"))], "n1 is promoted, or will be");
}

/// A promotion that failed later, by the clock of another host, would hide the one in flight.
#[test]
fn what_is_in_flight_is_later_than_what_is_known() {
    let mut bench = Bench::new();
    bench.at = 3000;
    bench.take(&action(Task::Start), 0).take(&action(Task::Promote), 1);
    bench.ledger.record_pending(&action(Task::Promote), Some(&dummy()), 2000);
    let entry = bench.entry("A_last_0").unwrap();
    assert_eq!((entry.status, entry.last_rc_change), (Some(ResultStatus::Pending), Some(3002)));
}
