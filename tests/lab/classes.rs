//! Classes of agents and what agents are told: live migration, notifications, scripts of System V's init.

use std::fs;

use crate::host::Host;
use crate::lab::Lab;
use crate::members::{PATIENCE, form, other};

/// Where `file` is, of which one host is to have one.
fn home<'a>(lab: &'a Lab, file: &str) -> Option<&'a Host> {
    let mut having = lab.hosts_on().filter(|host| host.path(file).exists());
    having.next().filter(|_| having.next().is_none())
}

/// What the travelling agent was told so far, on all hosts in order.
fn told(lab: &Lab) -> Vec<String> {
    let text = fs::read_to_string(lab.host("node1").path("/srv/told")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_service_that_can_moves_live_and_both_sides_are_told_where_it_goes() {
    Lab::of(2).test(|lab| {
        form(
            lab,
            "resources:
  Guest:
    agent: ocf:lab:traveller
    meta: {allow-migrate: true}
    ops: [{name: monitor, interval: 5s}]
",
        );
        let file = "/run/traveller-Guest";
        lab.until("the service", PATIENCE, || home(lab, file).is_some());
        lab.settle();
        let from = home(lab, file).unwrap();
        let to = other(lab, from);
        let before = told(lab).len();
        from.run("quorate node standby $(hostname) --no-wait");
        lab.until("the service elsewhere", PATIENCE, || {
            home(lab, file).is_some_and(|host| host.name == to.name)
        });
        lab.settle();
        let (a, b) = (&from.name, &to.name);
        assert_eq!(
            told(lab)[before..],
            [
                format!("migrate_to {a} - - {a} {b}"),
                format!("migrate_from {b} - - {a} {b}"),
                format!("stop {a} - - - -"),
            ]
        );
        from.run("quorate node unstandby $(hostname) --no-wait");
    });
}

#[test]
fn members_of_a_clone_are_told_before_and_after_each_other_s_starts_and_stops() {
    Lab::of(2).test(|lab| {
        form(
            lab,
            "resources:
  Peer: {agent: ocf:lab:traveller}
  Peers: {clone: Peer, meta: {notify: true}}
",
        );
        let both = || lab.hosts().iter().all(|host| host.path("/run/traveller-Peer").exists());
        lab.until("both", PATIENCE, both);
        lab.settle();
        let after_start = |host: &str| told(lab).contains(&format!("notify {host} post start - -"));
        assert!(after_start("node1") && after_start("node2"), "{:?}", told(lab));

        let before = told(lab).len();
        lab.host("node2").run("quorate node standby $(hostname) --no-wait");
        lab.until("the stop", PATIENCE, || !lab.host("node2").path("/run/traveller-Peer").exists());
        lab.settle();
        let mut now = told(lab).split_off(before);
        now[..2].sort();
        assert_eq!(
            now,
            [
                "notify node1 pre stop - -",
                "notify node2 pre stop - -",
                "stop node2 - - - -",
                "notify node1 post stop - -",
            ]
        );
        lab.host("node2").run("quorate node unstandby $(hostname) --no-wait");
        lab.until("both again", PATIENCE, both);
    });
}

#[test]
fn a_script_of_system_v_init_is_started_watched_and_moved() {
    Lab::of(2).test(|lab| {
        form(
            lab,
            "resources:
  Legacy: {agent: lsb:legacy, ops: [{name: monitor, interval: 2s}]}
",
        );
        let file = "/run/legacy";
        lab.until("the service", PATIENCE, || home(lab, file).is_some());
        lab.settle();
        let first = home(lab, file).unwrap();
        first.run("rm /run/legacy");
        lab.until("the service again", PATIENCE, || first.path(file).exists());
        lab.settle();
        assert!(first.run("quorate status || true").contains("fail count 1"));
        first.run("quorate node standby $(hostname) --no-wait");
        let away = other(lab, first);
        lab.until("the service elsewhere", PATIENCE, || {
            home(lab, file).is_some_and(|host| host.name == away.name)
        });
        first.run("quorate node unstandby $(hostname) --no-wait");
    });
}
