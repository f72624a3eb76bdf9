//! Agents that set node attributes and promotion scores, as they are installed, on engine `local`.
//! Says what it skips where they are not installed.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::panic,
    reason = "tests of real agents"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use quorate::agent::Installation;
use quorate::diagnostic::Sources;
use quorate::engine::local::{Folders, Local};
use quorate::engine::{Desired, Engine, Event, Outcome};
use quorate::manifest;
use quorate::model::{Cluster, NodeName};
use quorate::scheduler::ActionKind;

/// A host whose gateway answers or not, as the test likes.
struct Host {
    dir: tempfile::TempDir,
    engine: Local,
}

impl Host {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        fs::create_dir(&bin).unwrap();
        script(&bin.join("ping"), &format!("test -e {}", dir.path().join("gateway-up").display()));
        let engine = open(dir.path());
        Self { dir, engine }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default().trim().to_owned()
    }

    /// What was done to bring the manifest about, probes and monitors aside.
    async fn apply(&mut self, text: &str) -> Vec<String> {
        let cluster = cluster(&text.replace("DIR", &self.dir.path().display().to_string()));
        let base = self.engine.observe().await.unwrap().generation;
        self.engine
            .submit(Desired { cluster, base, origin: "test".to_owned(), renames: Vec::new() })
            .await
            .unwrap();
        self.converge().await
    }

    async fn converge(&mut self) -> Vec<String> {
        let mut done = Vec::new();
        let report = &mut |event| {
            if let Event::Started(action) = event
                && action.kind == ActionKind::Resource
                && action.task.as_str() != "monitor"
            {
                done.push(format!("{} {}", action.task, action.resource.as_deref().unwrap_or_default()));
            }
        };
        assert_eq!(self.engine.converge(report).await.unwrap(), Outcome::Converged);
        done
    }

    async fn attribute(&mut self, name: &str) -> Option<String> {
        let seen = self.engine.observe().await.unwrap();
        let sets = seen.status.node("node1").unwrap().attributes.clone();
        let mut pairs = sets.iter().flat_map(|set| &set.pairs);
        pairs.find(|pair| *pair.name == *name).map(|pair| pair.value.to_text().to_string())
    }
}

fn open(dir: &Path) -> Local {
    let site = Installation {
        path: format!("{}:{}", dir.join("bin").display(), Installation::default().path),
        tool_program: Some(env!("CARGO_BIN_EXE_quorate").into()),
        ..Installation::default()
    };
    Local::open_as(NodeName::new("node1"), &Folders::within(dir.join("state")), site).unwrap()
}

fn script(path: &Path, body: &str) {
    fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn cluster(text: &str) -> Cluster {
    let mut sources = Sources::default();
    sources.add("cluster.yaml".to_owned(), text.to_owned());
    let reading = manifest::read(&sources);
    reading.manifest.unwrap_or_else(|| panic!("{:?}", reading.diagnostics)).cluster
}

fn are_installed(agents: &[&str]) -> bool {
    let missing = agents.iter().find(|agent| !Path::new("/usr/lib/ocf/resource.d").join(agent).exists());
    if let Some(agent) = missing {
        eprintln!("SKIPPED: the agent {agent} is not installed");
    }
    missing.is_none()
}

const DATABASE: &str = "
apiVersion: quorate/v1
kind: Cluster
nodes: {node1: {}}
properties: {stonith-enabled: false}
resources:
  db:
    agent: ocf:pacemaker:Stateful
    params: {state: DIR/db, envfile: DIR/db-environment}
    ops:
      - {name: monitor, interval: 10s, role: Promoted}
      - {name: monitor, interval: 11s, role: Unpromoted}
  db-clone: {clone: db, meta: {promotable: true, notify: true}}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_sets_its_own_promotion_score_is_promoted() {
    if !are_installed(&["pacemaker/Stateful"]) {
        return;
    }
    let mut host = Host::new();
    let done = host.apply(DATABASE).await;
    assert!(done.contains(&"promote db".to_owned()), "{done:?}");
    assert_eq!(host.read("db"), "Promoted");
    assert_eq!(host.attribute("master-db").await.as_deref(), Some("10"));

    // The score outlives the command that heard of it.
    host.engine = open(host.dir.path());
    assert_eq!(host.attribute("master-db").await.as_deref(), Some("10"));
    assert_eq!(host.converge().await, [""; 0]);

    let stopped = DATABASE.replace("notify: true", "notify: true, target-role: Stopped");
    let done = host.apply(&stopped).await;
    assert!(done.contains(&"demote db".to_owned()) && done.contains(&"stop db".to_owned()), "{done:?}");
    assert_eq!(host.attribute("master-db").await, None);
    let Host { dir, engine } = host;
    drop(engine);
    let sockets = fs::read_dir(dir.path().join("state")).unwrap();
    let left =
        sockets.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "sock"));
    assert_eq!(left.count(), 0, "the socket goes with its command");
}

const GATEWAY: &str = "
apiVersion: quorate/v1
kind: Cluster
nodes: {node1: {}}
properties: {stonith-enabled: false}
resources:
  gateway:
    agent: ocf:pacemaker:ping
    params: {host_list: 192.0.2.1, multiplier: 1000, name: gateway, pidfile: DIR/gateway.pid, attempts: 1, timeout: 1}
    ops: [{name: monitor, interval: 1s}]
  web: {agent: ocf:pacemaker:Dummy, params: {state: DIR/web}}
constraints:
  location:
    - {resource: web, rule: not defined gateway or gateway lt 1000, score: -INFINITY}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_attribute_drives_a_location_rule() {
    if !are_installed(&["pacemaker/ping", "pacemaker/Dummy"]) {
        return;
    }
    let mut host = Host::new();
    fs::write(host.path("gateway-up"), "").unwrap();
    assert_eq!(host.apply(GATEWAY).await, ["start gateway", "start web"]);
    assert_eq!(host.attribute("gateway").await.as_deref(), Some("1000"));

    fs::remove_file(host.path("gateway-up")).unwrap();
    host.engine.rest(Duration::from_secs(60), &mut |_| {}).await.unwrap();
    assert_eq!(host.converge().await, ["stop web"]);
    assert_eq!(host.attribute("gateway").await.as_deref(), Some("0"));

    fs::write(host.path("gateway-up"), "").unwrap();
    host.engine.rest(Duration::from_secs(60), &mut |_| {}).await.unwrap();
    assert_eq!(host.converge().await, ["start web"]);
}
