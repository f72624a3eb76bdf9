//! Claims about failures and what is done about them.

use std::time::Duration;

use quorate::cluster::{Change, Event, Input, Overriding};
use quorate::model::isolation::Isolation;

use crate::agents::Failure;
use crate::desired::{Fencing, cluster, in_order, promotable, set_meta, set_property};
use crate::world::World;

#[test]
fn a_lost_node_is_recovered_at_once() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A", "B", "C"]));
    let victim = world.place("A");
    let at = world.now;
    world.crash(victim);
    world.rest();
    world.check();
    let first = world.begun.iter().find(|begun| begun.at >= at).unwrap();
    assert!(first.at - (at + World::DETECTION) <= 20, "{} ms", first.at - at - World::DETECTION);
    assert_ne!(world.place("A"), victim);
}

#[test]
#[ignore = "tells how long decisions take: cargo test --release --test cluster -- --ignored --nocapture"]
#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "measures")]
fn how_long_a_lost_host_with_200_resources_takes() {
    let names: Vec<String> = (0..200).map(|number| format!("R{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let begin = std::time::Instant::now();
    let mut world = World::running(3, cluster(3, Fencing::Off, &names));
    println!("start: {:?} of real time, {} actions", begin.elapsed(), world.begun.len());
    world.longest_step = Duration::ZERO;
    let at = world.now;
    world.crash(0);
    let begin = std::time::Instant::now();
    world.run_for(World::DETECTION + 2000);
    let first = world.begun.iter().find(|begun| begun.at >= at).unwrap();
    println!("first start after {} ms of virtual time", first.at - at - World::DETECTION);
    let starts = world.begun.iter().filter(|begun| begun.at >= at && begun.task == "start").count();
    println!("{starts} starts, {:?} of real time, longest step {:?}", begin.elapsed(), world.longest_step);
}

#[test]
fn resources_of_a_lost_node_wait_for_confirmed_fencing() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let victim = world.place("A");
    let at = world.now;
    world.is_fencing_broken = true;
    world.crash(victim);
    world.run_for(60_000);
    assert_eq!(world.places("A"), [] as [usize; 0], "nothing confirms that it is down");
    let attempts = world.begun.iter().filter(|begun| begun.at >= at && begun.task == "reboot").count();
    assert!((4..=12).contains(&attempts), "it is tried again, but not all the time: {attempts}");
    world.is_fencing_broken = false;
    world.run_for(61_000);
    world.rest();
    world.check();
    world.place("A");
    let node = world.hosts[(victim + 1) % 3].daemon.as_ref().unwrap();
    let fencing = node.state().unwrap().live.fencing.last().unwrap();
    assert_eq!(fencing.target, world.hosts[victim].name);
}

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

#[test]
fn the_next_controller_carries_on_when_one_dies_amid_a_transition() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A", "B"]));
    let dc = world.dcs()[0];
    world.slow.insert(("S".into(), "start"), 5000);
    let mut desired = cluster(3, Fencing::Off, &["A", "B", "S", "T"]);
    desired.constraints.push(in_order("S", "T"));
    world.propose(dc, desired);
    world.run_for(1500);
    let worker = (0..3).find(|host| !world.hosts[*host].agents.is_empty()).unwrap();
    let victim = if worker == dc { None } else { Some(dc) };
    world.crash(victim.unwrap_or(dc));
    world.rest();
    world.check();
    let starts = world.begun.iter().filter(|begun| begun.task == "start" && begun.resource == "S").count();
    assert_eq!(starts, if victim.is_some() { 1 } else { 2 }, "what is in flight is not begun again");
    world.place("T");
}

#[test]
fn a_slow_start_delays_no_other_recovery() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A", "B"]));
    world.slow.insert(("S".into(), "start"), 15_000);
    world.propose(0, cluster(3, Fencing::Off, &["A", "B", "S"]));
    world.run_for(2000);
    let busy = (0..3).find(|host| !world.hosts[*host].agents.is_empty()).unwrap();
    let victim = world.place("A");
    let victim = if victim == busy { world.place("B") } else { victim };
    assert_ne!(victim, busy);
    let lost: Vec<_> = ["A", "B"].into_iter().filter(|name| world.place(name) == victim).collect();
    let at = world.now;
    world.crash(victim);
    world.run_for(World::DETECTION + 1000);
    for name in lost {
        assert_ne!(world.place(name), victim, "{name} runs again while S is still starting");
    }
    assert_eq!(world.places("S"), [] as [usize; 0]);
    world.rest();
    world.check();
    let starts = world.begun.iter().filter(|begun| begun.task == "start" && begun.resource == "S").count();
    assert_eq!(starts, 1, "{:#?}", world.begun_since(at));
}

#[test]
fn a_failed_service_is_recovered_and_counted() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A"]));
    let host = world.place("A");
    world.break_service(host, "A");
    world.run_for(11_000);
    world.rest();
    world.check();
    assert_eq!(world.place("A"), host);
    let node = world.hosts[0].daemon.as_ref().unwrap();
    let state = node.state().unwrap();
    let name = world.hosts[host].name.clone();
    let count = state.live.ledger.attribute(&name, "fail-count-A#monitor_10000");
    assert_eq!(count.as_deref(), Some("1"));
}

#[test]
fn a_service_over_its_threshold_moves_and_comes_back_in_time() {
    let mut desired = cluster(2, Fencing::Off, &["A"]);
    set_meta(&mut desired, "A", "migration-threshold", "2");
    set_meta(&mut desired, "A", "failure-timeout", "60s");
    let mut world = World::running(2, desired);
    let host = world.place("A");
    for _ in 0..2 {
        world.break_service(host, "A");
        world.run_for(12_000);
    }
    assert_ne!(world.place("A"), host);
    let name = world.hosts[host].name.clone();
    world.run_for(120_000);
    let state = world.hosts[0].daemon.as_ref().unwrap().state().unwrap();
    assert_eq!(state.live.ledger.attribute(&name, "fail-count-A#monitor_10000"), None, "it was forgotten");
    world.check();
}

#[test]
fn a_failed_start_goes_elsewhere_at_once() {
    let mut world = World::new(2, 5);
    world.boot_all();
    world.failures.push(Failure { resource: "A", task: "start", host: Some(0), rc: 1, times: 9 });
    world.propose(0, cluster(2, Fencing::Off, &["A"]));
    world.rest();
    world.check();
    assert_eq!(world.place("A"), 1);
    assert_eq!(world.begun.iter().filter(|begun| begun.task == "start").count(), 2);
}

#[test]
fn what_fails_again_and_again_is_tried_less_and_less_often() {
    let mut world = World::new(2, 6);
    world.boot_all();
    world.failures.push(Failure { resource: "A", task: "start", host: None, rc: 1, times: 1000 });
    let mut desired = cluster(2, Fencing::Off, &["A", "B"]);
    set_property(&mut desired, "start-failure-is-fatal", "false");
    world.propose(0, desired);
    world.run_for(300_000);
    let starts = world.begun.iter().filter(|begun| begun.task == "start" && begun.resource == "A").count();
    assert!((6..=24).contains(&starts), "{starts} attempts in five minutes");
    world.place("B");
    assert!(world.told(0, |event| matches!(event, Event::Held { .. })) > 0);
    world.failures.clear();
    world.run_for(61_000);
    world.place("A");
}

#[test]
fn a_promotion_goes_to_the_best_and_moves_with_the_loss_of_its_node() {
    let mut desired = cluster(3, Fencing::Off, &[]);
    desired.resources.push(promotable("P"));
    let mut world = World::running(3, desired);
    world.check();
    let promoted = |world: &World| -> Vec<usize> {
        let is_promoted = |host: &usize| {
            world.hosts[*host].active.get("P").is_some_and(|role| *role == quorate::model::Role::Promoted)
        };
        (0..3).filter(is_promoted).collect()
    };
    assert_eq!(promoted(&world), [0]);
    world.crash(0);
    world.rest();
    world.check();
    assert_eq!(promoted(&world), [1]);
}

#[test]
fn an_agent_that_never_answers_counts_as_lost() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A"]));
    world.slow.insert(("H".into(), "start"), 10_000_000);
    world.propose(0, cluster(2, Fencing::Off, &["A", "H"]));
    world.run_for(200_000);
    let starts = world.begun.iter().filter(|begun| begun.task == "start" && begun.resource == "H").count();
    assert!(starts >= 2, "it is tried on the other node");
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
    world.start_daemon(host);
    let at = world.now;
    world.step(host, vec![Input::Release]);
    world.run_for(3000);
    assert!(world.places("A").is_empty(), "{:?}", world.begun_since(at));
    assert!(world.hosts[host].daemon.is_none());
    let history = world.hosts[host].record.resources.iter().find(|history| &*history.id == "A").unwrap();
    let last =
        history.entries.iter().filter(|entry| entry.interval.is_zero()).max_by_key(|entry| entry.call_id);
    assert_eq!(last.map(|entry| &*entry.operation), Some("stop"), "the next daemon knows it");
}

#[test]
fn a_node_whose_stop_fails_is_fenced_and_its_service_goes_on_elsewhere() {
    let mut world = World::running(2, cluster(2, Fencing::On, &["A"]));
    let host = world.place("A");
    let (boots, at) = (world.hosts[host].boot, world.now);
    world.failures.push(Failure { resource: "A", task: "stop", host: Some(host), rc: 1, times: 9 });
    let name = world.hosts[host].name.clone();
    world.set_override(1 - host, "away", Overriding::Standby(name), None);
    world.rest();
    world.check();
    assert!(world.hosts[host].boot > boots, "{:?}", world.begun_since(at));
    assert_ne!(world.place("A"), host);
}

#[test]
fn a_lost_node_that_nobody_can_fence_is_recovered_when_a_person_confirms_that_it_is_down() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let victim = world.place("A");
    let other = (victim + 1) % 3;
    world.is_fencing_broken = true;
    world.crash(victim);
    world.run_for(30_000);
    assert!(world.places("A").is_empty());
    let asked = world.change(other, Change::ConfirmDown(world.hosts[victim].name.clone()));
    world.rest();
    assert!(world.answer(asked).is_ok());
    world.place("A");
    let fencing = world.hosts[other].daemon.as_ref().unwrap().state().unwrap().live.fencing.last().unwrap();
    assert_eq!(fencing.result.exit_reason.as_deref(), Some("confirmed by hand"));
    world.check();
}

#[test]
fn a_node_that_was_fenced_and_lives_stops_everything_and_leaves() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let victim = world.place("A");
    world.is_fencing_broken = true;
    world.cut(&[victim]);
    world.run_for(5000);
    let (other, name) = ((victim + 1) % 3, world.hosts[victim].name.clone());
    world.counts_doubles = false;
    world.change(other, Change::ConfirmDown(name));
    world.run_for(5000);
    world.heal();
    world.run_for(30_000);
    assert!(world.told(0, |event| matches!(event, Event::Condemned { .. })) > 0);
    assert!(world.hosts[victim].daemon.is_none() && world.resets.is_empty());
    assert_ne!(world.place("A"), victim);
}

#[test]
fn a_node_that_was_fenced_and_lives_is_reset_where_that_is_wished() {
    let mut desired = cluster(3, Fencing::On, &["A", "B", "C"]);
    set_property(&mut desired, "fence-reaction", "panic");
    let mut world = World::running(3, desired);
    let victim = world.place("A");
    world.is_fencing_broken = true;
    world.cut(&[victim]);
    world.run_for(5000);
    let (other, name) = ((victim + 1) % 3, world.hosts[victim].name.clone());
    world.counts_doubles = false;
    world.change(other, Change::ConfirmDown(name));
    world.run_for(5000);
    world.heal();
    world.run_for(30_000);
    assert_eq!(world.resets.iter().map(|(_, host, _)| *host).collect::<Vec<_>>(), [victim]);
}

#[test]
fn fencing_that_fails_too_often_rests_until_the_cluster_looks_again() {
    let mut desired = cluster(3, Fencing::On, &["A", "B", "C"]);
    set_property(&mut desired, "fencing-max-attempts", "4");
    set_property(&mut desired, "cluster-recheck-interval", "10min");
    let mut world = World::running(3, desired);
    let (victim, at) = (world.place("A"), world.now);
    world.is_fencing_broken = true;
    world.crash(victim);
    let attempts =
        |world: &World| world.begun.iter().filter(|begun| begun.at >= at && begun.task == "reboot").count();
    world.run_for(9 * 60_000);
    assert_eq!(attempts(&world), 4);
    world.run_for(3 * 60_000);
    assert_eq!(attempts(&world), 5);
}

#[test]
fn one_fencing_answers_all_who_ask_for_it() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let (dc, at) = (world.dcs()[0], world.now);
    let target = (dc + 1) % 3;
    let name = world.hosts[target].name.clone();
    for host in [0, 1, 2] {
        let change = Change::Attribute {
            node: name.clone(),
            name: "terminate".into(),
            value: Some("true".into()),
            lifetime: quorate::cluster::Lifetime::UntilLeave,
        };
        world.change(host, change);
        world.run_for(300);
    }
    world.crash(dc);
    world.rest();
    let fencings = world.begun.iter().filter(|begun| begun.at >= at && begun.task == "reboot");
    let targets = fencings.count();
    assert_eq!(targets, 2, "the one asked for, and the controller that died: {:?}", world.begun_since(at));
    world.check();
}
