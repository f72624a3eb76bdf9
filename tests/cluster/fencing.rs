//! Claims about fencing: when, how often, and what those do who learn of it.

use quorate::cluster::{Change, Event, Lifetime, Overriding, Refusal};
use quorate::status::ResultCode;

use crate::world::desired::{Fencing, cluster, set_property};
use crate::world::{Answer, Failure, How, World};

#[test]
fn a_node_whose_stop_fails_is_fenced_and_its_service_goes_on_elsewhere() {
    let mut world = World::running(2, cluster(2, Fencing::On, &["A"]));
    let host = world.place("A");
    let (boots, at) = (world.hosts[host].boot, world.now);
    world.failures.push(Failure {
        resource: "A",
        task: "stop",
        host: Some(host),
        how: How::Answers(1),
        times: 9,
    });
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
    world.device.answer = Answer::Failure;
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
fn a_host_that_is_still_seen_without_its_daemon_is_not_confirmed_as_down_and_the_answer_says_why() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A", "B", "C"]));
    let victim = world.place("A");
    let (other, name) = ((victim + 1) % 3, world.hosts[victim].name.clone());
    world.kill_daemon(victim);
    world.run_for(60_000);
    let asked = world.change(other, Change::ConfirmDown(name.clone()));
    world.run_for(1000);
    assert_eq!(*world.answer(asked), Err(Refusal::StillSeen(name.clone())));
    world.crash(victim);
    world.run_for(30_000);
    let asked = world.change(other, Change::ConfirmDown(name));
    world.rest();
    assert!(world.answer(asked).is_ok());
}

#[test]
fn a_node_that_was_fenced_and_lives_stops_everything_and_leaves() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let victim = world.place("A");
    world.device.answer = Answer::Failure;
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

/// Hours, in milliseconds.
const HOUR: i64 = 3_600_000;

/// Three nodes at work, the first of which believes that it is an hour later.
fn with_a_fast_clock() -> World {
    let mut world = World::new(3, 1);
    world.hosts[0].clock = HOUR;
    world.boot_all();
    world.propose(1, cluster(3, Fencing::On, &["A", "B", "C"]));
    world.rest();
    world
}

#[test]
fn a_fenced_life_is_known_by_its_name_although_its_clock_is_ahead() {
    let mut world = with_a_fast_clock();
    world.device.answer = Answer::Failure;
    world.cut(&[0]);
    world.run_for(5000);
    let name = world.hosts[0].name.clone();
    world.counts_doubles = false;
    world.change(1, Change::ConfirmDown(name));
    world.run_for(5000);
    world.heal();
    world.run_for(30_000);
    assert!(world.told(0, |event| matches!(event, Event::Condemned { .. })) > 0);
}

#[test]
fn a_node_that_comes_back_with_a_clock_that_is_behind_is_not_the_one_that_was_fenced() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let victim = world.place("A");
    world.crash(victim);
    world.run_for(10_000);
    world.hosts[victim].clock = -HOUR;
    world.boot(victim);
    world.rest();
    let other = (victim + 1) % 3;
    let state = world.hosts[other].daemon.as_ref().unwrap().state().unwrap();
    assert!(state.live.fencing.iter().any(|fencing| fencing.result.rc == ResultCode::OK));
    assert_eq!(world.told(0, |event| matches!(event, Event::Condemned { .. })), 0);
    assert!(world.hosts[victim].daemon.is_some());
    world.check();
}

#[test]
fn a_fencing_of_a_member_counts_although_its_clock_is_ahead() {
    let mut world = with_a_fast_clock();
    let at = world.now;
    let terminate = Change::Attribute {
        node: world.hosts[0].name.clone(),
        name: "terminate".into(),
        value: Some("true".into()),
        lifetime: Lifetime::UntilLeave,
    };
    world.change(1, terminate);
    world.rest();
    let fencings = world.begun().into_iter().filter(|begun| begun.at >= at && begun.task == "reboot").count();
    assert_eq!(fencings, 1, "{:?}", world.begun_since(at));
    world.check();
}

#[test]
fn a_node_that_was_fenced_and_lives_is_reset_where_that_is_wished() {
    let mut desired = cluster(3, Fencing::On, &["A", "B", "C"]);
    set_property(&mut desired, "fence-reaction", "panic");
    let mut world = World::running(3, desired);
    let victim = world.place("A");
    world.device.answer = Answer::Failure;
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
    world.device.answer = Answer::Failure;
    world.crash(victim);
    let attempts = |world: &World| {
        world.begun().into_iter().filter(|begun| begun.at >= at && begun.task == "reboot").count()
    };
    world.run_for(9 * 60_000);
    assert_eq!(attempts(&world), 4);
    world.run_for(3 * 60_000);
    assert_eq!(attempts(&world), 5);
}

#[test]
fn one_fencing_answers_all_who_ask_for_it() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let at = world.now;
    let target = (world.dcs()[0] + 1) % 3;
    let name = world.hosts[target].name.clone();
    for host in [0, 1, 2] {
        let change = Change::Attribute {
            node: name.clone(),
            name: "terminate".into(),
            value: Some("true".into()),
            lifetime: Lifetime::UntilLeave,
        };
        world.change(host, change);
        world.run_for(300);
    }
    world.rest();
    let fencings = world.begun().into_iter().filter(|begun| begun.at >= at && begun.task == "reboot").count();
    assert_eq!(fencings, 1, "{:?}", world.begun_since(at));
    world.check();
}

#[test]
fn a_fencing_that_ends_after_its_target_came_back_leaves_the_new_life_alone() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let victim = world.place("A");
    // The switch acts at once, and its agent takes longer to say so than the host to come back.
    world.device.latency = 12_000;
    world.device.answer = Answer::FalseSuccess;
    let (at, other) = (world.now, (victim + 1) % 3);
    world.crash(victim);
    let is_begun =
        |world: &World| world.begun().into_iter().any(|begun| begun.at >= at && begun.task == "reboot");
    while !is_begun(&world) {
        world.run_for(10);
    }
    world.boot(victim);
    world.run_for(8000);
    let name = world.hosts[victim].name.clone();
    let state = |world: &World| world.hosts[other].daemon.as_ref().unwrap().state().unwrap().clone();
    assert!(state(&world).member_on(&name).is_some() && state(&world).live.fencing.is_empty());
    world.rest();
    let after = state(&world);
    assert_eq!(after.live.fencing.len(), 1);
    let node = after.live.ledger.status.node(name.as_str()).unwrap();
    assert!(!node.is_fenced && node.expected_up, "{node:?}");
    assert_eq!(world.told(0, |event| matches!(event, Event::Condemned { .. })), 0);
    assert_eq!(world.places("A").len(), 1);
    // It is as good as any other: alone, it runs everything there is to run.
    for host in (0..3).filter(|host| *host != victim) {
        let name = world.hosts[host].name.clone();
        world.set_override(
            victim,
            if host == other { "one" } else { "two" },
            Overriding::Standby(name),
            None,
        );
    }
    world.rest();
    assert_eq!(world.place("A"), victim);
    world.check();
}

#[test]
fn a_node_that_comes_back_from_its_fencing_with_another_clock_stays() {
    for by in [-3_600_000, 3_600_000] {
        let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
        world.hosts[1].clock += by;
        world.cut(&[1]);
        world.run_for(20_000);
        assert_ne!(world.hosts[1].boot, 0, "it was fenced");
        world.heal();
        world.rest();
        world.check();
        assert!(world.hosts[1].daemon.is_some(), "what came back is not what was fenced");
    }
}

#[test]
fn what_a_lost_node_was_not_asked_for_waits_for_its_fencing_that_is_under_way() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    world.device.latency = 30_000;
    let lost = world.place("A");
    world.crash(lost);
    world.run_for(5000);
    world.propose((lost + 1) % 3, cluster(3, Fencing::On, &["A", "B", "C", "D"]));
    world.run_for(10_000);
    assert_eq!(world.places("D"), [] as [usize; 0]);
    world.run_for(30_000);
    world.place("D");
}

#[test]
fn a_node_that_is_lost_while_its_fencing_was_asked_for_is_fenced_all_the_same() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let lost = world.place("A");
    world.device.answer = Answer::Failure;
    let (node, name) = (world.hosts[lost].name.clone(), "terminate".into());
    let lifetime = Lifetime::UntilLeave;
    world.change((lost + 1) % 3, Change::Attribute { node, name, value: Some("true".into()), lifetime });
    world.run_for(100);
    world.cut(&[lost]);
    world.counts_doubles = true;
    world.slow.insert(("A".into(), "stop"), 50_000);
    world.run_for(20_000);
    assert_eq!(world.places("A"), [lost], "nothing says that it is off");
    world.device.answer = Answer::Honest;
    world.run_for(90_000);
    assert_ne!(world.place("A"), lost);
    assert_eq!(world.doubled(), [] as [String; 0]);
}

#[test]
fn a_decision_amid_a_fencing_waits_for_it_as_well() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    world.device.latency = 30_000;
    let lost = world.place("A");
    let at = world.now;
    world.crash(lost);
    world.run_for(5000);
    let what = Overriding::Standby(world.hosts[lost].name.clone());
    world.set_override((lost + 1) % 3, "standby", what, None);
    world.run_for(10_000);
    assert!(
        !world.begun_since(at).iter().any(|begun| begun.ends_with("start A")),
        "{:?}",
        world.begun_since(at)
    );
    world.run_for(30_000);
    assert_ne!(world.place("A"), lost);
}
