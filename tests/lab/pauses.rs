//! Daemons that stand still for a while, and clocks that jump.

use std::time::Duration;

use rustix::process::Signal;

use crate::lab::Lab;
use crate::members::{
    DAEMON, PATIENCE, WORK, actions, controller, form, holders, is_whole, is_working, other, start, work,
};

#[test]
fn a_controller_that_pauses_leads_on_when_nobody_else_could() {
    Lab::of(3).test(|lab| {
        work(lab);
        lab.settle();
        let paused = controller(lab);
        let before = actions(lab).len();
        paused.signal("quorate", Signal::STOP);
        let home = lab.hosts().iter().find(|host| holders(lab, "Alone").contains(&host.name)).unwrap();
        home.run("rm /run/marker/Alone");
        std::thread::sleep(Duration::from_secs(6));
        paused.signal("quorate", Signal::CONT);
        lab.until("the service again", PATIENCE, || is_whole(lab));
        lab.settle();
        let since = actions(lab).split_off(before);
        assert!(since.iter().all(|entry| entry.name == "Alone"), "nothing else is touched: {since:?}");
    });
}

#[test]
fn a_controller_that_was_replaced_while_it_stood_still_does_not_lead_on() {
    Lab::of(3).test(|lab| {
        // Only the clone runs where the controller stands still.
        work(lab);
        let paused = controller(lab);
        paused.run("quorate node standby $(hostname)");
        lab.settle();
        assert!(holders(lab, "Everywhere").len() == 2);
        let before = actions(lab).len();
        // As with a virtual machine that is not given a processor: nothing on it runs.
        for name in ["quorate-guard", "quorate", "corosync"] {
            paused.signal(name, Signal::STOP);
        }
        let rest: Vec<_> = lab.hosts().iter().filter(|host| host.name != paused.name).collect();
        lab.until("the others alone", PATIENCE, || crate::members::are_members(&rest));
        other(lab, paused).run("quorate move Alone --to $(hostname)");
        let moved = holders(lab, "Alone");
        for name in ["corosync", "quorate", "quorate-guard"] {
            paused.signal(name, Signal::CONT);
        }
        lab.until("three members", PATIENCE, || {
            crate::members::are_members(&lab.hosts().iter().collect::<Vec<_>>())
        });
        lab.settle();
        assert_eq!(holders(lab, "Alone"), moved);
        assert_ne!(controller(lab).name, paused.name, "who came back does not lead");
        let since = actions(lab).split_off(before);
        assert!(since.iter().all(|entry| entry.name == "Alone"), "nothing else is touched: {since:?}");
        other(lab, paused).run("quorate clear --all");
        lab.until("all again", PATIENCE, || is_working(lab));
    });
}

/// The library that fakes clocks; it comes with package `faketime`.
const FAKE: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

#[test]
fn a_clock_that_jumps_ends_nothing_before_its_time() {
    Lab::of(2).needs(&[(FAKE, "faketime")]).test(|lab| {
        let more = "meta: {failure-timeout: 30min}, ";
        form(lab, &WORK.replace("Alone: {", &format!("Alone: {{{more}")));
        lab.until("the services", PATIENCE, || is_working(lab));
        let jumps = other(lab, controller(lab));
        for host in [jumps, other(lab, jumps)] {
            host.end("quorate");
            host.write("/etc/faketimerc", "+0\n");
            start(
                host,
                &format!("env LD_PRELOAD={FAKE} FAKETIME_TIMESTAMP_FILE=/etc/faketimerc FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_FAKE_MONOTONIC=1 {DAEMON}"),
            );
            lab.until("its daemon", PATIENCE, || is_whole(lab));
        }
        lab.settle();
        let before = actions(lab);
        for jump in ["+3600", "+0", "-3600", "+0"] {
            jumps.write("/etc/faketimerc", &format!("{jump}\n"));
            std::thread::sleep(Duration::from_secs(4));
        }
        lab.until("all as it was", PATIENCE, || is_whole(lab));
        assert_eq!(actions(lab), before, "a clock is no reason to act");
    });
}
