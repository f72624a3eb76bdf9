//! Claims about nodes that are alone: who lets go, and who takes over.

use std::time::Duration;

use quorate::cluster::{Change, Moment, Overriding, Pause, Refusal};
use quorate::model::ResourceId;
use quorate::model::isolation::Isolation;

use crate::world::desired::{Fencing, cluster, set_property};
use crate::world::{Answer, World};

#[test]
fn without_fencing_a_node_with_evidence_against_itself_lets_go_before_the_other_takes_over() {
    let mut desired = cluster(2, Fencing::Off, &["A", "B"]);
    desired.isolation = Some(Isolation {
        ping: vec!["192.0.2.1".into()],
        within: Some(Duration::from_secs(7)),
        ..Isolation::default()
    });
    let mut world = World::running(2, desired);
    let host = world.place("A");
    let at = world.now;
    world.hosts[host].has_evidence = true;
    world.cut(&[host]);
    world.run_for(World::DETECTION + 6000);
    assert!(world.places("A").is_empty(), "{:?}", world.begun_since(at));
    world.run_for(3000);
    assert_ne!(world.place("A"), host);
    world.heal();
    world.rest();
    world.check();
    world.place("A");
}

/// Two nodes, no fencing, and evidence; the other side waits ten seconds.
fn isolated() -> (World, usize) {
    let mut desired = cluster(2, Fencing::Off, &["A", "B"]);
    desired.isolation = Some(Isolation {
        ping: vec!["192.0.2.1".into()],
        within: Some(Duration::from_secs(10)),
        ..Isolation::default()
    });
    let world = World::running(2, desired);
    let host = world.place("A");
    (world, host)
}

#[test]
fn a_cut_off_node_stays_so_though_its_evidence_comes_back_until_it_sees_the_others() {
    let (mut world, host) = isolated();
    world.hosts[host].has_evidence = true;
    world.cut(&[host]);
    world.run_for(World::DETECTION + 5000);
    assert!(world.places("A").is_empty());
    world.hosts[host].has_evidence = false;
    world.run_for(60_000);
    assert_ne!(world.place("A"), host, "the other has it");
    world.heal();
    world.rest();
    world.check();
    assert_ne!(world.place("A"), host);
}

#[test]
fn a_policy_that_keeps_services_without_quorum_does_not_keep_those_of_a_cut_off_node() {
    for policy in ["ignore", "freeze", "demote"] {
        let mut desired = cluster(2, Fencing::Off, &["A"]);
        set_property(&mut desired, "no-quorum-policy", policy);
        desired.isolation = Some(Isolation { ping: vec!["192.0.2.1".into()], ..Isolation::default() });
        let mut world = World::running(2, desired);
        let host = world.place("A");
        world.hosts[host].has_evidence = true;
        world.cut(&[host]);
        world.run_for(60_000);
        assert_ne!(world.place("A"), host, "{policy}");
    }
}

#[test]
fn a_cut_off_node_whose_stop_hangs_is_reset_before_the_other_takes_over() {
    let (mut world, host) = isolated();
    world.slow.insert(("A".into(), "stop"), 60_000);
    world.hosts[host].has_evidence = true;
    let at = world.now + World::DETECTION;
    world.cut(&[host]);
    world.run_for(World::DETECTION + 9000);
    let [(when, reset, because)] = &world.resets[..] else { panic!("{:?}", world.resets) };
    assert!(*reset == host && *when - at < 9000 && because.contains('A'), "{because}");
    assert!(world.places("A").is_empty());
    world.run_for(3000);
    assert_ne!(world.place("A"), host);
    world.check();
}

#[test]
fn two_nodes_that_are_both_cut_off_both_let_go_until_they_meet() {
    let (mut world, _) = isolated();
    world.hosts.iter_mut().for_each(|host| host.has_evidence = true);
    world.cut(&[0]);
    world.run_for(60_000);
    assert!(world.places("A").is_empty() && world.places("B").is_empty());
    world.heal();
    world.rest();
    world.check();
    world.place("A");
}

#[test]
fn a_person_may_tell_a_cut_off_node_that_the_other_is_down() {
    let (mut world, host) = isolated();
    let other = 1 - host;
    world.hosts[host].has_evidence = true;
    world.crash(other);
    world.run_for(30_000);
    assert!(world.places("A").is_empty(), "it cannot know that the other died at the same time");
    world.change(host, Change::ConfirmDown(world.hosts[other].name.clone()));
    world.rest();
    world.check();
    assert_eq!(world.place("A"), host);
}

#[test]
fn a_node_that_lost_its_daemon_is_given_the_time_of_its_supervisor() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A", "B"]));
    let host = world.place("A");
    world.counts_doubles = false;
    world.kill_daemon(host);
    world.run_for(10_000 + 19_000);
    assert_eq!(world.place("A"), host, "it may still run there");
    world.run_for(3000);
    assert_eq!(world.places("A").len(), 2);
}

#[test]
fn a_daemon_that_is_told_to_let_go_stops_all_and_ends() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A", "B"]));
    let host = world.place("A");
    world.kill_daemon(host);
    // Nobody else is heard: the process that lets go has no group.
    world.hosts[host].has_group = false;
    let at = world.now;
    world.let_go(host);
    world.run_for(3000);
    assert!(world.places("A").is_empty(), "{:?}", world.begun_since(at));
    assert!(world.hosts[host].daemon.is_none());
    let history = world.hosts[host].record.resources.iter().find(|history| &*history.id == "A").unwrap();
    let last =
        history.entries.iter().filter(|entry| entry.interval.is_zero()).max_by_key(|entry| entry.call_id);
    assert_eq!(last.map(|entry| &*entry.operation), Some("stop"), "the next daemon knows it");
}

#[test]
fn nothing_is_let_go_of_while_people_want_it_left_alone_and_the_others_wait_for_that_as_well() {
    for is_pause in [true, false] {
        let mut world = World::running(2, cluster(2, Fencing::Off, &["A"]));
        let host = world.place("A");
        if is_pause {
            world.change(host, pause(&world, 60_000));
        } else {
            let what = Overriding::Maintenance(Some(world.hosts[host].name.clone()));
            world.set_override(host, "maintenance", what, Some(60_000));
        }
        world.run_for(1000);
        world.kill_daemon(host);
        world.hosts[host].has_group = false;
        world.run_for(10_000);
        world.let_go(host);
        world.run_for(45_000);
        assert_eq!(world.place("A"), host, "it is left alone");
        assert!(world.hosts[host].daemon.is_none(), "a daemon that comes back finds the place free");
        world.run_for(5000);
        world.let_go(host);
        world.run_for(3000);
        assert!(world.places("A").is_empty());
        world.run_for(30_000);
        assert_eq!(world.place("A"), 1 - host);
        assert_eq!(world.doubled(), [] as [String; 0]);
    }
}

#[test]
fn a_step_of_the_clock_neither_wins_nor_loses_a_lonely_node_its_services() {
    for step in [3_600_000, -3_600_000] {
        let (mut world, host) = isolated();
        world.cut(&[host]);
        world.run_for(World::DETECTION + 1500);
        world.hosts[host].clock += step;
        world.run_for(1500);
        // It is not until now that its evidence tells.
        world.hosts[host].has_evidence = true;
        world.run_for(30_000);
        assert_ne!(world.place("A"), host, "a step of {step} ms");
        assert_eq!(world.doubled(), [] as [String; 0]);
        assert!(world.resets.is_empty(), "{:?}", world.resets);
    }
}

#[test]
fn what_is_being_looked_at_again_where_a_node_went_is_waited_for_like_what_is_known_to_run_there() {
    let (mut world, host) = isolated();
    world.slow.insert(("A".into(), "stop"), 3000);
    world.change(1 - host, Change::Refresh { resource: Some(ResourceId::new("A")), node: None });
    world.run_for(8);
    world.hosts[host].has_evidence = true;
    world.cut(&[host]);
    world.run_for(40_000);
    assert_eq!(world.doubled(), [] as [String; 0]);
    world.place("A");
}

#[test]
fn a_node_that_goes_again_before_it_was_asked_what_it_runs_is_given_the_time_to_let_go() {
    let (mut world, host) = isolated();
    world.hosts[host].has_evidence = true;
    world.cut(&[host]);
    world.run_for(20_000);
    assert_ne!(world.place("A"), host);
    world.hosts[host].has_evidence = false;
    world.message_delay = 400;
    world.heal();
    world.run_for(250);
    world.slow.insert(("A".into(), "stop"), 3000);
    world.hosts[1 - host].has_evidence = true;
    world.cut(&[1 - host]);
    world.run_for(40_000);
    assert_eq!(world.doubled(), [] as [String; 0]);
    assert_eq!(world.place("A"), host);
}

/// A pause of so many milliseconds.
fn pause(world: &World, lasts: i64) -> Change {
    Change::Pause(Pause { until: Some(Moment(world.now + lasts)), origin: "a test".to_owned() })
}

#[test]
fn a_pause_that_ends_while_nodes_are_apart_gives_the_one_that_is_cut_off_its_time_from_then_on() {
    let (mut world, host) = isolated();
    world.slow.insert(("A".into(), "stop"), 3000);
    world.change(host, pause(&world, 60_000));
    world.run_for(1000);
    world.hosts[host].has_evidence = true;
    world.cut(&[host]);
    world.run_for(50_000);
    assert_eq!(world.place("A"), host, "it is left alone");
    world.run_for(40_000);
    assert_eq!(world.doubled(), [] as [String; 0]);
    assert_ne!(world.place("A"), host);
}

#[test]
fn a_stop_that_hangs_after_a_pause_is_ended_by_a_reset_as_without_one() {
    let (mut world, host) = isolated();
    world.slow.insert(("A".into(), "stop"), 60_000);
    world.change(host, pause(&world, 60_000));
    world.run_for(1000);
    let end = world.now + 59_000;
    world.hosts[host].has_evidence = true;
    world.cut(&[host]);
    world.run_for(100_000);
    let [(when, reset, _)] = &world.resets[..] else { panic!("{:?}", world.resets) };
    assert!(*reset == host && (end..end + 9000).contains(when), "{} after the pause", when - end);
    assert_eq!(world.doubled(), [] as [String; 0]);
    assert_ne!(world.place("A"), host);
}

#[test]
fn maintenance_of_a_node_that_ends_while_nodes_are_apart_is_like_a_pause() {
    let (mut world, host) = isolated();
    world.slow.insert(("A".into(), "stop"), 3000);
    let what = Overriding::Maintenance(Some(world.hosts[host].name.clone()));
    world.set_override(host, "maintenance", what, Some(60_000));
    world.run_for(1000);
    world.hosts[host].has_evidence = true;
    world.cut(&[host]);
    world.run_for(50_000);
    assert_eq!(world.place("A"), host, "it is left alone");
    world.run_for(40_000);
    assert_eq!(world.doubled(), [] as [String; 0]);
    assert_ne!(world.place("A"), host);
}

#[test]
fn nobody_ends_or_begins_a_pause_on_one_side_only() {
    let (mut world, host) = isolated();
    world.change(host, pause(&world, 600_000));
    world.run_for(1000);
    world.hosts[host].has_evidence = true;
    world.cut(&[host]);
    world.run_for(20_000);
    let resumed = world.change(1 - host, Change::Resume);
    let shorter = world.change(1 - host, pause(&world, 60_000));
    let prolonged = world.change(host, pause(&world, 6_000_000));
    world.run_for(1000);
    for id in [resumed, shorter, prolonged] {
        assert!(matches!(world.answer(id), Err(Refusal::Apart(_))), "{:?}", world.answer(id));
    }
    let confirmed = world.change(1 - host, Change::ConfirmDown(world.hosts[host].name.clone()));
    world.run_for(1000);
    assert!(world.answer(confirmed).is_ok());
    let resumed = world.change(1 - host, Change::Resume);
    world.run_for(1000);
    assert!(world.answer(resumed).is_ok(), "{:?}", world.answer(resumed));
}

#[test]
fn the_time_to_let_go_runs_from_the_loss_though_members_are_still_agreeing() {
    let mut desired = cluster(5, Fencing::On, &["A", "B", "C", "D", "E"]);
    set_property(&mut desired, "fencing-watchdog-timeout", "10s");
    let mut world = World::running(5, desired);
    world.device.answer = Answer::Failure;
    for resource in ["A", "B", "C", "D", "E"] {
        world.slow.insert((resource.into(), "stop"), 60_000);
    }
    // Who says nothing is left out after two seconds, and until then nobody of its part agrees on anything.
    world.hang_daemon(1, true);
    let loss = world.now + World::DETECTION;
    world.cut(&[0, 1]);
    world.run_for(World::DETECTION + 12_000);
    let reset = world.resets.iter().find(|(_, host, _)| *host == 0);
    let when = reset.map(|(when, _, _)| when - loss);
    assert!(when.is_some_and(|when| when <= 8100), "{when:?}");
}
