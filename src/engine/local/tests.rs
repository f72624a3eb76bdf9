#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "tests run real agents in real time"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::monitor::StandingMonitor;
use super::store::Standing;
use super::*;
use crate::engine::hands::{Hands, Happening};
use crate::executor::ActionResult;
use crate::ledger::{AgentTraits, Ledger, Performed};
use crate::model::{Agent, Node, OptionSet, Overlay, Primitive, Rename, Resource};
use crate::scheduler::{Action, ActionId, ActionKind, Task};
use crate::status::{ResultCode, ResultStatus};

/// An engine with test agents, in a folder of its own.
pub(super) struct Bench {
    dir: tempfile::TempDir,
    local: Local,
    cluster: Cluster,
    standing: Standing,
}

impl Bench {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let agents = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agents");
        let site = Installation {
            ocf_root: agents.join("ocf"),
            grace: Duration::from_millis(200),
            ..Installation::default()
        };
        let local = Local::open_as(NodeName::new("node1"), &Folders::within(dir.path()), site).unwrap();
        let cluster = Cluster { nodes: vec![Node::member("node1")], ..Cluster::default() };
        Self { dir, local, cluster, standing: Standing::default() }
    }

    pub(super) fn hands(&mut self) -> LocalHands<'_> {
        let Self { local, cluster, standing, .. } = self;
        local.hands(cluster, standing)
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("A")
    }

    fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    pub(super) fn action(&self, id: u32, task: Task, interval: u64) -> Action {
        let param = |name: &str, value: PathBuf| (name.into(), value.display().to_string().into());
        Action {
            id: ActionId(id),
            key: format!("A_{task}_{interval}").into(),
            interval: Duration::from_millis(interval),
            timeout: Some(Duration::from_secs(5)),
            params: [param("state", self.state()), param("log", self.dir.path().join("log"))].into(),
            ..Action::new(task, "A", NodeName::new("node1"))
        }
    }
}

fn agent() -> Agent {
    Agent::parse("ocf:test:service").unwrap()
}

async fn finish(hands: &mut LocalHands<'_>, action: &Action) -> ActionResult {
    hands.begin(action, Some(&agent())).unwrap();
    match hands.next().await.unwrap() {
        Happening::Finished { action: id, result } if id == action.id => {
            hands.keep(&Ledger::new("w")).unwrap();
            result
        }
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn a_started_service_is_watched_until_it_is_stopped() {
    let mut bench = Bench::new();
    let (start, watch, stop) =
        (bench.action(1, Task::Start, 0), bench.action(2, Task::Monitor, 60), bench.action(3, Task::Stop, 0));
    let (slow, state) = (bench.action(4, Task::Start, 0), bench.state());
    let mut hands = bench.hands();
    assert_eq!(finish(&mut hands, &start).await.rc, ResultCode::OK);
    assert_eq!(finish(&mut hands, &watch).await.rc, ResultCode::OK);
    fs::remove_file(&state).unwrap();
    // Whatever else is in flight, the death of the service is seen by its monitor.
    fs::write(state.with_file_name("A.slow"), "2").unwrap();
    hands.begin(&slow, Some(&agent())).unwrap();
    match hands.next().await.unwrap() {
        Happening::Observed { action, result } => {
            assert_eq!((action.key, result.rc), (watch.key.clone(), ResultCode::NOT_RUNNING));
        }
        other => unreachable!("{other:?}"),
    }
    hands.kill(slow.id);
    assert!(matches!(hands.next().await.unwrap(), Happening::Finished { .. }));
    assert_eq!(finish(&mut hands, &stop).await.rc, ResultCode::OK);
    drop(hands);
    assert!(bench.standing.monitors.is_empty(), "a stopped resource is not watched");
}

#[tokio::test]
async fn what_an_agent_says_of_its_parameters_is_learnt_once() {
    let mut bench = Bench::new();
    let (probe, start) = (bench.action(1, Task::Monitor, 0), bench.action(2, Task::Start, 0));
    let mut hands = bench.hands();
    assert_eq!(finish(&mut hands, &probe).await.rc, ResultCode::NOT_RUNNING);
    finish(&mut hands, &start).await;
    let names = hands.traits(&agent()).restart_params.unwrap();
    assert_eq!(names.iter().map(|name| &**name).collect::<Vec<_>>(), ["state", "log", "password"]);
    drop(hands);
    let expected = CallCount { recurring: 0, probes: 1, metadata: 1, others: 1 };
    assert_eq!(bench.local.calls(), expected);
}

#[tokio::test]
async fn a_killed_action_ends_at_once_and_a_timer_rings() {
    let mut bench = Bench::new();
    let start = bench.action(1, Task::Start, 0);
    fs::write(bench.state().with_file_name("A.slow"), "30").unwrap();
    let mut hands = bench.hands();
    let begun = Instant::now();
    hands.begin(&start, Some(&agent())).unwrap();
    hands.set_timer(start.id, Duration::from_millis(100));
    assert_eq!(hands.next().await.unwrap(), Happening::TimerFired { action: start.id });
    hands.kill(start.id);
    match hands.next().await.unwrap() {
        Happening::Finished { result, .. } => assert_eq!(result.status, ResultStatus::Error),
        other => unreachable!("{other:?}"),
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn secrets_reach_the_agent_and_nobody_else() {
    let mut bench = Bench::new();
    let mut start = bench.action(1, Task::Start, 0);
    start.params.insert("password".into(), "secret:db".into());
    let missing = finish(&mut bench.hands(), &start).await;
    assert_eq!(missing.status, ResultStatus::NoSecrets);
    assert!(bench.calls().is_empty(), "the agent is not run without its secret");
    let secret = bench.dir.path().join("secrets/db");
    fs::create_dir(secret.parent().unwrap()).unwrap();
    fs::write(&secret, "hunter2\n").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(bench.state().with_file_name("A.broken"), "").unwrap();
    let failed = finish(&mut bench.hands(), &start).await;
    assert_eq!(failed.exit_reason.as_deref(), Some("it is broken, says ***"));
}

#[tokio::test]
async fn an_operation_may_begin_late() {
    let mut bench = Bench::new();
    let mut watch = bench.action(1, Task::Monitor, 60_000);
    watch.meta.insert("start_delay".into(), "150".into());
    watch.expected_rc = Some(7);
    let begun = Instant::now();
    assert_eq!(finish(&mut bench.hands(), &watch).await.rc, ResultCode::NOT_RUNNING);
    assert!(begun.elapsed() >= Duration::from_millis(150));
    watch.meta.insert("start_delay".into(), "400000".into());
    assert_eq!(finish(&mut bench.hands(), &watch).await.rc, ResultCode::NOT_RUNNING, "not waited for");
}

#[tokio::test]
async fn fencing_and_unknown_agents_fail_in_words() {
    let mut bench = Bench::new();
    let start = bench.action(1, Task::Start, 0);
    let fence = Action { kind: ActionKind::Fence, task: Task::FenceOff, ..bench.action(2, Task::Stop, 0) };
    let mut hands = bench.hands();
    for (action, status) in [(&start, ResultStatus::NotInstalled), (&fence, ResultStatus::NoFenceDevice)] {
        hands.begin(action, None).unwrap();
        match hands.next().await.unwrap() {
            Happening::Finished { result, .. } => assert_eq!(result.status, status),
            other => unreachable!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_answer_of_an_older_run_counts_for_nothing() {
    let mut bench = Bench::new();
    let watch = bench.action(1, Task::Monitor, 60_000);
    finish(&mut bench.hands(), &watch).await;
    let round = bench.standing.monitors[0].round();
    let down = ActionResult::done(ResultCode::NOT_RUNNING, Duration::ZERO);
    let up = ActionResult::done(ResultCode::OK, Duration::ZERO);
    assert!(
        StandingMonitor::take_answer(&mut bench.standing.monitors, &round, &up).is_some(),
        "it had been down"
    );
    let next = bench.standing.monitors[0].round();
    if next != round {
        assert!(StandingMonitor::take_answer(&mut bench.standing.monitors, &round, &down).is_none());
    }
    assert!(StandingMonitor::take_answer(&mut bench.standing.monitors, &next, &up).is_none(), "nothing new");
}

#[tokio::test]
async fn only_a_cluster_of_this_host_can_be_put_in_force() {
    let mut bench = Bench::new();
    for (nodes, problem) in [
        (vec![], "has no node"),
        (vec!["other"], "is for the node `other`, this host is `node1`"),
        (vec!["node1", "node2"], "has 2 nodes (node1, node2)"),
    ] {
        let cluster = Cluster { nodes: nodes.into_iter().map(Node::member).collect(), ..Cluster::default() };
        let desired = Desired { cluster, base: Generation(0), origin: String::new(), renames: Vec::new() };
        let error = bench.local.submit(desired).await.unwrap_err();
        assert!(matches!(error, EngineError::Unsuitable(_)));
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[tokio::test]
async fn this_host_is_seen_before_anything_is_in_force() {
    let mut bench = Bench::new();
    let seen = bench.local.observe().await.unwrap();
    assert_eq!(seen.generation, Generation(0));
    assert!(seen.status.has_quorum);
    assert!(seen.status.node("node1").unwrap().process.is_online());
    assert_eq!(bench.local.calls(), CallCount::default());
}

#[tokio::test]
async fn looking_goes_on_while_another_command_is_at_work() {
    let mut bench = Bench::new();
    bench.local.store.keep(&Ledger::new("w"), &Standing::default()).unwrap();
    let _lock = bench.local.store.lock(Duration::ZERO).await.unwrap();
    assert!(bench.local.observe().await.is_ok());
}

#[tokio::test]
async fn a_watch_ends_when_it_is_told_to() {
    let mut bench = Bench::new();
    let stopper = bench.local.stopper();
    let ender = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stopper.cancel();
    };
    let mut ignore = |_| {};
    let (ended, ()) = tokio::join!(bench.local.watch(&mut ignore), ender);
    ended.unwrap();
}

/// Lets a service run with a monitor of this many milliseconds.
async fn with_running_service(interval: u64) -> Bench {
    let mut bench = Bench::new();
    let (start, watch) = (bench.action(1, Task::Start, 0), bench.action(2, Task::Monitor, interval));
    let mut hands = bench.hands();
    finish(&mut hands, &start).await;
    finish(&mut hands, &watch).await;
    drop(hands);
    bench.local.store.keep(&Ledger::new("w"), &bench.standing).unwrap();
    bench
}

#[tokio::test]
async fn a_rest_lasts_while_monitors_find_nothing_new() {
    let mut bench = with_running_service(200).await;
    let begun = Instant::now();
    bench.local.rest(Duration::from_millis(700), &mut |_| {}).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(700));
    let runs = bench.calls().iter().filter(|call| *call == "A monitor 200").count();
    assert!((2..=5).contains(&runs), "{runs} runs");
}

#[tokio::test]
async fn a_rest_is_over_when_a_monitor_answers_anew() {
    let mut bench = with_running_service(200).await;
    fs::remove_file(bench.state()).unwrap();
    let begun = Instant::now();
    let mut told = Vec::new();
    bench.local.rest(Duration::from_secs(30), &mut |event| told.push(event)).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
    let [Event::Finished { result, .. }] = told.as_slice() else { unreachable!("one answer is told") };
    assert_eq!(result.rc, ResultCode::NOT_RUNNING);
}

#[tokio::test]
async fn a_rest_is_over_when_another_command_changed_what_should_be() {
    let mut bench = Bench::new();
    let mut other =
        Local::open_as(NodeName::new("node1"), &Folders::within(bench.dir.path()), Installation::default())
            .unwrap();
    let cluster = bench.cluster.clone();
    let change = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let desired = Desired { cluster, base: Generation(0), origin: String::new(), renames: Vec::new() };
        other.submit(desired).await.unwrap();
    };
    let begun = Instant::now();
    let mut ignore = |_| {};
    let (rested, ()) = tokio::join!(bench.local.rest(Duration::from_secs(60), &mut ignore), change);
    rested.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_rest_is_over_when_another_command_heard_a_new_answer() {
    let mut bench = with_running_service(60_000).await;
    bench.local.observe().await.unwrap();
    fs::remove_file(bench.state()).unwrap();
    let mut heard = bench.standing.clone();
    let (round, down) =
        (heard.monitors[0].round(), ActionResult::done(ResultCode::NOT_RUNNING, Duration::ZERO));
    StandingMonitor::take_answer(&mut heard.monitors, &round, &down).unwrap();
    bench.local.store.keep(&Ledger::new("w"), &heard).unwrap();
    let begun = Instant::now();
    bench.local.rest(Duration::from_secs(30), &mut |_| {}).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10), "before the monitor is due again");
}

#[tokio::test]
async fn a_service_is_stopped_with_what_it_was_started_with() {
    let mut bench = Bench::new();
    let start = bench.action(1, Task::Start, 0);
    finish(&mut bench.hands(), &start).await;
    assert!(bench.state().exists());
    // The resource has been configured anew, or is not configured any more.
    let stop = Action { params: [].into(), ..bench.action(2, Task::Stop, 0) };
    assert_eq!(finish(&mut bench.hands(), &stop).await.rc, ResultCode::OK);
    assert!(!bench.state().exists());
    assert_eq!(bench.standing, Standing::default(), "nothing is remembered of what does not run");
}

#[tokio::test]
async fn what_a_probe_found_running_is_stopped_with_the_parameters_of_the_probe() {
    let mut bench = Bench::new();
    fs::write(bench.state(), "").unwrap();
    let probe = bench.action(1, Task::Monitor, 0);
    finish(&mut bench.hands(), &probe).await;
    let stop = Action { params: [].into(), ..bench.action(2, Task::Stop, 0) };
    finish(&mut bench.hands(), &stop).await;
    assert!(!bench.state().exists());
}

#[tokio::test]
async fn a_reload_changes_what_a_service_runs_with() {
    let mut bench = Bench::new();
    let start = bench.action(1, Task::Start, 0);
    finish(&mut bench.hands(), &start).await;
    let mut reload = bench.action(2, Task::Reload, 0);
    reload.params.insert("colour".into(), "red".into());
    finish(&mut bench.hands(), &reload).await;
    assert_eq!(fs::read_to_string(bench.state()).unwrap(), "red\n");
    let stop = bench.standing.memory.apply(&Action { params: [].into(), ..bench.action(3, Task::Stop, 0) });
    assert_eq!(stop.params, reload.params);
}

impl Bench {
    /// Puts the service in force in a colour, and converges.
    async fn apply(&mut self, colour: &'static str) -> Outcome {
        let mut service = Primitive::new("A", agent());
        let at = |path: PathBuf| path.display().to_string();
        service.params = vec![OptionSet::of([
            ("state", at(self.state())),
            ("log", at(self.dir.path().join("log"))),
            ("colour", colour.to_owned()),
        ])];
        let cluster = Cluster {
            properties: vec![OptionSet::of([("fencing-enabled", "false")])],
            resources: vec![Resource::Primitive(service)],
            ..self.cluster.clone()
        };
        let base = self.local.observe().await.unwrap().generation;
        self.local
            .submit(Desired { cluster, base, origin: String::new(), renames: Vec::new() })
            .await
            .unwrap();
        self.local.converge(&mut |_| {}).await.unwrap()
    }
}

#[tokio::test]
async fn a_reloadable_parameter_is_taken_up_in_place() {
    let mut bench = Bench::new();
    assert_eq!(bench.apply("blue").await, Outcome::Converged);
    assert_eq!(bench.calls(), ["A monitor 0", "A start 0"]);
    assert_eq!(bench.apply("red").await, Outcome::Converged);
    assert_eq!(bench.calls()[2..], ["A reload-agent 0"]);
    assert_eq!(fs::read_to_string(bench.state()).unwrap(), "red\n");
    assert_eq!(bench.apply("red").await, Outcome::Converged);
    assert_eq!(bench.calls().len(), 3, "nothing is left to do");
}

#[tokio::test]
async fn a_reboot_finds_out_everything_again() {
    let mut bench = Bench::new();
    bench.apply("blue").await;
    let live = bench.dir.path().join("live.json");
    let text = fs::read_to_string(&live).unwrap();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    fs::write(&live, text.replacen(boot.trim(), "an-earlier-boot", 1)).unwrap();
    fs::remove_file(bench.state()).unwrap();
    let mut report = |_| {};
    assert_eq!(bench.local.converge(&mut report).await.unwrap(), Outcome::Converged);
    assert_eq!(bench.calls()[2..], ["A monitor 0", "A start 0"], "what should be has outlived the reboot");
}

#[tokio::test]
async fn what_runs_is_adopted_after_everything_was_forgotten() {
    let mut bench = Bench::new();
    bench.apply("blue").await;
    fs::remove_file(bench.dir.path().join("live.json")).unwrap();
    let mut report = |_| {};
    assert_eq!(bench.local.converge(&mut report).await.unwrap(), Outcome::Converged);
    assert_eq!(bench.calls()[2..], ["A monitor 0"], "it runs already");
}

/// A service that has died since its monitor, of a tenth of a second, answered last.
async fn with_dead_service() -> Bench {
    let mut bench = Bench::new();
    bench.apply("blue").await;
    let watch = bench.action(1, Task::Monitor, 100);
    let live = bench.local.store.live().unwrap();
    bench.standing = live.standing;
    finish(&mut bench.hands(), &watch).await;
    bench.local.store.keep(&live.ledger, &bench.standing).unwrap();
    fs::remove_file(bench.state()).unwrap();
    tokio::time::sleep(Duration::from_millis(120)).await;
    bench
}

fn has_failed(seen: &Observation) -> bool {
    let histories = seen.status.nodes.iter().flat_map(|node| &node.resources);
    let mut monitors =
        histories.flat_map(|history| &history.entries).filter(|entry| !entry.interval.is_zero());
    monitors.any(|entry| entry.rc == Some(ResultCode::NOT_RUNNING))
}

#[tokio::test]
async fn a_death_is_seen_though_nothing_can_be_written() {
    let mut bench = with_dead_service().await;
    let lock = bench.dir.path().join("lock");
    fs::remove_file(&lock).unwrap();
    // A folder can be opened for writing by nobody, like any file of a disk that is only read.
    fs::create_dir(&lock).unwrap();
    let before = fs::read(bench.dir.path().join("live.json")).unwrap();
    let seen = bench.local.observe().await.unwrap();
    assert!(has_failed(&seen));
    assert_eq!(fs::read(bench.dir.path().join("live.json")).unwrap(), before);
}

#[tokio::test]
async fn a_death_is_seen_though_the_disk_is_full() {
    let mut bench = with_dead_service().await;
    std::os::unix::fs::symlink("/dev/full", bench.dir.path().join("live.json.new")).unwrap();
    assert!(has_failed(&bench.local.observe().await.unwrap()));
    assert!(!has_failed_by_record(&bench), "it could not be kept");
    assert!(has_failed(&bench.local.observe().await.unwrap()));
    assert!(has_failed_by_record(&bench), "now it can");
}

fn has_failed_by_record(bench: &Bench) -> bool {
    let text = fs::read_to_string(bench.dir.path().join("live.json")).unwrap();
    text.contains("fail-count-A")
}

#[tokio::test]
async fn agents_are_asked_about_themselves_once_until_they_change() {
    let mut bench = Bench::new();
    bench.apply("blue").await;
    let host = Folders::within(bench.dir.path());
    let agents = bench.dir.path().join("ocf/resource.d/test");
    fs::create_dir_all(&agents).unwrap();
    let (asked, program) = (bench.dir.path().join("asked"), agents.join("service"));
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agents/ocf/resource.d/test/service");
    let script = format!("#!/bin/sh\necho $1 >>{}\nexec {} \"$@\"\n", asked.display(), own.display());
    fs::write(&program, &script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let site = Installation { ocf_root: bench.dir.path().join("ocf"), ..Installation::default() };
    let calls = || fs::read_to_string(&asked).unwrap_or_default();
    // As each command does: it asks what the agents know better, and sees to it that all is well.
    for expected in ["meta-data\n", "meta-data\n"] {
        let mut command = Local::open_as(NodeName::new("node1"), &host, site.clone()).unwrap();
        let cluster = command.observe().await.unwrap().in_force;
        command.claim(&mut |_| {}).await.unwrap();
        command.check(&cluster).await;
        assert_eq!(command.converge(&mut |_| {}).await.unwrap(), Outcome::Converged);
        assert_eq!(calls(), expected);
    }
    fs::write(&program, script + "# another\n").unwrap();
    let mut command = Local::open_as(NodeName::new("node1"), &host, site).unwrap();
    let cluster = command.observe().await.unwrap().in_force;
    command.check(&cluster).await;
    assert_eq!(calls(), "meta-data\nmeta-data\n");
}

#[tokio::test]
async fn a_rename_that_was_put_in_force_by_a_killed_command_is_no_other_resource() {
    let mut bench = Bench::new();
    let (start, watch) = (bench.action(1, Task::Start, 0), bench.action(2, Task::Monitor, 10_000));
    let mut hands = bench.hands();
    let started = finish(&mut hands, &start).await;
    finish(&mut hands, &watch).await;
    drop(hands);
    let mut live = bench.local.store.live().unwrap();
    hands::look(&mut live.ledger, &bench.cluster, &bench.local.node);
    live.ledger.record(&Performed {
        action: &start,
        agent: Some(&agent()),
        traits: &AgentTraits::default(),
        result: &started,
        at: 1,
        start_failure_is_fatal: true,
    });
    bench.local.store.keep(&live.ledger, &bench.standing).unwrap();
    // Killed before the second write of `put_in_force`.
    let renames = vec![Rename { from: "A".into(), to: "B".into() }];
    let desired =
        Desired { cluster: bench.cluster.clone(), base: Generation(0), origin: String::new(), renames };
    bench.local.store.put_in_force(&InForce::new(Generation(1), desired, Overlay::default())).unwrap();
    for _ in 0..2 {
        let session = bench.local.begin(Duration::ZERO, &mut |_| {}).await.unwrap();
        let known = session.live.ledger.status.node("node1").unwrap();
        assert_eq!(known.resources.iter().map(|own| &*own.id).collect::<Vec<_>>(), ["B"]);
        assert_eq!(&*session.live.standing.monitors[0].operation.resource, "B");
    }
}
