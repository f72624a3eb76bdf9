//! Claims about plans.

#![expect(clippy::unwrap_used, reason = "a claim that cannot be made ends its test")]

use super::*;
use crate::model::constraint::{Colocation, ColocationScope, Location, LocationPreference, LocationTarget};
use crate::model::resource::{Agent, Group};
use crate::model::{Constraint, ConstraintId, Node, OptionSet, Primitive, Resource, ResourceId, Score};
use crate::scheduler::digest::digest;
use crate::status::{HistoryEntry, NodeState, ResourceHistory, ResultCode, ResultStatus};

fn primitive(id: &str) -> Primitive {
    Primitive::new(id, Agent::parse("ocf:pacemaker:Dummy").unwrap())
}

fn cluster(resources: &[&str]) -> Cluster {
    Cluster {
        properties: vec![OptionSet::of([("stonith-enabled", "false")])],
        nodes: vec![Node::member("node1"), Node::member("node2")],
        resources: resources.iter().map(|id| Resource::Primitive(primitive(id))).collect(),
        ..Cluster::default()
    }
}

fn location(id: &str, resource: &str, score: Score) -> Constraint {
    Constraint::Location(Location {
        id: ConstraintId::from(id),
        target: LocationTarget { resource: Some(resource.into()), ..LocationTarget::default() },
        preference: LocationPreference::Node { node: "node1".into(), score },
        role: None,
        discovery: crate::model::constraint::Discovery::Always,
    })
}

fn with(dependent: &str, primary: &str) -> Constraint {
    Constraint::Colocation(Colocation {
        id: ConstraintId::from(format!("{dependent}-{primary}")),
        scope: ColocationScope::Pair {
            dependent: dependent.into(),
            primary: primary.into(),
            dependent_role: None,
            primary_role: None,
            node_attribute: None,
        },
        score: Some(Score::INFINITY),
        influence: None,
    })
}

fn merged(in_force: &Cluster, declared: &Cluster, prune: Prune) -> merge::Merged {
    merge::merge(in_force, declared, prune)
}

fn names(cluster: &Cluster) -> Vec<&str> {
    cluster.resource_ids().into_iter().map(ResourceId::as_str).collect()
}

fn addresses(leftovers: &[Leftover]) -> Vec<String> {
    leftovers.iter().map(|leftover| leftover.address.to_string()).collect()
}

fn plan_of(in_force: &Cluster, declared: &Cluster, status: &ClusterStatus) -> Plan {
    let inputs = Inputs {
        generation: 7,
        in_force,
        status,
        now: 1_000,
        overlay: Overlay::none(),
        declared,
        renames: &[],
        prune: Prune::No,
        origin: "test",
    };
    plan(&inputs).plan
}

fn all_online() -> ClusterStatus {
    ClusterStatus {
        has_quorum: true,
        nodes: vec![NodeState::online("node1"), NodeState::online("node2")],
        ..ClusterStatus::default()
    }
}

#[test]
fn undeclared_things_stay_at_their_place_unless_pruned() {
    let (in_force, declared) = (cluster(&["A", "B", "C"]), cluster(&["A", "C"]));
    let kept = merged(&in_force, &declared, Prune::No);
    assert_eq!(names(&kept.cluster), ["A", "B", "C"]);
    assert_eq!(addresses(&kept.leftovers), ["resource.B"]);
    let pruned = merged(&in_force, &declared, Prune::Yes);
    assert_eq!(names(&pruned.cluster), ["A", "C"]);
    assert!(pruned.leftovers.is_empty());
}

#[test]
fn a_constraint_goes_with_what_it_names() {
    let mut in_force = cluster(&["A", "B"]);
    in_force.constraints.push(with("B", "A"));
    let kept = merged(&in_force, &cluster(&["A"]), Prune::No);
    assert_eq!(addresses(&kept.leftovers), ["resource.B", "colocation.B-A"]);
    assert!(merged(&in_force, &cluster(&["A"]), Prune::Yes).cluster.constraints.is_empty());
}

#[test]
fn overrides_of_operators_survive_pruning() {
    let mut in_force = cluster(&["A"]);
    in_force.constraints.push(location("cli-prefer-A", "A", Score::INFINITY));
    in_force.constraints.push(location("old", "A", Score::new(5)));
    let pruned = merged(&in_force, &cluster(&["A"]), Prune::Yes);
    assert_eq!(addresses(&pruned.leftovers), ["location.cli-prefer-A"]);
    assert_eq!(pruned.leftovers.first().map(|leftover| leftover.owner), Some(Owner::Operator));
}

#[test]
fn a_kept_member_stays_in_its_group() {
    let group = |members: &[&str]| {
        let members = members.iter().map(|id| primitive(id)).collect();
        let (id, description) = (ResourceId::from("G"), None);
        Resource::Group(Group { id, description, meta: Vec::new(), params: Vec::new(), members })
    };
    let in_force = Cluster { resources: vec![group(&["A", "B", "C"])], ..cluster(&[]) };
    let declared = Cluster { resources: vec![group(&["A", "C"])], ..cluster(&[]) };
    assert_eq!(names(&merged(&in_force, &declared, Prune::No).cluster), ["G", "A", "B", "C"]);
    assert_eq!(names(&merged(&in_force, &declared, Prune::Yes).cluster), ["G", "A", "C"]);
    // A member that is declared alone has left the group, and takes its place with it.
    let alone = cluster(&["B"]);
    assert_eq!(names(&merged(&in_force, &alone, Prune::No).cluster), ["G", "A", "C", "B"]);
}

#[test]
fn the_same_constraint_under_another_name_is_no_change() {
    let (mut in_force, mut declared) = (cluster(&["A"]), cluster(&["A"]));
    in_force.constraints.push(location("location-A-node1-50", "A", Score::new(50)));
    declared.constraints.push(location("location-A-node1", "A", Score::new(50)));
    let merged = merged(&in_force, &declared, Prune::Yes);
    assert!(difference::difference(&in_force, &merged.cluster, &[]).is_empty());
    assert!(merged.leftovers.is_empty());
}

#[test]
fn spelling_counts_for_agents_only() {
    let resource = |timeout: &str, state: &str| {
        let mut one = primitive("A");
        one.meta = vec![OptionSet::of([("failure-timeout", timeout)])];
        one.params = vec![OptionSet::of([("state", state)])];
        Cluster { resources: vec![Resource::Primitive(one)], ..cluster(&[]) }
    };
    let changes = difference::difference(&resource("60s", "60s"), &resource("1min", "1min"), &[]);
    let paths: Vec<&str> = changes
        .iter()
        .flat_map(|change| &change.attributes)
        .map(|attribute| attribute.path.as_str())
        .collect();
    assert_eq!(paths, ["params.state"]);
}

#[test]
fn what_is_planned_twice_is_the_same() {
    let (in_force, declared) = (cluster(&[]), cluster(&["A", "B"]));
    let status = all_online();
    let plan = plan_of(&in_force, &declared, &status);
    assert_eq!(plan.steps.len(), 2);
    assert_eq!(plan, plan_of(&in_force, &declared, &status));
    assert_eq!(plan.basis.staleness(&plan.basis), None);
}

#[test]
fn a_plan_is_stale_when_other_steps_are_needed() {
    let (in_force, declared) = (cluster(&[]), cluster(&["A"]));
    let plan = plan_of(&in_force, &declared, &all_online());
    let mut status = all_online();
    WhatIf::NodeDown("node1".into()).imagine(&mut status);
    let now = plan_of(&in_force, &declared, &status);
    assert_eq!(plan.basis.staleness(&now.basis), Some(Staleness::Steps));
    let other = Basis { generation: 8, ..now.basis };
    assert_eq!(plan.basis.staleness(&other), Some(Staleness::Generation { planned: 7, actual: 8 }));
}

#[test]
fn a_resource_without_a_node_is_said_to_have_none() {
    let mut status = all_online();
    for node in ["node1", "node2"] {
        WhatIf::NodeStandby(node.into()).imagine(&mut status);
    }
    let plan = plan_of(&cluster(&[]), &cluster(&["A"]), &status);
    assert_eq!(plan.unplaced.len(), 1);
    assert!(plan.steps.is_empty());
    assert!(plan.is_actionable(), "the configuration itself can still be put in force");
}

#[test]
fn kept_things_stand_after_the_neighbour_they_had() {
    let (in_force, declared) = (cluster(&["K0", "A", "K1", "C", "K2", "K3"]), cluster(&["C", "new", "A"]));
    let kept = merged(&in_force, &declared, Prune::No);
    assert_eq!(names(&kept.cluster), ["K0", "C", "K2", "K3", "new", "A", "K1"]);
}

#[test]
fn what_was_cut_short_is_a_caution() {
    let (cluster, status) = (cluster(&["A"]), ClusterStatus::default());
    let (placement, schedule) = scheduler::decide(&cluster, &status, 0);
    assert!(!cautions(&placement.facts, &schedule, false).contains(&Caution::PreferencesCutShort));
    let shortcuts = vec![Shortcut::Preferences, Shortcut::Relations];
    let found = cautions(&placement.facts, &Schedule { shortcuts, ..schedule }, false);
    assert!(found.ends_with(&[Caution::PreferencesCutShort, Caution::OrdersUnsettled]));
}

#[test]
fn a_reload_names_the_parameter_that_changed() {
    let with_fake = |value: &str| {
        let mut cluster = cluster(&["A"]);
        let mut dummy = primitive("A");
        dummy.params = vec![OptionSet::of([("fake", value)])];
        cluster.resources = vec![Resource::Primitive(dummy)];
        cluster
    };
    let started = HistoryEntry {
        id: "A_last_0".into(),
        operation: "start".into(),
        call_id: Some(1),
        rc: Some(ResultCode::OK),
        status: Some(ResultStatus::Done),
        transition_key: Some("1:1:0:uuid".into()),
        op_digest: Some(digest(&[("fake".into(), "one".into())].into()).into()),
        op_restart_digest: Some(digest(&[].into()).into()),
        op_force_restart: Some(" state ".into()),
        ..HistoryEntry::default()
    };
    let mut node = NodeState::online("node1");
    node.resources = vec![ResourceHistory {
        id: "A".into(),
        class: crate::model::AgentClass::Ocf,
        provider: Some("pacemaker".into()),
        kind: "Dummy".into(),
        container: None,
        shutdown_lock: None,
        entries: vec![started],
    }];
    let status = ClusterStatus { has_quorum: true, nodes: vec![node], ..ClusterStatus::default() };
    let plan = plan_of(&with_fake("one"), &with_fake("two"), &status);
    let reload = plan.steps.iter().find(|step| step.verb == Verb::Reload).unwrap();
    let Because::ParametersChange { paths } = &reload.because else { unreachable!("{:?}", reload.because) };
    assert_eq!(paths, &["params.fake"]);
}

/// A status in which `A` was seen at work on these nodes.
fn with_a_on(nodes: &[&str]) -> ClusterStatus {
    let mut status = all_online();
    for state in status.nodes.iter_mut().filter(|state| nodes.contains(&state.id.as_str())) {
        let started = HistoryEntry {
            id: "A_last_0".into(),
            operation: "start".into(),
            call_id: Some(1),
            rc: Some(ResultCode::OK),
            status: Some(ResultStatus::Done),
            transition_key: Some("1:1:0:uuid".into()),
            op_digest: Some(digest(&[].into()).into()),
            ..HistoryEntry::default()
        };
        state.resources = vec![ResourceHistory {
            id: "A".into(),
            class: crate::model::AgentClass::Ocf,
            provider: Some("pacemaker".into()),
            kind: "Dummy".into(),
            container: None,
            shutdown_lock: None,
            entries: vec![started],
        }];
    }
    status
}

#[test]
fn what_runs_twice_and_is_left_so_is_a_trouble() {
    let status = with_a_on(&["node1", "node2"]);
    let with_policy = |policy: &str| {
        let mut one = primitive("A");
        one.meta = vec![OptionSet::of([("multiple-active", policy)])];
        Cluster { resources: vec![Resource::Primitive(one)], ..cluster(&[]) }
    };
    let left = plan_of(&with_policy("block"), &with_policy("block"), &status);
    let [Trouble::RunsTwice { resource, nodes, is_split: false }] = left.troubles.as_slice() else {
        unreachable!("{:?}", left.troubles);
    };
    assert_eq!((resource.as_str(), nodes.len()), ("A", 2));
    assert!(!left.is_fulfilling());
    let mended = plan_of(&with_policy("stop_start"), &with_policy("stop_start"), &status);
    assert!(mended.troubles.is_empty() && !mended.steps.is_empty(), "{:?}", mended.troubles);
}

#[test]
fn a_plan_without_steps_is_stale_when_the_cluster_looks_different() {
    let seen = |status: &ClusterStatus| plan_of(&cluster(&["A"]), &cluster(&["A"]), status);
    let plan = seen(&with_a_on(&["node1"]));
    assert!(plan.steps.is_empty(), "{:?}", plan.steps);
    let mut changed = with_a_on(&["node1"]);
    WhatIf::NodeDown("node2".into()).imagine(&mut changed);
    assert_eq!(plan.basis.staleness(&seen(&changed).basis), Some(Staleness::Seats));
    assert_eq!(plan.basis.staleness(&seen(&with_a_on(&["node2"])).basis), Some(Staleness::Seats));
}
