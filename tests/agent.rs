//! Agents of every class, run as the engines run them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "real agents take real time")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use quorate::agent::fence::{FenceAction, FenceCall, Power, Target};
use quorate::agent::systemd::Bus;
use quorate::agent::{Completed, Installation, Invocation, catalog, check, fence};
use quorate::model::{Agent, AgentClass, Cluster, NodeName, OptionSet, Primitive, Resource};
use quorate::status::{ResultCode, ResultStatus};

fn site() -> Installation {
    let agents = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agents");
    Installation {
        ocf_root: agents.join("ocf"),
        init_dir: agents.join("init.d"),
        fence_dir: agents.join("sbin"),
        bus: Bus::at("unix:path=/nonexistent"),
        unit_dirs: vec![agents.join("units")],
        grace: Duration::from_millis(300),
        ..Installation::default()
    }
}

fn call(agent: &str, action: &str) -> Invocation {
    Invocation::new(Agent::parse(agent).unwrap(), "r1", action, NodeName::new("node1"))
}

async fn act(act: &str) -> Completed {
    site().run(&call("ocf:test:actor", "start").param("act", act)).await
}

/// For agents that would take for ever.
async fn act_for_a_while(site: Installation, act: &str) -> Completed {
    site.run(&call("ocf:test:actor", "start").param("act", act).within(Duration::from_secs(2))).await
}

fn answer(done: &Completed) -> (u8, ResultStatus, &str) {
    (done.rc.0, done.status, done.exit_reason.as_deref().unwrap_or_default())
}

/// The number after a word in an agent's output.
fn pid(output: &str, word: &str) -> u32 {
    let line = output.lines().find_map(|line| line.strip_prefix(word));
    line.unwrap_or_else(|| panic!("no `{word}` in {output:?}")).trim().parse().unwrap()
}

/// Whether a process is there and more than a zombie.
fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next()).is_some_and(|state| state != "Z")
}

fn gone_soon(pid: u32) -> bool {
    let until = Instant::now() + Duration::from_secs(2);
    while is_running(pid) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    !is_running(pid)
}

#[tokio::test]
async fn the_environment_holds_what_agents_need_and_nothing_else() {
    let mut call = call("ocf:test:actor", "start").param("act", "environment").param("PATH", "/evil");
    call.meta.insert("clone-max".into(), "2".into());
    let done = site().run(&call).await;
    let names: BTreeMap<&str, &str> = done.stdout.lines().filter_map(|line| line.split_once('=')).collect();
    assert_eq!(names.get("OCF_RESOURCE_INSTANCE"), Some(&"r1"));
    assert_eq!(names.get("OCF_RESKEY_PATH"), Some(&"/evil"));
    assert_eq!(names.get("OCF_RESKEY_CRM_meta_clone_max"), Some(&"2"));
    assert_eq!(names.get("LC_ALL"), Some(&"C"));
    assert!(names["PATH"].starts_with("/usr/local/sbin:"));
    let of_the_shell = ["PWD", "OLDPWD", "SHLVL", "_"];
    let strange: Vec<_> = names
        .keys()
        .filter(|name| !["OCF_", "HA_", "PCMK_"].iter().any(|prefix| name.starts_with(prefix)))
        .filter(|name| !["PATH", "LC_ALL"].contains(name) && !of_the_shell.contains(name))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[tokio::test]
async fn agents_begin_in_the_root_folder_without_input() {
    let done = act("surroundings").await;
    let lines: Vec<_> = done.stdout.lines().collect();
    assert_eq!(lines[0], "/");
    assert_eq!(lines.len(), 2, "standard input is empty: {lines:?}");
}

#[tokio::test]
async fn exit_codes_are_answers() {
    for (exit, rc) in [("exit-0", 0), ("exit-7", 7), ("exit-8", 8), ("exit-190", 190), ("exit-42", 1)] {
        assert_eq!(answer(&act(exit).await), (rc, ResultStatus::Done, ""), "{exit}");
    }
}

#[tokio::test]
async fn the_agents_reason_is_kept() {
    assert_eq!(answer(&act("reason").await), (1, ResultStatus::Done, "disk on fire"));
}

#[tokio::test]
async fn an_agent_ended_by_a_signal_has_failed() {
    assert_eq!(answer(&act("signal").await), (1, ResultStatus::Error, "the agent was ended by signal 9"));
}

#[tokio::test]
async fn a_flood_of_output_neither_blocks_nor_grows() {
    let call = call("ocf:test:actor", "start").param("act", "flood").within(Duration::from_secs(20));
    let done = site().run(&call).await;
    assert_eq!(answer(&done), (1, ResultStatus::Done, "flooded"));
    assert!(done.stdout.len() < 40_000);
    assert!(done.stdout.ends_with("the end\n") && done.stdout.contains("bytes left out"));
}

#[tokio::test]
async fn a_daemon_that_holds_the_pipes_is_not_waited_for_and_lives_on() {
    let begun = Instant::now();
    let done = act("daemon").await;
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert_eq!(answer(&done), (0, ResultStatus::Done, ""));
    let daemon = pid(&done.stdout, "daemon");
    assert!(is_running(daemon));
    end(daemon);
}

#[tokio::test]
async fn too_slow_an_agent_is_ended_with_all_that_it_started() {
    for act_name in ["hang", "stubborn"] {
        let done = act_for_a_while(site(), act_name).await;
        let reason = format!("did not end within 2s; it said: {}", done.stdout.trim());
        assert_eq!(answer(&done), (1, ResultStatus::TimedOut, &*reason), "{act_name}");
        assert!(gone_soon(pid(&done.stdout, "child")), "{act_name}");
    }
}

#[tokio::test]
async fn what_too_slow_an_agent_said_is_told() {
    let call = call("ocf:test:actor", "start").param("act", "complain").param("password", "hunter2");
    let done = site().run(&call.within(Duration::from_secs(2))).await;
    let reason = "did not end within 2s; it said: ERROR: Syntax error on line 18, by ***";
    assert_eq!(answer(&done), (1, ResultStatus::TimedOut, reason));
    assert_eq!(done.stdout, "INFO: begins\n");
    assert_eq!(done.stderr.lines().count(), 6, "both outputs are kept");
}

#[tokio::test]
async fn an_agent_may_clean_up_when_its_time_is_over() {
    let begun = Instant::now();
    let patient = Installation { grace: Duration::from_secs(60), ..site() };
    let done = act_for_a_while(patient, "polite").await;
    assert_eq!(done.status, ResultStatus::TimedOut);
    assert!(done.stdout.contains("asked to end"));
    assert!(begun.elapsed() < Duration::from_secs(30), "the grace is not waited out");
}

#[tokio::test]
async fn giving_up_a_call_ends_the_agent() {
    let resource = format!("given-up-by-{}", std::process::id());
    let mut call = call("ocf:test:actor", "start").param("act", "hang");
    call.resource = resource.as_str().into();
    let site = site();
    let running = tokio::spawn(async move { site.run(&call).await });
    let until = Instant::now() + Duration::from_secs(5);
    while processes_of(&resource).len() < 2 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mine = processes_of(&resource);
    assert_eq!(mine.len(), 2, "the agent and its child");
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    assert!(mine.into_iter().all(gone_soon));
}

/// The processes whose environment names this resource.
fn processes_of(resource: &str) -> Vec<u32> {
    let wanted = format!("OCF_RESOURCE_INSTANCE={resource}");
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
    })
    .collect()
}

fn end(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn what_cannot_be_run_says_why() {
    let agents = site().ocf_root.join("resource.d/test");
    let shown = |name: &str| agents.join(name).display().to_string();
    let cases = [
        ("missing", 5, ResultStatus::NotInstalled, format!("{} does not exist", shown("missing"))),
        ("not-executable", 4, ResultStatus::Error, format!("{} is not executable", shown("not-executable"))),
        (
            "bad-interpreter",
            5,
            ResultStatus::NotInstalled,
            format!("{} asks for /nowhere/interpreter, which does not exist", shown("bad-interpreter")),
        ),
        ("..", 5, ResultStatus::NotInstalled, "`..` is not the name of an agent".to_owned()),
    ];
    for (name, rc, status, reason) in cases {
        let done = site().run(&call(&format!("ocf:test:{name}"), "start")).await;
        assert_eq!(answer(&done), (rc, status, reason.as_str()), "{name}");
    }
}

#[tokio::test]
async fn init_scripts_answer_in_ocf_terms() {
    for class in ["lsb", "service"] {
        let run = async |action: &str| site().run(&call(&format!("{class}:script"), action)).await.rc;
        assert_eq!(run("start").await, ResultCode::OK);
        assert_eq!(run("monitor").await, ResultCode::NOT_RUNNING);
        assert_eq!(run("stop").await, ResultCode::PERM);
        assert_eq!(run("promote").await, ResultCode::UNIMPLEMENTED);
    }
}

#[tokio::test]
async fn without_a_bus_nothing_is_said_of_units() {
    for action in ["start", "stop", "monitor"] {
        let done = site().run(&call("systemd:web", action)).await;
        assert_eq!((done.rc, done.status), (ResultCode::ERROR, ResultStatus::Error), "{action}");
        let reason = done.exit_reason.unwrap_or_default();
        assert!(reason.starts_with("systemd cannot be asked over the system bus: "), "{reason}");
    }
}

fn fence_call(action: FenceAction, plug: &str) -> FenceCall {
    FenceCall {
        agent: "fence_actor".into(),
        action,
        target: Some(Target { node: NodeName::new("node1"), argument: "plug".into(), plug: plug.into() }),
        params: BTreeMap::from([("ip".into(), "10.0.0.9".into()), ("pcmk_host_list".into(), "node1".into())]),
        secrets: Vec::new(),
        timeout: Duration::from_secs(5),
    }
}

#[tokio::test]
async fn fence_agents_read_their_options_from_standard_input() {
    let done = fence::fence(&site(), &fence_call(FenceAction::Off, "7")).await;
    assert_eq!(answer(&done), (0, ResultStatus::Done, ""));
    assert_eq!(done.stdout, "action=off\nip=10.0.0.9\nnodename=node1\nplug=7\n");
    let done = fence::fence(&site(), &fence_call(FenceAction::Reboot, "bad")).await;
    assert_eq!(answer(&done), (1, ResultStatus::Done, "no route to device"));
}

#[tokio::test]
async fn a_device_tells_power_and_targets() {
    let power = async |plug: &str| fence::power(&site(), &fence_call(FenceAction::Status, plug)).await;
    assert_eq!(power("on").await, Ok(Power::On));
    assert_eq!(power("off").await, Ok(Power::Off));
    assert_eq!(answer(&power("?").await.unwrap_err()), (1, ResultStatus::Done, "cannot tell"));
    let listed = fence::targets(&site(), &fence_call(FenceAction::List, "")).await.unwrap();
    assert_eq!(listed, [("1".to_owned(), Some("node1".to_owned())), ("2".to_owned(), None)]);
}

#[tokio::test]
async fn a_fence_device_as_resource_is_started_by_asking_it() {
    let run = async |action: &str, interval: u64| {
        let mut call = call("stonith:fence_actor", action).param("ip", "10.0.0.9");
        call.interval = Duration::from_secs(interval);
        site().run(&call).await
    };
    assert_eq!(run("start", 0).await.stdout, "action=monitor\nip=10.0.0.9\n");
    assert_eq!(run("monitor", 60).await.rc, ResultCode::OK);
    assert_eq!(run("monitor", 0).await.rc, ResultCode::NOT_RUNNING);
    assert_eq!(run("stop", 0).await.rc, ResultCode::OK);
}

#[tokio::test]
async fn the_catalog_lists_what_is_installed() {
    let site = site();
    let classes: Vec<_> = catalog::standards(&site).iter().map(|class| class.as_str().to_owned()).collect();
    assert_eq!(classes, ["ocf", "lsb", "systemd", "service", "stonith"]);
    assert_eq!(catalog::providers(&site, &AgentClass::Ocf), ["test"]);
    assert_eq!(catalog::providers(&site, &AgentClass::Lsb), [""; 0]);
    assert_eq!(
        catalog::agents(&site, &AgentClass::Ocf, Some("test")),
        ["actor", "bad-interpreter", "broken-metadata", "service"]
    );
    assert_eq!(catalog::agents(&site, &AgentClass::Ocf, Some("../..")), [""; 0]);
    assert_eq!(catalog::agents(&site, &AgentClass::Stonith, None), ["fence_actor"]);
    assert_eq!(catalog::agents(&site, &AgentClass::Systemd, None), ["data.mount", "web"]);
    assert_eq!(catalog::agents(&site, &AgentClass::Service, None), ["data.mount", "script", "web"]);
    let nowhere = Installation { ocf_root: PathBuf::from("/nowhere"), ..site };
    assert_eq!(catalog::providers(&nowhere, &AgentClass::Ocf), [""; 0]);
}

#[tokio::test]
async fn agents_of_all_classes_are_described() {
    let describe = async |agent: &str| catalog::describe(&site(), &Agent::parse(agent).unwrap()).await;
    let actor = describe("ocf:test:actor").await.unwrap();
    assert_eq!(actor.shortdesc.as_str(), "Does what it is told");
    assert!(actor.parameter("act").unwrap().is_required);
    assert_eq!(describe("stonith:fence_actor").await.unwrap().shortdesc.as_str(), "Fence agent for tests");
    assert_eq!(describe("lsb:script").await.unwrap().shortdesc.as_str(), "A script for tests");
    assert_eq!(describe("systemd:web").await.unwrap().shortdesc.as_str(), "Unit for tests");
    assert_eq!(describe("service:script").await.unwrap().shortdesc.as_str(), "A script for tests");
    let failure = async |agent: &str| describe(agent).await.unwrap_err().to_string();
    assert!(failure("ocf:test:broken-metadata").await.starts_with("metadata is not XML at byte"));
    assert!(failure("ocf:test:missing").await.ends_with("missing does not exist"));
    assert!(failure("systemd:gone").await.starts_with("systemd:gone: systemd cannot be asked"));
}

#[tokio::test]
async fn a_cluster_is_compared_with_the_agents_that_are_there() {
    let primitive = |id: &str, agent: &str, params: &[(&'static str, &'static str)]| {
        let mut primitive = Primitive::new(id, Agent::parse(agent).unwrap());
        primitive.params = vec![OptionSet::of(params.iter().copied())];
        Resource::Primitive(primitive)
    };
    let cluster = Cluster {
        resources: vec![
            primitive("a", "ocf:test:service", &[("state", "/x"), ("sate", "1")]),
            primitive("b", "ocf:test:service", &[("state", "/x")]),
            primitive("c", "ocf:test:missing", &[]),
            primitive("d", "ocf:test:broken-metadata", &[]),
            primitive("e", "stonith:fence_actor", &[("pcmk_host_list", "node1")]),
        ],
        ..Cluster::default()
    };
    let found = check::check_cluster(&site(), &cluster).await;
    let codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
    let expected = [
        "unknown-parameter",
        "unavailable-agent",
        "broken-metadata",
        "missing-parameter",
        "shared-parameter",
    ];
    assert_eq!(codes, expected, "{found:#?}");
    assert_eq!(found[0].help, ["did you mean `state`?"]);
    assert_eq!(found[4].message, "`a`, `b` all have `state=/x`");
}
