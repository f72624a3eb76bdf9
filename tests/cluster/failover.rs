//! Claims about failures and what is done about them.

use std::time::Duration;

use quorate::cluster::Event;

use crate::world::desired::{Fencing, cluster, in_order, promotable, set_meta, set_property};
use crate::world::{Answer, Failure, How, World};

#[test]
fn a_lost_node_is_recovered_at_once() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A", "B", "C"]));
    let victim = world.place("A");
    let at = world.now;
    world.crash(victim);
    world.rest();
    world.check();
    let first = world.begun().into_iter().find(|begun| begun.at >= at).unwrap();
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
    println!("start: {:?} of real time, {} actions", begin.elapsed(), world.begun().len());
    world.longest_step = Duration::ZERO;
    let at = world.now;
    world.crash(0);
    let begin = std::time::Instant::now();
    world.run_for(World::DETECTION + 2000);
    let first = world.begun().into_iter().find(|begun| begun.at >= at).unwrap();
    println!("first start after {} ms of virtual time", first.at - at - World::DETECTION);
    let starts = world.begun().into_iter().filter(|begun| begun.at >= at && begun.task == "start").count();
    println!("{starts} starts, {:?} of real time, longest step {:?}", begin.elapsed(), world.longest_step);
}

#[test]
fn resources_of_a_lost_node_wait_for_confirmed_fencing() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let victim = world.place("A");
    let at = world.now;
    world.device.answer = Answer::Failure;
    world.crash(victim);
    world.run_for(60_000);
    assert_eq!(world.places("A"), [] as [usize; 0], "nothing confirms that it is down");
    let attempts = world.begun().into_iter().filter(|begun| begun.at >= at && begun.task == "reboot").count();
    assert!((4..=12).contains(&attempts), "it is tried again, but not all the time: {attempts}");
    world.device.answer = Answer::Honest;
    world.run_for(61_000);
    world.rest();
    world.check();
    world.place("A");
    let node = world.hosts[(victim + 1) % 3].daemon.as_ref().unwrap();
    let fencing = node.state().unwrap().live.fencing.last().unwrap();
    assert_eq!(fencing.target, world.hosts[victim].name);
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
    let starts =
        world.begun().into_iter().filter(|begun| begun.task == "start" && begun.resource == "S").count();
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
    let starts =
        world.begun().into_iter().filter(|begun| begun.task == "start" && begun.resource == "S").count();
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
    world.failures.push(Failure {
        resource: "A",
        task: "start",
        host: Some(0),
        how: How::Answers(1),
        times: 9,
    });
    world.propose(0, cluster(2, Fencing::Off, &["A"]));
    world.rest();
    world.check();
    assert_eq!(world.place("A"), 1);
    assert_eq!(world.begun().into_iter().filter(|begun| begun.task == "start").count(), 2);
}

#[test]
fn what_fails_again_and_again_is_tried_less_and_less_often() {
    let mut world = World::new(2, 6);
    world.boot_all();
    world.failures.push(Failure {
        resource: "A",
        task: "start",
        host: None,
        how: How::Answers(1),
        times: 1000,
    });
    let mut desired = cluster(2, Fencing::Off, &["A", "B"]);
    set_property(&mut desired, "start-failure-is-fatal", "false");
    world.propose(0, desired);
    world.run_for(300_000);
    let starts =
        world.begun().into_iter().filter(|begun| begun.task == "start" && begun.resource == "A").count();
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
    world.failures.push(Failure { resource: "H", task: "start", host: None, how: How::Hangs, times: 9 });
    world.propose(0, cluster(2, Fencing::Off, &["A", "H"]));
    world.run_for(200_000);
    let starts =
        world.begun().into_iter().filter(|begun| begun.task == "start" && begun.resource == "H").count();
    assert!(starts >= 2, "it is tried on the other node");
}
