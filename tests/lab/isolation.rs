//! Two nodes without fencing: the one that is cut off lets go before the other takes over, and a daemon
//! that hangs or dies does not leave its node serving. That two hosts never have the address at the same time
//! is watched in every lab.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::client::Watch;
use crate::host::Host;
use crate::lab::Lab;
use crate::members::{ADDRESS, PATIENCE, SITE, active, bring_up, form, other};

/// The bound of the manifest.
const WITHIN: Duration = Duration::from_secs(12);

/// A site on two nodes that tell by the client, their gateway, whether they are cut off.
fn isolated_site(lab: &Lab) -> Watch {
    let gateway = &lab.client().addresses[0];
    form(lab, &format!("isolation: {{ping: [{gateway}], within: {}s}}\n{SITE}", WITHIN.as_secs()));
    let watch = Watch::from(lab.client(), ADDRESS, 80);
    lab.until("the site", PATIENCE, || watch.last_page().is_some());
    lab.settle();
    watch
}

/// Whether the gateway gets the page of a host.
fn serves(watch: &Watch, host: &Host) -> bool {
    watch.last_page().is_some_and(|page| page == format!("this is {}", host.name))
}

#[test]
fn of_two_nodes_without_fencing_the_cut_off_one_lets_go_before_the_other_takes_over() {
    Lab::of(2).test(|lab| {
        let watch = isolated_site(lab);
        let cut = active(lab);
        let survivor = other(lab, cut);
        let start = Instant::now();
        // The carrier stays, but nothing arrives.
        cut.isolate();
        lab.until("the cut-off host letting go", PATIENCE, || !cut.has_address(ADDRESS));
        let let_go = start.elapsed();
        lab.until("its server stopping", PATIENCE, || cut.processes("apache2").is_empty());
        lab.until("the site elsewhere", PATIENCE, || serves(&watch, survivor));
        eprintln!("isolated: let go after {let_go:?}, taken over after {:?}", start.elapsed());
        let status = |host: &Host| host.run("quorate status --engine corosync || true");
        assert!(status(cut).contains("cut off"), "{}", status(cut));

        cut.heal();
        lab.until("two members", PATIENCE, || {
            cut.run("corosync-quorumtool -s || true").contains("Nodes:            2")
        });
        lab.settle();
        assert!(serves(&watch, survivor), "it stays where it is");
    });
}

#[test]
fn a_cut_off_host_whose_stop_hangs_is_reset_before_the_other_takes_over() {
    Lab::of(2).test(|lab| {
        let watch = isolated_site(lab);
        let cut = active(lab);
        let survivor = other(lab, cut);
        lab.expect("THIS HOST IS RESET");
        // Its agent never comes to an end.
        cut.run(
            "mkdir -p /run/agents && cp /usr/lib/ocf/resource.d/heartbeat/apache /run/agents/apache && \
                 sed -i '2i [ \"$1\" != stop ] || sleep 100' /run/agents/apache && \
                 mount --bind /run/agents/apache /usr/lib/ocf/resource.d/heartbeat/apache",
        );
        let start = Instant::now();
        cut.isolate();
        lab.until("its reset", PATIENCE, || cut.has_ended());
        eprintln!("reset after {:?}", start.elapsed());
        assert!(start.elapsed() < WITHIN + Duration::from_secs(5), "the bound begins when the loss is seen");
        lab.until("the site elsewhere", PATIENCE, || serves(&watch, survivor));
        cut.boot();
        bring_up(lab);
        lab.settle();
    });
}

#[test]
fn a_host_whose_corosync_stands_still_lets_go_before_the_other_takes_over() {
    Lab::of(2).test(|lab| {
        let watch = isolated_site(lab);
        let hung = active(lab);
        let survivor = other(lab, hung);
        lab.expect("corosync does not answer");
        let start = Instant::now();
        hung.signal("corosync", Signal::STOP);
        lab.until("the host letting go", PATIENCE, || !hung.has_address(ADDRESS));
        let let_go = start.elapsed();
        lab.until("the site elsewhere", PATIENCE, || serves(&watch, survivor));
        eprintln!("corosync stands still: let go after {let_go:?}, taken over after {:?}", start.elapsed());
        hung.signal("corosync", Signal::CONT);
        lab.until("two members", PATIENCE, || crate::members::are_members(&[hung, survivor]));
        lab.settle();
        assert!(serves(&watch, survivor), "it stays where it is");
    });
}

#[test]
fn a_daemon_that_hangs_does_not_leave_its_host_serving_for_ever() {
    Lab::of(2).test(|lab| {
        let watch = isolated_site(lab);
        let hung = active(lab);
        let survivor = other(lab, hung);
        for words in ["gives no sign of life", "no daemon came back", "cut off", "cannot be reached"] {
            lab.expect(words);
        }
        let start = Instant::now();
        hung.signal("quorate", Signal::STOP);
        lab.until("the site elsewhere", Duration::from_secs(90), || serves(&watch, survivor));
        eprintln!("a daemon hung: taken over after {:?}", start.elapsed());
        assert!(!hung.has_address(ADDRESS) && hung.processes("apache2").is_empty());
        lab.until("the end of the supervisor", PATIENCE, || hung.processes("quorate-guard").is_empty());
        bring_up(lab);
        lab.settle();
        assert!(serves(&watch, survivor), "it stays where it is");
    });
}

#[test]
fn a_daemon_that_hangs_and_comes_back_finds_all_as_it_was() {
    Lab::of(2).test(|lab| {
        let watch = isolated_site(lab);
        let hung = active(lab);
        lab.expect("gives no sign of life");
        let start = Instant::now();
        hung.signal("quorate", Signal::STOP);
        lab.until("its end", PATIENCE, || hung.processes("quorate").is_empty());
        bring_up(lab);
        lab.settle();
        assert_eq!(watch.failures_since(start), 0, "nobody noticed");
    });
}
