//! Claims about promotable clones while other things happen: what they are told, and with what they run.

use quorate::cluster::{Event, Overriding};
use quorate::model::resource::CloneChild;
use quorate::model::{Cluster, OptionSet, Resource};

use crate::world::World;
use crate::world::desired::{Fencing, cluster, promotable};

/// A promotable clone `S` with notifications and a parameter, and a dummy `D`.
fn desired(param: &str) -> Cluster {
    let mut desired = cluster(2, Fencing::Off, &["D"]);
    let mut resource = promotable("S");
    if let Resource::Clone(clone) = &mut resource {
        clone.meta.push(OptionSet::of([("notify", "true")]));
        if let CloneChild::Primitive(child) = &mut clone.child {
            child.params.push(OptionSet::of([("fake", param)]));
        }
    }
    desired.resources.push(resource);
    desired
}

/// On which hosts something was begun since a moment.
fn hosts_of(world: &World, task: &str, since: i64) -> Vec<usize> {
    let begun = world.begun().into_iter();
    let begun = begun.filter(|begun| begun.at >= since && begun.task == task && begun.resource == "S");
    let mut hosts: Vec<usize> = begun.map(|begun| begun.host).collect();
    hosts.sort_unstable();
    hosts
}

#[test]
fn a_change_reaches_the_promoted_instance_though_its_restart_is_interrupted() {
    let mut world = World::running(2, desired("x"));
    world.slow.insert(("S".into(), "notify"), 1000);
    let at = world.now;
    world.propose(0, desired("y"));
    while hosts_of(&world, "demote", at).is_empty() {
        world.run_for(50);
    }
    world.run_for(400);
    let demoted = hosts_of(&world, "demote", at);
    assert!(!hosts_of(&world, "stop", at).contains(&demoted[0]), "the instances are being told of it");
    let what = Overriding::Standby(world.hosts[1 - demoted[0]].name.clone());
    world.set_override(0, "meanwhile", what, Some(60_000));
    world.rest();
    world.check();
    assert!(hosts_of(&world, "stop", at).contains(&demoted[0]));
    world.run_for(90_000);
    world.rest();
    assert_eq!(world.places("S").len(), 2);
}

#[test]
fn the_instances_are_told_after_a_start_though_it_changes_what_is_planned() {
    let mut world = World::running(2, desired("x"));
    let told = |world: &World, what: &str, since: i64| {
        let events = world.events.iter().filter(|(at, host, _)| *host == 0 && *at >= since);
        let mut told: Vec<String> = events
            .filter_map(|(_, _, event)| {
                let Event::Started(flight) = event else { return None };
                let is_told = flight.action.notify.as_deref() == Some(what);
                is_told.then(|| flight.worker.to_string())
            })
            .collect();
        told.sort();
        told
    };
    assert_eq!(
        told(&world, "post-start", 0),
        ["n1", "n2"],
        "the start sets a score, and so a new plan is made"
    );
    let (at, name) = (world.now, world.hosts[1].name.clone());
    world.set_override(0, "away", Overriding::Standby(name), None);
    world.rest();
    assert_eq!(told(&world, "post-stop", at), ["n1"]);
    let at = world.now;
    let away = quorate::cluster::OverrideId("away".to_owned());
    world.change(0, quorate::cluster::Change::Restore(away));
    world.rest();
    world.check();
    assert_eq!(told(&world, "post-start", at), ["n1", "n2"]);
}
