use super::*;
use crate::model::Resource;
use crate::scheduler::facts::Migration;

/// What a migration from `n1` to `n2` amounts to, given what each node has on record.
fn migrate<R>(source: Vec<HistoryEntry>, target: Vec<HistoryEntry>, look: impl Fn(&Facts<'_>) -> R) -> R {
    let cluster = cluster(2, vec![Resource::Primitive(with_meta(dummy("a"), &[("allow-migrate", "true")]))]);
    let status = status([online("n1", vec![history("a", source)]), online("n2", vec![history("a", target)])]);
    look(&interpret(&cluster, &status, NOW))
}

/// An entry with the node and the moment that tell it from those of other nodes.
fn on(node: &str, entry: HistoryEntry) -> HistoryEntry {
    HistoryEntry { on_node: Some(node.into()), last_rc_change: entry.call_id, ..entry }
}

fn sent() -> Vec<HistoryEntry> {
    vec![on("n1", started(5)), on("n1", migration("migrate_to", 10, 0, "n1", "n2"))]
}

fn not_seen_on_target(call: i64, seconds: u64) -> HistoryEntry {
    on("n2", entry("monitor", seconds, call, 7, 7))
}

#[test]
fn what_was_sent_and_not_yet_received_is_on_both() {
    migrate(sent(), vec![probe(2, 7)], |facts| {
        let (source, target) = (node(facts, "n1"), node(facts, "n2"));
        assert_eq!(active_on(facts, "a"), ["n2", "n1"]);
        let migration = facts.resource(resource(facts, "a")).partial_migration;
        assert_eq!(migration, Some(Migration { source, target }));
    });
}

#[test]
fn what_a_newer_monitor_did_not_find_at_the_target_has_failed() {
    migrate(sent(), vec![not_seen_on_target(20, 0)], |facts| {
        let a = facts.resource(resource(facts, "a"));
        assert_eq!(active_on(facts, "a"), ["n1"]);
        assert!(a.is_failed && !a.can_migrate);
    });
}

#[test]
fn several_monitors_on_the_target_prove_nothing() {
    migrate(sent(), vec![not_seen_on_target(20, 0), not_seen_on_target(21, 10)], |facts| {
        assert!(active_on(facts, "a").contains(&"n2"));
    });
}

#[test]
fn what_was_received_must_still_be_stopped_at_its_source() {
    let received = vec![migration("migrate_from", 3, 0, "n1", "n2")];
    migrate(sent(), received, |facts| {
        assert_eq!(active_on(facts, "a"), ["n2"]);
        assert_eq!(facts.resource(resource(facts, "a")).dangling_sources, [node(facts, "n1")]);
    });
}

#[test]
fn what_could_not_be_received_may_be_on_both() {
    let failed = vec![migration("migrate_from", 3, 1, "n1", "n2")];
    migrate(sent(), failed, |facts| {
        let a = facts.resource(resource(facts, "a"));
        assert_eq!(a.active_on.len(), 2);
        assert!(a.is_failed);
    });
}

#[test]
fn a_migration_that_names_another_source_says_nothing() {
    let strange = vec![started(5), migration("migrate_to", 10, 0, "n2", "n1")];
    migrate(strange, vec![], |facts| assert_eq!(active_on(facts, "a"), ["n1"]));
}
