//! Each checker finds what was made for it to find, and nothing in what is as it should be.

use super::{Checkers, changes::Changes, rest};
use crate::setting::Setting;
use crate::world::World;
use crate::world::trace::{Begun, Report, Seen, Stamped};
use quorate::model::Role;

fn begun(at: i64, host: usize, task: &str, resource: &str) -> Begun {
    let run = u64::try_from(at).unwrap();
    Begun { at, host, task: task.into(), resource: resource.into(), target: None, run, is_clone: false }
}

fn begins(at: i64, host: usize, task: &str, resource: &str) -> Stamped {
    Stamped { at, seen: Seen::Begun(begun(at, host, task, resource)) }
}

fn ends(at: i64, host: usize, task: &str, resource: &str, rc: u8) -> Stamped {
    Stamped { at, seen: Seen::Ended { begun: begun(at - 1, host, task, resource), report: Report::Exit(rc) } }
}

fn active(at: i64, host: usize, resource: &str) -> Stamped {
    Stamped { at, seen: Seen::Real { host, resource: resource.into(), role: Some(Role::Started) } }
}

fn rings(at: i64, rings: &[&[usize]], quorate: &[usize]) -> Stamped {
    let rings = rings.iter().map(|ring| ring.to_vec()).collect();
    Stamped { at, seen: Seen::Rings { rings, quorate: quorate.iter().copied().collect() } }
}

/// The first claim that a trace breaks.
fn broken(setting: Setting, trace: &[Stamped]) -> Option<&'static str> {
    let mut checkers = Checkers::new(setting);
    trace.iter().find_map(|stamped| checkers.take(stamped)).map(|violation| violation.claim)
}

#[test]
fn two_active_copies_are_found() {
    let trace = [active(1, 0, "A"), active(2, 1, "A")];
    assert_eq!(broken(Setting::Bare, &trace), Some("nothing is active twice"));
    assert_eq!(broken(Setting::Bare, &[active(1, 0, "A"), active(2, 1, "B")]), None);
}

#[test]
fn two_agents_at_work_on_one_resource_are_found() {
    let trace = [begins(1, 0, "stop", "D"), begins(2, 0, "stop", "D")];
    assert_eq!(broken(Setting::Fenced, &trace), Some("nothing is active twice"));
    let trace = [begins(1, 0, "stop", "D"), ends(2, 0, "stop", "D", 0), begins(3, 0, "stop", "D")];
    assert_eq!(broken(Setting::Fenced, &trace), None);
}

#[test]
fn a_recovery_before_fencing_is_found_where_there_is_fencing() {
    let trace = [begins(1, 0, "start", "D"), begins(2, 1, "start", "D")];
    assert_eq!(broken(Setting::Fenced, &trace), Some("no recovery before fencing is confirmed"));
    assert_eq!(broken(Setting::Bare, &trace), None);
    let off = Stamped { at: 2, seen: Seen::Confirmed { host: 0 } };
    assert_eq!(broken(Setting::Fenced, &[begins(1, 0, "start", "D"), off, begins(3, 1, "start", "D")]), None);
}

#[test]
fn a_start_without_quorum_is_found() {
    let trace = [rings(1, &[&[0], &[1, 2]], &[1, 2]), begins(10_000, 0, "start", "D")];
    assert_eq!(broken(Setting::Fenced, &trace), Some("nothing starts without quorum"));
    let trace = [rings(1, &[&[0], &[1, 2]], &[1, 2]), begins(10_000, 1, "start", "D")];
    assert_eq!(broken(Setting::Fenced, &trace), None);
}

#[test]
fn a_fencing_without_quorum_is_found_unless_it_stays_within_the_ring() {
    let fences = |target| {
        let begun = Begun { target: Some(target), ..begun(10_000, 0, "reboot", "") };
        [rings(1, &[&[0], &[1, 2]], &[1, 2]), Stamped { at: 10_000, seen: Seen::Begun(begun) }]
    };
    assert_eq!(broken(Setting::Fenced, &fences(1)), Some("nothing starts without quorum"));
    assert_eq!(broken(Setting::Fenced, &fences(0)), None);
}

#[test]
fn a_host_without_quorum_that_lets_go_of_nothing_is_found() {
    let lost = [active(1, 0, "D"), rings(2, &[&[0], &[1, 2]], &[1, 2])];
    let trace = [&lost[..], &[rings(200_000, &[&[0], &[1, 2]], &[1, 2])]].concat();
    assert_eq!(broken(Setting::Fenced, &trace), Some("nothing starts without quorum"));
    assert_eq!(broken(Setting::Fenced, &lost), None);
}

#[test]
fn a_start_before_what_it_needs_is_found() {
    assert_eq!(broken(Setting::Bare, &[begins(1, 0, "start", "B")]), Some("order is respected"));
    let trace = [begins(1, 0, "start", "A"), ends(2, 0, "start", "A", 0), begins(3, 0, "start", "B")];
    assert_eq!(broken(Setting::Bare, &trace), None);
}

#[test]
fn a_member_of_a_group_that_starts_elsewhere_is_found() {
    let trace = [begins(1, 0, "start", "g1"), ends(2, 0, "start", "g1", 0), begins(3, 1, "start", "g2")];
    assert_eq!(broken(Setting::Bare, &trace), Some("order is respected"));
}

#[test]
fn a_stop_of_what_others_need_is_found() {
    let trace = [rings(1, &[&[0, 1, 2]], &[0, 1, 2]), active(2, 1, "B"), begins(60_000, 0, "stop", "A")];
    assert_eq!(broken(Setting::Bare, &trace), Some("order is respected"));
}

fn accepted(quorate: &[usize]) -> Changes {
    let mut changes = Changes::new(3);
    let (origin, on) = ("mine".to_owned(), "first".to_owned());
    let answered = Seen::Answered { id: 1, is_accepted: true };
    for host in 0..3 {
        changes.take(&Stamped { at: 0, seen: Seen::DaemonUp { host } });
    }
    changes.take(&rings(1, &[&[0, 1, 2]], quorate));
    changes.take(&Stamped { at: 60_000, seen: Seen::Proposed { id: 1, host: 0, origin, on } });
    changes.take(&Stamped { at: 60_010, seen: answered });
    changes
}

#[test]
fn a_lost_change_is_found() {
    assert!(accepted(&[]).judge("first").is_some());
    assert!(accepted(&[]).judge("mine").is_none());
    let dropped = || Stamped { at: 70_000, seen: Seen::Dropped { host: 0, origin: "mine".to_owned() } };
    let mut told = accepted(&[]);
    told.take(&dropped());
    assert!(told.judge("first").is_none(), "its operators know");
    let mut given_up = accepted(&[0, 1, 2]);
    given_up.take(&dropped());
    assert!(given_up.judge("first").is_some(), "what was accepted with quorum is never given up");
}

#[test]
fn a_cluster_that_is_not_up_is_not_at_rest() {
    assert_eq!(rest::unrest(&World::new(3, 1)), Some("only 0 daemons are up".to_owned()));
}

#[test]
fn what_goes_on_and_what_grows_at_rest_is_found() {
    let mut world = World::new(3, 1);
    assert_eq!(rest::growth(&world, 0, 0, 40), None);
    world.messages = 100;
    assert!(rest::growth(&world, 0, 0, 40).is_some_and(|what| what.contains("messages")));
    world.messages = 0;
    world.longest_message = 1_000_000;
    assert!(rest::growth(&world, 0, 0, 40).is_some_and(|what| what.contains("bytes")));
    world.see(Seen::Begun(begun(1, 0, "stop", "A")));
    assert!(rest::growth(&world, 0, 0, 40).is_some_and(|what| what.contains("stop A")));
}
