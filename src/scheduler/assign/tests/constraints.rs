//! What constraints say, and about whom.

use super::*;
use crate::model::constraint::{LossPolicy, Ticket, TicketScope};
use crate::model::{TagId, TicketId};
use crate::scheduler::request::Request;
use crate::status::TicketState;

/// Dependents and primaries, oldest colocation first.
fn pairs(placement: &Placement<'_>) -> Vec<(String, String)> {
    let name = |resource| placement.facts.resource(resource).id.to_string();
    let records = placement.colocations.iter().rev();
    records.map(|record| (name(record.dependent), name(record.primary))).collect()
}

fn set(names: &[&str]) -> ResourceSet {
    let resources = names.iter().map(|name| ResourceId::new(*name)).collect();
    ResourceSet { resources, ..ResourceSet::default() }
}

fn placed<'a>(cluster: &'a Cluster, status: &'a ClusterStatus) -> Placement<'a> {
    let mut world = World::new(cluster, status, &["n1", "n2"]);
    for name in ["a", "b", "c", "d"] {
        world.primitive(name);
    }
    assign(world.facts)
}

fn sets(sets: Vec<ResourceSet>, score: i64) -> Constraint {
    Constraint::Colocation(Colocation {
        id: ConstraintId::new("sets"),
        scope: ColocationScope::Sets(sets),
        score: Some(Score::new(score)),
        influence: None,
    })
}

fn names(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn sets_are_tied_within_and_end_to_end() {
    let cluster = cluster(vec![sets(vec![set(&["a", "b"]), set(&["c", "d"])], 100)]);
    let status = ClusterStatus::default();
    let placement = placed(&cluster, &status);
    assert_eq!(pairs(&placement), names(&[("b", "a"), ("d", "c"), ("a", "d")]));
}

#[test]
fn members_of_a_parallel_set_all_follow() {
    let parallel = ResourceSet { sequential: Some(false), ..set(&["a", "b"]) };
    let cluster = cluster(vec![sets(vec![parallel, set(&["c", "d"])], 100)]);
    let status = ClusterStatus::default();
    let placement = placed(&cluster, &status);
    assert_eq!(pairs(&placement), names(&[("d", "c"), ("a", "d"), ("b", "d")]));
}

#[test]
fn an_unknown_name_ends_a_set() {
    let cluster = cluster(vec![sets(vec![set(&["a", "b", "nobody", "c", "d"])], 100)]);
    let status = ClusterStatus::default();
    assert_eq!(pairs(&placed(&cluster, &status)), names(&[("b", "a")]));
}

#[test]
fn a_tag_stands_for_its_members() {
    let mut cluster = cluster(vec![colocate("both", "c", 100), prefer("both", "n2", 5)]);
    cluster.tags.insert(TagId::new("both"), vec![ResourceId::new("a"), ResourceId::new("b")]);
    let status = ClusterStatus::default();
    let placement = placed(&cluster, &status);
    assert_eq!(pairs(&placement), names(&[("a", "c"), ("b", "c")]));
    let owners: Vec<_> = placement.locations.iter().map(|location| location.resource.index()).collect();
    assert_eq!(owners, [0, 1]);
}

#[test]
fn patterns_match_anywhere_unless_inverted() {
    let matching = |pattern: &str| {
        let mut location = prefer("a", "n1", 5);
        if let Constraint::Location(location) = &mut location {
            location.target = LocationTarget { pattern: Some(pattern.into()), ..LocationTarget::default() };
        }
        let (cluster, status) = (cluster(vec![location]), ClusterStatus::default());
        let placement = placed(&cluster, &status);
        placement.locations.iter().map(|location| location.resource.index()).collect::<Vec<_>>()
    };
    assert_eq!(matching("[ac]"), [0, 2]);
    assert_eq!(matching("!^[ac]$"), [1, 3]);
    assert_eq!(matching("("), [0_usize; 0]);
}

fn ticket(policy: Option<LossPolicy>) -> Constraint {
    Constraint::Ticket(Ticket {
        id: ConstraintId::new("a-needs-t"),
        ticket: TicketId::new("t"),
        scope: TicketScope::Resource { resource: ResourceId::new("a"), role: None },
        loss_policy: policy,
    })
}

#[test]
fn without_its_ticket_a_resource_stays_down() {
    for (granted, expected) in [(false, None), (true, Some(0))] {
        let cluster = cluster(vec![ticket(None)]);
        let held = TicketState {
            id: TicketId::new("t"),
            granted,
            standby: false,
            last_granted: None,
            attributes: Vec::new(),
        };
        let status = ClusterStatus { tickets: vec![held], ..ClusterStatus::default() };
        assert_eq!(node(&placed(&cluster, &status), ResourceIx::at(0)), expected);
    }
}

#[test]
fn a_lost_ticket_can_fence_who_runs_the_resource() {
    let (cluster, status) = (cluster(vec![ticket(Some(LossPolicy::Fence))]), ClusterStatus::default());
    let mut world = World::new(&cluster, &status, &["n1", "n2"]);
    world.facts.properties.fencing_enabled = true;
    world.facts.properties.has_fence_device = true;
    let (lost, other) = (world.primitive("a"), world.primitive("b"));
    world.runs_on(lost, 0);
    world.runs_on(other, 0);
    let placement = assign(world.facts);
    assert!(
        matches!(placement.facts.requests.as_slice(), [Request::Fence { node, .. }] if node.index() == 0)
    );
    assert_eq!((node(&placement, lost), node(&placement, other)), (None, Some(1)));
}

#[test]
fn resources_of_a_leaving_node_wait_for_it() {
    let (cluster, status) = (cluster(Vec::new()), ClusterStatus::default());
    let mut world = World::new(&cluster, &status, &["n1", "n2"]);
    world.facts.properties.shutdown_lock = true;
    world.facts.nodes[0].is_shutting_down = true;
    world.facts.nodes[0].attributes.insert("shutdown".into(), "1799999000".into());
    let resource = world.primitive("a");
    world.runs_on(resource, 0);
    let placement = assign(world.facts);
    assert_eq!(node(&placement, resource), None);
    let lock = placement.facts.resource(resource).lock.unwrap();
    assert_eq!((lock.node.index(), lock.since), (0, 1_799_999_000));
}

#[test]
fn preferences_that_are_not_followed_are_said() {
    let (chain, status) = (vec![colocate("b", "a", 50), colocate("c", "b", 50)], ClusterStatus::default());
    let cluster = cluster(chain);
    let place = |walks: u32| {
        let mut world = World::new(&cluster, &status, &["n1", "n2"]);
        ["a", "b", "c"].iter().for_each(|id| {
            world.primitive(id);
        });
        let mut draft = draft::Draft::new(world.facts);
        draft.pulls = colocation::pull::Pulls::never(draft.facts.resources.len());
        draft.walks = walks;
        run(draft).is_cut_short
    };
    assert!(!place(0));
    assert!(place(u32::MAX));
}
