//! Whole schedules of small clusters.

use super::{
    actions, changes, cluster, dummy, group, monitored, online, order, plan, probed, running, status,
    watched, with_meta,
};
use crate::model::constraint::{Location, LocationPreference, LocationTarget};
use crate::model::{Cluster, Constraint, ConstraintId, NodeName, Resource, ResourceId, Score};

#[test]
fn a_cold_start_probes_everywhere_first() {
    let resources = vec![group("G", vec![monitored("A"), dummy("B")]), Resource::Primitive(dummy("V"))];
    let cluster = Cluster { constraints: vec![order("G", "V")], ..cluster(2, resources) };
    let schedule = plan(&cluster, &status(vec![online("n1", Vec::new()), online("n2", Vec::new())]));
    assert_eq!(
        actions(&schedule),
        [
            "1 A_monitor_0 n1 <-",
            "2 B_monitor_0 n1 <-",
            "3 V_monitor_0 n1 <-",
            "4 A_monitor_0 n2 <-",
            "5 B_monitor_0 n2 <-",
            "6 V_monitor_0 n2 <-",
            "7 A_start_0 n1 <- 1 4 10",
            "8 A_monitor_10000 n1 <- 7",
            "9 B_start_0 n1 <- 2 5 7 10",
            "10 G_start_0 <-",
            "11 G_running_0 <- 7 9 10",
            "14 V_start_0 n2 <- 3 6 11",
        ]
    );
    assert_eq!(changes(&schedule), ["Start A", "Start B", "Start V"]);
}

#[test]
fn a_failed_member_takes_the_later_members_along() {
    let cluster = cluster(1, vec![group("G", vec![monitored("A"), monitored("B"), monitored("C")])]);
    let histories = vec![watched("A", 0), watched("B", 7), watched("C", 0)];
    let schedule = plan(&cluster, &status(vec![online("n1", histories)]));
    assert_eq!(changes(&schedule), ["Recover B", "Restart C: required B start"]);
    let actions = actions(&schedule);
    let inputs_of = |key: &str| actions.iter().find(|line| line.contains(key)).cloned().unwrap_or_default();
    assert_eq!(inputs_of("B_stop_0"), "3 B_stop_0 n1 <- 8 12");
    assert_eq!(inputs_of("B_start_0"), "7 B_start_0 n1 <- 3 10");
    assert_eq!(inputs_of("A_stop_0"), "");
}

/// A and B run on one node, A first; A is to stop.
fn without_first(histories: Vec<crate::status::ResourceHistory>) -> (Vec<String>, Vec<String>) {
    let first = with_meta(dummy("A"), "target-role", "Stopped");
    let resources = vec![Resource::Primitive(first), Resource::Primitive(monitored("B"))];
    let cluster = Cluster { constraints: vec![order("A", "B")], ..cluster(1, resources) };
    let schedule = plan(&cluster, &status(vec![online("n1", histories)]));
    (actions(&schedule), changes(&schedule))
}

#[test]
fn a_dependent_stops_before_what_it_needs() {
    let (actions, changes) = without_first(vec![running("A"), watched("B", 0)]);
    assert_eq!(actions, ["2 A_stop_0 n1 <- 3", "3 B_stop_0 n1 <-"]);
    assert_eq!(changes, ["Stop A: node availability", "Stop B: required A start"]);
}

#[test]
fn a_dependent_stops_if_what_it_needs_is_gone_already() {
    let (actions, changes) = without_first(vec![probed("A"), watched("B", 0)]);
    assert_eq!(actions.len(), 1);
    assert_eq!(changes, ["Stop B: unrunnable A start"]);
}

fn prefer(resource: &str, node: &str) -> Constraint {
    Constraint::Location(Location {
        id: ConstraintId::new(format!("{resource}-{node}")),
        target: LocationTarget { resource: Some(ResourceId::new(resource)), ..LocationTarget::default() },
        preference: LocationPreference::Node { node: NodeName::new(node), score: Score::INFINITY },
        role: None,
        discovery: crate::model::constraint::Discovery::Always,
    })
}

#[test]
fn a_live_migration_moves_without_a_stop_in_between() {
    let moving = with_meta(monitored("V"), "allow-migrate", "true");
    let resources = vec![Resource::Primitive(dummy("S")), Resource::Primitive(moving)];
    let constraints = vec![order("S", "V"), prefer("S", "n2"), prefer("V", "n2")];
    let cluster = Cluster { constraints, ..cluster(2, resources) };
    let first = online("n1", vec![probed("S"), watched("V", 0)]);
    let second = online("n2", vec![running("S"), probed("V")]);
    let schedule = plan(&cluster, &status(vec![first, second]));
    assert_eq!(
        actions(&schedule),
        [
            "4 V_stop_0 n1 <- 8",
            "5 V_start_0 n2 <- 4 8",
            "6 V_monitor_10000 n2 <- 5",
            "7 V_migrate_to_0 n1 <-",
            "8 V_migrate_from_0 n2 <- 7",
        ]
    );
    assert_eq!(changes(&schedule), ["Migrate V"]);
}

#[test]
fn orders_in_a_circle_keep_everything_in_it_from_happening() {
    let resources = ["a", "b", "c"].map(|id| Resource::Primitive(dummy(id))).to_vec();
    let constraints = vec![order("a", "b"), order("b", "a")];
    let cluster = Cluster { constraints, ..cluster(1, resources) };
    let histories = ["a", "b", "c"].map(probed).to_vec();
    let schedule = plan(&cluster, &status(vec![online("n1", histories)]));
    let keys: Vec<_> = schedule.transition.actions.iter().map(|action| action.key.to_string()).collect();
    assert_eq!(keys, ["c_start_0"]);
}
