//! What a cluster is for: services that answer, whatever happens to hosts, daemons and wires.

use std::time::Instant;

use crate::client::Watch;
use crate::lab::Lab;
use crate::members::{
    ADDRESS, PATIENCE, SITE, actions_since, active, bring_up, daemon, form, log_length, manifest,
    tell_to_end, with_address,
};

/// Forms the cluster with the site, and waits until a client sees it.
pub(crate) fn site(lab: &Lab) -> Watch {
    form(lab, SITE);
    let watch = Watch::from(lab.client(), ADDRESS, 80);
    lab.until("the site", PATIENCE, || watch.last_page().is_some());
    watch
}

#[test]
fn a_site_moves_when_its_host_dies_and_stays_when_that_comes_back() {
    Lab::of(2).test(|lab| {
        let watch = site(lab);
        let dead = active(lab);
        let start = Instant::now();
        dead.crash();
        let elsewhere = || watch.last_page().is_some_and(|page| page != format!("this is {}", dead.name));
        lab.until("the site on the other host", PATIENCE, elsewhere);
        eprintln!("a host died: outage {:?}", watch.outage_since(start).unwrap());

        let back = Instant::now();
        dead.boot();
        bring_up(lab);
        lab.settle();
        assert!(elsewhere(), "stickiness keeps it where it is");
        assert!(watch.failures_since(back) == 0, "the return of a host is not seen by users");
    });
}

#[test]
fn a_killed_daemon_finds_all_as_it_was() {
    Lab::of(2).test(|lab| {
        let watch = site(lab);
        lab.settle();
        let host = active(lab);
        let start = Instant::now();
        let lines: Vec<_> = lab.hosts().iter().map(log_length).collect();
        let old = daemon(host);
        host.kill("quorate");
        lab.until("the end of the daemon", PATIENCE, || host.processes("quorate").is_empty());
        bring_up(lab);
        assert_ne!(daemon(host), old);
        lab.settle();
        for (host, lines) in lab.hosts().iter().zip(lines) {
            assert_eq!(actions_since(host, lines), [""; 0], "{}", host.name);
        }
        assert_eq!(watch.failures_since(start), 0);
    });
}

#[test]
fn a_service_that_dies_is_started_again() {
    Lab::of(2).test(|lab| {
        let watch = site(lab);
        let host = active(lab);
        lab.settle();
        let start = Instant::now();
        host.kill("apache2");
        lab.until("the outage", PATIENCE, || watch.failures_since(start) > 0);
        lab.until("the site again", PATIENCE, || watch.last_page().is_some());
        eprintln!("a service died: outage {:?}", watch.outage_since(start).unwrap());
        assert_eq!(active(lab).name, host.name, "one failure moves nothing");
    });
}

#[test]
fn a_daemon_that_is_told_to_stop_hands_over_first() {
    Lab::of(2).test(|lab| {
        let watch = site(lab);
        let host = active(lab);
        let start = Instant::now();
        tell_to_end(host);
        lab.until("the end of the daemon", PATIENCE, || host.processes("quorate").is_empty());
        let page = || watch.last_page().is_some_and(|page| page != format!("this is {}", host.name));
        lab.until("the site on the other host", PATIENCE, page);
        eprintln!("a node was drained: outage {:?}", watch.outage_since(start).unwrap());
        assert!(!host.has_address(ADDRESS));
        assert!(host.processes("apache2").is_empty());
        bring_up(lab);
    });
}

#[test]
fn a_killed_corosync_costs_no_second_copy() {
    Lab::of(2).test(|lab| {
        let watch = site(lab);
        let host = active(lab);
        lab.expect("the cluster cannot be reached");
        host.kill("corosync");
        lab.until("the end of corosync", PATIENCE, || host.processes("corosync").is_empty());
        lab.until("the site somewhere", PATIENCE, || {
            watch.last_page().is_some() && with_address(lab).len() == 1
        });
        bring_up(lab);
        lab.settle();
        lab.until("the site", PATIENCE, || watch.last_page().is_some());
    });
}

#[test]
fn a_host_in_standby_hands_over_and_takes_part_again() {
    Lab::of(2).test(|lab| {
        let watch = site(lab);
        lab.settle();
        let host = active(lab);
        let addresses = format!("addresses: [{}]", host.addresses[0]);
        let standby = manifest(lab, SITE).replace(&addresses, &format!("{addresses}, standby: true"));
        let start = Instant::now();
        host.write("/etc/quorate/cluster.yaml", &standby);
        let elsewhere = || watch.last_page().is_some_and(|page| page != format!("this is {}", host.name));
        lab.until("the site on the other host", PATIENCE, elsewhere);
        eprintln!("a host went to standby: outage {:?}", watch.outage_since(start).unwrap());
        host.write("/etc/quorate/cluster.yaml", &manifest(lab, SITE));
        lab.settle();
        assert!(elsewhere(), "stickiness keeps it where it is");
    });
}

#[test]
fn a_manifest_that_changes_on_one_disk_changes_the_cluster() {
    Lab::of(2).test(|lab| {
        let watch = site(lab);
        lab.settle();
        let start = Instant::now();
        let more = SITE.replace("constraints:", "  Extra:\n    agent: ocf:pacemaker:Dummy\nconstraints:");
        lab.host("node2").write("/etc/quorate/cluster.yaml", &manifest(lab, &more));
        let runs = || {
            lab.hosts()
                .iter()
                .filter(|host| {
                    host.succeeds("ls /run/*/Dummy-Extra.state /run/Dummy-Extra.state 2>&1 | grep -v cannot")
                })
                .count()
        };
        lab.until("the new resource", PATIENCE, || runs() == 1);
        lab.settle();
        assert_eq!(runs(), 1);
        assert_eq!(watch.failures_since(start), 0, "what did not change goes on");
        // A file that is not valid changes nothing.
        lab.host("node1").write("/etc/quorate/cluster.yaml", "apiVersion: quorate/v1\nkind: Clutter\n");
        lab.expect("the manifest cannot be used");
        lab.until("the alarm", PATIENCE, || {
            lab.host("node1").read(crate::members::LOG).contains("the manifest cannot be used")
        });
        assert_eq!(runs(), 1);
    });
}
