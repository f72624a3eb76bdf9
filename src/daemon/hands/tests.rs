#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use super::*;
use crate::agent::Installation;
use crate::cluster::{MemberId, Moment};
use crate::host::secrets::Secrets;
use crate::model::NodeName;
use crate::scheduler::{ActionId, Task};
use crate::status::{ResourceHistory, ResultCode};

/// Runs while a file is there; every call is written down.
const AGENT: &str = r#"#!/bin/sh
echo "$1" >>"$OCF_RESKEY_world/calls"
case $1 in
start) sleep "${OCF_RESKEY_slow:-0}"; : >"$OCF_RESKEY_world/active" ;;
stop) rm -f "$OCF_RESKEY_world/active" ;;
monitor) [ -f "$OCF_RESKEY_world/active" ] || exit 7 ;;
esac
"#;

struct Site {
    dir: tempfile::TempDir,
    calls: u32,
}

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let agents = dir.path().join("ocf/resource.d/test");
        std::fs::create_dir_all(&agents).unwrap();
        std::fs::write(agents.join("file"), AGENT).unwrap();
        std::fs::set_permissions(agents.join("file"), std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { dir, calls: 0 }
    }

    fn open(&self) -> (Hands, Record) {
        let site = Installation { ocf_root: self.dir.path().join("ocf"), ..Installation::default() };
        let secrets = Secrets::new(self.dir.path().join("secrets"));
        let runner = Arc::new(Runner::new(site, secrets, NodeName::from("n")));
        Hands::open(&self.dir.path().join("run"), runner, 2).unwrap()
    }

    fn flight(&mut self, task: Task, params: &[(&str, &str)], interval: Duration) -> Flight {
        self.calls += 1;
        let mut action = Action::new(task, "A", NodeName::from("n"));
        action.interval = interval;
        action.timeout = Some(Duration::from_secs(30));
        action.key = format!("A_{}_{}", action.task.as_str(), interval.as_millis()).into();
        action.params.insert("world".into(), self.dir.path().display().to_string().into());
        action.params.extend(params.iter().map(|&(name, value)| (name.into(), value.into())));
        Flight {
            call: Call {
                by: MemberId { node: 1, process: 1 },
                life: 1,
                transition: 1,
                action: ActionId(self.calls),
            },
            worker: NodeName::from("n"),
            agent: Some(Agent::parse("ocf:test:file").unwrap()),
            action,
            since: Moment(0),
            target_life: None,
            start_failure_is_fatal: true,
        }
    }

    /// What the agent was called for, without its metadata.
    fn called(&self) -> String {
        let text = std::fs::read_to_string(self.dir.path().join("calls")).unwrap_or_default();
        let calls: Vec<&str> = text.lines().filter(|call| *call != "meta-data").collect();
        calls.join(" ")
    }

    fn on_record(&self) -> usize {
        std::fs::read_dir(self.dir.path().join("run/flights")).map_or(0, Iterator::count)
    }
}

async fn ended(hands: &mut Hands) -> ActionResult {
    let input = hands.next().await.unwrap();
    let (Input::Ended { result, .. } | Input::Observed { result, .. }) = input else {
        unreachable!("an hands tells nothing else")
    };
    result
}

fn history() -> Kept {
    let agent = Agent::parse("ocf:test:file").unwrap();
    Kept::History(Box::new(ResourceHistory {
        id: "A".into(),
        class: agent.class,
        provider: agent.provider,
        kind: agent.kind,
        container: None,
        shutdown_lock: None,
        entries: Vec::new(),
    }))
}

fn no_cluster() -> Arc<Cluster> {
    Arc::new(Cluster::default())
}

#[tokio::test]
async fn a_result_stays_on_record_until_the_cluster_has_it() {
    let mut site = Site::new();
    let (mut hands, record) = site.open();
    assert_eq!(record, Record::default());
    let start = site.flight(Task::Start, &[], Duration::ZERO);
    hands.begin(start.clone(), &no_cluster()).unwrap();
    assert_eq!(ended(&mut hands).await.rc, ResultCode::OK);
    assert_eq!(site.on_record(), 1);
    let (mut next, record) = site.open();
    assert_eq!(record.in_flight, [start]);
    assert_eq!(ended(&mut next).await.rc, ResultCode::OK, "told again, and not done again");
    assert_eq!(site.called(), "start");
    next.keep(history()).unwrap();
    assert_eq!(site.on_record(), 0);
    assert_eq!(site.open().1.resources.len(), 1);
}

#[tokio::test]
async fn a_start_that_outlives_its_daemon_is_waited_for_and_looked_at() {
    let mut site = Site::new();
    let (mut hands, _) = site.open();
    let start = site.flight(Task::Start, &[("slow", "1")], Duration::ZERO);
    hands.begin(start, &no_cluster()).unwrap();
    while site.called().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // As if the daemon had been killed: nobody hears of the agent any more, and it goes on.
    std::mem::forget(hands);
    let (mut next, record) = site.open();
    assert_eq!(record.in_flight.len(), 1);
    assert!(ended(&mut next).await.is_unknown(), "nobody has heard its answer");
    assert_eq!(ended(&mut next).await.rc, ResultCode::OK, "it is found running");
    assert_eq!(site.called(), "start monitor");
}

#[tokio::test]
async fn a_start_that_ended_unseen_is_nothing_against_its_node() {
    let mut site = Site::new();
    let (hands, _) = site.open();
    let start = site.flight(Task::Start, &[], Duration::ZERO);
    // On record, but the daemon was killed before it began the agent.
    drop(hands.volatile.begin(&start).unwrap());
    drop(hands);
    let (mut next, _) = site.open();
    assert!(ended(&mut next).await.is_unknown());
    assert_eq!(ended(&mut next).await.rc, ResultCode::NOT_RUNNING);
    assert_eq!(site.called(), "monitor");
}

#[tokio::test]
async fn a_stop_that_ended_unseen_ends_monitors_and_is_looked_after_with_what_ran() {
    let mut site = Site::new();
    let (mut hands, _) = site.open();
    hands.begin(site.flight(Task::Start, &[("which", "old")], Duration::ZERO), &no_cluster()).unwrap();
    ended(&mut hands).await;
    hands.keep(history()).unwrap();
    hands.begin(site.flight(Task::Monitor, &[], Duration::from_secs(60)), &no_cluster()).unwrap();
    ended(&mut hands).await;
    hands.keep(history()).unwrap();
    let stop = site.flight(Task::Stop, &[("which", "new")], Duration::ZERO);
    drop(hands.volatile.begin(&stop).unwrap());
    drop(hands);
    let (mut next, _) = site.open();
    assert!(ended(&mut next).await.is_unknown());
    let Input::Observed { action, result, .. } = next.next().await.unwrap() else { unreachable!("a probe") };
    assert_eq!(action.params.get("which").map(|value| &**value), Some("old"));
    assert_eq!(result.rc, ResultCode::OK, "it was not stopped after all");
    drop(next);
    let known = Volatile::open(&site.dir.path().join("run")).unwrap().1;
    assert!(known.resources.iter().all(|own| own.monitors.is_empty()), "they are begun anew");
}

#[tokio::test]
async fn a_run_that_is_broken_off_by_a_fault_of_ours_has_failed() {
    let mut site = Site::new();
    let (mut hands, _) = site.open();
    let flight = site.flight(Task::Start, &[], Duration::ZERO);
    drop(hands.volatile.begin(&flight).unwrap());
    hands.prepare(&flight.action).unwrap();
    let task = hands.tasks.spawn(async { unreachable!("a fault of ours") }).id();
    let run = Run { flight: flight.clone(), kill: CancellationToken::new(), is_recorded: true, task };
    hands.runs.insert(flight.call, run);
    let Input::Ended { call, result, .. } = hands.next().await.unwrap() else { unreachable!("an end") };
    assert_eq!((call, result.status), (flight.call, ResultStatus::Error));
    assert!(hands.is_idle(), "nothing is held");
}

#[tokio::test]
async fn a_record_of_the_first_format_is_read() {
    let mut site = Site::new();
    let (hands, _) = site.open();
    let stop = site.flight(Task::Stop, &[], Duration::ZERO);
    drop(hands.volatile.begin(&stop).unwrap());
    drop(hands);
    let mut files = std::fs::read_dir(site.dir.path().join("run/flights")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    let written: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let names: Vec<&str> = written.as_object().unwrap().keys().map(String::as_str).collect();
    let first = ["deadline", "flight", "format_version", "name", "process", "result", "session"];
    assert!(first.iter().all(|name| names.contains(name)) && names.len() == first.len(), "{names:?}");
    assert!(written["deadline"].is_i64() && written["process"].is_null());
}

#[tokio::test]
async fn a_monitor_stands_through_a_restart_and_tells_only_what_is_new() {
    let mut site = Site::new();
    let (mut hands, _) = site.open();
    hands.begin(site.flight(Task::Start, &[], Duration::ZERO), &no_cluster()).unwrap();
    ended(&mut hands).await;
    hands.keep(history()).unwrap();
    let every = Duration::from_millis(50);
    hands.begin(site.flight(Task::Monitor, &[], every), &no_cluster()).unwrap();
    assert_eq!(ended(&mut hands).await.rc, ResultCode::OK);
    hands.keep(history()).unwrap();
    let quiet = tokio::time::timeout(Duration::from_millis(400), hands.next()).await;
    assert!(quiet.is_err(), "the same answer again is nothing new");
    assert!(site.called().matches("monitor").count() > 2, "{}", site.called());
    drop(hands);
    let (mut next, record) = site.open();
    assert!(record.in_flight.is_empty());
    std::fs::remove_file(site.dir.path().join("active")).unwrap();
    assert_eq!(ended(&mut next).await.rc, ResultCode::NOT_RUNNING);
    next.begin(site.flight(Task::Stop, &[], Duration::ZERO), &no_cluster()).unwrap();
    assert_eq!(ended(&mut next).await.rc, ResultCode::OK);
    let after = site.called();
    assert!(tokio::time::timeout(Duration::from_millis(200), next.next()).await.is_err());
    assert_eq!(site.called(), after, "a stop ends the monitor");
}

#[tokio::test]
async fn a_service_is_stopped_with_what_it_was_started_with_also_by_the_next_daemon() {
    let mut site = Site::new();
    let (mut hands, _) = site.open();
    hands.begin(site.flight(Task::Start, &[("which", "old")], Duration::ZERO), &no_cluster()).unwrap();
    ended(&mut hands).await;
    hands.keep(history()).unwrap();
    drop(hands);
    let (next, _) = site.open();
    let stop = site.flight(Task::Stop, &[("which", "new")], Duration::ZERO);
    assert_eq!(next.volatile.to_be_run(&stop.action).params.get("which").map(|value| &**value), Some("old"));
}

#[tokio::test]
async fn another_boot_starts_clean() {
    let mut site = Site::new();
    let (mut hands, _) = site.open();
    hands.begin(site.flight(Task::Start, &[], Duration::ZERO), &no_cluster()).unwrap();
    ended(&mut hands).await;
    hands.keep(history()).unwrap();
    hands.keep(Kept::Attributes(vec![crate::model::OptionSet::default()])).unwrap();
    drop(hands);
    std::fs::write(site.dir.path().join("run/boot"), "another").unwrap();
    assert_eq!(site.open().1, Record::default());
}

#[tokio::test]
async fn monitors_go_on_under_another_name() {
    let mut site = Site::new();
    let (mut hands, _) = site.open();
    hands.begin(site.flight(Task::Start, &[], Duration::ZERO), &no_cluster()).unwrap();
    ended(&mut hands).await;
    let every = Duration::from_millis(50);
    hands.begin(site.flight(Task::Monitor, &[], every), &no_cluster()).unwrap();
    ended(&mut hands).await;
    hands.rename(&[Rename { from: "A".into(), to: "B".into() }]).unwrap();
    std::fs::remove_file(site.dir.path().join("active")).unwrap();
    let Input::Observed { action, .. } = hands.next().await.unwrap() else { unreachable!("a new answer") };
    assert_eq!((action.resource.as_deref(), &*action.key), (Some("B"), "B_monitor_50"));
}

#[tokio::test]
async fn a_killed_run_ends_at_once_with_all_it_started() {
    let mut site = Site::new();
    let (mut hands, _) = site.open();
    let start = site.flight(Task::Start, &[("slow", "30")], Duration::ZERO);
    let call = start.call;
    let begun = Instant::now();
    hands.begin(start, &no_cluster()).unwrap();
    hands.kill(call);
    assert_eq!(ended(&mut hands).await.exit_reason.as_deref(), Some("was killed"));
    assert!(begun.elapsed() < Duration::from_secs(30) && hands.is_idle());
}
