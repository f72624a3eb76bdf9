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
use std::time::Duration;

use quorate::agent::{Completed, Installation, Invocation, catalog};
use quorate::model::{Agent, NodeName};
use quorate::status::ResultCode;

const ADDRESS: &str = "10.99.0.100";
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
