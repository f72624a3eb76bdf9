//! Claims about what operators ask for.

use quorate::cluster::{Change, Event, Lifetime, Meanwhile, Overriding, Pause, Proposal, Refusal};
use quorate::model::{NodeName, Rename, ResourceId};

use crate::world::desired::{Fencing, cluster, set_meta, set_property};
use crate::world::{Answer, Failure, How, World};

#[test]
fn of_two_proposals_on_one_generation_one_wins_and_the_other_learns_from_whom() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A"]));
    let base = world.generation(0);
    let one = world.propose_on(0, cluster(3, Fencing::Off, &["A", "B"]), base, "one.yaml");
    let other = world.propose_on(2, cluster(3, Fencing::Off, &["A", "C"]), base, "other.yaml");
    world.rest();
    world.check();
    let conflicts: Vec<_> = [one, other]
        .into_iter()
        .filter_map(|id| world.answer(id).as_ref().err())
        .map(|refusal| {
            let Refusal::Conflict { origin, in_force, .. } = refusal else { panic!("{refusal}") };
            (origin.clone(), in_force.clone())
        })
        .collect();
    assert_eq!(conflicts.len(), 1);
    let (loser, winner) = &conflicts[0];
    assert!([loser, winner] == ["one.yaml", "other.yaml"] || [loser, winner] == ["other.yaml", "one.yaml"]);
    assert_eq!(world.generation(1).0, base.0 + 1);
    assert_eq!(world.places("B").len() + world.places("C").len(), 1);
}

#[test]
fn standby_moves_everything_away_and_its_end_lets_it_come_back() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A", "B"]));
    let host = world.place("A");
    world.set_override(0, "standby", Overriding::Standby(world.hosts[host].name.clone()), None);
    world.rest();
    world.check();
    assert!(world.hosts[host].active.is_empty());
    let id = quorate::cluster::OverrideId("standby".to_owned());
    let restored = world.change(1, Change::Restore(id.clone()));
    world.rest();
    assert!(world.answer(restored).is_ok());
    world.check();
    assert_eq!(world.hosts[host].active.len(), 1, "resources spread again");
    let again = world.change(1, Change::Restore(id.clone()));
    world.rest();
    assert_eq!(*world.answer(again), Err(Refusal::UnknownOverride(id)));
}

#[test]
fn an_override_ends_by_itself() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A"]));
    let host = world.place("A");
    let other = world.hosts[1 - host].name.clone();
    let what = Overriding::Prefer { resource: ResourceId::new("A"), node: other, role: None };
    world.set_override(host, "prefer", what, Some(30_000));
    world.run_for(10_000);
    assert_eq!(world.place("A"), 1 - host);
    world.run_for(30_000);
    world.check();
    assert!(world.hosts[0].daemon.as_ref().unwrap().durable().overlay.overrides.is_empty());
    assert!(world.hosts[1].durable.as_ref().unwrap().overlay.overrides.is_empty(), "on disk as well");
    assert_eq!(world.told(0, |event| matches!(event, Event::Lapsed(_))), 2, "told once by each");
}

#[test]
fn without_quorum_overrides_are_refused_as_the_next_merge_would_undo_them() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A"]));
    world.counts_doubles = false;
    world.cut(&[2]);
    world.run_for(10_000);
    let name = world.hosts[0].name.clone();
    let standby = world.set_override(2, "x", Overriding::Standby(name.clone()), None);
    let pause = world.change(2, Change::Pause(Pause { until: None, origin: "test".to_owned() }));
    let fence = Change::Attribute {
        node: name.clone(),
        name: "terminate".into(),
        value: Some("true".into()),
        lifetime: Lifetime::UntilLeave,
    };
    let fence = world.change(2, fence);
    let granted = world.set_override(1, "y", Overriding::Standby(name), None);
    let cleanup = world.change(2, Change::Cleanup { resource: None, node: None });
    world.run_for(1000);
    for refused in [standby, pause] {
        assert_eq!(*world.answer(refused), Err(Refusal::NoQuorum(Meanwhile::Lost)));
    }
    assert!(world.answer(fence).is_err());
    assert!(world.answer(granted).is_ok() && world.answer(cleanup).is_ok());
    world.heal();
    world.rest();
    world.check();
    assert_eq!(world.told(0, |event| matches!(event, Event::Forgone { .. })), 0);
}

#[test]
fn an_override_of_a_part_that_needs_no_quorum_is_told_when_a_merge_undoes_it() {
    let mut desired = cluster(3, Fencing::Off, &["A"]);
    set_property(&mut desired, "no-quorum-policy", "ignore");
    let mut world = World::running(3, desired);
    world.counts_doubles = false;
    world.cut(&[2]);
    world.run_for(10_000);
    let name = world.hosts[2].name.clone();
    let standby = world.set_override(2, "x", Overriding::Standby(name), None);
    world.run_for(1000);
    assert!(world.answer(standby).is_ok());
    let merge = world.now;
    world.set_override(0, "y", Overriding::Standby(world.hosts[1].name.clone()), None);
    world.run_for(1000);
    world.heal();
    world.rest();
    let forgone =
        |event: &Event| matches!(event, Event::Forgone { overrides, pause: false } if overrides[0].0 == "x");
    assert_eq!(world.told(merge, forgone), 1);
}

#[test]
fn an_override_lasts_as_long_as_was_asked_whatever_the_clocks_say() {
    const HOUR: i64 = 3_600_000;
    for (fast, asked) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let mut world = World::new(2, 8);
        world.hosts[fast].clock = 3 * HOUR;
        world.boot_all();
        world.propose(0, cluster(2, Fencing::Off, &["A"]));
        world.rest();
        let host = world.place("A");
        let name = world.hosts[host].name.clone();
        world.set_override(asked, "standby", Overriding::Standby(name), Some(HOUR));
        world.run_for(HOUR - 60_000);
        assert_eq!(world.place("A"), 1 - host, "clock of {fast} fast, asked {asked}: it ended early");
        world.run_for(2 * 60_000);
        let overlay = &world.hosts[asked].daemon.as_ref().unwrap().durable().overlay;
        assert!(overlay.overrides.is_empty(), "clock of {fast} fast, asked {asked}: it goes on");
    }
}

#[test]
fn overrides_about_nothing_are_refused() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A"]));
    let node = world.set_override(0, "x", Overriding::Standby(NodeName::new("n9")), None);
    let resource = world.set_override(0, "y", Overriding::Unmanage(ResourceId::new("Z")), None);
    world.rest();
    assert_eq!(*world.answer(node), Err(Refusal::UnknownNode(NodeName::new("n9"))));
    assert_eq!(*world.answer(resource), Err(Refusal::UnknownResource(ResourceId::new("Z"))));
}

#[test]
fn a_node_in_maintenance_is_left_alone() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A"]));
    let host = world.place("A");
    let name = world.hosts[host].name.clone();
    world.set_override(0, "m", Overriding::Maintenance(Some(name)), None);
    world.rest();
    let at = world.now;
    world.break_service(host, "A");
    world.run_for(60_000);
    assert_eq!(world.begun_since(at), [] as [String; 0]);
}

#[test]
fn a_pause_holds_decisions_until_it_ends() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A"]));
    let pause =
        Pause { until: Some(quorate::cluster::Moment(world.now + 60_000)), origin: "test".to_owned() };
    world.change(0, Change::Pause(pause));
    world.run_for(100);
    let host = world.place("A");
    world.break_service(host, "A");
    world.run_for(50_000);
    assert_eq!(world.places("A"), [] as [usize; 0]);
    world.run_for(15_000);
    world.place("A");
    world.rest();
    world.check();
}

#[test]
fn a_cleanup_lets_a_failed_resource_try_again() {
    let mut world = World::new(2, 8);
    world.boot_all();
    world.failures.push(Failure { resource: "A", task: "start", host: None, how: How::Answers(1), times: 2 });
    let mut desired = cluster(2, Fencing::Off, &["A", "B"]);
    set_meta(&mut desired, "B", "resource-stickiness", "100");
    world.propose(0, desired);
    world.rest();
    assert_eq!(world.places("A"), [] as [usize; 0]);
    let at = world.now;
    world.change(1, Change::Cleanup { resource: Some(ResourceId::new("A")), node: None });
    world.rest();
    world.check();
    world.place("A");
    assert!(world.begun_since(at).iter().all(|begun| begun.ends_with('A')), "B is left alone");
}

#[test]
fn a_refresh_looks_again_and_changes_nothing() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A", "B"]));
    let at = world.now;
    world.change(1, Change::Refresh { resource: None, node: None });
    world.rest();
    world.check();
    let begun = world.begun_since(at);
    assert_eq!(begun.len(), 4, "{begun:?}");
    assert!(begun.iter().all(|begun| begun.contains("probe")), "{begun:?}");
}

#[test]
fn a_renamed_resource_runs_on() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A", "B"]));
    let host = world.place("A");
    let at = world.now;
    let proposal = Proposal {
        cluster: cluster(2, Fencing::Off, &["Z", "B"]),
        base: world.generation(0),
        origin: "renamed".to_owned(),
        renames: vec![Rename { from: ResourceId::new("A"), to: ResourceId::new("Z") }],
    };
    world.change(0, Change::Propose(Box::new(proposal)));
    world.rest();
    world.check();
    assert_eq!(world.begun_since(at), [] as [String; 0]);
    world.break_service(host, "Z");
    world.run_for(12_000);
    world.check();
    world.place("Z");
}

#[test]
fn an_attribute_that_lasts_is_on_disk_and_counts_as_the_node_s_own() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A"]));
    let node = world.hosts[world.place("A")].name.clone();
    let change = Change::Attribute {
        node,
        name: "standby".into(),
        value: Some("true".into()),
        lifetime: Lifetime::Forever,
    };
    let host = world.place("A");
    world.change(0, change);
    world.rest();
    assert_eq!(world.place("A"), 1 - host);
    assert_eq!(world.hosts[0].durable.as_ref().unwrap().overlay.attributes.len(), 1);
    world.check();
}

#[test]
fn a_removed_resource_is_stopped() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A", "B"]));
    world.propose(0, cluster(2, Fencing::Off, &["A"]));
    world.rest();
    world.check();
    assert_eq!(world.places("B"), [] as [usize; 0]);
}

#[test]
fn a_refresh_does_not_forget_what_a_lost_node_may_still_run() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let victim = world.place("A");
    world.device.answer = Answer::Failure;
    world.crash(victim);
    world.run_for(World::DETECTION + 500);
    for forget in [
        Change::Refresh { resource: None, node: None },
        Change::Cleanup { resource: None, node: None },
        Change::Refresh { resource: None, node: Some(world.hosts[victim].name.clone()) },
    ] {
        world.change((victim + 1) % 3, forget);
        world.run_for(20_000);
    }
    assert_eq!(world.places("A"), [] as [usize; 0], "nothing confirms that it is down");
    world.device.answer = Answer::Honest;
    world.run_for(61_000);
    world.rest();
    world.check();
    world.place("A");
}

#[test]
fn a_refresh_does_not_forget_what_runs_where_a_daemon_died() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A", "B", "C"]));
    let victim = world.place("A");
    world.kill_daemon(victim);
    world.run_for(1000);
    world.change((victim + 1) % 3, Change::Refresh { resource: None, node: None });
    world.device.answer = Answer::Failure;
    world.run_for(30_000);
    assert_eq!(world.place("A"), victim, "nobody took it over while it runs there");
}

#[test]
fn what_was_proposed_on_a_generation_that_was_given_up_does_not_count_as_proposed_on_its_namesake() {
    let mut world = World::running(2, cluster(2, Fencing::Off, &["A"]));
    world.counts_doubles = false;
    world.cut(&[1]);
    world.run_for(3000);
    for (host, name) in [(0, "L"), (1, "R")] {
        world.propose_on(host, cluster(2, Fencing::Off, &["A", name]), world.generation(host), name);
    }
    world.run_for(1000);
    let (left, right) = (world.generation(0), world.generation(1));
    assert_eq!(left, right);
    world.heal();
    world.rest();
    for host in [0, 1] {
        let late = world.propose_on(host, cluster(2, Fencing::Off, &["A", "X"]), left, "late");
        world.run_for(1000);
        assert!(matches!(world.answer(late), Err(Refusal::Conflict { .. })));
    }
    world.check();
}

#[test]
fn a_change_on_a_node_that_just_lost_the_others_loses_to_one_on_theirs() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A"]));
    world.counts_doubles = false;
    world.cut(&[0]);
    for (host, name) in [(0, "L"), (1, "R")] {
        world.propose_on(host, cluster(3, Fencing::Off, &["A", name]), world.generation(host), name);
    }
    world.run_for(5000);
    assert_eq!(world.generation(0), world.generation(1));
    world.heal();
    world.rest();
    world.check();
    world.place("R");
    assert_eq!(world.places("L"), [] as [usize; 0]);
}

#[test]
fn a_change_on_the_only_daemon_of_a_partition_with_quorum_outlives_that_daemon() {
    let mut world = World::running(3, cluster(3, Fencing::On, &["A"]));
    world.crash(0);
    world.run_for(1500);
    world.kill_daemon(2);
    world.run_for(100);
    let change = cluster(3, Fencing::On, &["A", "B"]);
    world.propose_on(1, change, world.generation(1), "kept");
    world.run_for(50);
    world.kill_daemon(1);
    world.run_for(100);
    world.start_daemon(2);
    world.run_for(1000);
    world.start_daemon(1);
    world.boot(0);
    world.rest();
    world.check();
    world.place("B");
}

#[test]
fn a_change_that_most_daemons_have_is_not_lost_to_one_that_hosts_voted_for_without_theirs() {
    let mut world = World::running(3, cluster(3, Fencing::Off, &["A"]));
    world.counts_doubles = false;
    world.kill_daemon(1);
    world.cut(&[2]);
    world.run_for(8000);
    let base = world.generation(0);
    let thin = world.propose_on(0, cluster(3, Fencing::Off, &["A", "B"]), base, "thin.yaml");
    world.run_for(1000);
    world.heal();
    world.cut(&[0]);
    world.run_for(4000);
    world.start_daemon(1);
    world.run_for(8000);
    let base = world.generation(1);
    let full = world.propose_on(1, cluster(3, Fencing::Off, &["A", "C"]), base, "full.yaml");
    world.run_for(1000);
    assert!(world.answer(thin).is_ok() && world.answer(full).is_ok());
    world.kill_daemon(1);
    world.heal();
    world.cut(&[2]);
    world.run_for(8000);
    assert!(world.hosts[0].daemon.as_ref().unwrap().state().unwrap().live.ledger.status.has_quorum);
    world.heal();
    world.start_daemon(1);
    world.rest();
    for host in 0..3 {
        assert_eq!(world.hosts[host].durable.as_ref().unwrap().origin, "full.yaml", "on n{}", host + 1);
    }
    assert_eq!(
        world.told(0, |event| matches!(event, Event::Dropped { origin, .. } if origin == "thin.yaml")),
        1
    );
}
