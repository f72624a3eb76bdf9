//! Chaos: seeded random clusters, random trouble, and checks that do not know how decisions are made.
//!
//! Every step does something bad or good to a simulated cluster and lets it react. Afterwards the
//! world itself is looked at: nothing may run twice, nothing may run on a node that is down, and a
//! cluster that says it has converged must have nothing left to do.

#![expect(clippy::unwrap_used, reason = "a failed test says so by panicking")]

use std::fmt::Write as _;
use std::time::Duration;

use quorate::engine::simulated::{Answer, Injection, Repeat, Simulated};
use quorate::engine::{Desired, Engine, Outcome};
use quorate::model::constraint::{
    Colocation, ColocationScope, Constraint, Discovery, Location, LocationPreference, LocationTarget, Order,
    OrderScope,
};
use quorate::model::resource::{CloneChild, Container, ContainerKind, Network};
use quorate::model::{
    Agent, Bundle, Clone as CloneResource, Cluster, ConstraintId, Generation, Group, Node, NodeName,
    Operation, OptionSet, Primitive, Resource, ResourceId, Score,
};
use quorate::scheduler::{self, ActionKind};
use quorate::status::ResultCode;

/// Numbers that look random and follow from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}

/// A random cluster with the names of what runs once and of its nodes.
struct Scene {
    cluster: Cluster,
    singles: Vec<String>,
    nodes: Vec<NodeName>,
}

fn primitive(id: &str, dice: &mut Dice) -> Primitive {
    let mut primitive = Primitive::new(id, Agent::parse("ocf:pacemaker:Dummy").unwrap());
    let interval = Duration::from_secs(10);
    primitive.ops = vec![Operation { name: "monitor".into(), interval, ..Operation::default() }];
    let meta = [
        vec![],
        vec![("migration-threshold", "2"), ("failure-timeout", "120s")],
        vec![("allow-migrate", "true")],
        vec![("priority", "10")],
    ];
    primitive.meta = vec![OptionSet::of(dice.pick(&meta).clone())];
    primitive
}

fn scene(dice: &mut Dice) -> Scene {
    let nodes: Vec<NodeName> = (1..=2 + dice.roll(3)).map(|n| NodeName::new(format!("node{n}"))).collect();
    let mut resources =
        vec![Resource::Primitive(Primitive::new("fence", Agent::parse("stonith:fence_dummy").unwrap()))];
    let mut singles = vec!["fence".to_owned()];
    for number in 0..1 + dice.roll(4) {
        let id = format!("R{number}");
        resources.push(Resource::Primitive(primitive(&id, dice)));
        singles.push(id);
    }
    if dice.roll(2) == 0 {
        let members: Vec<Primitive> = ["G1", "G2", "G3"].map(|id| primitive(id, dice)).into();
        singles.extend(members.iter().map(|member| member.id.to_string()));
        let (meta, params) = (Vec::new(), Vec::new());
        resources.push(Resource::Group(Group { id: "G".into(), description: None, meta, params, members }));
    }
    if dice.roll(2) == 0 {
        resources.push(clone(dice));
    }
    if dice.roll(4) == 0 {
        resources.push(bundle(dice));
    }
    let constraints = constraints(&resources, &nodes, dice);
    let stickiness = *dice.pick(&["0", "100"]);
    let cluster = Cluster {
        nodes: nodes.iter().map(|name| Node::member(name.as_str())).collect(),
        resource_defaults: vec![OptionSet::of([("resource-stickiness", stickiness)])],
        resources,
        constraints,
        ..Cluster::default()
    };
    Scene { cluster, singles, nodes }
}

fn clone(dice: &mut Dice) -> Resource {
    let choices = [
        vec![("promotable", "true")],
        vec![("promotable", "true"), ("notify", "true")],
        vec![("interleave", "true")],
        vec![("clone-max", "1")],
    ];
    Resource::Clone(CloneResource {
        id: "C-clone".into(),
        description: None,
        meta: vec![OptionSet::of(dice.pick(&choices).clone())],
        params: Vec::new(),
        child: CloneChild::Primitive(primitive("C", dice)),
    })
}

fn bundle(dice: &mut Dice) -> Resource {
    let container = Container {
        kind: ContainerKind::Podman,
        image: "web".into(),
        replicas: Some("2".into()),
        replicas_per_host: None,
        promoted_max: None,
        run_command: None,
        network: None,
        options: None,
    };
    let network = Network { control_port: Some("3121".into()), ..Network::default() };
    Resource::Bundle(Bundle {
        id: "B".into(),
        description: None,
        meta: Vec::new(),
        container,
        network: Some(network),
        mounts: Vec::new(),
        primitive: Some(primitive("inside", dice)),
    })
}

fn constraints(resources: &[Resource], nodes: &[NodeName], dice: &mut Dice) -> Vec<Constraint> {
    let mut constraints = Vec::new();
    for number in 0..dice.roll(5) {
        let one = dice.roll(resources.len());
        let other = dice.roll(resources.len());
        let id = ConstraintId::new(format!("constraint{number}"));
        let (first, then) = (resources[one.min(other)].id().clone(), resources[one.max(other)].id().clone());
        constraints.push(match dice.roll(3) {
            0 => Constraint::Location(Location {
                id,
                target: LocationTarget { resource: Some(then), ..LocationTarget::default() },
                preference: LocationPreference::Node {
                    node: dice.pick(nodes).clone(),
                    score: Score::new(*dice.pick(&[50, 500, 1_000_000, -1_000_000])),
                },
                role: None,
                discovery: Discovery::Always,
            }),
            1 if one != other => Constraint::Colocation(Colocation {
                id,
                scope: ColocationScope::Pair {
                    dependent: then,
                    primary: first,
                    dependent_role: None,
                    primary_role: None,
                    node_attribute: None,
                },
                score: Some(Score::new(*dice.pick(&[10, 1_000_000, -1_000_000]))),
                influence: None,
            }),
            2 if one != other => Constraint::Order(Order {
                id,
                scope: OrderScope::Pair {
                    first,
                    then,
                    first_action: None,
                    then_action: None,
                    require_all: None,
                },
                kind: None,
                score: None,
                symmetrical: None,
            }),
            _ => continue,
        });
    }
    constraints
}

/// Does something to the cluster, and says what.
async fn trouble(engine: &mut Simulated, scene: &Scene, dice: &mut Dice) -> String {
    let node = dice.pick(&scene.nodes).clone();
    let resource = ResourceId::new(dice.pick(&scene.singles).as_str());
    match dice.roll(9) {
        0 | 1 => {
            engine.fail_node(&node).unwrap();
            format!("fail {node}")
        }
        2 | 3 => {
            for node in &scene.nodes {
                engine.recover_node(node).unwrap();
            }
            "recover all".to_owned()
        }
        4 => {
            engine.cut_link(&node).unwrap();
            format!("cut {node}")
        }
        5 | 6 => {
            let _ = engine.fail_resource(&resource, None);
            format!("fail {resource}")
        }
        7 => {
            let operation = *dice.pick(&["start", "stop", "monitor", "migrate_to", "migrate_from", "probe"]);
            let answer =
                *dice.pick(&[Answer::Code(ResultCode::ERROR), Answer::Hang, Answer::Code(ResultCode(5))]);
            let injection =
                Injection { resource, node: None, operation: operation.into(), answer, repeat: Repeat::Once };
            let text = format!("inject {} {operation} {answer:?}", injection.resource);
            engine.inject(injection).unwrap();
            text
        }
        _ => {
            engine.advance(Duration::from_secs(130), &mut |_| {}).await.unwrap();
            "advance 130s".to_owned()
        }
    }
}

async fn check(engine: &mut Simulated, scene: &Scene, outcome: &Outcome, story: &str) {
    for (resource, places) in engine.truth() {
        if scene.singles.iter().any(|single| **single == *resource) {
            assert!(places.len() <= 1, "{resource} runs on {places:?} after\n{story}");
        }
    }
    assert!(!matches!(outcome, Outcome::GaveUp { .. }), "gave up after\n{story}");
    if *outcome == Outcome::Converged {
        let seen = engine.observe().await.unwrap();
        let schedule = scheduler::schedule(&seen.in_force, &seen.status, seen.now);
        let left: Vec<_> =
            schedule.transition.actions.iter().filter(|action| action.kind != ActionKind::Pseudo).collect();
        assert!(left.is_empty(), "{left:?} is left to do after\n{story}");
    }
}

async fn play(seed: u64) {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let scene = scene(&mut dice);
    let mut engine = Simulated::in_memory(seed);
    let cluster = scene.cluster.clone();
    engine
        .submit(Desired { cluster, base: Generation(0), origin: String::new(), renames: Vec::new() })
        .await
        .unwrap();
    let mut story = format!("seed {seed}\n");
    for _ in 0..12 {
        let outcome = engine.converge(&mut |_| {}).await.unwrap();
        check(&mut engine, &scene, &outcome, &story).await;
        let _ = writeln!(story, "{}", trouble(&mut engine, &scene, &mut dice).await);
    }
}

#[tokio::test]
async fn nothing_runs_twice_and_every_cluster_comes_to_rest() {
    for seed in 0..150 {
        play(seed).await;
    }
}
