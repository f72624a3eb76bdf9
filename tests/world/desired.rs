//! Desired clusters, in a few words each.

use std::time::Duration;

use quorate::model::constraint::{Constraint, Order, OrderScope};
use quorate::model::resource::CloneChild;
use quorate::model::{
    Agent, AgentClass, Clone, Cluster, ConstraintId, Node, Operation, OptionSet, Primitive, Resource,
    ResourceId, Score,
};

/// Whether lost nodes are fenced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fencing {
    On,
    Off,
}

/// Nodes `n1` and so on, and dummies of these names with a monitor every ten seconds.
pub(crate) fn cluster(nodes: usize, fencing: Fencing, resources: &[&str]) -> Cluster {
    let enabled = if fencing == Fencing::On { "true" } else { "false" };
    let mut cluster = Cluster {
        nodes: (1..=nodes).map(|number| Node::member(&format!("n{number}"))).collect(),
        properties: vec![OptionSet::of([("fencing-enabled", enabled)])],
        ..Cluster::default()
    };
    if fencing == Fencing::On {
        let agent = Agent { class: AgentClass::Stonith, provider: None, kind: "fence_sim".into() };
        cluster.resources.push(Resource::Primitive(Primitive::new("fencer", agent)));
    }
    cluster.resources.extend(resources.iter().map(|name| Resource::Primitive(dummy(name))));
    cluster
}

/// A dummy with a monitor every ten seconds.
pub(crate) fn dummy(name: &str) -> Primitive {
    let agent = Agent { class: AgentClass::Ocf, provider: Some("pacemaker".into()), kind: "Dummy".into() };
    let mut primitive = Primitive::new(name, agent);
    primitive.ops =
        vec![Operation { name: "monitor".into(), interval: Duration::from_secs(10), ..Operation::default() }];
    primitive
}

/// The dummy of this name gets a meta-attribute.
pub(crate) fn set_meta(cluster: &mut Cluster, name: &str, option: &str, value: &str) {
    for resource in &mut cluster.resources {
        if let Resource::Primitive(primitive) = resource
            && primitive.id == *name
        {
            primitive.meta.push(OptionSet::of([(option, value)]));
        }
    }
}

/// The cluster gets a property.
pub(crate) fn set_property(cluster: &mut Cluster, name: &str, value: &str) {
    cluster.properties.insert(0, OptionSet { score: Score::INFINITY, ..OptionSet::of([(name, value)]) });
}

/// A promotable clone of a dummy, with a monitor for each role.
pub(crate) fn promotable(name: &str) -> Resource {
    let mut child = dummy(name);
    child.ops.push(Operation {
        name: "monitor".into(),
        interval: Duration::from_secs(9),
        options: vec![("role".into(), "Promoted".into())],
        ..Operation::default()
    });
    Resource::Clone(Clone {
        id: ResourceId::new(format!("{name}-clone")),
        description: None,
        meta: vec![OptionSet::of([("promotable", "true")])],
        params: Vec::new(),
        child: CloneChild::Primitive(child),
    })
}

/// The second starts after the first.
pub(crate) fn in_order(first: &str, then: &str) -> Constraint {
    Constraint::Order(Order {
        id: ConstraintId::new(format!("{first}-before-{then}")),
        scope: OrderScope::Pair {
            first: ResourceId::new(first),
            then: ResourceId::new(then),
            first_action: None,
            then_action: None,
            require_all: None,
        },
        kind: None,
        score: None,
        symmetrical: None,
    })
}
