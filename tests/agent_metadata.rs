//! The metadata of all OCF agents that are installed is understood. Says what it skips.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests of real agents"
)]

use std::time::Duration;

use quorate::agent::{Installation, Invocation, catalog};
use quorate::model::{Agent, AgentClass, NodeName};

/// Agents that tell nothing of themselves on a host without what they look after.
const SILENT: [&str; 0] = [];

#[tokio::test(flavor = "multi_thread")]
async fn installed_agents_are_understood() {
    let site = Installation::default();
    let mut failures = Vec::new();
    let mut count = 0;
    for provider in ["heartbeat", "pacemaker"] {
        for name in catalog::agents(&site, &AgentClass::Ocf, Some(provider)) {
            let name = format!("ocf:{provider}:{name}");
            let agent = Agent::parse(&name).unwrap();
            match catalog::describe(&site, &agent).await {
                Ok(metadata) => {
                    count += 1;
                    for action in ["start", "stop", "monitor"] {
                        if !metadata.has_action(action) {
                            failures.push(format!("{name} has no {action}"));
                        }
                    }
                }
                Err(error) if !SILENT.contains(&&*name) => {
                    let call = Invocation::new(agent, "x", "meta-data", NodeName::new("n"));
                    let done = site.run(&call.within(Duration::from_secs(20))).await;
                    let said = done.stderr.lines().last().unwrap_or_default().to_owned();
                    failures.push(format!("{name}: {error} (rc {}, {said})", done.rc.0));
                }
                Err(_) => {}
            }
        }
    }
    if count == 0 {
        eprintln!("SKIPPED: no agents are installed");
    }
    eprintln!("{count} agents are understood");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
