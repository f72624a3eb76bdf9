//! Services that fail: where they are started again, when they move, and when nobody touches them.

use std::time::Duration;

use crate::host::Host;
use crate::lab::Lab;
use crate::members::{PATIENCE, WORK, actions, form, holder, is_working, other};

/// The lab's services, with what is remembered of their failures.
fn failing(more: &str) -> String {
    WORK.replace(
        "Alone: {agent: ocf:lab:marker,",
        &format!("Alone: {{agent: ocf:lab:marker, meta: {{{more}}},"),
    )
}

/// A service dies.
fn die(host: &Host, service: &str) {
    host.run(&format!("rm /run/marker/{service}"));
}

/// How often a service failed on a host, as its status says.
fn fail_count(host: &Host, service: &str) -> u64 {
    let status: serde_json::Value =
        serde_json::from_str(&host.run("quorate status -o json || true")).unwrap_or_default();
    let row = status["resources"].as_array().into_iter().flatten().find(|row| row["id"] == service);
    let counts = row.and_then(|row| row["fail_counts"].as_array()).into_iter().flatten();
    let own = counts.filter(|count| count["node"] == host.name.as_str());
    own.map(|count| count["count"].as_u64().unwrap_or(1_000_000)).sum()
}

#[test]
fn a_service_that_fails_too_often_moves_and_is_forgiven_in_time() {
    Lab::of(2).test(|lab| {
        form(lab, &failing("migration-threshold: 2, failure-timeout: 15s"));
        lab.until("the services", PATIENCE, || is_working(lab));
        let home = holder(lab, "Alone");
        die(home, "Alone");
        lab.until("a start in its place", PATIENCE, || home.path("/run/marker/Alone").exists());
        lab.settle();
        assert_eq!((holder(lab, "Alone").name.as_str(), fail_count(home, "Alone")), (home.name.as_str(), 1));

        die(home, "Alone");
        lab.until("a start elsewhere", PATIENCE, || other(lab, home).path("/run/marker/Alone").exists());
        assert_eq!(fail_count(home, "Alone"), 2);
        lab.until("its failures being forgotten", PATIENCE, || fail_count(home, "Alone") == 0);
        lab.settle();
        assert_eq!(holder(lab, "Alone").name, other(lab, home).name, "stickiness keeps it where it is");
    });
}

#[test]
fn a_failed_start_moves_a_service_and_a_failed_stop_blocks_it() {
    Lab::of(2).test(|lab| {
        form(lab, WORK);
        lab.until("the services", PATIENCE, || is_working(lab));
        lab.settle();
        let home = holder(lab, "Alone");
        home.run("echo start >/run/marker/Alone.fail");
        die(home, "Alone");
        let away = other(lab, home);
        lab.until("a start elsewhere", PATIENCE, || away.path("/run/marker/Alone").exists());
        assert_eq!(fail_count(home, "Alone"), 1_000_000);

        // Without fencing nobody may start what could not be stopped.
        away.run("echo stop >/run/marker/Alone.fail");
        home.run("rm /run/marker/Alone.fail && quorate cleanup Alone && quorate move Alone --to $(hostname) --no-wait");
        lab.until("the service being blocked", PATIENCE, || home.run("quorate status || true").contains("blocked"));
        std::thread::sleep(Duration::from_secs(3));
        assert_eq!(holder(lab, "Alone").name, away.name);

        away.run("rm /run/marker/Alone.fail && quorate cleanup Alone --no-wait");
        lab.until("the move", PATIENCE, || holder_is(lab, "Alone", home));
        home.run("quorate clear Alone");
    });
}

fn holder_is(lab: &Lab, service: &str, host: &Host) -> bool {
    crate::members::holders(lab, service) == [host.name.as_str()]
}

#[test]
fn nobody_touches_a_service_that_fails_during_maintenance() {
    Lab::of(2).test(|lab| {
        form(lab, WORK);
        lab.until("the services", PATIENCE, || is_working(lab));
        lab.settle();
        let (home, node1) = (holder(lab, "Alone"), lab.host("node1"));
        node1.run("quorate node maintenance");
        let before = actions(lab).len();
        die(home, "Alone");
        std::thread::sleep(Duration::from_secs(5));
        assert_eq!(actions(lab).len(), before, "maintenance is hands off");
        assert!(crate::members::holders(lab, "Alone").is_empty());

        node1.run("quorate node ready --no-wait");
        lab.until("the service again", PATIENCE, || holder_is(lab, "Alone", home));
        lab.settle();
        let since = actions(lab).split_off(before);
        assert!(since.iter().all(|entry| entry.name == "Alone"), "nothing else is touched: {since:?}");
        node1.run("quorate cleanup");
    });
}
