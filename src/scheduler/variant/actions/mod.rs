//! What each kind of resource means for actions: the one place that tells kinds apart.

pub mod bundle;
pub mod clone;
pub mod group;
pub mod instance;
pub mod notice;
pub mod primitive;
pub mod siblings;

use crate::scheduler::act::draft::DraftIx;
use crate::scheduler::act::draft::Effective;
use crate::scheduler::act::link::Relations;
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{NodeIx, ResourceIx, Variant};
use crate::scheduler::order::effect::{Pair, Plan, Rule};

/// Adds the orderings that follow from what a resource is, its parts included.
pub fn order_inside(work: &mut Work<'_, '_>, resource: ResourceIx) {
    match &work.resource(resource).variant {
        Variant::Primitive(_) => primitive::order_inside(work, resource),
        Variant::Group(_) => group::order_inside(work, resource),
        Variant::Clone(_) => clone::order_inside(work, resource),
        Variant::Bundle(_) => bundle::order_inside(work, resource),
    }
}

/// Creates the actions that a resource's placement asks for, its parts' included.
pub fn act(work: &mut Work<'_, '_>, resource: ResourceIx) {
    match &work.resource(resource).variant {
        Variant::Primitive(_) => primitive::act(work, resource),
        Variant::Group(_) => group::act(work, resource),
        Variant::Clone(_) => clone::act(work, resource),
        Variant::Bundle(_) => bundle::act(work, resource),
    }
}

/// Once all is settled: takes over what the parts of collectives came to, and tells instances of
/// their siblings' steps.
pub fn complete(work: &mut Work<'_, '_>, resource: ResourceIx) {
    match &work.resource(resource).variant {
        Variant::Primitive(_) | Variant::Group(_) => {}
        Variant::Clone(_) => clone::complete(work, resource),
        Variant::Bundle(bundle) => {
            if let Some(inner) = bundle.clone {
                clone::complete(work, inner);
            }
        }
    }
}

/// Creates the probes of a resource on a node. Says whether there are any.
pub fn probe(work: &mut Work<'_, '_>, resource: ResourceIx, node: NodeIx) -> bool {
    match &work.resource(resource).variant {
        Variant::Primitive(_) => crate::scheduler::act::probe::probe_primitive(work, resource, node),
        Variant::Group(_) => probe_all(work, &work.resource(resource).children.clone(), node),
        Variant::Clone(_) => clone::probe(work, resource, node),
        Variant::Bundle(_) => bundle::probe(work, resource, node),
    }
}

/// Creates the probes of several resources on a node.
pub fn probe_all(work: &mut Work<'_, '_>, resources: &[ResourceIx], node: NodeIx) -> bool {
    let mut any = false;
    for resource in resources {
        any |= probe(work, *resource, node);
    }
    any
}

/// Where an action stands in effect: for a collective's, its parts' count too. What they make
/// required is kept.
pub fn effective(work: &mut Work<'_, '_>, draft: DraftIx, node: Option<NodeIx>) -> Effective {
    let Some(resource) = work.actions.draft(draft).resource else {
        return Effective::plain(work.actions.draft(draft));
    };
    match &work.resource(resource).variant {
        Variant::Primitive(_) => Effective::plain(work.actions.draft(draft)),
        Variant::Group(_) => group::effective(work, resource, draft),
        Variant::Clone(_) => clone::effective(work, resource, draft, node),
        Variant::Bundle(_) => bundle::effective(work, resource, draft, node),
    }
}

/// Lists the steps by which a relation is applied to a pair: to the actions themselves, and to
/// the parts of the collective whose action comes then.
pub fn expand(work: &mut Work<'_, '_>, relation: Relations, rule: Rule, pair: Pair, plan: &mut Plan) {
    let of = if relation == Relations::THEN_REQUIRES_FIRST { pair.first } else { pair.then };
    let Some(resource) = work.actions.draft(of).resource else {
        plan.add(rule, pair);
        return;
    };
    match &work.resource(resource).variant {
        Variant::Primitive(_) => plan.add(rule, pair),
        Variant::Group(_) => group::expand(work, rule, pair, plan),
        Variant::Clone(_) | Variant::Bundle(_) => instance::expand(work, relation, rule, pair, plan),
    }
}
