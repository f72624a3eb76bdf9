//! The API of a daemon and the command line that speaks to it: a daemon in this process, on a socket.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "this test runs the program and speaks to sockets"
)]

#[path = "api/concerns.rs"]
mod concerns;
#[path = "engine_conformance/daemon.rs"]
mod daemon;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use quorate::cluster::Leave;
use quorate::model::Isolation;
use serde_json::Value;

use daemon::{Running, agent, engine, settled};

/// Far longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon, a manifest, and a folder for both.
struct Host {
    daemon: Running,
    dir: tempfile::TempDir,
}

impl Host {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let daemon = Running::start(dir.path());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(settled(&mut engine(dir.path())));
        let host = Self { daemon, dir };
        host.wants(&["A", "B"]);
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes the manifest.
    fn wants(&self, resources: &[&str]) {
        let mut text = "apiVersion: quorate/v1\nkind: Cluster\nname: one\nnodes: {node1: {}}\n\
            properties: {fencing-enabled: false}\nresources:\n"
            .to_owned();
        for resource in resources {
            text.push_str(&format!(
                "  {resource}:\n    agent: {}\n    params: {{state: {}}}\n    ops: [{{name: monitor, interval: 1s}}]\n",
                agent(),
                self.path(resource).display()
            ));
        }
        fs::write(self.path("cluster.yaml"), text).unwrap();
    }

    /// A command against the daemon.
    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command
            .args(words.split(' '))
            .args(["--socket", "socket"])
            .current_dir(self.dir.path())
            .env_remove("RUST_BACKTRACE")
            .env("USER", "alice")
            .env_remove("SUDO_USER")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command against the daemon: what it printed on both outputs, and its exit code.
    fn run(&self, words: &str) -> (String, Option<i32>) {
        let output = self.command(words).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (String::from_utf8_lossy(&text).into_owned(), output.status.code())
    }

    /// The same, for a command that must end well.
    fn must(&self, words: &str) -> String {
        let (text, code) = self.run(words);
        assert_eq!(code, Some(0), "{words}:\n{text}");
        text
    }

    fn is_up(&self, resource: &str) -> bool {
        self.path(resource).exists()
    }

    fn ask(&self, request: &str) -> (u16, String) {
        ask(&self.path("socket"), request)
    }

    fn get(&self, path: &str) -> (u16, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
    }

    fn post(&self, path: &str, body: &str) -> (u16, Value) {
        let length = body.len();
        let (status, body) = self.ask(&format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        ));
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }
}

fn ask(socket: &Path, request: &str) -> (u16, String) {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, body.to_owned())
}

#[test]
fn apply_shows_live_progress_and_waits_until_it_holds() {
    let host = Host::new();
    let text = host.must("apply --auto-approve");
    assert!(host.is_up("A") && host.is_up("B"), "{text}");
    assert!(text.contains("start A on node1") && text.contains("Done: generation 1 holds."), "{text}");
    let again = host.must("apply --auto-approve");
    assert!(again.contains("Nothing to do"), "{again}");
    assert!(host.must("status").contains("Healthy, Synced"));
    host.must("wait --timeout 30s");
    assert!(host.must("explain A").contains("node1"));
    assert!(host.must("graph").contains("digraph"));
    host.must("drill --live --nodes-only --failures 0");
}

#[test]
fn a_saved_plan_is_refused_when_another_was_faster() {
    let host = Host::new();
    host.must("plan --out plan.json");
    host.must("apply --auto-approve");
    let (text, code) = host.run("apply plan.json");
    assert_eq!(code, Some(103), "{text}");
    let change = format!(
        r#"{{"propose":{{"cluster":{},"base":0,"origin":"elsewhere","renames":[]}}}}"#,
        serde_json::from_str::<Value>(&host.get("/v1/observation").1).unwrap()["desired"]
    );
    let (status, complaint) = host.post("/v1/changes", &change);
    assert_eq!((status, &complaint["code"]), (409, &"conflict".into()));
    assert_eq!(complaint["in_force"], "cluster.yaml");
    assert_eq!((&complaint["planned"], &complaint["actual"]), (&0.into(), &1.into()));
}

#[test]
fn an_apply_that_another_one_took_the_place_of_does_not_say_that_it_is_done() {
    for output in ["text", "json", "ndjson"] {
        let host = Host::new();
        fs::write(host.path("A.hold"), "").unwrap();
        let words = format!("apply --auto-approve -o {output}");
        let (text, code) = std::thread::scope(|scope| {
            let first = scope.spawn(|| host.run(&words));
            let begun = Instant::now();
            while !host.get("/v1/observation").1.contains("\"generation\":1") {
                assert!(begun.elapsed() < PATIENCE, "never in force");
                std::thread::sleep(Duration::from_millis(20));
            }
            host.wants(&["A", "B", "C"]);
            fs::rename(host.path("cluster.yaml"), host.path("other.yaml")).unwrap();
            host.must("apply -f other.yaml --auto-approve --no-wait");
            fs::remove_file(host.path("A.hold")).unwrap();
            first.join().unwrap()
        });
        assert_eq!(code, Some(103), "{text}");
        let said = "generation 1 was in force, but generation 2, from other.yaml, took its place meanwhile";
        assert!(text.contains(said) && !text.contains("holds"), "{text}");
        assert_eq!(text.contains(r#""outcome": "superseded""#), output == "json", "{text}");
        assert_eq!(text.contains(r#""outcome":"superseded""#), output == "ndjson", "{text}");
        // The same once more from elsewhere is no other.
        host.must("apply -f other.yaml --auto-approve");
    }
}

#[test]
fn an_apply_outlasts_a_restart_of_the_daemon_that_it_speaks_to() {
    let mut host = Host::new();
    let hold = host.path("A.hold");
    fs::write(&hold, "").unwrap();
    let mut apply = host.command("apply --auto-approve");
    let apply = apply.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while !host.get("/v1/observation").1.contains("\"generation\":1") {
        assert!(begun.elapsed() < PATIENCE, "never in force");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The daemon leaves while A is being started, which it lets end.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(500));
            fs::remove_file(&hold).unwrap();
        });
        host.daemon.end(Leave::Detached);
    });
    std::thread::sleep(Duration::from_secs(1));
    host.daemon = Running::start(host.dir.path());
    let output = apply.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(host.is_up("A") && host.is_up("B") && text.contains("Done: generation 1 holds."), "{text}");
}

#[test]
fn nothing_is_left_of_a_fencing_that_nothing_can_do() {
    let host = Host::new();
    host.must("apply --auto-approve");
    let (text, code) = host.run("node fence node1 --auto-approve");
    assert_eq!(code, Some(64), "{text}");
    assert!(text.contains("fencing is switched off: nothing can take `node1` down"), "{text}");
    assert!(text.contains("quorate node standby node1"), "{text}");
    let change = |value: &str| {
        format!(
            r#"{{"attribute":{{"node":"node1","name":"terminate","value":"{value}","lifetime":"until-leave"}}}}"#
        )
    };
    let (_, complaint) = host.post("/v1/changes", &change("true"));
    assert_eq!(complaint["code"], "refused", "{complaint}");
    assert!(!host.get("/v1/observation").1.contains("terminate"));
    assert_eq!(host.post("/v1/changes", &change("false")).0, 200, "taking it back is always possible");
}

#[test]
fn a_node_in_standby_runs_nothing_until_the_time_is_over_or_it_is_ended() {
    let host = Host::new();
    host.must("apply --auto-approve");
    let (text, code) = host.run("node standby node1 --for 2h --reason disk");
    assert!(text.contains("standby-node1") && text.contains("by alice: disk"), "{text}");
    assert!(code.is_some() && !host.is_up("A"), "{text}");
    let status = host.must("status");
    assert!(status.contains("Overrides") && status.contains("node1 in standby"), "{status}");
    let (plan, _) = host.run("plan");
    assert!(plan.contains("Overrides in force"), "every plan shows them: {plan}");
    host.must("node unstandby node1");
    assert!(host.is_up("A") && host.is_up("B"));
    let (text, code) = host.run("node unstandby node1");
    assert_eq!(code, Some(64), "{text}");
    host.run("node standby node1 --for 3s");
    assert!(!host.is_up("A"));
    host.must("wait --for healthy --timeout 60s");
    assert!(host.is_up("A"), "it ended by itself");
}

#[test]
fn overrides_have_names_and_can_be_cleared_by_them() {
    let host = Host::new();
    host.must("apply --auto-approve");
    host.run("ban A --for 1h");
    assert!(!host.is_up("A") && host.is_up("B"));
    let (text, code) = host.run("clear nothing");
    assert!(code == Some(64) && text.contains("there are ban-A-node1"), "{text}");
    host.must("clear A");
    assert!(host.is_up("A"));
    host.must("move A --to node1 --for 1h");
    host.must("clear --all");
    let (text, code) = host.run("move A --to node9");
    assert!(code == Some(64) && text.contains("there is no node `node9`"), "{text}");
    let (text, code) = host.run("move C --to node1");
    assert!(code == Some(64) && text.contains("there is no resource `C`"), "{text}");
}

#[test]
fn nothing_is_decided_during_a_pause() {
    let host = Host::new();
    host.must("pause --for 1h --reason release");
    host.must("apply --auto-approve --no-wait");
    assert!(host.must("status").contains("alice: release"));
    assert!(host.run("plan").0.contains("quorate resume"));
    assert!(!host.is_up("A"));
    host.must("resume");
    assert!(host.is_up("A"));
}

#[test]
fn a_cleanup_lets_a_failed_start_be_tried_again() {
    let host = Host::new();
    fs::write(host.path("A.force-start"), "1").unwrap();
    let (text, code) = host.run("apply --auto-approve");
    assert_eq!(code, Some(113), "{text}");
    fs::remove_file(host.path("A.force-start")).unwrap();
    host.must("cleanup A");
    assert!(host.is_up("A"));
    host.must("refresh --node node1");
    assert!(host.is_up("A"));
}

#[test]
fn history_tells_what_happened_and_its_decisions_can_be_made_again() {
    let host = Host::new();
    host.must("apply --auto-approve");
    let text = host.must("history");
    assert!(text.contains("generation 1 in force, from cluster.yaml"), "{text}");
    assert!(text.contains("start   A on node1") || text.contains("start A on node1"), "{text}");
    let decision = text.split("decision ").nth(1).unwrap().split(':').next().unwrap();
    let replayed = host.must(&format!("history {decision}"));
    assert!(replayed.starts_with("Same:"), "{replayed}");
    let (text, code) = host.run("history 1-1");
    assert!(code == Some(64) && text.contains("keeps no decision"), "{text}");
}

#[test]
fn secrets_are_told_only_to_those_who_ask_for_them_and_may_have_them() {
    let host = Host::new();
    let manifest = host.path("cluster.yaml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("params: {", "params: {passwd: HUNTER2, ")).unwrap();
    host.must("apply --auto-approve");
    let (status, text) = host.get("/v1/observation");
    assert!(status == 200 && !text.contains("HUNTER2") && text.contains("masked:1"), "{text}");
    assert!(host.get("/v1/observation?secrets=plain").1.contains("HUNTER2"));
    assert!(host.must("plan").contains("Nothing to do"), "what is in force is known to the engine");
    for path in ["/v1/history", "/v1/events?since=0&wait=100"] {
        let (status, text) = host.get(path);
        assert!(status == 200 && !text.contains("HUNTER2"), "{path}: {text}");
    }
}

#[test]
fn a_resource_answers_200_only_where_it_is_active() {
    let host = Host::new();
    host.must("apply --auto-approve");
    assert_eq!(host.get("/v1/resources/A").0, 200);
    assert_eq!(host.get("/v1/resources/C").0, 404);
    host.run("ban A");
    assert_eq!(host.get("/v1/resources/A").0, 503);
}

#[test]
fn what_is_still_starting_does_not_count_as_active() {
    let host = Host::new();
    let hold = host.path("A.hold");
    fs::write(&hold, "").unwrap();
    std::thread::scope(|scope| {
        let apply = scope.spawn(|| host.run("apply --auto-approve"));
        while !host.run("status").0.contains("Starting on node1") {
            assert!(!apply.is_finished(), "{}", host.run("status").0);
        }
        assert_eq!(host.get("/v1/resources/A").0, 503);
        assert!(host.run("explain A").0.contains("A is starting on node1"), "{}", host.run("explain A").0);
        fs::remove_file(&hold).unwrap();
        assert_eq!(apply.join().unwrap().1, Some(0));
    });
    assert!(host.must("status").contains("Started on node1"));
    assert_eq!(host.get("/v1/resources/A").0, 200);
}

#[test]
fn metrics_have_the_names_that_dashboards_know() {
    let host = Host::new();
    host.must("apply --auto-approve");
    let (status, text) = host.get("/metrics");
    assert_eq!(status, 200);
    for sample in [
        "ha_cluster_corosync_quorate 1",
        "ha_cluster_pacemaker_nodes{node=\"node1\",type=\"member\",status=\"online\"} 1",
        "role=\"started\",managed=\"true\",status=\"active\"} 1",
        "quorate_generation 1",
    ] {
        assert!(text.contains(sample), "{sample} is not in\n{text}");
    }
}

#[test]
fn trouble_is_told_with_a_code_and_a_message() {
    let host = Host::new();
    let code = |(status, body): (u16, Value)| (status, body["code"].as_str().unwrap_or_default().to_owned());
    assert_eq!(code(host.post("/v1/changes", "{")), (400, "malformed".to_owned()));
    assert_eq!(code(host.post("/v1/changes", r#"{"explode":1}"#)), (400, "malformed".to_owned()));
    assert_eq!(code(host.post("/v1/changes", r#"{"restore":"x"}"#)), (404, "not-found".to_owned()));
    assert_eq!(host.get("/v1/nothing").0, 404);
    assert_eq!(host.get("/v1/history/x").0, 400);
    let long = "x".repeat(17 << 20);
    let mut stream = UnixStream::connect(host.path("socket")).unwrap();
    let head = format!(
        "POST /v1/changes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        long.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The daemon need not read all of what it refuses.
    let _ = stream.write_all(long.as_bytes());
    assert_eq!(host.get("/v1/observation").0, 200, "the daemon goes on");
}

#[test]
fn what_daemons_cannot_honour_is_refused_at_the_door_whoever_sends_it() {
    let host = Host::new();
    let mut desired =
        serde_json::from_str::<Value>(&host.get("/v1/observation").1).unwrap()["desired"].take();
    desired["isolation"] = serde_json::to_value(Isolation {
        arbiter: Some("https://192.0.2.9/".into()),
        ..Isolation::default()
    })
    .unwrap();
    let change =
        serde_json::json!({"propose": {"cluster": desired, "base": 0, "origin": "x", "renames": []}});
    let (status, complaint) = host.post("/v1/changes", &change.to_string());
    assert_eq!((status, &complaint["code"]), (422, &"refused".into()), "{complaint}");
    let message = complaint["message"].as_str().unwrap();
    assert!(message.contains("unsuitable-engine") && message.contains("begins with `http://`"), "{message}");
    let sighting: Value = serde_json::from_str(&host.get("/v1/observation").1).unwrap();
    assert_eq!(sighting["generation"], 0);
}

#[test]
fn streams_end_when_the_daemon_does_and_the_socket_goes() {
    let mut host = Host::new();
    let mode = fs::metadata(host.path("socket")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only the superuser may come in");
    let mut stream = UnixStream::connect(host.path("socket")).unwrap();
    stream.write_all(b"GET /v1/events?since=0 HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    host.must("apply --auto-approve");
    host.daemon.end(Leave::Detached);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).unwrap();
    assert!(told.contains("\"event\":\"decided\"") && told.contains("\"event\":\"finished\""), "{told}");
    assert!(!host.path("socket").exists());
    let (text, code) = host.run("status");
    assert!(code == Some(69) && text.contains("systemctl start quorate"), "{text}");
}

#[test]
fn a_host_behind_ssh_is_reached_without_an_open_port() {
    let host = Host::new();
    // A stand-in for ssh that runs what it is told to run here.
    let bin = host.path("bin");
    fs::create_dir(&bin).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_quorate")).parent().unwrap().display().to_string();
    let script = format!(
        "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\n[ \"$2\" = there ] || {{ echo \"no route to $2\" >&2; exit 255; }}\n\
         export PATH={program}:$PATH\nexec sh -c \"$3\"\n"
    );
    fs::write(bin.join("ssh"), script).unwrap();
    fs::set_permissions(bin.join("ssh"), fs::Permissions::from_mode(0o755)).unwrap();
    let run = |words: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_quorate"))
            .args(words.split(' '))
            .args(["--socket", host.path("socket").to_str().unwrap()])
            .current_dir(host.dir.path())
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (String::from_utf8_lossy(&text).into_owned(), output.status.code())
    };
    let (text, code) = run("apply --auto-approve --host there");
    assert_eq!(code, Some(0), "{text}");
    assert!(host.is_up("A"));
    let (text, code) = run("status --host elsewhere");
    assert!(code == Some(69) && text.contains("no route to elsewhere"), "{text}");
}
