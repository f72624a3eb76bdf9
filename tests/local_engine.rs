//! Engine `local` with the agents that the first users have: an address and a web server, on a host
//! that each test makes for itself. Needs root; says what it skips elsewhere.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests of real services"
)]

#[path = "local_engine/host.rs"]
mod host;

use std::path::Path;
use std::time::{Duration, Instant};

use quorate::agent::{Completed, Installation, Invocation, catalog};
use quorate::engine::local::{Folders, Local};
use quorate::engine::simulated::Simulated;
use quorate::engine::{Desired, Engine, Event, Outcome};
use quorate::model::constraint::{Colocation, ColocationScope, Order, OrderScope};
use quorate::model::{
    Agent, Cluster, Constraint, ConstraintId, Node, NodeName, Operation, OptionSet, Primitive, Resource,
    Score,
};
use quorate::scheduler::ActionKind;
use quorate::status::ResultCode;

const ADDRESS: &str = "10.99.0.100";
const EXTRA: &str = "10.99.0.101";
const MOVED: &str = "10.99.0.102";
const PORT: u16 = 8080;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn address(action: &str) -> Invocation {
    let agent = Agent::parse("ocf:heartbeat:IPaddr2").unwrap();
    Invocation::new(agent, "ClusterIP", action, NodeName::new("node1"))
        .param("ip", ADDRESS)
        .param("cidr_netmask", "24")
        .param("nic", "eth0")
}

fn site(action: &str, configuration: &str) -> Invocation {
    let agent = Agent::parse("ocf:heartbeat:apache").unwrap();
    Invocation::new(agent, "WebSite", action, NodeName::new("node1"))
        .param("configfile", configuration)
        .param("httpd", "/usr/sbin/apache2")
        .param("statusurl", &format!("http://127.0.0.1:{PORT}/server-status"))
        .within(Duration::from_secs(40))
}

#[test]
fn the_field_s_own_agents_run_as_they_do_under_pacemaker() {
    host::inside("the_field_s_own_agents_run_as_they_do_under_pacemaker", || {
        let dir = tempfile::tempdir().unwrap();
        block_on(run_agents(dir.path()));
    });
}

async fn run_agents(dir: &Path) {
    let configuration = host::make_site(dir, PORT);
    let agents = Installation::default();
    let expect = async |call: Invocation, rc: ResultCode| {
        let done: Completed = agents.run(&call).await;
        assert_eq!(done.rc, rc, "{} {}: {done:?}", call.resource, call.action);
    };
    expect(address("monitor"), ResultCode::NOT_RUNNING).await;
    expect(site("monitor", &configuration), ResultCode::NOT_RUNNING).await;
    expect(address("start"), ResultCode::OK).await;
    assert!(host::has_address(ADDRESS));
    expect(address("start"), ResultCode::OK).await;
    expect(site("start", &configuration), ResultCode::OK).await;
    assert_eq!(host::page(ADDRESS, PORT).as_deref(), Some("it is up\n"));
    expect(site("monitor", &configuration), ResultCode::OK).await;
    host::kill_server();
    expect(site("monitor", &configuration), ResultCode::NOT_RUNNING).await;
    expect(site("start", &configuration), ResultCode::OK).await;
    expect(site("stop", &configuration), ResultCode::OK).await;
    expect(address("stop"), ResultCode::OK).await;
    expect(address("stop"), ResultCode::OK).await;
    assert!(!host::has_address(ADDRESS));
    for agent in ["ocf:heartbeat:IPaddr2", "ocf:heartbeat:apache"] {
        let metadata = catalog::describe(&agents, &Agent::parse(agent).unwrap()).await.unwrap();
        assert!(metadata.has_action("monitor") && !metadata.parameters.is_empty(), "{agent}");
    }
    let ip = catalog::describe(&agents, &address("start").agent).await.unwrap();
    let parameter = ip.parameter("ip").unwrap();
    assert!(parameter.is_required && parameter.unique_group.is_some());
}

/// An address, a web site on it, and what ties them together.
fn desired(configuration: &str, extra: Option<Primitive>) -> Cluster {
    let primitive = |call: &Invocation, limit: u64| {
        let mut primitive = Primitive::new(&call.resource, call.agent.clone());
        primitive.params = vec![OptionSet::of(call.params.clone())];
        let op = |name: &str, interval: u64| Operation {
            name: name.into(),
            interval: Duration::from_secs(interval),
            options: vec![("timeout".into(), format!("{limit}s").into())],
            ..Operation::default()
        };
        primitive.ops = vec![op("start", 0), op("stop", 0), op("monitor", 1)];
        primitive
    };
    // The web site is written first: only the order makes it wait.
    let mut resources = vec![
        Resource::Primitive(primitive(&site("start", configuration), 40)),
        Resource::Primitive(primitive(&address("start"), 20)),
    ];
    resources.extend(extra.map(Resource::Primitive));
    Cluster {
        nodes: vec![Node::member("node1")],
        properties: vec![OptionSet::of([("fencing-enabled", "false")])],
        resources,
        constraints: vec![
            Constraint::Colocation(Colocation {
                id: ConstraintId::new("together"),
                scope: ColocationScope::Pair {
                    primary: "ClusterIP".into(),
                    dependent: "WebSite".into(),
                    primary_role: None,
                    dependent_role: None,
                    node_attribute: None,
                },
                score: Some(Score::INFINITY),
                influence: None,
            }),
            Constraint::Order(Order {
                id: ConstraintId::new("address-first"),
                scope: OrderScope::Pair {
                    first: "ClusterIP".into(),
                    then: "WebSite".into(),
                    first_action: None,
                    then_action: None,
                    require_all: None,
                },
                kind: None,
                score: None,
                symmetrical: None,
            }),
        ],
        ..Cluster::default()
    }
}

fn open(folders: &Folders) -> Local {
    Local::open_as(NodeName::new("node1"), folders, Installation::default()).unwrap()
}

/// Puts a cluster in force and converges; what agents were asked to do, without recurring monitors.
async fn apply(engine: &mut dyn Engine, cluster: Cluster) -> Vec<String> {
    let base = engine.observe().await.unwrap().generation;
    engine.submit(Desired { cluster, base, origin: "test".to_owned(), renames: Vec::new() }).await.unwrap();
    let mut done = Vec::new();
    let outcome = engine
        .converge(&mut |event| {
            if let Event::Started(action) = event
                && action.kind == ActionKind::Resource
                && action.interval.is_zero()
            {
                done.push(format!("{} {}", action.task, action.resource.as_deref().unwrap_or_default()));
            }
        })
        .await
        .unwrap();
    assert_eq!(outcome, Outcome::Converged);
    done
}

async fn fail_count(engine: &mut Local, resource: &str) -> Option<String> {
    let seen = engine.observe().await.unwrap();
    let name = format!("fail-count-{resource}#monitor_1000");
    let sets = &seen.status.node("node1").unwrap().attributes;
    let mut pairs = sets.iter().flat_map(|set| &set.pairs);
    pairs.find(|pair| *pair.name == *name).map(|pair| pair.value.to_text().to_string())
}

#[test]
fn a_web_site_is_brought_up_watched_recovered_changed_and_taken_down() {
    host::inside("a_web_site_is_brought_up_watched_recovered_changed_and_taken_down", || {
        let dir = tempfile::tempdir().unwrap();
        block_on(run_web_site(dir.path()));
    });
}

async fn run_web_site(dir: &Path) {
    let configuration = host::make_site(dir, PORT);
    let folders = Folders::within(dir.join("state"));
    let mut engine = open(&folders);

    let done = apply(&mut engine, desired(&configuration, None)).await;
    assert_eq!(done[2..], ["start ClusterIP", "start WebSite"], "{done:?}");
    assert!(done[..2].iter().all(|probe| probe.starts_with("monitor")));
    assert_eq!(host::page(ADDRESS, PORT).as_deref(), Some("it is up\n"));

    let before = engine.calls();
    assert_eq!(apply(&mut engine, desired(&configuration, None)).await, [""; 0]);
    let after = engine.calls();
    assert_eq!((after.probes, after.others, after.metadata), (before.probes, before.others, before.metadata));

    let mut watcher = open(&folders);
    let stopper = watcher.stopper();
    let watching = tokio::spawn(async move { watcher.watch(&mut |_| {}).await });
    host::kill_server();
    let mut engine = open(&folders);
    let until = Instant::now() + Duration::from_secs(20);
    while fail_count(&mut engine, "WebSite").await.as_deref() != Some("1")
        || host::page(ADDRESS, PORT).is_none()
    {
        assert!(Instant::now() < until, "the web site is found dead, and brought back");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(fail_count(&mut engine, "ClusterIP").await, None);

    // While it is watched, another command changes what should be: only the change is carried out.
    let mut extra = Primitive::new("Extra", address("start").agent);
    extra.params = vec![OptionSet::of([("ip", EXTRA), ("cidr_netmask", "24"), ("nic", "eth0")])];
    let done = apply(&mut engine, desired(&configuration, Some(extra.clone()))).await;
    assert_eq!(done, ["monitor Extra", "start Extra"]);
    assert!(host::has_address(EXTRA));
    stopper.cancel();
    watching.await.unwrap().unwrap();

    // What is stopped is what runs, not what is configured now.
    extra.params = vec![OptionSet::of([("ip", MOVED), ("cidr_netmask", "24"), ("nic", "eth0")])];
    let done = apply(&mut engine, desired(&configuration, Some(extra))).await;
    assert_eq!(done, ["stop Extra", "start Extra"]);
    assert!(host::has_address(MOVED) && !host::has_address(EXTRA));
    let done = apply(&mut engine, desired(&configuration, None)).await;
    assert_eq!(done[0], "stop Extra");
    assert!(host::has_address(ADDRESS) && !host::has_address(MOVED));

    let mut stopped = desired(&configuration, None);
    stopped.resource_defaults = vec![OptionSet::of([("target-role", "Stopped")])];
    let done = apply(&mut engine, stopped).await;
    let place = |what: &str| done.iter().position(|known| known == what).unwrap();
    assert!(place("stop WebSite") < place("stop ClusterIP"), "{done:?}");
    assert_eq!(done.len(), 2, "{done:?}");
    assert!(!host::has_address(ADDRESS));
    assert_eq!(host::page("127.0.0.1", PORT), None);
}

#[test]
fn what_is_on_a_read_only_disk_can_be_looked_at() {
    host::inside("what_is_on_a_read_only_disk_can_be_looked_at", || {
        let dir = tempfile::tempdir().unwrap();
        block_on(look_at_read_only(dir.path()));
    });
}

async fn look_at_read_only(dir: &Path) {
    host::run(&format!("mount -t tmpfs tmpfs {}", dir.display()));
    let cluster = || Cluster { nodes: vec![Node::member("node1")], ..Cluster::default() };
    let folders = Folders::within(dir);
    apply(&mut open(&folders), cluster()).await;
    apply(&mut Simulated::open(dir).unwrap(), cluster()).await;
    host::run(&format!("mount -o remount,ro {}", dir.display()));
    assert_eq!(open(&folders).observe().await.unwrap().generation.0, 1);
    assert_eq!(Simulated::peek(dir).unwrap().observe().await.unwrap().generation.0, 1);
    assert!(Simulated::open(dir).unwrap_err().to_string().starts_with("cannot lock "));
    let refused = open(&folders).converge(&mut |_| {}).await.unwrap_err();
    assert!(refused.to_string().starts_with("cannot lock "), "{refused}");
    host::run(&format!("umount {}", dir.display()));
}
