use super::*;
use crate::model::resource::{
    Bundle, Clone as CloneModel, CloneChild, Container, ContainerKind, Network, Origin,
};
use crate::model::{Agent, Group, OptionSet, Primitive, Resource, Template};
use crate::scheduler::facts::{NodeKind, Requires, Variant};
use crate::scheduler::operation::Lookup;
use std::time::Duration;

fn group(id: &str, members: Vec<Primitive>, meta: &[(&str, &str)]) -> Resource {
    Resource::Group(Group {
        id: id.into(),
        description: None,
        meta: vec![OptionSet::of(meta.iter().copied())],
        params: vec![],
        members,
    })
}

fn clone(id: &str, child: Primitive, meta: &[(&str, &str)]) -> Resource {
    Resource::Clone(CloneModel {
        id: id.into(),
        description: None,
        meta: vec![OptionSet::of(meta.iter().copied())],
        params: vec![],
        child: CloneChild::Primitive(child),
    })
}

#[test]
fn a_group_says_more_to_its_members_than_the_defaults() {
    let mut cluster = cluster(1, vec![group("g", vec![dummy("a")], &[("resource-stickiness", "5")])]);
    cluster.resource_defaults = vec![OptionSet::of([("resource-stickiness", "9")])];
    let status = status([]);
    let facts = interpret(&cluster, &status, NOW);
    assert_eq!(facts.resource(resource(&facts, "a")).stickiness, Score::new(5));
    assert_eq!(facts.resource(resource(&facts, "fence")).stickiness, Score::new(9));
}

#[test]
fn resources_are_listed_by_priority() {
    let urgent = with_meta(dummy("b"), &[("priority", "10")]);
    let cluster = cluster(1, vec![Resource::Primitive(dummy("a")), Resource::Primitive(urgent)]);
    let status = status([]);
    let facts = interpret(&cluster, &status, NOW);
    let order: Vec<&str> = facts.top.iter().map(|top| &*facts.resource(*top).id).collect();
    assert_eq!(order, ["b", "a", "fence"]);
}

#[test]
fn a_template_adds_only_operations_of_another_name_or_role() {
    let template = Template {
        id: "t".into(),
        agent: Agent::parse("ocf:pacemaker:Dummy").unwrap(),
        description: None,
        params: vec![OptionSet::of([("x", "template"), ("y", "template")])],
        meta: vec![],
        utilization: vec![],
        ops: vec![operation("monitor", 10, &[]), operation("start", 0, &[("timeout", "7s")])],
    };
    let mut primitive = dummy("a");
    primitive.origin = Origin::Template("t".into());
    primitive.params = vec![OptionSet::of([("x", "own")])];
    primitive.ops = vec![operation("monitor", 20, &[])];
    let mut cluster = cluster(1, vec![Resource::Primitive(primitive)]);
    cluster.templates = vec![template];
    let status = status([]);
    let facts = interpret(&cluster, &status, NOW);
    let a = resource(&facts, "a");
    let has = |name: &str, seconds: u64| {
        facts.find_operation(a, name, Duration::from_secs(seconds), Lookup::Any).is_some()
    };
    assert!(has("monitor", 20) && !has("monitor", 10) && has("start", 0));
    let params = facts.params(a, None);
    assert_eq!((&*params["x"], &*params["y"]), ("own", "template"));
    let start = facts.find_operation(a, "start", Duration::ZERO, Lookup::Any);
    let options = facts.operation_options(a, "start", Duration::ZERO, start);
    assert_eq!(options.timeout, Duration::from_secs(7));
}

#[test]
fn what_a_resource_requires_follows_from_fencing() {
    let requires = |properties: &[(&str, &str)], id: &str| {
        let cluster = with_properties(cluster(1, vec![Resource::Primitive(dummy("a"))]), properties);
        let status = status([]);
        let facts = interpret(&cluster, &status, NOW);
        facts.resource(resource(&facts, id)).requires
    };
    assert_eq!(requires(&[], "a"), Requires::Fencing);
    assert_eq!(requires(&[], "fence"), Requires::Quorum);
    assert_eq!(requires(&[("fencing-enabled", "false")], "a"), Requires::Quorum);
    let careless = [("fencing-enabled", "false"), ("no-quorum-policy", "ignore")];
    assert_eq!(requires(&careless, "a"), Requires::Nothing);
}

#[test]
fn what_only_history_knows_is_banned_everywhere() {
    let cluster = cluster(2, vec![]);
    read_history(&cluster, "old", vec![started(1)], |facts| {
        let old = facts.resource(resource(facts, "old"));
        assert!(old.is_removed);
        assert_eq!(facts.top.last(), Some(&resource(facts, "old")));
        assert_eq!(score(facts, "old", "n2"), Some(Score::MINUS_INFINITY));
        assert_eq!(active_on(facts, "old"), ["n1"]);
    });
}

#[test]
fn instances_go_to_nodes_where_something_runs() {
    let cluster = cluster(3, vec![clone("c", dummy("d"), &[])]);
    let found = |rc: u8| vec![history("d", vec![probe(1, rc)])];
    let status = status([online("n1", found(7)), online("n2", found(0)), online("n3", found(0))]);
    let facts = interpret(&cluster, &status, NOW);
    assert_eq!(active_on(&facts, "d:0"), ["n2"]);
    assert_eq!(active_on(&facts, "d:1"), ["n3"]);
    assert!(active_on(&facts, "d:2").is_empty());
    let clone = facts.resource(resource(&facts, "c"));
    assert_eq!(clone.known_on.len(), 3);
}

#[test]
fn instances_beyond_the_most_are_removed() {
    let cluster = cluster(2, vec![clone("c", dummy("d"), &[("clone-max", "1")])]);
    let found = || vec![history("d", vec![probe(1, 0)])];
    let status = status([online("n1", found()), online("n2", found())]);
    let facts = interpret(&cluster, &status, NOW);
    assert!(facts.resource(resource(&facts, "d:1")).is_removed);
    assert_eq!(active_on(&facts, "d:1"), ["n2"]);
}

#[test]
fn a_clone_sticks_a_little_and_is_made_anonymous_where_it_must() {
    let unit = Primitive::new("u", Agent::parse("systemd:unit").unwrap());
    let cluster = cluster(2, vec![clone("c", unit, &[("globally-unique", "true"), ("clone-max", "5")])]);
    let status = status([]);
    let facts = interpret(&cluster, &status, NOW);
    let clone = facts.resource(resource(&facts, "c"));
    assert_eq!(clone.stickiness, Score::new(1));
    assert_eq!(&*clone.meta["globally-unique"], "false");
    assert_eq!(clone.children.len(), 2);
}

#[test]
fn a_guest_is_a_node_behind_a_connection() {
    let vm = with_meta(dummy("vm"), &[("remote-node", "guest"), ("remote-addr", "10.0.0.9")]);
    let cluster = cluster(1, vec![Resource::Primitive(vm)]);
    let running = |id: &str, kind: &str| crate::status::ResourceHistory {
        kind: kind.into(),
        ..history(id, vec![started(1)])
    };
    let hosts = online("n1", vec![running("vm", "Dummy"), running("guest", "remote")]);
    let inside = NodeStateOf::guest("guest", vec![history("a", vec![started(1)])]);
    let status = status([hosts, inside]);
    let facts = interpret(&cluster, &status, NOW);
    let guest = facts.node(node(&facts, "guest"));
    assert_eq!(guest.kind, NodeKind::Guest);
    assert!(guest.is_online && guest.unclean.is_none());
    let connection = facts.resource(resource(&facts, "guest"));
    assert_eq!(connection.launcher, Some(resource(&facts, "vm")));
    assert_eq!(active_on(&facts, "a"), ["guest"]);
}

struct NodeStateOf;

impl NodeStateOf {
    fn guest(name: &str, resources: Vec<crate::status::ResourceHistory>) -> crate::status::NodeState {
        crate::status::NodeState { resources, ..crate::status::NodeState::unseen(name) }
    }
}

#[test]
fn a_bundle_makes_containers_addresses_connections_and_nodes() {
    let bundle = Bundle {
        id: "B".into(),
        description: None,
        meta: vec![],
        container: Container {
            kind: ContainerKind::Docker,
            image: "image".into(),
            replicas: Some("2".into()),
            replicas_per_host: None,
            promoted_max: None,
            run_command: None,
            network: None,
            options: None,
        },
        network: Some(Network { ip_range_start: Some("10.0.0.5".into()), ..Network::default() }),
        mounts: vec![],
        primitive: Some(dummy("web")),
    };
    let cluster = cluster(2, vec![Resource::Bundle(bundle)]);
    let status = status([]);
    let facts = interpret(&cluster, &status, NOW);
    let made = facts.resource(resource(&facts, "B"));
    let children: Vec<&str> = made.children.iter().map(|child| &*facts.resource(*child).id).collect();
    assert_eq!(
        children,
        ["B-docker-0", "B-ip-10.0.0.5", "B-0", "B-docker-1", "B-ip-10.0.0.6", "B-1", "B-clone"]
    );
    let Variant::Bundle(shape) = &made.variant else { panic!("not a bundle") };
    assert_eq!(shape.replicas[1].node, Some(node(&facts, "B-1")));
    assert_eq!(shape.replicas[1].child, Some(resource(&facts, "web:1")));
    assert_eq!(score(&facts, "web:0", "B-0"), Some(Score::new(500)));
    assert_eq!(score(&facts, "web:0", "n1"), None);
    assert_eq!(score(&facts, "B-0", "n1"), Some(Score::ZERO));
    assert_eq!(score(&facts, "B-0", "B-1"), None);
}
