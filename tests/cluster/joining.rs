//! Claims about members that find and lose one another.

use quorate::cluster::{Change, Event, Leave, Node, Refusal};

use crate::world::desired::{Fencing, cluster};
use crate::world::{Failure, How, World};

#[test]
fn hosts_that_start_all_at_once_agree_and_start_everything_once() {
    let world = World::running(3, cluster(3, Fencing::Off, &["A", "B", "C"]));
    world.check();
    for resource in ["A", "B", "C"] {
        world.place(resource);
    }
    assert_eq!(world.dcs().len(), 1);
}

#[test]
fn hosts_that_start_one_by_one_keep_the_first_controller() {
    let mut world = World::new(3, 2);
    world.boot(1);
    world.run_for(5000);
    world.propose(1, cluster(3, Fencing::Off, &["A"]));
    for host in [0, 2] {
        world.boot(host);
        world.run_for(5000);
        assert_eq!(world.dcs(), [1], "a node that joins does not take over");
    }
    world.rest();
    world.check();
    world.place("A");
}

#[test]
fn nothing_starts_without_quorum() {
    let mut world = World::new(3, 3);
    world.boot(0);
    world.run_for(5000);
    world.propose(0, cluster(3, Fencing::Off, &["A"]));
    world.rest();
    assert_eq!(world.places("A"), [] as [usize; 0]);
    world.boot(1);
    world.rest();
    world.place("A");
    world.check();
}

#[test]
fn partitions_merge_into_the_one_with_quorum_and_the_other_says_what_it_dropped() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A", "B"]));
    world.counts_doubles = false;
    world.cut(&[2]);
    world.run_for(10_000);
    assert!(world.hosts[2].active.is_empty(), "a node without quorum lets go of everything");
    let alone = world.propose_on(2, cluster(3, Fencing::Off, &["X"]), world.generation(2), "alone");
    world.run_for(1000);
    assert!(world.answer(alone).is_ok());
    world.propose(0, cluster(3, Fencing::Off, &["A", "B", "C"]));
    world.rest();
    let merge = world.now;
    world.heal();
    world.rest();
    world.check();
    world.place("C");
    assert_eq!(world.places("X"), [] as [usize; 0]);
    let dropped = |event: &Event| matches!(event, Event::Dropped { origin, .. } if origin == "alone");
    assert_eq!(world.told(merge, dropped), 1);
}

#[test]
fn a_change_made_without_quorum_loses_even_to_no_change_made_with_it() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A"]));
    world.cut(&[2]);
    world.run_for(10_000);
    world.propose(2, cluster(3, Fencing::Off, &["X"]));
    world.run_for(1000);
    world.heal();
    world.rest();
    world.check();
    world.place("A");
    assert_eq!(world.generation(2).0, 3, "neither number is used again");
}

#[test]
fn a_node_whose_disk_was_wiped_gets_everything_from_the_others() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A"]));
    world.crash(1);
    world.hosts[1].durable = None;
    world.rest();
    world.boot(1);
    world.rest();
    world.check();
    assert_eq!(world.hosts[1].durable, world.hosts[0].durable);
}

#[test]
fn the_desired_state_outlives_the_whole_cluster() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A"]));
    for host in 0..3 {
        world.crash(host);
    }
    world.run_for(3000);
    for host in [2, 1] {
        world.boot(host);
    }
    world.rest();
    world.check();
    world.place("A");
    assert_eq!(world.generation(2).0, 1);
}

#[test]
fn a_daemon_that_was_killed_is_adopted_with_zero_actions() {
    for victim in 0..3 {
        let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
        let at = world.now;
        world.kill_daemon(victim);
        world.run_for(5000);
        world.start_daemon(victim);
        world.rest();
        world.check();
        assert_eq!(world.begun_since(at), [] as [String; 0]);
    }
}

#[test]
fn all_daemons_killed_and_back_is_no_reason_to_act() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let at = world.now;
    for host in 0..3 {
        world.kill_daemon(host);
    }
    world.run_for(60_000);
    for host in 0..3 {
        world.start_daemon(host);
        world.run_for(400);
    }
    world.rest();
    world.check();
    assert_eq!(world.begun_since(at), [] as [String; 0]);
}

#[test]
fn the_node_of_a_daemon_that_stays_away_is_fenced() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let victim = world.place("A");
    let at = world.now;
    world.kill_daemon(victim);
    world.run_for(9000);
    assert_eq!(world.begun_since(at), [] as [String; 0], "its daemon may come back");
    world.rest();
    world.check();
    assert_ne!(world.hosts[victim].boot, 0, "it was fenced");
    world.place("A");
}

#[test]
fn what_runs_on_a_detached_node_is_neither_touched_nor_recovered() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let host = world.place("A");
    let at = world.now;
    let left = world.leave(host, Leave::Detached);
    world.run_for(120_000);
    assert!(world.answer(left).is_ok());
    assert!(world.hosts[host].daemon.is_none());
    world.start_daemon(host);
    world.rest();
    world.check();
    assert_eq!(world.begun_since(at), [] as [String; 0]);
}

#[test]
fn all_can_leave_their_resources_running_and_find_them_again() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let at = world.now;
    for host in 0..3 {
        world.leave(host, Leave::Detached);
        world.run_for(100);
    }
    world.run_for(60_000);
    assert!(world.hosts.iter().all(|host| host.daemon.is_none()));
    for host in 0..3 {
        world.start_daemon(host);
        world.run_for(1500);
    }
    world.rest();
    world.check();
    assert_eq!(world.begun_since(at), [] as [String; 0]);
}

#[test]
fn a_detached_node_that_was_given_up_is_recovered() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let host = world.place("A");
    let other = (host + 1) % 3;
    world.leave(host, Leave::Detached);
    world.run_for(1000);
    let name = world.hosts[host].name.clone();
    let there = world.change(other, Change::Forsake(world.hosts[other].name.clone()));
    let gone = world.change(other, Change::Forsake(name));
    world.rest();
    assert!(matches!(world.answer(there), Err(Refusal::NotLost(_))));
    assert!(world.answer(gone).is_ok());
    world.check();
    assert_ne!(world.hosts[host].boot, 0, "it was fenced");
    world.place("A");
}

#[test]
fn a_daemon_that_hangs_while_it_joins_does_not_hold_up_the_others() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A", "B", "C"]));
    world.crash(2);
    world.rest();
    world.boot(2);
    world.run_for(301);
    world.hosts[2].is_hung = true;
    world.run_for(3000);
    let settled: Vec<bool> =
        world.hosts.iter().map(|host| host.daemon.as_ref().is_some_and(Node::is_settled)).collect();
    assert_eq!(settled, [true, true, false]);
    let at = world.now;
    world.break_service(0, world.hosts[0].active.keys().next().unwrap().to_string().as_str());
    world.run_for(12_000);
    assert!(!world.begun_since(at).is_empty(), "they work on without it");
    world.hosts[2].is_hung = false;
    world.rest();
    world.check();
    assert!(world.hosts[2].daemon.as_ref().unwrap().is_settled());
}

#[test]
fn orders_that_come_late_are_refused() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A"]));
    let (dc, orders) = world.orders.last().unwrap().clone();
    let other = (dc + 1) % 3;
    world.kill_daemon(other);
    world.run_for(1000);
    world.start_daemon(other);
    world.rest();
    let at = world.now;
    let process = world.hosts[dc].process;
    world.sequence(dc, process, orders.clone());
    let impostor = world.hosts[other].process;
    world.sequence(other, impostor, orders);
    world.rest();
    world.check();
    assert_eq!(world.begun_since(at), [] as [String; 0]);
    let late = |event: &Event| matches!(event, Event::Refused { because, .. } if because.contains("late"));
    assert_eq!(world.told(at, late), 3);
    let usurped = |event: &Event| matches!(event, Event::Refused { because, .. } if because.contains("not the controller"));
    assert_eq!(world.told(at, usurped), 3);
}

#[test]
fn a_node_that_leaves_is_drained_and_nobody_misses_it() {
    for host in 0..3 {
        let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
        world.leave(host, Leave::Drained);
        world.rest();
        world.check();
        assert!(world.hosts[host].daemon.is_none());
        assert!(world.hosts[host].active.is_empty());
        assert_eq!(world.hosts[host].boot, 0, "it was not fenced");
        for resource in ["A", "B", "C"] {
            world.place(resource);
        }
        world.start_daemon(host);
        world.rest();
        world.check();
    }
}

#[test]
fn all_can_leave_at_once() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    for host in 0..3 {
        world.leave(host, Leave::Drained);
    }
    world.run_for(30_000);
    assert!(world.hosts.iter().all(|host| host.daemon.is_none() && host.active.is_empty() && host.boot == 0));
}

#[test]
fn a_node_without_its_group_lets_go_of_everything() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A"]));
    let host = world.place("A");
    world.lose_group(host);
    world.run_for(10_000);
    assert!(world.hosts[host].active.is_empty());
    assert_ne!(world.place("A"), host, "the others waited for that, and no longer");
    assert_eq!(world.doubled(), [] as [String; 0]);
}

#[test]
fn a_node_does_not_leave_while_it_is_looked_what_it_runs() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A", "B", "C"]));
    let host = world.place("A");
    world.failures.push(Failure { resource: "A", task: "stop", host: None, how: How::Answers(1), times: 1 });
    world.leave(host, Leave::Drained);
    world.run_for(10_000);
    assert_eq!(world.place("A"), host, "it could not be stopped");
    world.change((host + 1) % 3, Change::Cleanup { resource: None, node: None });
    world.rest();
    world.check();
    assert!(world.hosts[host].daemon.is_none());
    assert_ne!(world.place("A"), host);
    let other = world.hosts[(host + 1) % 3].daemon.as_ref().unwrap();
    assert_eq!(other.state().unwrap().live.in_flight, []);
}

#[test]
fn a_member_that_hung_while_another_joined_takes_what_is_known_by_now() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A", "B", "C"]));
    world.crash(2);
    world.rest();
    world.hang_daemon(1, true);
    world.boot(2);
    world.run_for(3500);
    let first = world.hosts[0].daemon.as_ref().unwrap();
    assert!(first.is_settled(), "the others went on without it");
    world.change(0, Change::Refresh { resource: None, node: None });
    world.run_for(1000);
    world.hang_daemon(1, false);
    world.rest();
    world.check();
}

#[test]
fn who_says_twice_what_it_has_agrees_with_itself_once() {
    let mut world = World::running(2, cluster(2, Fencing::On, &["A", "B"]));
    world.pause(1, true);
    for host in [0, 1] {
        world.kill_daemon(host);
    }
    world.run_for(900);
    let before = world.messages;
    for host in [0, 1] {
        world.start_daemon(host);
    }
    world.run_for(15_000);
    assert!(world.messages - before < 100, "{} messages", world.messages - before);
}

#[test]
fn a_node_is_fenced_if_its_machine_is_seen_and_nobody_knows_what_it_runs() {
    let mut world = World::running(2, cluster(2, Fencing::On, &["A", "B"]));
    let host = world.place("A");
    world.hang_daemon(host, true);
    world.kill_daemon(1 - host);
    world.run_for(1000);
    world.start_daemon(1 - host);
    world.run_for(60_000);
    assert_ne!(world.hosts[host].boot, 0, "its daemon says nothing, and the other one has forgotten");
    world.rest();
    world.check();
    world.place("A");
}

#[test]
fn who_loses_a_change_in_a_merge_is_told_though_the_other_half_made_more() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A"]));
    world.counts_doubles = false;
    world.cut(&[1]);
    world.run_for(3000);
    world.propose_on(0, cluster(2, Fencing::Off, &["A", "L"]), world.generation(0), "left");
    for (name, origin) in [("R", "right"), ("S", "right again")] {
        world.propose_on(1, cluster(2, Fencing::Off, &["A", name]), world.generation(1), origin);
        world.run_for(1000);
    }
    let at = world.now;
    world.heal();
    world.rest();
    world.check();
    world.place("S");
    let dropped = |event: &Event| matches!(event, Event::Dropped { origin, .. } if origin == "left");
    assert_eq!(world.told(at, dropped), 1);
}
