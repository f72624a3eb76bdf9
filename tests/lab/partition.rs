//! Wires that are cut, and nodes that know different things.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::client::{Listener, Watch};
use crate::failover::site;
use crate::lab::Lab;
use crate::members::{
    ADDRESS, LOG, PATIENCE, SITE, active, bring_up, daemon, log_length, manifest, with_address,
};

#[test]
fn a_cut_off_host_lets_go_and_the_others_take_over() {
    Lab::of(3).test(|lab| {
        let watch = site(lab);
        let cut = active(lab);
        let start = Instant::now();
        // The majority does not wait until the cut-off host has let go, which it does at once.
        lab.expect(", cut off");
        let listener = Listener::to(lab.client(), ADDRESS);
        lab.until("an answer", PATIENCE, || !listener.owners().is_empty());
        cut.cut();
        let elsewhere = || watch.last_page().is_some_and(|page| page != format!("this is {}", cut.name));
        lab.until("the site elsewhere", PATIENCE, elsewhere);
        eprintln!("a wire was cut: outage {:?}", watch.outage_since(start).unwrap());
        lab.until("the cut-off host letting go", PATIENCE, || !cut.has_address(ADDRESS));
        lab.until("its server stopping", PATIENCE, || cut.processes("apache2").is_empty());

        let healed = Instant::now();
        cut.heal();
        lab.until("three members", PATIENCE, || {
            cut.run("corosync-quorumtool -s || true").contains("Nodes:            3")
        });
        lab.settle();
        assert!(elsewhere(), "it stays where it is");
        assert_eq!(watch.failures_since(healed), 0, "the return of a host is not seen by users");
        let owners = listener.owners();
        assert_eq!(owners.len(), 2, "the address is answered by one host, then by another: {owners:?}");
    });
}

#[test]
fn a_silent_link_is_survived_by_the_other() {
    Lab::of(2).links(2).test(|lab| {
        let watch = site(lab);
        let other = lab.hosts().iter().find(|host| host.name != active(lab).name).unwrap();
        let (start, lines) = (Instant::now(), log_length(other));
        other.cut_link(0);
        lab.until("corosync noticing it", PATIENCE, || {
            other.read("/var/log/corosync/corosync.log").contains("link: 0 is down")
        });
        until_answers(lab, &watch, 40);
        let said: Vec<String> = other.read(LOG).lines().skip(lines).map(str::to_owned).collect();
        assert!(!said.iter().any(|line| line.contains("view")), "{said:?}");
        assert_eq!(watch.failures_since(start), 0);
        other.heal();
    });
}

/// Waits for so many more answers: what would follow has had its time.
fn until_answers(lab: &Lab, watch: &Watch, number: usize) {
    let since = Instant::now();
    lab.until("answers", PATIENCE, || {
        let samples = watch.samples().into_iter();
        samples.filter(|sample| sample.asked > since && sample.page.is_some()).count() >= number
    });
}

#[test]
fn a_bad_network_loses_nobody() {
    Lab::of(3).test(|lab| {
        // Not every kernel has it.
        if !lab.client().succeeds("tc qdisc add dev eth0 root netem delay 1ms && tc qdisc del dev eth0 root")
        {
            return eprintln!("SKIPPED a_bad_network_loses_nobody: this kernel has no netem");
        }
        let watch = site(lab);
        lab.settle();
        let lines: Vec<usize> = lab.hosts().iter().map(log_length).collect();
        lab.hosts().iter().for_each(|host| host.disturb("delay 30ms 20ms loss 1%"));
        until_answers(lab, &watch, 60);
        lab.hosts().iter().for_each(|host| host.disturb(""));
        for (host, lines) in lab.hosts().iter().zip(lines) {
            let said: Vec<String> = host.read(LOG).lines().skip(lines).map(str::to_owned).collect();
            assert!(!said.iter().any(|line| line.contains("view")), "{said:?}");
        }
        lab.until("the site", PATIENCE, || watch.last_page().is_some());
    });
}

#[test]
fn a_node_that_forgot_the_desired_state_is_told_again() {
    Lab::of(2).test(|lab| {
        let watch = site(lab);
        lab.settle();
        let start = Instant::now();
        let other = lab.hosts().iter().find(|host| host.name != active(lab).name).unwrap();
        other.kill("quorate");
        lab.until("the end of the daemon", PATIENCE, || other.processes("quorate").is_empty());
        other.run("rm -rf /var/lib/quorate /etc/quorate /etc/default/quorate");
        bring_up(lab);
        lab.until("the state", PATIENCE, || other.succeeds("ls /var/lib/quorate/cluster.json"));
        lab.settle();
        assert_eq!(watch.failures_since(start), 0);
    });
}

#[test]
fn restarting_all_daemons_one_by_one_is_not_seen() {
    Lab::of(2).test(|lab| {
        let watch = site(lab);
        lab.settle();
        let start = Instant::now();
        for host in lab.hosts() {
            let old = daemon(host);
            host.kill("quorate");
            lab.until("the end of the daemon", PATIENCE, || host.processes("quorate").is_empty());
            bring_up(lab);
            lab.until("the new daemon", PATIENCE, || host.processes("quorate").iter().all(|new| *new != old));
            lab.settle();
        }
        assert_eq!(watch.failures_since(start), 0);
    });
}

#[test]
fn of_two_edits_at_once_none_is_lost_without_a_word() {
    Lab::of(2).test(|lab| {
        let _watch = site(lab);
        lab.settle();
        lab.expect("was not taken");
        // Both see it at the same moment, before either hears of the other.
        lab.hosts().iter().for_each(|host| host.signal("quorate", Signal::STOP));
        for (host, name) in lab.hosts().iter().zip(["First", "Second"]) {
            let more = format!("  {name}:\n    agent: ocf:pacemaker:Dummy\nconstraints:");
            host.write("/etc/quorate/cluster.yaml", &manifest(lab, &SITE.replace("constraints:", &more)));
        }
        lab.hosts().iter().for_each(|host| host.signal("quorate", Signal::CONT));
        let refused = || lab.hosts().iter().filter(|host| host.read(LOG).contains("was not taken")).count();
        let are_both_in_force = || {
            lab.hosts().iter().all(|host| {
                let text = host.kept("/var/lib/quorate/cluster.json");
                text.contains("First") && text.contains("Second")
            })
        };
        // The second may have come just after the first was in force: then it was planned on that.
        lab.until("a word on both", PATIENCE, || refused() == 1 || are_both_in_force());
        lab.settle();
        assert!(refused() == usize::from(!are_both_in_force()), "refused, or in force");
        assert_eq!(with_address(lab).len(), 1);
    });
}

#[test]
fn a_slow_start_delays_nobody() {
    Lab::of(2).test(|lab| {
        let watch = site(lab);
        lab.settle();
        let slow = "  Slow:\n    agent: ocf:heartbeat:Delay\n    params: {startdelay: 30, stopdelay: 0, mondelay: 0}\n    \
                    ops: [{name: start, timeout: 60s}]\nconstraints:";
        let text = manifest(lab, &SITE.replace("constraints:", slow));
        lab.host("node1").write("/etc/quorate/cluster.yaml", &text);
        let is_starting = || lab.hosts().iter().any(|host| !host.processes("Delay").is_empty());
        lab.until("the slow resource beginning", PATIENCE, is_starting);
        std::thread::sleep(Duration::from_secs(3));
        assert!(is_starting(), "it is no probe, which takes no time");
        let start = Instant::now();
        active(lab).kill("apache2");
        lab.until("the outage", PATIENCE, || watch.failures_since(start) > 0);
        lab.until("the site again", PATIENCE, || watch.last_page().is_some());
        assert!(is_starting(), "the site did not wait for the slow start");
        lab.until("the slow start's end", PATIENCE, || !is_starting());
        lab.settle();
    });
}
