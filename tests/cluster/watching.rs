//! Claims about what people see of a cluster while something is not as it should be.

use std::time::Duration;

use quorate::api::aside;
use quorate::model::isolation::Isolation;
use quorate::plan::Overview;
use quorate::plan::aside::{Freeze, Frozen};
use quorate::plan::overview::{Concern, Health, NodeCondition, overview};

use crate::world::desired::{Fencing, cluster};
use crate::world::{Failure, How, World};

/// The cluster as the daemon of a host shows it.
fn seen_from(world: &World, host: usize) -> Overview {
    let (node, now) = (world.hosts[host].daemon.as_ref().unwrap(), world.moment(host));
    let durable = node.durable();
    let detached: Vec<_> = node.state().unwrap().live.detached.iter().cloned().collect();
    let status = node.status(now);
    overview(durable.generation.0, &durable.cluster, &durable.overlay, &status, now.seconds(), None)
        .noting(&aside(&node.vigils(), &detached, None))
}

#[test]
fn a_degraded_service_runs_on_and_is_a_concern_until_its_monitor_says_that_it_is_well() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A"]));
    let (host, at) = (world.place("A"), world.now);
    let degraded = Failure { resource: "A", task: "monitor", host: None, how: How::Answers(190), times: 1 };
    world.failures.push(degraded);
    world.run_for(12_000);
    for other in 0..2 {
        let view = seen_from(&world, other);
        let [Concern::DegradedResource { resource, degradation }] = view.concerns.as_slice() else {
            panic!("{:?}", view.concerns)
        };
        assert_eq!((&**resource, &degradation.node), ("A", &world.hosts[host].name));
        assert!(view.failures.is_empty(), "it is no failure");
        assert!(view.resources.iter().all(|resource| !resource.is_failed));
    }
    world.run_for(12_000);
    assert_eq!(seen_from(&world, 0).concerns, []);
    world.rest();
    assert_eq!(world.place("A"), host);
    let begun: Vec<_> = world.begun_since(at);
    assert!(begun.is_empty(), "{begun:?}");
}

#[test]
fn a_clock_that_is_not_the_controllers_is_a_concern_on_all_nodes_until_it_is_set() {
    const HOUR: i64 = 3_600_000;
    for (off, by) in [(0, 3 * HOUR), (1, 3 * HOUR), (1, -HOUR)] {
        let mut world = World::new(3, 8);
        world.hosts[off].clock = by;
        world.boot_all();
        world.propose(0, cluster(3, Fencing::Off, &["A", "B"]));
        world.rest();
        let dc = world.hosts[0].daemon.as_ref().unwrap().state().unwrap().dc().unwrap().name.clone();
        let is_dc = world.hosts[off].name == dc;
        for host in 0..3 {
            let concerns = seen_from(&world, host).concerns;
            assert_eq!(concerns.len(), if is_dc { 2 } else { 1 }, "{concerns:?}");
            for concern in concerns {
                let Concern::Clock { node, of, ahead } = concern else { panic!("{concern:?}") };
                assert_eq!(of, dc);
                assert_eq!(node == world.hosts[off].name, !is_dc);
                let expected = if is_dc { -by } else { by } / 1000;
                assert!((ahead - expected).abs() <= 1, "{ahead} for {expected}");
            }
        }
        world.hosts[off].clock = 0;
        for standby in ["x", "y"] {
            let name = world.hosts[1].name.clone();
            world.set_override(0, standby, quorate::cluster::Overriding::Standby(name), Some(60_000));
            world.run_for(HOUR);
            world.rest();
        }
        assert_eq!(seen_from(&world, 1).concerns, []);
    }
}

#[test]
fn a_host_that_crashed_is_shown_as_lost_with_the_moment_when_others_take_over() {
    let mut desired = cluster(2, Fencing::Off, &["A"]);
    desired.isolation = Some(Isolation {
        ping: vec!["192.0.2.1".into()],
        within: Some(Duration::from_secs(10)),
        ..Isolation::default()
    });
    let mut world = World::running(2, desired);
    let host = world.place("A");
    let other = 1 - host;
    world.crash(host);
    world.run_for(World::DETECTION + 1000);
    let view = seen_from(&world, other);
    assert_eq!(view.health, Health::Degraded);
    let Some(Concern::Frozen(Frozen { node, why: Freeze::Lost, until: Some(until) })) = view.concerns.first()
    else {
        panic!("{:?}", view.concerns)
    };
    assert_eq!(*node, world.hosts[host].name);
    let states = view.nodes.iter().find(|seen| seen.name == *node).map(|seen| seen.states.clone());
    assert_eq!(states, Some(vec![NodeCondition::Lost]));
    let kept = view.resources.iter().find(|resource| resource.id == "A").unwrap();
    assert_eq!(kept.frozen, Some(Freeze::Lost));
    let left = until - world.moment(other).seconds();
    assert!((8..=10).contains(&left), "{left}");
    world.run_for((left - 2) * 1000);
    assert_eq!(world.places("A"), [] as [usize; 0], "it has time until then");
    world.run_for(4000);
    assert_eq!(world.place("A"), other);
}

#[test]
fn a_daemon_that_takes_part_without_being_configured_is_a_concern_until_the_manifest_has_it() {
    let mut world = World::new(3, 1);
    world.boot_all();
    world.propose(0, cluster(2, Fencing::Off, &["A"]));
    world.rest();
    for host in 0..3 {
        let view = seen_from(&world, host);
        let node = world.hosts[2].name.clone();
        assert_eq!(view.concerns, [Concern::UnknownNode { node }], "on n{}", host + 1);
        assert_eq!(view.health, Health::Degraded);
    }
    world.propose(0, cluster(3, Fencing::Off, &["A"]));
    world.rest();
    assert_eq!(seen_from(&world, 0).concerns, []);
}
