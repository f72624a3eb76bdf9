//! What a simulated cluster of several nodes does when things go wrong: scheduler, executor, ledger and
//! world together.

#![expect(clippy::unwrap_used, reason = "a failed test says so by panicking")]

use std::time::Duration;

use quorate::engine::simulated::{Answer, Injection, Repeat, Simulated};
use quorate::engine::{Desired, Engine, Event, Outcome};
use quorate::model::constraint::{
    Colocation, ColocationScope, Constraint, Discovery, Location, LocationPreference, LocationTarget, Order,
    OrderScope,
};
use quorate::model::resource::{CloneChild, Container, ContainerKind, Network};
use quorate::model::{
    Agent, Bundle, Clone as CloneResource, Cluster, ConstraintId, Node, NodeName, Operation, OptionSet,
    Primitive, Resource, ResourceId, Role, Score,
};
use quorate::scheduler::ActionKind;
use quorate::status::ResultCode;

/// A simulated cluster and what it told since it was last asked.
struct Lab {
    engine: Simulated,
    events: Vec<Event>,
}

impl Lab {
    async fn new(cluster: &Cluster) -> Self {
        let mut lab = Self { engine: Simulated::in_memory(7), events: Vec::new() };
        lab.apply(cluster).await;
        lab
    }

    async fn apply(&mut self, cluster: &Cluster) -> Outcome {
        let base = self.engine.observe().await.unwrap().generation;
        let desired = Desired { cluster: cluster.clone(), base, origin: "test".into(), renames: Vec::new() };
        self.engine.submit(desired).await.unwrap();
        self.converge().await
    }

    async fn converge(&mut self) -> Outcome {
        self.events.clear();
        let events = &mut self.events;
        self.engine.converge(&mut |event| events.push(event)).await.unwrap()
    }

    async fn advance(&mut self, seconds: u64) -> Outcome {
        self.events.clear();
        let events = &mut self.events;
        self.engine.advance(Duration::from_secs(seconds), &mut |event| events.push(event)).await.unwrap()
    }

    /// What was done, without probes and monitors: `start A node1`.
    fn done(&self) -> Vec<String> {
        let words = |event: &Event| match event {
            Event::Started(action) if action.kind != ActionKind::Pseudo => {
                let what = action.resource.as_deref().or(action.node.as_ref().map(NodeName::as_str));
                let place = action.node.as_ref().filter(|_| action.resource.is_some());
                let parts = [Some(action.task.as_str()), what, place.map(NodeName::as_str)];
                Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
            }
            Event::Started(_)
            | Event::Scheduled { .. }
            | Event::Finished { .. }
            | Event::Waiting { .. }
            | Event::Aborted { .. } => None,
        };
        let done = self.events.iter().filter_map(words);
        done.filter(|text| !text.starts_with("monitor") && !text.starts_with("cancel")).collect()
    }

    /// Where a resource really is.
    fn places(&self, resource: &str) -> Vec<String> {
        let truth = self.engine.truth();
        truth.get(resource).into_iter().flatten().map(|(node, _)| node.to_string()).collect()
    }

    /// Where a resource is really promoted.
    fn promoted(&self, resource: &str) -> Vec<String> {
        let truth = self.engine.truth();
        let all = truth.get(resource).into_iter().flatten();
        all.filter(|(_, role)| *role == Role::Promoted).map(|(node, _)| node.to_string()).collect()
    }

    fn fail(&mut self, resource: &str, operation: &str, repeat: Repeat) {
        let injection = Injection {
            resource: ResourceId::new(resource),
            node: None,
            operation: operation.into(),
            answer: Answer::Code(ResultCode::ERROR),
            repeat,
        };
        self.engine.inject(injection).unwrap();
    }
}

fn node(name: &str) -> NodeName {
    NodeName::new(name)
}

fn primitive(id: &str) -> Primitive {
    let mut primitive = Primitive::new(id, Agent::parse("ocf:pacemaker:Dummy").unwrap());
    let interval = Duration::from_secs(10);
    primitive.ops = vec![Operation { name: "monitor".into(), interval, ..Operation::default() }];
    primitive
}

fn device() -> Resource {
    Resource::Primitive(Primitive::new("fence", Agent::parse("stonith:fence_dummy").unwrap()))
}

/// Nodes `node1`..., stickiness 100, without fencing.
fn cluster(nodes: usize, resources: Vec<Resource>) -> Cluster {
    Cluster {
        nodes: (1..=nodes).map(|number| Node::member(&format!("node{number}"))).collect(),
        properties: vec![OptionSet::of([("fencing-enabled", "false")])],
        resource_defaults: vec![OptionSet::of([("resource-stickiness", "100")])],
        resources,
        ..Cluster::default()
    }
}

/// The same with fencing and a device for all nodes.
fn fenced(nodes: usize, mut resources: Vec<Resource>) -> Cluster {
    resources.push(device());
    Cluster { properties: Vec::new(), ..cluster(nodes, resources) }
}

fn one() -> Vec<Resource> {
    vec![Resource::Primitive(primitive("A"))]
}

fn prefers(resource: &str, node: &str, score: i64) -> Constraint {
    Constraint::Location(Location {
        id: ConstraintId::new(format!("{resource}-{node}")),
        target: LocationTarget { resource: Some(resource.into()), ..LocationTarget::default() },
        preference: LocationPreference::Node { node: node.into(), score: Score::new(score) },
        role: None,
        discovery: Discovery::Always,
    })
}

fn together(dependent: &str, primary: &str) -> Constraint {
    Constraint::Colocation(Colocation {
        id: ConstraintId::new(format!("{dependent}-with-{primary}")),
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

fn before(first: &str, then: &str) -> Constraint {
    Constraint::Order(Order {
        id: ConstraintId::new(format!("{first}-before-{then}")),
        scope: OrderScope::Pair {
            first: first.into(),
            then: then.into(),
            first_action: None,
            then_action: None,
            require_all: None,
        },
        kind: None,
        score: None,
        symmetrical: None,
    })
}

#[tokio::test]
async fn a_failed_node_loses_its_resources_to_the_other() {
    let mut lab = Lab::new(&cluster(2, one())).await;
    assert_eq!(lab.places("A"), ["node1"]);
    lab.engine.fail_node(&node("node1")).unwrap();
    assert_eq!(lab.converge().await, Outcome::Converged);
    assert_eq!(lab.places("A"), ["node2"]);
    lab.engine.recover_node(&node("node1")).unwrap();
    assert_eq!(lab.converge().await, Outcome::Converged);
    assert_eq!(lab.places("A"), ["node2"], "stickiness keeps it");
}

#[tokio::test]
async fn nothing_is_recovered_before_the_lost_node_is_fenced() {
    let mut lab = Lab::new(&fenced(2, one())).await;
    lab.engine.fail_node(&node("node1")).unwrap();
    assert_eq!(lab.converge().await, Outcome::Converged);
    let done = lab.done();
    let place = |what: &str| done.iter().position(|text| text == what).unwrap();
    assert!(place("reboot node1") < place("start A node2"), "{done:?}");
}

#[tokio::test]
async fn while_fencing_fails_nothing_is_recovered() {
    let mut lab = Lab::new(&fenced(2, one())).await;
    lab.fail("fence", "fence", Repeat::Always);
    lab.engine.fail_node(&node("node1")).unwrap();
    assert!(matches!(lab.converge().await, Outcome::GaveUp { .. }));
    assert!(lab.places("A").is_empty());
    lab.engine.clear_injections(None).unwrap();
    assert_eq!(lab.converge().await, Outcome::Converged);
    assert_eq!(lab.places("A"), ["node2"]);
}

#[tokio::test]
async fn a_failed_start_goes_elsewhere() {
    let mut lab = Lab { engine: Simulated::in_memory(7), events: Vec::new() };
    lab.fail("A", "start", Repeat::Once);
    assert_eq!(lab.apply(&cluster(2, one())).await, Outcome::Converged);
    assert_eq!(lab.done(), ["start A node1", "stop A node1", "start A node2"]);
}

#[tokio::test]
async fn a_failed_stop_gets_its_node_fenced() {
    let mut lab = Lab::new(&fenced(2, one())).await;
    lab.fail("A", "stop", Repeat::Always);
    let mut desired = fenced(2, one());
    desired.constraints = vec![prefers("A", "node2", 1000)];
    assert_eq!(lab.apply(&desired).await, Outcome::Converged);
    assert_eq!(lab.places("A"), ["node2"]);
    assert!(lab.done().contains(&"reboot node1".to_owned()), "{:?}", lab.done());
}

#[tokio::test]
async fn a_failure_is_forgotten_after_its_timeout() {
    let mut failing = primitive("A");
    failing.meta = vec![OptionSet::of([("failure-timeout", "60s"), ("migration-threshold", "1")])];
    let mut lab = Lab::new(&cluster(2, vec![Resource::Primitive(failing)])).await;
    lab.engine.fail_resource(&ResourceId::new("A"), None).unwrap();
    lab.advance(15).await;
    assert_eq!(lab.places("A"), ["node2"]);
    let count = |status: quorate::status::ClusterStatus| {
        let node = status.node("node1").unwrap().clone();
        node.attributes
            .iter()
            .flat_map(|set| set.pairs.clone())
            .any(|pair| pair.name.starts_with("fail-count-A"))
    };
    assert!(count(lab.engine.observe().await.unwrap().status));
    lab.advance(120).await;
    assert!(!count(lab.engine.observe().await.unwrap().status));
    assert_eq!(lab.places("A"), ["node2"], "stickiness keeps it");
}

#[tokio::test]
async fn a_cut_two_node_cluster_without_fencing_runs_everything_twice() {
    let mut lab = Lab::new(&cluster(2, one())).await;
    lab.engine.cut_link(&node("node1")).unwrap();
    lab.converge().await;
    assert_eq!(lab.places("A"), ["node1", "node2"], "this is why validate warns");
    lab.engine.recover_node(&node("node1")).unwrap();
    assert_eq!(lab.converge().await, Outcome::Converged);
    assert_eq!(lab.places("A").len(), 1, "one of them is stopped once they see each other");
}

#[tokio::test]
async fn a_cut_off_minority_lets_go() {
    let mut lab = Lab::new(&cluster(3, one())).await;
    lab.engine.cut_link(&node("node1")).unwrap();
    lab.converge().await;
    assert_eq!(lab.places("A"), ["node2"]);
    let quorum = |from: &str| lab.engine.observe_from(&node(from)).unwrap().status.has_quorum;
    assert!(!quorum("node1") && quorum("node2"));
    lab.engine.recover_node(&node("node1")).unwrap();
    assert_eq!(lab.converge().await, Outcome::Converged);
    assert_eq!(lab.places("A"), ["node2"]);
}

#[tokio::test]
async fn a_cut_off_node_is_fenced_before_its_resources_start_elsewhere() {
    let mut lab = Lab::new(&fenced(2, one())).await;
    lab.engine.cut_link(&node("node1")).unwrap();
    lab.converge().await;
    assert_eq!(lab.places("A"), ["node2"]);
    assert_eq!(lab.engine.sides().len(), 1, "a fenced node is on nobody's side");
}

#[tokio::test]
async fn a_promotable_clone_gets_its_promoted_instance_back() {
    let database = CloneResource {
        id: ResourceId::new("db-clone"),
        description: None,
        meta: vec![OptionSet::of([("promotable", "true")])],
        params: Vec::new(),
        child: CloneChild::Primitive(Primitive::new("db", Agent::parse("ocf:pacemaker:Stateful").unwrap())),
    };
    let mut lab = Lab::new(&cluster(3, vec![Resource::Clone(database)])).await;
    assert_eq!(lab.places("db").len(), 3);
    let promoted = lab.promoted("db");
    assert_eq!(promoted.len(), 1);
    lab.engine.fail_node(&node(&promoted[0])).unwrap();
    assert_eq!(lab.converge().await, Outcome::Converged);
    assert_eq!(lab.promoted("db").len(), 1);
    assert_ne!(lab.promoted("db"), promoted);
}

#[tokio::test]
async fn a_live_migration_does_not_stop_the_service() {
    let mut guest = primitive("vm");
    guest.meta = vec![OptionSet::of([("allow-migrate", "true")])];
    let mut desired = cluster(2, vec![Resource::Primitive(guest)]);
    let mut lab = Lab::new(&desired).await;
    desired.constraints = vec![prefers("vm", "node2", 1000)];
    assert_eq!(lab.apply(&desired).await, Outcome::Converged);
    assert_eq!(lab.done(), ["migrate_to vm node1", "migrate_from vm node2", "stop vm node1"]);
    assert_eq!(lab.places("vm"), ["node2"]);
}

#[tokio::test]
async fn a_colocated_dependent_moves_down_first_and_up_last() {
    let mut desired =
        cluster(2, vec![Resource::Primitive(primitive("ip")), Resource::Primitive(primitive("web"))]);
    let mut lab = Lab::new(&desired).await;
    assert_ne!(lab.places("ip"), lab.places("web"), "the emptier node is chosen");
    desired.constraints = vec![together("web", "ip"), before("ip", "web")];
    assert_eq!(lab.apply(&desired).await, Outcome::Converged);
    assert_eq!(lab.places("ip"), lab.places("web"));
    desired.constraints.push(prefers("ip", "node2", 1000));
    assert_eq!(lab.apply(&desired).await, Outcome::Converged);
    assert_eq!(lab.done(), ["stop web node1", "stop ip node1", "start ip node2", "start web node2"]);
}

#[tokio::test]
async fn resources_that_nobody_wants_to_stop_failing_are_given_up_in_the_end() {
    let mut desired = cluster(1, one());
    desired.properties =
        vec![OptionSet::of([("fencing-enabled", "false"), ("start-failure-is-fatal", "false")])];
    let mut lab = Lab { engine: Simulated::in_memory(7), events: Vec::new() };
    lab.fail("A", "start", Repeat::Always);
    assert!(matches!(lab.apply(&desired).await, Outcome::GaveUp { .. }));
}

#[tokio::test]
async fn the_same_seed_tells_the_same_story() {
    let mut stories = Vec::new();
    for _ in 0..2 {
        let mut lab = Lab::new(&fenced(3, one())).await;
        lab.engine.fail_node(&node("node1")).unwrap();
        lab.converge().await;
        lab.advance(300).await;
        let seen = lab.engine.observe().await.unwrap();
        stories.push((seen.now, serde_json::to_string(&seen.status).unwrap()));
    }
    assert_eq!(stories[0], stories[1]);
}

#[tokio::test]
async fn a_reloadable_parameter_is_taken_up_in_place() {
    let mut lab = Lab::new(&cluster(2, one())).await;
    let mut changed = primitive("A");
    changed.params = vec![OptionSet::of([("fake", "changed")])];
    let desired = cluster(2, vec![Resource::Primitive(changed.clone())]);
    assert_eq!(lab.apply(&desired).await, Outcome::Converged);
    assert_eq!(lab.done(), ["reload-agent A node1"]);
    changed.params = vec![OptionSet::of([("fake", "changed"), ("state", "/run/A")])];
    assert_eq!(lab.apply(&cluster(2, vec![Resource::Primitive(changed)])).await, Outcome::Converged);
    assert_eq!(lab.done(), ["stop A node1", "start A node1"]);
}

#[tokio::test]
async fn a_remote_node_runs_resources_while_its_connection_holds() {
    let mut connection = Primitive::new("remote1", Agent::parse("ocf:pacemaker:remote").unwrap());
    let interval = Duration::from_secs(10);
    connection.ops = vec![Operation { name: "monitor".into(), interval, ..Operation::default() }];
    let mut desired = fenced(2, vec![Resource::Primitive(connection), Resource::Primitive(primitive("A"))]);
    desired.constraints = vec![prefers("A", "remote1", 1000)];
    let mut lab = Lab::new(&desired).await;
    assert_eq!(lab.places("A"), ["remote1"]);
    lab.engine.fail_node(&node("remote1")).unwrap();
    lab.advance(30).await;
    assert!(lab.done().contains(&"reboot remote1".to_owned()), "{:?}", lab.done());
    assert_ne!(lab.places("A"), ["remote1"]);
    assert_eq!(lab.places("A").len(), 1);
}

#[tokio::test]
async fn a_bundle_runs_its_service_in_its_containers() {
    let bundle = Bundle {
        id: ResourceId::new("web"),
        description: None,
        meta: Vec::new(),
        container: Container {
            kind: ContainerKind::Podman,
            image: "httpd".into(),
            replicas: Some("2".into()),
            replicas_per_host: None,
            promoted_max: None,
            run_command: None,
            network: None,
            options: None,
        },
        network: Some(Network { control_port: Some("3121".into()), ..Network::default() }),
        mounts: Vec::new(),
        primitive: Some(primitive("httpd")),
    };
    let mut lab = Lab::new(&fenced(2, vec![Resource::Bundle(bundle)])).await;
    assert_eq!(lab.places("httpd"), ["web-0", "web-1"]);
    lab.engine.fail_node(&node("node1")).unwrap();
    lab.converge().await;
    assert_eq!(lab.places("httpd").len(), 1, "one container per host");
    lab.engine.recover_node(&node("node1")).unwrap();
    assert_eq!(lab.converge().await, Outcome::Converged);
    assert_eq!(lab.places("httpd"), ["web-0", "web-1"]);
}

#[tokio::test]
async fn nodes_come_and_go_with_the_configuration() {
    let mut lab = Lab::new(&cluster(1, one())).await;
    assert_eq!(lab.apply(&cluster(3, one())).await, Outcome::Converged);
    assert_eq!(lab.engine.sides(), [[node("node1"), node("node2"), node("node3")]]);
    assert_eq!(lab.apply(&cluster(2, one())).await, Outcome::Converged);
    assert!(lab.engine.observe().await.unwrap().status.node("node3").is_none());
}
