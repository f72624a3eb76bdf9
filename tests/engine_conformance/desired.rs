//! Desired states, in a few words each.

use std::time::Duration;

use quorate::model::constraint::{Constraint, Order, OrderScope, Ticket, TicketScope};
use quorate::model::{
    Cluster, ConstraintId, Group, NameValue, Node, Operation, OptionSet, Primitive, Resource, ResourceId,
};

use crate::subject::Subject;

/// A cluster of the subject's node without fencing, and these resources.
pub(crate) fn cluster<S: Subject>(subject: &S, resources: Vec<Resource>) -> Cluster {
    Cluster {
        nodes: vec![Node::member(&subject.node())],
        properties: vec![OptionSet::of([("fencing-enabled", "false")])],
        resources,
        ..Cluster::default()
    }
}

/// A resource with a monitor every ten seconds.
pub(crate) fn primitive<S: Subject>(subject: &S, id: &str) -> Primitive {
    let mut primitive = Primitive::new(id, subject.agent());
    primitive.params = vec![OptionSet::of(subject.params(id))];
    primitive.ops = vec![monitor(10)];
    primitive
}

/// The same, as a top-level resource.
pub(crate) fn resource<S: Subject>(subject: &S, id: &str) -> Resource {
    Resource::Primitive(primitive(subject, id))
}

/// A monitor with this many seconds between runs.
pub(crate) fn monitor(seconds: u64) -> Operation {
    Operation { name: "monitor".into(), interval: Duration::from_secs(seconds), ..Operation::default() }
}

/// A resource with a meta-attribute.
pub(crate) fn with_meta(mut primitive: Primitive, name: &str, value: &str) -> Resource {
    primitive.meta = vec![OptionSet::of([(name, value)])];
    Resource::Primitive(primitive)
}

/// A resource with one more parameter.
pub(crate) fn with_param(mut primitive: Primitive, name: &str, value: &str) -> Resource {
    if let Some(set) = primitive.params.first_mut() {
        set.pairs.push(NameValue::text(name, value));
    }
    Resource::Primitive(primitive)
}

/// A group of these members.
pub(crate) fn group(id: &str, members: Vec<Primitive>) -> Resource {
    Resource::Group(Group {
        id: ResourceId::new(id),
        description: None,
        meta: Vec::new(),
        params: Vec::new(),
        members,
    })
}

/// `first` before `then`, mandatory.
pub(crate) fn order(first: &str, then: &str) -> Constraint {
    Constraint::Order(Order {
        id: ConstraintId::new(format!("order-{first}-{then}")),
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

/// A resource that needs a ticket.
pub(crate) fn needs_ticket(resource: &str, ticket: &str) -> Constraint {
    Constraint::Ticket(Ticket {
        id: ConstraintId::new(format!("ticket-{ticket}-{resource}")),
        ticket: ticket.into(),
        scope: TicketScope::Resource { resource: resource.into(), role: None },
        loss_policy: None,
    })
}
