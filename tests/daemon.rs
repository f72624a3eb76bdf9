//! Daemons in one process: the real loop, the real executor and real agents, in a group of this
//! process.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use quorate::agent::Installation;
use quorate::cluster::{Change, Leave, Proposal, Request};
use quorate::daemon::group::in_process::Room;
use quorate::daemon::{Daemon, Door, Ending, Notice, Setup, Snapshot};
use quorate::model::NodeName;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// An agent that is a file: what runs where is written in a folder that all nodes share.
const AGENT: &str = r#"#!/bin/sh
state="$OCF_RESKEY_world/$OCF_RESKEY_CRM_meta_on_node.$OCF_RESOURCE_INSTANCE"
echo "$(date +%s.%N) $1 $OCF_RESKEY_CRM_meta_on_node $OCF_RESOURCE_INSTANCE" >>"$OCF_RESKEY_world/calls"
case $1 in
start) sleep "${OCF_RESKEY_slow:-0}"; echo x >"$state"
    [ -z "$OCF_RESKEY_process" ] || { setsid sleep 300 >/dev/null 2>&1 & echo $! >"$state"; } ;;
stop) [ -z "$OCF_RESKEY_process" ] || kill "$(cat "$state")" 2>/dev/null; rm -f "$state" ;;
monitor) [ -f "$state" ] || exit 7
    [ -z "$OCF_RESKEY_process" ] || grep -q '^State:.[^Z]' "/proc/$(cat "$state")/status" 2>/dev/null || exit 7 ;;
esac
"#;

/// Nodes, their folders and what runs on them.
struct World {
    dir: tempfile::TempDir,
    room: Room,
    nodes: Vec<Host>,
}

/// A node with its daemon.
struct Host {
    name: String,
    running: Option<Running>,
}

struct Running {
    door: Door,
    abandon: oneshot::Sender<()>,
    task: JoinHandle<Ending>,
}

impl World {
    fn new(names: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let agents = dir.path().join("ocf/resource.d/test");
        std::fs::create_dir_all(&agents).unwrap();
        std::fs::create_dir(dir.path().join("world")).unwrap();
        let agent = agents.join("file");
        std::fs::write(&agent, AGENT).unwrap();
        std::fs::set_permissions(&agent, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let nodes = names.iter().map(|name| Host { name: (*name).to_owned(), running: None }).collect();
        Self { dir, room: Room::new(names), nodes }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write_manifest(&self, resources: &str) {
        let names: Vec<_> = self.nodes.iter().map(|host| format!("  {}: {{}}\n", host.name)).collect();
        let text = format!(
            "apiVersion: quorate/v1\nkind: Cluster\nname: test\nproperties:\n  stonith-enabled: false\nnodes:\n{}resources:\n{resources}",
            names.concat()
        )
        .replace("WORLD", self.path("world").to_str().unwrap());
        let path = self.path("cluster.yaml");
        std::fs::write(path.with_extension("new"), text).unwrap();
        std::fs::rename(path.with_extension("new"), path).unwrap();
    }

    fn start(&mut self, index: usize) {
        let name = self.nodes[index].name.clone();
        let site = Installation { ocf_root: self.path("ocf"), ..Installation::default() };
        let setup = Setup {
            node: NodeName::from(name.as_str()),
            state_dir: self.path(&format!("{name}/lib")),
            run_dir: self.path(&format!("{name}/run")),
            secrets: self.path("secrets"),
            manifest: Some(self.path("cluster.yaml")),
            site,
            jobs: None,
            return_grace: None,
            safety: Default::default(),
        };
        let seat = self.room.enter(&name).unwrap();
        let (daemon, door) = Daemon::new(setup, seat, Notice::default()).unwrap();
        let (abandon, abandoned) = oneshot::channel();
        let run = daemon.run(async move {
            let _ = abandoned.await;
        });
        let task = tokio::spawn(async move { run.await.unwrap() });
        self.nodes[index].running = Some(Running { door, abandon, task });
    }

    async fn kill(&mut self, index: usize) {
        let running = self.nodes[index].running.take().unwrap();
        running.abandon.send(()).unwrap();
        assert_eq!(running.task.await.unwrap(), Ending::Abandoned);
    }

    async fn stop(&mut self, index: usize, leave: Leave) {
        let running = self.nodes[index].running.take().unwrap();
        running.door.request(Request::Leave(leave)).await.unwrap().unwrap();
        assert_eq!(running.task.await.unwrap(), Ending::Left(leave));
    }

    fn door(&self, index: usize) -> &Door {
        &self.nodes[index].running.as_ref().unwrap().door
    }

    async fn look(&self, index: usize) -> Box<Snapshot> {
        self.door(index).look().await.unwrap()
    }

    /// What runs where: `n1.A n2.B`.
    fn active(&self) -> String {
        let mut names: Vec<String> = std::fs::read_dir(self.path("world"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "calls")
            .collect();
        names.sort();
        names.join(" ")
    }

    /// The actions that agents were called for, monitors left out: `start n1 A`.
    fn actions(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path("world/calls")).unwrap_or_default();
        let lines = text.lines().filter_map(|line| line.split_once(' ')).map(|(_, call)| call.to_owned());
        lines.filter(|call| !call.starts_with("monitor") && !call.starts_with("meta-data")).collect()
    }

    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let patience = Instant::now() + Duration::from_secs(60);
        while !holds(self) {
            assert!(Instant::now() < patience, "{what}: {} after {:?}", self.active(), self.actions());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn until_active(&self, wanted: &str) {
        self.until(wanted, |world| world.active() == wanted).await;
    }
}

fn resource(name: &str, more: &str, monitor: &str) -> String {
    format!(
        "  {name}:\n    agent: ocf:test:file\n    params: {{world: WORLD{more}}}\n    ops:\n      - {{name: monitor, interval: {monitor}, timeout: 20s}}\n"
    )
}

/// How many actions are on record as in flight.
fn on_record(path: &Path) -> usize {
    std::fs::read_dir(path.join("run/flights")).map_or(0, Iterator::count)
}

impl World {
    /// Waits until the members agree, nothing is in flight and nothing is left to do.
    async fn until_calm(&self) {
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let mut is_calm = true;
            for (index, host) in self.nodes.iter().enumerate() {
                if host.running.is_some() {
                    let state = self.look(index).await;
                    is_calm &= state.is_settled
                        && state.state.is_some_and(|state| state.live.in_flight.is_empty())
                        && on_record(&self.path(&host.name)) == 0;
                }
            }
            if is_calm {
                return;
            }
            assert!(Instant::now() < patience, "{} after {:?}", self.active(), self.actions());
        }
    }

    /// Waits for what the first node tells of its manifest.
    async fn until_told(&self, holds: impl Fn(&Option<String>) -> bool) -> Option<String> {
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            let seen = self.look(0).await;
            let mut pairs = seen.status.nodes[0].attributes.iter().flat_map(|set| &set.pairs);
            let told = pairs.find(|pair| &*pair.name == "quorate-manifest");
            let told = told.map(|pair| pair.value.to_text().to_string());
            if holds(&told) {
                return told;
            }
            assert!(Instant::now() < patience, "{told:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn digest(&self, index: usize) -> String {
        self.look(index).await.state.unwrap().digest()
    }
}

#[tokio::test]
async fn a_manifest_on_disk_is_put_in_force_and_a_lost_node_recovered() {
    let mut world = World::new(&["n1", "n2", "n3"]);
    world.write_manifest(&resource("A", "", "10s"));
    for index in 0..3 {
        world.start(index);
    }
    world.until_active("n1.A").await;
    world.until_calm().await;
    assert_eq!(world.look(1).await.durable.generation.0, 1, "the same file on three nodes is one change");
    world.room.split(&[&["n2", "n3"]]);
    world.until("recovery", |world| world.active() == "n1.A n2.A").await;
}

#[tokio::test]
async fn a_daemon_that_was_killed_adopts_what_runs() {
    let mut world = World::new(&["n1", "n2"]);
    world.write_manifest(&resource("A", "", "10s"));
    world.start(0);
    world.start(1);
    world.until_active("n1.A").await;
    world.until_calm().await;
    let before = world.actions();
    world.kill(0).await;
    world.start(0);
    world.until_calm().await;
    assert_eq!(world.actions(), before, "zero actions");
    assert_eq!(world.digest(0).await, world.digest(1).await);
}

#[tokio::test]
async fn a_stopping_daemon_moves_its_resources_away_first() {
    let mut world = World::new(&["n1", "n2", "n3"]);
    world.write_manifest(&resource("A", "", "10s"));
    for index in 0..3 {
        world.start(index);
    }
    world.until_active("n1.A").await;
    world.until_calm().await;
    world.stop(0, Leave::Drained).await;
    assert!(!world.active().contains("n1.A"), "{}", world.active());
    world.until("the other place", |world| ["n2.A", "n3.A"].contains(&world.active().as_str())).await;
}

#[tokio::test]
async fn what_is_left_running_costs_no_action_on_return() {
    let mut world = World::new(&["n1", "n2", "n3"]);
    world.write_manifest(&resource("A", "", "10s"));
    for index in 0..3 {
        world.start(index);
    }
    world.until_active("n1.A").await;
    world.until_calm().await;
    let before = world.actions();
    world.stop(0, Leave::Detached).await;
    world.until_calm().await;
    assert_eq!(world.active(), "n1.A", "nobody recovers it");
    world.start(0);
    world.until_calm().await;
    assert_eq!(world.actions(), before, "zero actions");
}

#[tokio::test]
async fn a_manifest_that_cannot_be_used_changes_nothing_and_an_edit_is_put_in_force() {
    let mut world = World::new(&["n1"]);
    world.write_manifest(&resource("A", "", "10s"));
    world.start(0);
    world.until_active("n1.A").await;
    world.write_manifest("  A: {agent: nonsense}\n");
    let because = world.until_told(Option::is_some).await.unwrap();
    assert!(because.contains("cluster.yaml cannot be used (1 error"), "{because}");
    assert_eq!((world.active().as_str(), world.look(0).await.durable.generation.0), ("n1.A", 1));
    let both = [resource("A", "", "10s"), resource("B", "", "10s")].concat();
    world.write_manifest(&both);
    world.until_active("n1.A n1.B").await;
    world.until_told(Option::is_none).await;
}

#[tokio::test]
async fn a_file_that_said_what_was_in_force_is_behind_after_a_restart_too() {
    let mut world = World::new(&["n1"]);
    world.write_manifest(&resource("A", "", "10s"));
    world.start(0);
    world.until_active("n1.A").await;
    let seen = || std::fs::read_to_string(world.path("n1/lib/manifest-seen.json")).unwrap_or_default();
    let first = seen();
    // Another text that says the same: it is in force already.
    world.write_manifest(&[resource("A", "", "10s"), "# as agreed\n".to_owned()].concat());
    world.until("a decision on the second text", |_| seen() != first).await;
    // Somebody else goes on.
    let durable = world.look(0).await.durable;
    let mut cluster = durable.cluster.as_ref().clone();
    cluster.resources.clear();
    let proposal =
        Proposal { cluster, base: durable.generation, origin: "elsewhere".to_owned(), renames: Vec::new() };
    world
        .door(0)
        .request(Request::Change(Box::new(Change::Propose(Box::new(proposal)))))
        .await
        .unwrap()
        .unwrap();
    world.until_active("").await;
    world.kill(0).await;
    world.start(0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.look(0).await.durable.origin, "elsewhere");
    assert_eq!(world.active(), "");
}

#[tokio::test]
async fn a_service_that_dies_is_noticed_before_its_monitor_is_due() {
    let mut world = World::new(&["n1"]);
    world.write_manifest(&resource("A", ", process: 'yes'", "300s"));
    world.start(0);
    world.until_active("n1.A").await;
    world.until_calm().await;
    // The processes of a service are looked for once it has settled.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let pid_file = world.path("world/n1.A");
    let pid = std::fs::read_to_string(&pid_file).unwrap();
    let killed = std::process::Command::new("kill").args(["-9", pid.trim()]).status().unwrap();
    assert!(killed.success());
    world.until("a new process", |_| std::fs::read_to_string(&pid_file).is_ok_and(|now| now != pid)).await;
    world.until_calm().await;
    world.stop(0, Leave::Drained).await;
}

#[tokio::test]
async fn a_start_that_outlives_its_daemon_is_waited_for_and_not_repeated() {
    let mut world = World::new(&["n1"]);
    world.write_manifest(&resource("A", ", slow: '3'", "300s"));
    world.start(0);
    world.until("a start", |world| world.actions().iter().any(|call| call.starts_with("start"))).await;
    // Nothing of an abandoned daemon is killed when its process is: here it has to be let go.
    let running = world.nodes[0].running.take().unwrap();
    running.door.request(Request::Leave(Leave::Detached)).await.unwrap().unwrap();
    assert_eq!(running.task.await.unwrap(), Ending::Left(Leave::Detached));
    assert_eq!(world.active(), "n1.A", "it waited for the start");
    world.start(0);
    world.until_calm().await;
    assert_eq!(world.actions().len(), 1, "{:?}", world.actions());
}
