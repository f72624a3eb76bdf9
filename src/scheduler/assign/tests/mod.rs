#![expect(clippy::unwrap_used, reason = "tests know what they put in")]

mod constraints;
mod instances;
mod properties;

use super::*;
use crate::model::constraint::{
    Colocation, ColocationScope, Constraint, Discovery, Location, LocationPreference, LocationTarget,
    ResourceSet,
};
use crate::model::{Agent, Cluster, ConstraintId, NodeId, NodeName, ResourceId};
use crate::scheduler::facts::{
    GroupFacts, NodeFacts, NodeIx, NodeKind, PrimitiveFacts, Properties, ResourceFacts, Variant,
};
use crate::scheduler::node_table::{Entry, NodeTable};
use crate::scheduler::recheck::Recheck;
use crate::status::ClusterStatus;

const NOW: i64 = 1_800_000_000;

/// A cluster to be placed.
struct World<'a> {
    facts: Facts<'a>,
}

impl<'a> World<'a> {
    fn new(cluster: &'a Cluster, status: &'a ClusterStatus, nodes: &[&str]) -> Self {
        let properties = Properties { fencing_enabled: false, ..Properties::default() };
        let node = |name: &&str| {
            let mut node = NodeFacts::new(NodeId::new(*name), NodeName::new(*name), NodeKind::Member);
            node.is_online = true;
            node.attributes.insert("#uname".into(), (*name).into());
            node
        };
        let facts = Facts {
            cluster,
            status,
            now: NOW,
            release: crate::scheduler::Release::default(),
            properties,
            nodes: nodes.iter().map(node).collect(),
            resources: Vec::new(),
            top: Vec::new(),
            requests: Vec::new(),
            failed_actions: Vec::new(),
            recheck: Recheck::new(NOW),
            clearing: std::collections::BTreeSet::new(),
        };
        Self { facts }
    }

    fn add(&mut self, id: &str, variant: Variant<'a>) -> ResourceIx {
        let resource = ResourceIx::at(self.facts.resources.len());
        let mut known = ResourceFacts::new(id.into(), variant);
        known.table = NodeTable::empty(self.facts.nodes.len());
        for node in self.facts.node_numbers() {
            known.table.insert(node, Entry::default());
        }
        self.facts.resources.push(known);
        resource
    }

    fn primitive(&mut self, id: &str) -> ResourceIx {
        let resource = self.member(id);
        self.facts.top.push(resource);
        resource
    }

    fn member(&mut self, id: &str) -> ResourceIx {
        let agent = Agent::parse("ocf:pacemaker:Dummy").unwrap();
        self.add(id, Variant::Primitive(PrimitiveFacts { agent, params: Vec::new(), ops: Vec::new() }))
    }

    fn group(&mut self, id: &str, members: &[&str]) -> ResourceIx {
        let group = self.add(id, Variant::Group(GroupFacts { is_colocated: true, is_ordered: true }));
        let members: Vec<_> = members.iter().map(|member| self.member(member)).collect();
        for member in &members {
            self.facts.resources[member.index()].parent = Some(group);
        }
        self.facts.resources[group.index()].children = members;
        self.facts.top.push(group);
        group
    }

    fn known(&mut self, resource: ResourceIx) -> &mut ResourceFacts<'a> {
        &mut self.facts.resources[resource.index()]
    }

    fn runs_on(&mut self, resource: ResourceIx, node: usize) {
        let known = self.known(resource);
        known.active_on.push(NodeIx::at(node));
        known.current_role = Role::Started;
        if let Some(parent) = known.parent {
            self.runs_on(parent, node);
        }
    }

    fn sticks(&mut self, resource: ResourceIx, score: i64) {
        self.known(resource).stickiness = Score::new(score);
    }

    fn bans(&mut self, resource: ResourceIx, node: usize) {
        let entry = Entry { score: Score::MINUS_INFINITY, ..Entry::default() };
        self.known(resource).table.insert(NodeIx::at(node), entry);
    }
}

fn colocate(dependent: &str, primary: &str, score: i64) -> Constraint {
    Constraint::Colocation(Colocation {
        id: ConstraintId::new(format!("{dependent}-with-{primary}")),
        scope: ColocationScope::Pair {
            dependent: ResourceId::new(dependent),
            primary: ResourceId::new(primary),
            dependent_role: None,
            primary_role: None,
            node_attribute: None,
        },
        score: Some(Score::new(score)),
        influence: None,
    })
}

fn prefer(resource: &str, node: &str, score: i64) -> Constraint {
    Constraint::Location(Location {
        id: ConstraintId::new(format!("{resource}-on-{node}")),
        target: LocationTarget { resource: Some(ResourceId::new(resource)), ..LocationTarget::default() },
        preference: LocationPreference::Node { node: NodeName::new(node), score: Score::new(score) },
        role: None,
        discovery: Discovery::Always,
    })
}

fn cluster(constraints: Vec<Constraint>) -> Cluster {
    Cluster { constraints, ..Cluster::default() }
}

/// The scores that decided about a resource, in node order.
fn scores(placement: &Placement<'_>, pool: ScorePool, resource: ResourceIx) -> Vec<i32> {
    let rows = placement.scores.iter().filter(|row| row.pool == pool && row.resource == resource);
    rows.map(|row| row.score.value()).collect()
}

fn decisive(placement: &Placement<'_>, resource: ResourceIx) -> Vec<i32> {
    scores(placement, ScorePool::Primitive, resource)
}

fn node(placement: &Placement<'_>, resource: ResourceIx) -> Option<usize> {
    placement.assigned[resource.index()].map(NodeIx::index)
}

const BANNED: i32 = Score::MINUS_INFINITY.value();

#[test]
fn first_member_decides_for_the_stickiness_of_all() {
    let (cluster, status) = (cluster(vec![prefer("g", "n2", 25)]), ClusterStatus::default());
    let mut world = World::new(&cluster, &status, &["n1", "n2"]);
    let group = world.group("g", &["a", "b", "c"]);
    let members = world.facts.resources[group.index()].children.clone();
    for member in &members {
        world.sticks(*member, 10);
        world.runs_on(*member, 0);
    }
    let placement = assign(world.facts);
    assert_eq!(scores(&placement, ScorePool::Group, group), [0, 25]);
    assert_eq!(scores(&placement, ScorePool::Group, members[0]), [10, 25]);
    assert_eq!(scores(&placement, ScorePool::Group, members[1]), [10, 0]);
    assert_eq!(decisive(&placement, members[0]), [30, 25]);
    assert_eq!(decisive(&placement, members[1]), [20, BANNED]);
    assert_eq!(decisive(&placement, members[2]), [10, BANNED]);
    assert_eq!(node(&placement, members[2]), Some(0));
}

#[test]
fn a_faint_preference_still_counts_one() {
    let (cluster, status) = (cluster(vec![colocate("d", "p", 2000)]), ClusterStatus::default());
    let mut world = World::new(&cluster, &status, &["n1", "n2"]);
    let (dependent, primary) = (world.primitive("d"), world.primitive("p"));
    world.sticks(dependent, 100);
    world.runs_on(dependent, 1);
    let placement = assign(world.facts);
    assert_eq!(decisive(&placement, primary), [0, 1]);
    assert_eq!(decisive(&placement, dependent), [0, 2100]);
}

/// A dependent that can only be on the first node, away from a primary that likes to stay there.
fn lone_node(stickiness: i64, is_banned: bool) -> Vec<i32> {
    let (cluster, status) = (cluster(vec![colocate("d", "p", -1000)]), ClusterStatus::default());
    let mut world = World::new(&cluster, &status, &["n1", "n2"]);
    let (dependent, primary) = (world.primitive("d"), world.primitive("p"));
    world.sticks(primary, stickiness);
    world.runs_on(primary, 0);
    if is_banned {
        world.bans(dependent, 1);
    }
    decisive(&assign(world.facts), primary)
}

#[test]
fn primary_makes_way_for_a_dependent_with_one_node_left() {
    assert_eq!(lone_node(50, true), [50, 1000]);
}

#[test]
fn primary_does_not_make_way_without_need_or_against_infinity() {
    assert_eq!(lone_node(1_000_000, true), [1_000_000, 0]);
    assert_eq!(lone_node(50, false), [50, 0]);
}

#[test]
fn load_is_balanced_unless_resources_stick() {
    for (stickiness, expected) in [(0, [Some(1), Some(0), Some(1)]), (1, [Some(1); 3])] {
        let (cluster, status) = (cluster(Vec::new()), ClusterStatus::default());
        let mut world = World::new(&cluster, &status, &["n1", "n2"]);
        let resources = ["x", "y", "z"].map(|id| world.primitive(id));
        for resource in resources {
            world.runs_on(resource, 1);
            world.sticks(resource, stickiness);
        }
        let placement = assign(world.facts);
        assert_eq!(resources.map(|resource| node(&placement, resource)), expected);
    }
}

#[test]
fn a_wish_that_leaves_no_node_is_dropped() {
    let (cluster, status) = (cluster(vec![colocate("a", "b", -500)]), ClusterStatus::default());
    let mut world = World::new(&cluster, &status, &["n1", "n2"]);
    let (a, b) = (world.primitive("a"), world.primitive("b"));
    world.sticks(b, 600);
    world.runs_on(b, 0);
    world.bans(a, 1);
    let placement = assign(world.facts);
    assert_eq!(decisive(&placement, b), [600, 500]);
    assert_eq!(decisive(&placement, a), [0, BANNED]);
    assert_eq!((node(&placement, a), node(&placement, b)), (Some(0), Some(0)));
}

#[test]
fn a_loop_of_colocations_ends() {
    let constraints =
        vec![colocate("a", "b", 1_000_000), colocate("b", "a", 1_000_000), prefer("b", "n2", 5)];
    let (cluster, status) = (cluster(constraints), ClusterStatus::default());
    let mut world = World::new(&cluster, &status, &["n1", "n2"]);
    let (a, b) = (world.primitive("a"), world.primitive("b"));
    let placement = assign(world.facts);
    assert_eq!((node(&placement, a), node(&placement, b)), (Some(1), Some(1)));
}

#[test]
fn a_chain_of_thousands_is_followed_in_either_direction() {
    const LENGTH: usize = 5_000;
    let name = |number: usize| format!("r{number:04}");
    for is_forward in [true, false] {
        let pair = |number: usize| {
            let (one, other) = (name(number), name(number - 1));
            if is_forward { colocate(&one, &other, 1_000_000) } else { colocate(&other, &one, 1_000_000) }
        };
        let mut constraints: Vec<_> = (1..LENGTH).map(pair).collect();
        constraints.push(prefer(&name(LENGTH / 2), "n2", 7));
        let (cluster, status) = (cluster(constraints), ClusterStatus::default());
        let mut world = World::new(&cluster, &status, &["n1", "n2", "n3"]);
        let resources: Vec<_> = (0..LENGTH).map(|number| world.primitive(&name(number))).collect();
        let placement = assign(world.facts);
        assert!(resources.iter().all(|resource| node(&placement, *resource) == Some(1)));
    }
}

#[test]
fn a_set_in_which_everybody_avoids_everybody_is_spread() {
    const MEMBERS: usize = 40;
    let nodes: Vec<String> = (0..MEMBERS).map(|number| format!("n{number:02}")).collect();
    let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
    for score in [-1_000_000, -500_000, -1000] {
        let set = ResourceSet {
            resources: (0..MEMBERS).map(|number| ResourceId::new(format!("r{number:02}"))).collect(),
            ..ResourceSet::default()
        };
        let apart = Constraint::Colocation(Colocation {
            id: ConstraintId::new("apart"),
            scope: ColocationScope::Sets(vec![set]),
            score: Some(Score::new(score)),
            influence: None,
        });
        let (cluster, status) = (cluster(vec![apart]), ClusterStatus::default());
        let mut world = World::new(&cluster, &status, &nodes);
        let resources: Vec<_> =
            (0..MEMBERS).map(|number| world.primitive(&format!("r{number:02}"))).collect();
        let placement = assign(world.facts);
        let used: std::collections::BTreeSet<_> =
            resources.iter().filter_map(|resource| node(&placement, *resource)).collect();
        assert_eq!(used.len(), MEMBERS);
    }
}
