//! Units of a real systemd, which is the first process of a host of the test's own. Needs root; says
//! what it skips elsewhere.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests of a real systemd"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use quorate::agent::systemd::Departures;
use quorate::agent::{Completed, Installation, Invocation, catalog};
use quorate::model::{Agent, AgentClass, NodeName};
use quorate::status::{ResultCode, ResultStatus};

/// Set inside of the host; names a folder of the outer one.
const INSIDE: &str = "QUORATE_TEST_INSIDE";

/// Units of that host.
const UNITS: [(&str, &str); 9] = [
    (
        "default.target",
        "[Unit]\nRequires=basic.target dbus.service quorate-test.service\nAfter=basic.target\nAllowIsolate=yes\n",
    ),
    (
        "web.service",
        "[Unit]\nDescription=Web\n[Service]\nExecStart=/bin/sleep 1000\nExecReload=/bin/true\nRestart=always\n",
    ),
    ("dies-at-once.service", "[Service]\nExecStart=/bin/false\n"),
    ("refuses.service", "[Service]\nType=forking\nExecStart=/bin/false\n"),
    ("slow.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sleep 0.5\n"),
    ("endless.service", "[Service]\nType=oneshot\nExecStart=/bin/sleep 1000\n"),
    ("stubborn.service", "[Service]\nExecStart=/bin/sleep 1000\nExecStop=/bin/sleep 0.5\n"),
    ("broken.service", "[Service]\nType=simple\n"),
    ("quorate.service", "[Service]\nExecStart=/bin/sleep 1000\n"),
];

/// Runs `body` on a host with a systemd of its own: the test `name` is run once more as a unit there.
fn inside(name: &str, body: impl AsyncFnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        return runtime.unwrap().block_on(body());
    }
    if let Some(why) = obstacle() {
        eprintln!("SKIPPED {name}: {why}");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let units = dir.path().join("units");
    fs::create_dir(&units).unwrap();
    for (unit, text) in UNITS {
        fs::write(units.join(unit), text).unwrap();
    }
    fs::write(units.join("quorate-test.service"), test_unit(name, dir.path())).unwrap();
    let boot = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agent_systemd/boot.sh");
    let console = fs::File::create(dir.path().join("console")).unwrap();
    let mut host = Command::new("unshare")
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts", "--mount-proc"])
        .arg("bash")
        .args([&boot, &units])
        .stdin(Stdio::null())
        .stdout(console.try_clone().unwrap())
        .stderr(console)
        .spawn()
        .unwrap();
    let status = dir.path().join("status");
    let until = Instant::now() + Duration::from_secs(120);
    while !status.exists() && Instant::now() < until && host.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(50));
    }
    // All that is in its namespaces ends with it.
    host.kill().unwrap();
    host.wait().unwrap();
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap_or_default();
    eprintln!("{}", read("log"));
    assert_eq!(read("status").trim(), "0", "`{name}` failed on its host\n{}", read("console"));
}

fn test_unit(name: &str, dir: &Path) -> String {
    let program = std::env::current_exe().unwrap();
    let (program, dir) = (program.display(), dir.display());
    format!(
        "[Unit]\nAfter=dbus.service\n[Service]\nType=oneshot\nEnvironment={INSIDE}={dir}\n\
         ExecStart={program} {name} --exact --nocapture --test-threads=1\n\
         StandardOutput=append:{dir}/log\nStandardError=append:{dir}/log\n\
         ExecStopPost=/bin/sh -c 'echo $EXIT_STATUS >{dir}/status.new; mv {dir}/status.new {dir}/status'\n"
    )
}

fn obstacle() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("needs root".to_owned());
    }
    let needed = ["/usr/bin/unshare", "/lib/systemd/systemd", "/usr/bin/dbus-daemon"];
    if let Some(missing) = needed.iter().find(|path| !Path::new(path).exists()) {
        return Some(format!("needs {missing}"));
    }
    let probe =
        "mkdir -p /run/q && mount -t tmpfs tmpfs /run && mkdir /run/c && mount -t cgroup2 cgroup2 /run/c";
    let done = Command::new("unshare").args(["--mount", "--pid", "--fork", "sh", "-c", probe]).output();
    if done.is_ok_and(|done| done.status.success()) {
        None
    } else {
        Some("cannot make namespaces here".to_owned())
    }
}

async fn act(unit: &str, action: &str) -> Completed {
    act_within(unit, action, Duration::from_secs(20)).await
}

async fn act_within(unit: &str, action: &str, limit: Duration) -> Completed {
    let agent = Agent::parse(&format!("systemd:{unit}")).unwrap();
    let call = Invocation::new(agent, "r1", action, NodeName::new("node1")).within(limit);
    Installation::default().run(&call).await
}

fn answer(done: &Completed) -> (u8, ResultStatus, String) {
    (done.rc.0, done.status, done.exit_reason.clone().unwrap_or_default())
}

fn systemctl(words: &str) -> String {
    let done = Command::new("systemctl").args(words.split(' ')).output().unwrap();
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

#[test]
fn units_are_started_watched_and_stopped() {
    inside("units_are_started_watched_and_stopped", async || {
        assert_eq!(act("web", "monitor").await.rc, ResultCode::NOT_RUNNING);
        assert!(act("web", "start").await.is_ok());
        assert!(act("web", "start").await.is_ok(), "starting what runs is no error");
        assert!(act("web", "monitor").await.is_ok());
        assert!(act("web", "reload").await.is_ok());
        assert!(act("slow", "start").await.is_ok(), "a start is waited for");

        assert!(act("stubborn", "start").await.is_ok());
        let done = act("stubborn", "stop").await;
        assert!(done.is_ok() && done.took >= Duration::from_millis(500), "a stop is waited for: {done:?}");
        assert_eq!(act("stubborn", "monitor").await.rc, ResultCode::NOT_RUNNING);

        assert!(act("web", "stop").await.is_ok());
        assert!(act("web", "stop").await.is_ok(), "stopping what does not run is no error");
        assert!(act("gone", "stop").await.is_ok());
    });
}

#[test]
fn what_cannot_be_started_says_why() {
    inside("what_cannot_be_started_says_why", async || {
        let refused = answer(&act("refuses", "start").await);
        assert_eq!((refused.0, refused.1), (1, ResultStatus::Done));
        assert_eq!(refused.2, "refuses.service is failed (exit-code)");
        for unit in ["gone", "broken"] {
            let done = answer(&act(unit, "start").await);
            assert_eq!((done.0, done.1), (5, ResultStatus::NotInstalled), "{unit}: {}", done.2);
        }
        assert_eq!(act("gone", "monitor").await.rc, ResultCode::NOT_INSTALLED);

        let done = act_within("endless", "start", Duration::from_millis(400)).await;
        assert_eq!(done.status, ResultStatus::TimedOut, "{done:?}");
        assert!(act("endless", "stop").await.is_ok(), "a stop ends a start that goes on");

        // Its job is done before it has died: the start or the next look finds out.
        let start = act("dies-at-once", "start").await;
        let look = act("dies-at-once", "monitor").await;
        assert!(!start.is_ok() || !look.is_ok(), "{start:?} {look:?}");
        assert_eq!(act("dies-at-once", "promote").await.rc, ResultCode::UNIMPLEMENTED);
    });
}

#[test]
fn a_unit_of_the_cluster_is_not_started_again_by_systemd_and_outlives_the_daemon_at_shutdown() {
    let name = "a_unit_of_the_cluster_is_not_started_again_by_systemd_and_outlives_the_daemon_at_shutdown";
    inside(name, async || {
        assert!(act("web", "start").await.is_ok());
        assert_eq!(systemctl("show -P Restart web"), "no");
        assert!(systemctl("show -P Before web").contains("quorate.service"));
        let mut departures = Departures::open(&Installation::default().bus).await.unwrap();
        let begun = Instant::now();
        systemctl("kill -s KILL web");
        let left = tokio::time::timeout(Duration::from_secs(20), departures.next()).await.unwrap();
        assert_eq!(left.as_deref(), Some("web.service"));
        eprintln!("a dead unit was noticed after {:?}", begun.elapsed());
        assert_eq!(act("web", "monitor").await.rc, ResultCode::NOT_RUNNING);
        assert!(act("web", "start").await.is_ok());
    });
}

#[test]
fn many_units_at_once_share_one_connection() {
    inside("many_units_at_once_share_one_connection", async || {
        let site = Installation::default();
        let begun = Instant::now();
        let starts = (0..20).map(|_| {
            let site = site.clone();
            tokio::spawn(async move {
                let agent = Agent::parse("systemd:web").unwrap();
                let start = Invocation::new(agent, "r", "start", NodeName::new("node1"));
                site.run(&start).await
            })
        });
        for start in starts.collect::<Vec<_>>() {
            assert!(start.await.unwrap().is_ok());
        }
        eprintln!("20 starts at once: {:?}", begun.elapsed());
        let begun = Instant::now();
        for _ in 0..100 {
            let agent = Agent::parse("systemd:web").unwrap();
            let look = Invocation::new(agent, "r", "monitor", NodeName::new("node1"));
            assert!(site.run(&look).await.is_ok());
        }
        eprintln!("100 monitors: {:?}", begun.elapsed());
    });
}

#[test]
fn units_are_listed_and_describe_themselves() {
    inside("units_are_listed_and_describe_themselves", async || {
        let site = Installation::default();
        let listed = catalog::agents(&site, &AgentClass::Systemd, None);
        assert!(listed.contains(&"web".to_owned()), "{listed:?}");
        let metadata = catalog::describe(&site, &Agent::parse("systemd:web").unwrap()).await.unwrap();
        assert_eq!(metadata.shortdesc.as_str(), "Web");
        let failure = catalog::describe(&site, &Agent::parse("systemd:gone").unwrap()).await.unwrap_err();
        assert_eq!(failure.to_string(), "systemd:gone: the unit gone.service is not installed");
    });
}
