use super::*;
use crate::model::{Primitive, Resource};
use crate::scheduler::digest::{self, DefinitionChange};
use crate::scheduler::reason::Reason;
use crate::scheduler::request::Request;
use crate::status::ResultStatus;

fn monitored(options: &[(&str, &str)], meta: &[(&str, &str)]) -> Cluster {
    let ops = vec![operation("monitor", 10, options)];
    cluster(2, vec![Resource::Primitive(Primitive { ops, ..with_meta(dummy("a"), meta) })])
}

fn failed_monitor(call: i64) -> HistoryEntry {
    entry("monitor", 10, call, 1, 0)
}

#[test]
fn a_failed_monitor_asks_for_a_restart() {
    read_history(&monitored(&[], &[]), "a", vec![started(1), failed_monitor(2)], |facts| {
        let a = resource(facts, "a");
        assert!(facts.resource(a).is_failed && facts.resource(a).stops_if_failed);
        assert_eq!(role(facts, "a"), Role::Started);
        assert!(facts.requests.contains(&Request::Stop { resource: a, node: Some(node(facts, "n1")) }));
    });
}

#[test]
fn on_fail_decides_what_a_failure_leads_to() {
    let entries = || vec![started(1), failed_monitor(2)];
    let look = |on_fail: &str, look: &dyn Fn(&Facts<'_>)| {
        read_history(&monitored(&[("on-fail", on_fail)], &[]), "a", entries(), look);
    };
    look("ignore", &|facts| assert!(facts.resource(resource(facts, "a")).is_failure_ignored));
    look("block", &|facts| assert!(facts.resource(resource(facts, "a")).is_blocked));
    look("standby", &|facts| assert!(facts.node(node(facts, "n1")).is_standby_on_failure));
    look("migrate", &|facts| assert_eq!(score(facts, "a", "n1"), Some(Score::MINUS_INFINITY)));
    look("stop", &|facts| {
        assert_eq!(facts.resource(resource(facts, "a")).next_role, Some(Role::Stopped));
        assert_eq!(score(facts, "a", "n2"), Some(Score::MINUS_INFINITY));
    });
    look("fence", &|facts| {
        let because = facts.node(node(facts, "n1")).unclean.clone().and_then(|unclean| unclean.because);
        assert_eq!(because, Some(Reason::FailedThere("a".into())));
    });
}

#[test]
fn a_failed_stop_fences_and_without_fencing_blocks() {
    let entries = || vec![started(1), entry("stop", 0, 2, 1, 0)];
    let cluster = monitored(&[], &[]);
    read_history(&cluster, "a", entries(), |facts| {
        assert!(facts.node(node(facts, "n1")).unclean.is_some());
        assert_eq!(score(facts, "a", "n1"), Some(Score::MINUS_INFINITY));
    });
    let careless = with_properties(cluster, &[("fencing-enabled", "false")]);
    read_history(&careless, "a", entries(), |facts| {
        assert!(facts.resource(resource(facts, "a")).is_blocked);
    });
}

#[test]
fn a_success_makes_up_for_a_failure_before_it() {
    let entries = vec![started(1), failed_monitor(2), entry("monitor", 10, 3, 0, 0)];
    read_history(&monitored(&[], &[]), "a", entries, |facts| {
        assert!(!facts.resource(resource(facts, "a")).is_failed);
    });
}

#[test]
fn hard_failures_ban_the_node_and_fatal_ones_every_node() {
    let banned = |rc: u8| {
        read_history(&monitored(&[], &[]), "a", vec![entry("start", 0, 1, rc, 0)], |facts| {
            ["n1", "n2"].map(|name| score(facts, "a", name) == Some(Score::MINUS_INFINITY))
        })
    };
    assert_eq!(banned(1), [false, false]);
    assert_eq!(banned(5), [true, false]);
    assert_eq!(banned(6), [true, true]);
}

#[test]
fn a_probe_without_agent_means_stopped_but_not_here() {
    read_history(&monitored(&[], &[]), "a", vec![probe(1, 5)], |facts| {
        assert_eq!(role(facts, "a"), Role::Stopped);
        assert_eq!(score(facts, "a", "n1"), Some(Score::MINUS_INFINITY));
        assert_eq!(facts.failed_actions.len(), 1);
        assert!(!facts.resource(resource(facts, "a")).is_failed);
    });
}

#[test]
fn of_two_entries_that_cannot_be_told_apart_the_earlier_decides() {
    let stop = entry("stop", 0, 5, 0, 0);
    let start = started(5);
    let role = |entries| read_history(&monitored(&[], &[]), "a", entries, |facts| role(facts, "a"));
    assert_eq!(role(vec![start.clone(), stop.clone()]), Role::Started);
    assert_eq!(role(vec![stop, start]), Role::Stopped);
}

#[test]
fn an_operation_in_flight_counts_after_those_that_ended() {
    let pending = HistoryEntry {
        call_id: None,
        rc: Some(crate::status::ResultCode::UNKNOWN),
        status: Some(ResultStatus::Pending),
        transition_magic: Some("-1:193;1:2:0:uuid".into()),
        ..entry("start", 0, 0, 193, 0)
    };
    let done = HistoryEntry { transition_magic: Some("0:7;1:1:7:uuid".into()), ..probe(1, 7) };
    read_history(&monitored(&[], &[]), "a", vec![pending, done], |facts| {
        assert!(facts.resource(resource(facts, "a")).is_start_pending);
        assert_eq!(role(facts, "a"), Role::Started);
    });
}

/// What a monitor that failed `age` seconds ago means, with a failure timeout of a minute.
fn after<R>(age: i64, has_count: bool, look: impl Fn(&Facts<'_>) -> R) -> R {
    let cluster = monitored(&[], &[("failure-timeout", "60s")]);
    let at = NOW - age;
    let failure =
        HistoryEntry { id: "a_last_failure_0".into(), last_rc_change: Some(at), ..failed_monitor(2) };
    let last = at.to_string();
    let counts = [("fail-count-a#monitor_10000", "1"), ("last-failure-a#monitor_10000", &last)];
    let state = online("n1", vec![history("a", vec![started(1), failure])]);
    let state = if has_count { with_attributes(state, &counts) } else { state };
    let status = status([state, online("n2", vec![])]);
    look(&interpret(&cluster, &status, NOW))
}

#[test]
fn a_failure_expires_when_its_count_does() {
    let is_failed = |facts: &Facts<'_>| facts.resource(resource(facts, "a")).is_failed;
    after(60, true, |facts| {
        assert!(is_failed(facts));
        assert_eq!(facts.recheck.earliest(), Some(NOW + 1));
        assert!(facts.clearing.is_empty());
    });
    after(61, true, |facts| {
        assert!(!is_failed(facts));
        assert!(facts.clearing.contains(&(resource(facts, "a"), node(facts, "n1"))));
    });
    after(60, false, |facts| assert!(!is_failed(facts)));
}

#[test]
fn what_is_active_on_a_lost_node_asks_for_its_fencing() {
    let cluster = cluster(2, vec![Resource::Primitive(dummy("a"))]);
    let gone = crate::status::NodeState {
        resources: vec![history("a", vec![started(1)])],
        member: crate::status::Presence::Absent,
        ..crate::status::NodeState::unseen("n1")
    };
    let status = status([gone, online("n2", vec![])]);
    let facts = interpret(&cluster, &status, NOW);
    let because = facts.node(node(&facts, "n1")).unclean.clone().and_then(|unclean| unclean.because);
    assert_eq!(because, Some(Reason::ThoughtActiveThere("a".into())));
}

#[test]
fn a_shutdown_lock_holds_until_its_limit() {
    let cluster = cluster(2, vec![Resource::Primitive(dummy("a"))]);
    let locked = |since: i64| crate::status::ResourceHistory {
        shutdown_lock: Some(since),
        ..history("a", vec![entry("stop", 0, 1, 0, 0)])
    };
    let options = [("shutdown-lock", "true"), ("shutdown-lock-limit", "5min")];
    let cluster = with_properties(cluster, &options);
    let look = |since: i64| {
        let status = status([online("n1", vec![locked(since)])]);
        let facts = interpret(&cluster, &status, NOW);
        (facts.resource(resource(&facts, "a")).lock.is_some(), facts.recheck.earliest())
    };
    assert_eq!(look(NOW - 300), (true, Some(NOW + 1)));
    assert_eq!(look(NOW - 301), (false, None));
}

#[test]
fn changed_secrets_forget_a_failure_but_leave_what_runs_alone() {
    let public = digest::digest(&crate::model::Table::new());
    let failure = HistoryEntry {
        id: "a_last_failure_0".into(),
        op_digest: Some("of an old password".into()),
        op_secure_params: Some(" passwd ".into()),
        op_secure_digest: Some(public.into()),
        feature_set: Some("3.20.0".into()),
        ..entry("start", 0, 1, 1, 0)
    };
    let params = vec![crate::model::OptionSet::of([("passwd", "new")])];
    let cluster = cluster(2, vec![Resource::Primitive(Primitive { params, ..dummy("a") })]);
    read_history(&cluster, "a", vec![failure.clone()], |facts| {
        let (a, n1) = (resource(facts, "a"), node(facts, "n1"));
        assert!(facts.clearing.contains(&(a, n1)));
        assert_eq!(digest::compare(facts, a, n1, &failure), DefinitionChange::Changed);
        assert_eq!(digest::compare_public(facts, a, n1, &failure), DefinitionChange::Same);
    });
}
