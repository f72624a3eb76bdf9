//! The program on engine `local`, with `ocf:pacemaker:Dummy`: commands beside one another, a command
//! that is killed, and a watch. Needs root, or says that it skips.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests that run the program"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const DUMMY: &str = "/usr/lib/ocf/resource.d/pacemaker/Dummy";

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// This host with one service, and all its files in a folder.
struct Host(tempfile::TempDir);

impl Host {
    /// `None` where the service cannot be run.
    fn new(test: &str) -> Option<Self> {
        if !rustix::process::geteuid().is_root() || !Path::new(DUMMY).exists() {
            eprintln!("SKIPPED {test}: needs root and {DUMMY}");
            return None;
        }
        Some(Self(tempfile::tempdir().unwrap()))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes the manifest: a service that takes its time for everything it does.
    fn wants(&self, seconds: u32, role: &str) {
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        self.wants_on(name.trim(), seconds, role);
    }

    fn wants_on(&self, node: &str, seconds: u32, role: &str) {
        let text = format!(
            "apiVersion: quorate/v1\nkind: Cluster\nname: one\nnodes: {{{node}: {{}}}}\n\
             properties: {{fencing-enabled: false}}\nresources:\n  A:\n    agent: ocf:pacemaker:Dummy\n    \
             params: {{state: {}, op_sleep: {seconds}}}\n    meta: {{target-role: {role}}}\n    \
             ops: [{{name: monitor, interval: 1s}}]\n",
            self.path("A").display()
        );
        fs::write(self.path("cluster.yaml"), text).unwrap();
    }

    /// Writes the manifest: a service that is slower than it may be.
    fn wants_too_much(&self) {
        self.wants(4, "Started");
        let text = fs::read_to_string(self.path("cluster.yaml")).unwrap();
        let ops = ["monitor, interval: 10s", "start", "stop"];
        let ops = ops.map(|op| format!("{{name: {op}, timeout: 1s}}")).join(", ");
        let text = text.replace("ops: [{name: monitor, interval: 1s}]", &format!("ops: [{ops}]"));
        fs::write(self.path("cluster.yaml"), text).unwrap();
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command.args(words.split(' ')).args(["--engine", "local", "--state-dir", "state"]);
        command.current_dir(self.0.path()).stdin(Stdio::null()).env_remove("RUST_BACKTRACE");
        command
    }

    fn run(&self, words: &str) -> Output {
        self.command(words).output().unwrap()
    }

    /// Begins a command whose output goes to a file.
    fn begin(&self, words: &str) -> Running {
        let file = fs::File::create(self.path("output")).unwrap();
        let child = self.command(words).stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        Running(child)
    }

    fn output(&self) -> String {
        fs::read_to_string(self.path("output")).unwrap()
    }

    /// Waits until an action of this task is on record with its process.
    fn await_flight(&self, task: &str) {
        wait_for(&format!("{task} in flight"), || {
            let files = fs::read_dir(self.path("state/in-flight")).into_iter().flatten();
            files.filter_map(Result::ok).any(|file| {
                let text = fs::read_to_string(file.path()).unwrap_or_default();
                text.contains(&format!("\"task\":\"{task}\"")) && text.contains("\"started\"")
            })
        });
    }
}

/// A command at work; killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_second_apply_names_the_first_and_takes_over_when_it_is_killed() {
    let Some(host) = Host::new("a_second_apply_names_the_first_and_takes_over_when_it_is_killed") else {
        return;
    };
    host.wants(3, "Started");
    let first = host.begin("apply --auto-approve");
    host.await_flight("start");
    let second = host.run("apply --auto-approve");
    assert_eq!(second.status.code(), Some(75), "{}", text(&second));
    assert!(text(&second).contains(&format!("process {}, since 2", first.0.id())), "{}", text(&second));
    for looking in ["plan", "status", "graph"] {
        let looked = host.run(looking);
        assert!(looked.status.success(), "{looking} beside an apply: {}", text(&looked));
        let told = format!("another command is at work (process {}, since 2", first.0.id());
        let is_told = text(&looked).to_lowercase().contains(&told);
        assert!(is_told || looking == "graph", "{looking} beside an apply: {}", text(&looked));
    }
    drop(first);
    host.wants(3, "Stopped");
    let third = host.run("apply --auto-approve --allow all");
    assert_eq!(third.status.code(), Some(0), "{}", text(&third));
    assert!(text(&third).contains("waits   start A (process "), "{}", text(&third));
    assert!(text(&third).contains("ok      stop A"), "{}", text(&third));
    assert!(!text(&third).contains("failed"), "{}", text(&third));
    assert!(!host.path("A").exists());
}

#[test]
fn a_hangup_ends_an_apply_after_what_is_in_flight_and_says_so() {
    let Some(host) = Host::new("a_hangup_ends_an_apply_after_what_is_in_flight_and_says_so") else { return };
    host.wants(2, "Started");
    let mut first = host.begin("apply --auto-approve");
    host.await_flight("start");
    let id = rustix::process::Pid::from_child(&first.0);
    rustix::process::kill_process(id, rustix::process::Signal::HUP).unwrap();
    assert_eq!(first.0.wait().unwrap().code(), Some(130), "{}", host.output());
    assert!(host.output().contains("Interrupted: what has begun is let end"), "{}", host.output());
    assert!(host.path("A").exists(), "the start was let end");
}

#[test]
fn a_watch_that_is_ended_at_once_says_that_agents_go_on() {
    let Some(host) = Host::new("a_watch_that_is_ended_at_once_says_that_agents_go_on") else { return };
    host.wants(5, "Started");
    let mut watch = host.begin("watch");
    host.await_flight("start");
    let id = rustix::process::Pid::from_child(&watch.0);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    wait_for("the first one is heeded", || host.output().contains("Interrupted: what has begun"));
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    assert_eq!(watch.0.wait().unwrap().code(), Some(130), "{}", host.output());
    let said = host.output();
    assert!(said.contains("what agents had begun goes on without this command"), "{said}");
    host.wants(0, "Stopped");
    assert_eq!(host.run("apply --auto-approve --allow stop -q").status.code(), Some(0));
}

#[test]
fn a_secret_that_is_not_here_is_named_and_blocks_nothing() {
    let Some(host) = Host::new("a_secret_that_is_not_here_is_named_and_blocks_nothing") else { return };
    host.wants(0, "Started");
    let text_of = fs::read_to_string(host.path("cluster.yaml")).unwrap();
    let wanted = text_of.replace("op_sleep: 0", "fake: {secret: s}");
    fs::write(host.path("cluster.yaml"), wanted).unwrap();
    let planned = text(&host.run("plan"));
    assert!(planned.contains("secrets/s, with mode 0600"), "{planned}");
    let applied = host.run("apply --auto-approve");
    assert_eq!(applied.status.code(), Some(113), "{}", text(&applied));
    assert!(text(&applied).contains("the secret `s` is not on this host"), "{}", text(&applied));
    let status = text(&host.run("status"));
    assert!(!status.contains("blocked") && !status.contains("Started"), "{status}");
    fs::create_dir_all(host.path("state/secrets")).unwrap();
    fs::write(host.path("state/secrets/s"), "x").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(host.path("state/secrets/s"), mode).unwrap();
    let cleaned = host.run("cleanup A");
    assert_eq!(cleaned.status.code(), Some(0), "{}", text(&cleaned));
    host.wants(0, "Stopped");
    assert_eq!(host.run("apply --auto-approve --allow stop -q").status.code(), Some(0));
}

#[test]
fn cleaning_up_what_fails_again_ends_as_applying_does() {
    let Some(host) = Host::new("cleaning_up_what_fails_again_ends_as_applying_does") else { return };
    host.wants(0, "Started");
    // The service cannot write down that it runs.
    let manifest = fs::read_to_string(host.path("cluster.yaml")).unwrap();
    fs::write(host.path("cluster.yaml"), manifest.replace("/A,", "/none/A,")).unwrap();
    let applied = host.run("apply --auto-approve -q");
    assert_eq!(applied.status.code(), Some(113), "{}", text(&applied));
    for forgetting in ["cleanup A", "refresh A", "cleanup", "refresh"] {
        let forgotten = host.run(forgetting);
        assert_eq!(forgotten.status.code(), Some(113), "{forgetting}: {}", text(&forgotten));
        assert!(text(&forgotten).contains("error: no node can run A (it failed on "), "{}", text(&forgotten));
        assert!(text(&forgotten).contains("then `quorate cleanup A`"), "{}", text(&forgotten));
    }
}

#[test]
fn a_watch_runs_the_monitors_and_recovers_what_they_find() {
    let Some(host) = Host::new("a_watch_runs_the_monitors_and_recovers_what_they_find") else { return };
    host.wants(0, "Started");
    let _watch = host.begin("watch --interval 1h");
    wait_for("the service runs, and is watched", || {
        host.path("A").exists() && host.output().contains("In sync.")
    });
    fs::remove_file(host.path("A")).unwrap();
    let in_sync = |times| host.output().matches("In sync.").count() == times;
    wait_for("the service is recovered", || host.path("A").exists() && in_sync(2));
    // Whoever hears of the next death first, the watch brings the service back.
    fs::remove_file(host.path("A")).unwrap();
    wait_for("the service is recovered again", || {
        assert!(host.run("status").status.success());
        host.path("A").exists() && in_sync(3)
    });
    let live = fs::read_to_string(host.path("state/live.json")).unwrap();
    assert!(live.contains(r#""fail-count-A#monitor_1000","value":{"Text":"2"}"#), "both are counted: {live}");
}

#[test]
fn a_manifest_for_another_host_is_refused_before_it_is_planned() {
    let Some(host) = Host::new("a_manifest_for_another_host_is_refused_before_it_is_planned") else { return };
    host.wants_on("elsewhere", 0, "Started");
    for verb in ["plan", "apply --auto-approve", "graph"] {
        let refused = host.run(verb);
        assert_eq!(refused.status.code(), Some(65), "{verb}: {}", text(&refused));
        assert!(text(&refused).contains("the manifest is for the node `elsewhere`"), "{}", text(&refused));
    }
}

#[test]
fn whoever_only_looks_makes_nothing() {
    let Some(host) = Host::new("whoever_only_looks_makes_nothing") else { return };
    host.wants(0, "Started");
    for engine in ["local", "simulated"] {
        for verb in ["plan", "status", "graph", "validate", "explain A", "drill"] {
            let looked = Command::new(env!("CARGO_BIN_EXE_quorate"))
                .args(verb.split(' '))
                .args(["--engine", engine, "--state-dir", "state"])
                .current_dir(host.0.path())
                .stdin(Stdio::null())
                .output()
                .unwrap();
            assert_ne!(looked.status.code(), None);
            assert!(!host.path("state").exists(), "{verb} on {engine}: {}", text(&looked));
        }
    }
}

#[test]
fn an_apply_that_leaves_something_failed_says_what_and_does_not_end_well() {
    let test = "an_apply_that_leaves_something_failed_says_what_and_does_not_end_well";
    let Some(host) = Host::new(test) else { return };
    host.wants_too_much();
    let applied = host.run("apply --auto-approve -q");
    assert_eq!(applied.status.code(), Some(1), "{}", text(&applied));
    assert!(text(&applied).contains("error: A has failed: stop failed on "), "{}", text(&applied));
    assert!(text(&applied).contains("then `quorate cleanup A`"), "{}", text(&applied));
    let planned = host.run("plan");
    assert_eq!(planned.status.code(), Some(113), "{}", text(&planned));
    assert!(text(&planned).contains("Not as it should be\n  !  A has failed"), "{}", text(&planned));
    let again = host.run("apply --auto-approve -o json");
    assert_eq!(again.status.code(), Some(1), "{}", text(&again));
    assert!(text(&again).contains("\"outcome\": \"stuck\""), "{}", text(&again));
}
