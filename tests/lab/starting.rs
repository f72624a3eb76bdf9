//! Daemons and hosts that start, stop, start again, and are stopped while they start.

use std::time::Duration;

use rustix::process::Signal;

use crate::lab::Lab;
use crate::members::{
    DAEMON, PATIENCE, actions, are_members, bring_up, controller, holders, is_whole, start, tell_to_end,
    until_ended, work,
};

#[test]
fn daemons_stop_and_start_one_by_one_and_all_at_once() {
    Lab::of(3).test(|lab| {
        work(lab);
        let [node1, node2, node3] = lab.hosts() else { panic!("three hosts") };
        for (leaves, stay) in [(node1, vec![node2, node3]), (node2, vec![node3])] {
            tell_to_end(leaves);
            until_ended(lab, [leaves]);
            lab.until("the others going on", PATIENCE, || are_members(&stay));
            lab.until("all services with them", PATIENCE, || {
                ["Base", "Front", "Alone"]
                    .iter()
                    .all(|name| holders(lab, name).len() == 1 && !holders(lab, name).contains(&leaves.name))
            });
        }
        tell_to_end(node3);
        until_ended(lab, [node3]);
        assert_eq!(holders(lab, "Base").len() + holders(lab, "Alone").len(), 0, "the last one stops all");

        for host in lab.hosts() {
            start(host, DAEMON);
            lab.until("its daemon", PATIENCE, || host.sight().is_some_and(|sight| sight.is_settled));
        }
        lab.until("all again", PATIENCE, || is_whole(lab));

        lab.hosts().iter().for_each(tell_to_end);
        until_ended(lab, lab.hosts());
        assert_eq!(
            holders(lab, "Base").len() + holders(lab, "Alone").len(),
            0,
            "nobody is left to take over"
        );
        lab.hosts().iter().for_each(|host| start(host, DAEMON));
        lab.until("all at once", PATIENCE, || is_whole(lab));
    });
}

#[test]
fn hosts_that_are_reset_one_after_another_come_back() {
    Lab::of(3).test(|lab| {
        work(lab);
        for host in lab.hosts() {
            host.crash();
            lab.until("the others taking over", PATIENCE, || {
                ["Base", "Front", "Alone"].iter().all(|name| holders(lab, name).len() == 1)
            });
            host.boot();
            bring_up(lab);
            lab.until("all again", PATIENCE, || is_whole(lab));
        }
    });
}

#[test]
fn a_daemon_that_is_stopped_while_it_joins_disturbs_nobody() {
    Lab::of(2).test(|lab| {
        work(lab);
        let [node1, node2] = lab.hosts() else { panic!("two hosts") };
        tell_to_end(node2);
        until_ended(lab, [node2]);
        for (millis, signal) in [
            (0, Signal::KILL),
            (20, Signal::TERM),
            (60, Signal::KILL),
            (150, Signal::TERM),
            (400, Signal::KILL),
            (0, Signal::TERM),
        ] {
            start(node2, DAEMON);
            lab.until("its beginning", PATIENCE, || !node2.processes("quorate").is_empty());
            std::thread::sleep(Duration::from_millis(millis));
            node2.signal("quorate", signal);
            until_ended(lab, [node2]);
            lab.until("the other one", PATIENCE, || node1.sight().is_some_and(|sight| sight.is_settled));
        }
        start(node2, DAEMON);
        lab.until("all again", PATIENCE, || is_whole(lab));
    });
}

#[test]
fn services_outlive_all_daemons_and_are_taken_up_without_an_action() {
    Lab::of(3).test(|lab| {
        work(lab);
        lab.settle();
        let detach = "quorate daemon --on-stop detach";
        let before = actions(lab);
        lab.hosts().iter().for_each(|host| host.end("quorate"));
        lab.hosts().iter().for_each(|host| start(host, detach));
        lab.until("daemons of all killed ones", PATIENCE, || is_whole(lab));
        lab.settle();
        assert_eq!(actions(lab), before, "killed, all at once");

        lab.hosts().iter().for_each(tell_to_end);
        until_ended(lab, lab.hosts());
        std::thread::sleep(Duration::from_secs(1));
        let said = lab.hosts()[0].run("quorate status 2>&1; echo $?");
        assert!(
            said.contains("cannot reach") && said.ends_with("69\n"),
            "a member simulates nothing: {said}"
        );
        lab.hosts().iter().for_each(|host| start(host, DAEMON));
        lab.until("daemons of all that left", PATIENCE, || is_whole(lab));
        lab.settle();
        assert_eq!(actions(lab), before, "left, all at once");

        for host in lab.hosts() {
            let whose = if controller(lab).name == host.name { "the controller" } else { "a follower" };
            host.end("quorate");
            start(host, DAEMON);
            lab.until("the next daemon", PATIENCE, || is_whole(lab));
            lab.settle();
            assert_eq!(actions(lab), before, "{whose} killed");
        }
    });
}
