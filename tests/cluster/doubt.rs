//! Claims about moments in which nobody can know yet how things stand.

use std::time::Duration;

use quorate::cluster::{Change, Event, Overriding};
use quorate::model::ResourceId;
use quorate::model::isolation::Isolation;

use crate::world::desired::{Fencing, cluster, in_order, promotable};
use crate::world::{Answer, Failure, How, World};

#[test]
fn a_node_that_starts_gives_one_that_it_does_not_see_the_time_to_let_go() {
    let mut desired = cluster(2, Fencing::Off, &["A"]);
    desired.isolation = Some(Isolation {
        ping: vec!["192.0.2.1".into()],
        within: Some(Duration::from_secs(10)),
        ..Isolation::default()
    });
    let mut world = World::running(2, desired);
    let host = world.place("A");
    world.crash(1 - host);
    world.run_for(20_000);
    world.boot(1 - host);
    world.run_for(200);
    assert_eq!(world.rings, [[0, 1]], "the machines see each other, the daemons do not yet");
    world.slow.insert(("A".into(), "stop"), 5000);
    world.hosts[host].has_evidence = true;
    world.cut(&[host]);
    world.run_for(40_000);
    assert_eq!(world.place("A"), 1 - host);
    world.heal();
    world.rest();
    world.check();
}

#[test]
fn a_change_made_while_quorum_is_in_doubt_is_confirmed_when_it_was_there_all_the_time() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A"]));
    world.cut(&[2]);
    world.run_for(500);
    let id = world.propose(0, cluster(3, Fencing::Off, &["A", "B"]));
    world.run_for(5000);
    assert!(world.answer(id).is_ok());
    for host in [0, 1] {
        let durable = world.hosts[host].durable.as_ref().unwrap();
        assert_eq!(durable.quorate_generation, durable.generation, "on n{}", host + 1);
    }
}

#[test]
fn a_host_that_stood_still_learns_that_the_others_went_on_without_it() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A"]));
    world.pause(2, true);
    world.run_for(5000);
    let at = world.now;
    world.pause(2, false);
    world.rest();
    world.check();
    let gone = world
        .events
        .iter()
        .filter(|(when, host, event)| *when >= at && *host == 2 && matches!(event, Event::Gone { .. }));
    assert_eq!(gone.count(), 2);
}

#[test]
fn what_was_said_before_a_member_was_lost_is_not_taken_for_what_it_says_afterwards() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A"]));
    world.counts_doubles = false;
    let host = world.place("A");
    world.slow.insert(("A".into(), "stop"), 4000);
    world.set_override(host, "standby", Overriding::Standby(world.hosts[host].name.clone()), None);
    world.run_for(200);
    world.pause(1 - host, true);
    for place in [0, 1] {
        world.kill_daemon(place);
    }
    for place in [host, 1 - host] {
        world.start_daemon(place);
    }
    world.run_for(8000);
    world.pause(1 - host, false);
    world.rest();
    world.check();
    for place in [0, 1] {
        let state = world.hosts[place].daemon.as_ref().unwrap().state().unwrap();
        assert!(state.live.in_flight.is_empty(), "the stop ended long ago");
    }
}

#[test]
fn nothing_counts_on_what_is_being_stopped_where_a_daemon_is_waited_for() {
    let mut desired = cluster(3, Fencing::On, &["A", "B"]);
    desired.constraints.push(in_order("A", "B"));
    let mut world = World::running(3, desired);
    let host = world.place("A");
    world.slow.insert(("A".into(), "stop"), 15_000);
    world.set_override(host, "standby", Overriding::Standby(world.hosts[host].name.clone()), None);
    world.run_for(1000);
    assert!(world.places("B").is_empty(), "it stopped first");
    world.kill_daemon(host);
    world.run_for(8000);
    assert!(world.places("B").is_empty(), "what it needs is ending");
    world.start_daemon(host);
    world.rest();
    world.check();
    world.place("B");
}

#[test]
fn nothing_is_promoted_while_it_is_asked_elsewhere_whether_it_is_promoted_there() {
    let mut desired = cluster(3, Fencing::Off, &[]);
    desired.resources.push(promotable("P"));
    let mut world = World::running(3, desired);
    let is_promoted = |host: &usize| {
        world.hosts[*host].active.get("P").is_some_and(|role| *role == quorate::model::Role::Promoted)
    };
    let host = (0..3).find(is_promoted).unwrap();
    world.slow.insert(("P".into(), "monitor"), 2000);
    world.change(host, Change::Refresh { resource: Some(ResourceId::new("P")), node: None });
    world.set_override(host, "standby", Overriding::Standby(world.hosts[host].name.clone()), None);
    world.rest();
    world.check();
}

#[test]
fn who_fenced_itself_and_is_still_here_is_reset() {
    let mut world = World::running(2, cluster(2, Fencing::On, &["A"]));
    let host = world.place("A");
    world.device.answer = Answer::FalseSuccess;
    world.crash(1 - host);
    world.run_for(20_000);
    world.failures.push(Failure {
        resource: "A",
        task: "stop",
        host: Some(host),
        how: How::Answers(1),
        times: 4,
    });
    world.set_override(host, "standby", Overriding::Standby(world.hosts[host].name.clone()), None);
    world.run_for(60_000);
    assert!(world.resets.iter().any(|(_, place, _)| *place == host), "{:?}", world.resets);
}
