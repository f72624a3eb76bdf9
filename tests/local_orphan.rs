//! Engine `local` after `kill -9`: what was in flight is settled before anything else is done.
//!
//! A command that is killed is this test run once more, as a process of its own.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests of real processes")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use quorate::agent::Installation;
use quorate::engine::local::{Folders, Local};
use quorate::engine::{Desired, Engine, EngineError, Event, Outcome};
use quorate::model::{Agent, Cluster, Node, NodeName, Operation, OptionSet, Primitive, Resource};

/// Names the folder in the process that is to be killed.
const DOOMED: &str = "QUORATE_TEST_DOOMED";

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A host with one service, whose start waits for a file to go.
struct Host(PathBuf);

impl Host {
    fn engine(&self) -> Local {
        let agents = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agents/ocf");
        let site =
            Installation { ocf_root: agents, grace: Duration::from_millis(200), ..Installation::default() };
        Local::open_as(NodeName::new("node1"), &Folders::within(&self.0), site).unwrap()
    }

    fn cluster(&self, colour: &str, role: &str) -> Cluster {
        let mut service = Primitive::new("A", Agent::parse("ocf:test:service").unwrap());
        let at = |name: &str| self.0.join(name).display().to_string();
        service.params =
            vec![OptionSet::of([("state", at("A")), ("log", at("log")), ("colour", colour.to_owned())])];
        service.meta = vec![OptionSet::of([("target-role", role)])];
        let seconds = fs::read_to_string(self.0.join("timeout")).unwrap_or_else(|_| "20".to_owned());
        service.ops = vec![Operation {
            name: "start".into(),
            options: vec![("timeout".into(), format!("{seconds}s").into())],
            ..Operation::default()
        }];
        Cluster {
            nodes: vec![Node::member("node1")],
            properties: vec![OptionSet::of([("fencing-enabled", "false")])],
            resources: vec![Resource::Primitive(service)],
            ..Cluster::default()
        }
    }

    /// Puts the service in force and converges; what was waited for first.
    fn apply(&self, colour: &str, role: &str) -> Result<Vec<String>, EngineError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(async {
            let mut engine = self.engine();
            let mut awaited = Vec::new();
            let mut report = |event| {
                if let Event::Waiting { because, .. } = event {
                    awaited.push(because);
                }
            };
            engine.claim(&mut report).await?;
            let base = engine.observe().await?.generation;
            let cluster = self.cluster(colour, role);
            engine.submit(Desired { cluster, base, origin: String::new(), renames: Vec::new() }).await?;
            assert_eq!(engine.converge(&mut report).await?, Outcome::Converged);
            Ok(awaited)
        })
    }

    /// Begins to start the service in a process of its own.
    fn begin(&self, test: &str) -> Child {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--test-threads=1"])
            .env(DOOMED, &self.0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + PATIENCE;
        while !(self.calls().iter().any(|call| call == "A start 0") && self.process().is_some()) {
            assert!(Instant::now() < until, "the service is being started");
            std::thread::sleep(Duration::from_millis(10));
        }
        child
    }

    fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.0.join("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    fn state(&self) -> Option<String> {
        fs::read_to_string(self.0.join("A")).ok().map(|colour| colour.trim().to_owned())
    }

    /// Where the action in flight is on record.
    fn record(&self) -> Option<PathBuf> {
        let files = fs::read_dir(self.0.join("in-flight")).ok()?;
        files
            .filter_map(Result::ok)
            .map(|file| file.path())
            .find(|path| path.extension().is_some_and(|end| end == "json"))
    }

    /// Lets the service start, at once or while something else goes on.
    fn release(&self) {
        fs::remove_file(self.0.join("A.hold")).unwrap();
    }

    fn release_soon(&self) {
        let hold = self.0.join("A.hold");
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(500));
            fs::remove_file(hold).unwrap();
        });
    }

    /// The agent's process, by the record.
    fn process(&self) -> Option<u64> {
        let record: serde_json::Value = serde_json::from_slice(&fs::read(self.record()?).ok()?).ok()?;
        record["process"]["id"].as_u64()
    }
}

/// Whether a process has ended, though nobody may have asked how.
fn has_ended(process: u64) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

/// Runs `body` on a host on which a command was killed while it started the service.
fn after_a_kill(test: &str, timeout: &str, body: impl FnOnce(&Host, u64)) {
    if let Some(folder) = std::env::var_os(DOOMED) {
        // It is killed before it is done.
        let _ = Host(folder.into()).apply("blue", "Started");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let host = Host(dir.path().to_owned());
    fs::write(host.0.join("A.hold"), "").unwrap();
    fs::write(host.0.join("timeout"), timeout).unwrap();
    let mut child = host.begin(test);
    let agent = host.process().unwrap();
    let refused = host.apply("blue", "Stopped").unwrap_err();
    assert!(
        matches!(&refused, EngineError::Locked(why) if why.contains(&format!("process {}", child.id()))),
        "{refused}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(Path::new(&format!("/proc/{agent}")).exists(), "the agent outlives the command");
    body(&host, agent);
    assert_eq!(host.record(), None, "nothing is left on record");
}

#[test]
fn a_start_in_flight_is_waited_for_before_its_service_is_stopped() {
    let name = "a_start_in_flight_is_waited_for_before_its_service_is_stopped";
    after_a_kill(name, "60", |host, agent| {
        host.release_soon();
        let awaited = host.apply("blue", "Stopped").unwrap();
        assert_eq!(awaited, [format!("start A (process {agent}), begun by an earlier command, still runs")]);
        assert_eq!(host.calls(), ["A monitor 0", "A start 0", "A monitor 0", "A stop 0"]);
        assert_eq!(host.state(), None, "the start did not end after the stop");
    });
}

#[test]
fn an_agent_whose_number_was_not_written_down_is_found_by_its_mark() {
    let name = "an_agent_whose_number_was_not_written_down_is_found_by_its_mark";
    after_a_kill(name, "60", |host, agent| {
        let path = host.record().unwrap();
        let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        record["process"] = serde_json::Value::Null;
        fs::write(&path, record.to_string()).unwrap();
        host.release_soon();
        assert_eq!(
            host.apply("blue", "Stopped").unwrap(),
            [format!("start A (process {agent}), begun by an earlier command, still runs")]
        );
        assert_eq!(host.state(), None);
    });
}

#[test]
fn what_a_start_nobody_saw_the_end_of_has_done_is_found_out() {
    let name = "what_a_start_nobody_saw_the_end_of_has_done_is_found_out";
    after_a_kill(name, "60", |host, agent| {
        host.release();
        let until = Instant::now() + PATIENCE;
        while host.state().is_none() || !has_ended(agent) {
            assert!(Instant::now() < until, "the start ends by itself");
            std::thread::sleep(Duration::from_millis(20));
        }
        // It runs in blue, though red is wanted now: a probe that took it for red would leave it so.
        assert_eq!(host.apply("red", "Started").unwrap(), [""; 0]);
        assert_eq!(host.calls(), ["A monitor 0", "A start 0", "A monitor 0", "A reload-agent 0"]);
        assert_eq!(host.state().as_deref(), Some("red"));
    });
}

#[test]
fn a_start_whose_time_is_over_is_ended_and_tried_again() {
    let name = "a_start_whose_time_is_over_is_ended_and_tried_again";
    after_a_kill(name, "8", |host, agent| {
        // As long as the first start runs, it is held; the second is not.
        let (hold, path) = (host.0.join("A.hold"), format!("/proc/{agent}/cmdline"));
        let released = std::thread::spawn(move || {
            while fs::read(&path).is_ok_and(|line| !line.is_empty()) {
                std::thread::sleep(Duration::from_millis(5));
            }
            fs::remove_file(hold).unwrap();
        });
        assert_eq!(host.apply("blue", "Started").unwrap().len(), 1);
        released.join().unwrap();
        assert_eq!(host.calls(), ["A monitor 0", "A start 0", "A monitor 0", "A start 0"]);
        assert_eq!(host.state().as_deref(), Some("blue"));
        assert!(has_ended(agent), "the agent was ended");
    });
}
