//! Claims about daemons of two versions in one group, as there are while a cluster gets a newer one.

use quorate::cluster::{Event, Leave};

use crate::world::World;
use crate::world::desired::{Fencing, cluster};

/// A daemon leaves its services running, and one of the next version is started in its place.
fn upgrade(world: &mut World, host: usize) {
    world.leave(host, Leave::Detached);
    world.run_for(1000);
    assert!(world.hosts[host].daemon.is_none());
    world.hosts[host].ahead = 1;
    world.run_for(3000);
    world.start_daemon(host);
}

#[test]
fn daemons_that_do_not_understand_one_another_decide_nothing_and_say_so() {
    for fencing in [Fencing::On, Fencing::Off] {
        let mut world = World::running(3, cluster(3, fencing, &["A", "B", "C"]));
        let at = world.now;
        upgrade(&mut world, 0);
        world.run_for(5000);
        let broken = world.place("A");
        world.break_service(broken, "A");
        world.run_for(120_000);
        assert_eq!(world.begun_since(at), [] as [String; 0]);
        assert!(world.resets.is_empty(), "{:?}", world.resets);
        for host in 0..3 {
            let is_told = |event: &Event| matches!(event, Event::Refused { because, .. } if because.contains("version"));
            let told =
                world.events.iter().filter(|(_, place, event)| *place == host && is_told(event)).count();
            assert!(told > 0, "n{} says nothing of it", host + 1);
            assert!(told < 5, "n{} says it {told} times", host + 1);
        }
    }
}

#[test]
fn a_cluster_gets_a_new_version_daemon_by_daemon_and_nothing_is_touched() {
    for fencing in [Fencing::On, Fencing::Off] {
        let mut world = World::running(3, cluster(3, fencing, &["A", "B", "C"]));
        let at = world.now;
        for host in 0..3 {
            upgrade(&mut world, host);
            world.run_for(60_000);
            assert_eq!(world.begun_since(at), [] as [String; 0], "after n{}", host + 1);
        }
        world.rest();
        world.check();
        assert_eq!(world.begun_since(at), [] as [String; 0]);
        assert_eq!(world.dcs().len(), 1);
        for resource in ["A", "B", "C"] {
            world.place(resource);
        }
    }
}

#[test]
fn who_has_no_quorum_lets_go_although_it_hears_a_stranger() {
    let mut world = World::running(5, cluster(5, Fencing::On, &["A", "B", "C", "D", "E"]));
    upgrade(&mut world, 0);
    world.run_for(5000);
    let at = world.now;
    world.cut(&[0, 1]);
    world.run_for(World::DETECTION + 30_000);
    assert!(world.hosts[1].active.is_empty(), "{:?}", world.begun_since(at));
    assert_eq!(world.doubled(), [] as [String; 0]);
}
