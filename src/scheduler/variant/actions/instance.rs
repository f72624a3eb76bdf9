//! Instances of collectives: which goes with which, and what one means for the other.

use crate::scheduler::act::draft::DraftIx;
use crate::scheduler::act::early;
use crate::scheduler::act::link::Relations;
use crate::scheduler::act::verb::{Key, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{NodeIx, ResourceIx, Variant};
use crate::scheduler::order::effect::{Pair, Place, Plan, Rule, Step};

/// Whether the present or the coming place of an instance is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Where it is active.
    Now,
    /// Where it is assigned.
    Next,
}

/// The instances of a clone, the containers of a bundle; others have none.
pub fn instances(work: &Work<'_, '_>, collective: ResourceIx) -> Vec<ResourceIx> {
    match &work.resource(collective).variant {
        Variant::Primitive(_) | Variant::Group(_) => Vec::new(),
        Variant::Clone(_) => work.resource(collective).children.clone(),
        Variant::Bundle(bundle) => bundle.replicas.iter().map(|replica| replica.container).collect(),
    }
}

/// The one node that an instance is on; none if its parts are in several places.
pub fn node_at(work: &Work<'_, '_>, instance: ResourceIx, when: When) -> Option<NodeIx> {
    let mut found = None;
    for leaf in work.facts.leaves(instance) {
        let nodes: Vec<_> = match when {
            When::Now => work.resource(leaf).active_on.clone(),
            When::Next => work.assigned(leaf).into_iter().collect(),
        };
        for node in nodes {
            if found.is_some_and(|known| known != node) {
                return None;
            }
            found = Some(node);
        }
    }
    found
}

/// The host of a guest, or the node itself.
pub fn host_of(work: &Work<'_, '_>, node: NodeIx, when: When) -> NodeIx {
    let launcher = work.node(node).connection.and_then(|connection| work.resource(connection).launcher);
    launcher.and_then(|launcher| node_at(work, launcher, when)).unwrap_or(node)
}

/// The instance of `collective` that goes with `matched`: the one on the same node.
pub fn compatible(
    work: &Work<'_, '_>,
    matched: ResourceIx,
    collective: ResourceIx,
    when: When,
) -> Option<ResourceIx> {
    let instances = instances(work, collective);
    let is_bundle = work.resource(collective).variant.is_bundle();
    let is_on = |instance: &&ResourceIx, node: NodeIx| {
        let wanted = if is_bundle { host_of(work, node, when) } else { node };
        node_at(work, **instance, when) == Some(wanted) && !is_blocked(work, **instance)
    };
    if let Some(node) = node_at(work, matched, when) {
        return instances.iter().find(|instance| is_on(instance, node)).copied();
    }
    let mut nodes: Vec<_> = work.resource(matched).table.iter().collect();
    nodes.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.score));
    nodes.into_iter().find_map(|(node, _)| instances.iter().find(|instance| is_on(instance, node)).copied())
}

/// The parts of a collective that something about another resource concerns: all, or where they
/// are interleaved only the one that goes with it.
pub fn concerned(work: &Work<'_, '_>, other: ResourceIx, collective: ResourceIx) -> Vec<ResourceIx> {
    let children = &work.resource(collective).children;
    if work.resource(collective).variant.is_clone() && work.is_interleaved(collective) {
        compatible(work, other, collective, When::Next).into_iter().collect()
    } else {
        children.clone()
    }
}

fn is_blocked(work: &Work<'_, '_>, instance: ResourceIx) -> bool {
    let facts = work.resource(instance);
    facts.is_blocked || facts.children.iter().any(|child| is_blocked(work, *child))
}

/// Lists the steps by which a relation is applied where a collective's action comes then: to
/// instances in pairs where they are interleaved, else to the actions themselves and then to what
/// each instance does.
pub fn expand(work: &mut Work<'_, '_>, relation: Relations, rule: Rule, pair: Pair, plan: &mut Plan) {
    if let Some(collectives) = interleaved(work, pair) {
        expand_interleaved(work, relation, rule, pair, collectives, plan);
        return;
    }
    plan.add(rule, pair);
    let then = work.actions.draft(pair.then);
    let (Some(resource), verb, node) = (then.resource, then.verb, then.node) else { return };
    let place = std::mem::replace(&mut plan.place, Place::Instance);
    for instance in instances(work, resource) {
        if let Some(action) = work.actions.youngest(instance, verb, pair.only_on.or(node)) {
            plan.steps.push(Step::BeginInstance(action));
            super::expand(work, relation, rule, Pair { then: action, ..pair }, plan);
            plan.steps.push(Step::EndInstance(action));
        }
    }
    plan.place = place;
}

/// The two collectives of a pair, if their instances only wait for their neighbours.
fn interleaved(work: &Work<'_, '_>, pair: Pair) -> Option<(ResourceIx, ResourceIx)> {
    let (first, then) = (work.actions.draft(pair.first), work.actions.draft(pair.then));
    let (first_resource, then_resource) = (first.resource?, then.resource?);
    let is_collective = |resource: ResourceIx| work.resource(resource).variant.has_instances();
    if first_resource == then_resource || !is_collective(first_resource) || !is_collective(then_resource) {
        return None;
    }
    let is_down = matches!(then.verb, Verb::Stop | Verb::Demote);
    let deciding = if is_down { first_resource } else { then_resource };
    work.is_interleaved(deciding).then_some((first_resource, then_resource))
}

fn expand_interleaved(
    work: &mut Work<'_, '_>,
    relation: Relations,
    rule: Rule,
    pair: Pair,
    (first, then): (ResourceIx, ResourceIx),
    plan: &mut Plan,
) {
    let first_key = work.actions.draft(pair.first).key;
    // A notification stands for the step that it is about.
    let about = first_key.notice.and_then(|notice| notice.about).unwrap_or(first_key.verb);
    let is_down = matches!(about, Verb::Stopped | Verb::Demoted);
    let when = if is_down { When::Now } else { When::Next };
    let first_verb = about.step();
    let then_verb = work.actions.draft(pair.then).verb;
    let place = std::mem::replace(&mut plan.place, Place::Interleaved);
    for instance in instances(work, then) {
        let Some(partner) = compatible(work, instance, first, when) else {
            let calls_for_partner = Relations::BLOCKS | Relations::FIRST_REQUIRES_THEN;
            if !is_down && calls_for_partner.has(relation) {
                unplace(work, instance, &mut plan.touched);
            }
            continue;
        };
        let first_action = work.instance_action(partner, first_verb, Inside::ExceptStop);
        let then_action = work.instance_action(instance, then_verb, Inside::OnlyPromotion);
        let (Some(first_action), Some(then_action)) = (first_action, then_action) else { continue };
        plan.steps.push(Step::Join { first: first_action, then: then_action, relation });
        let effective = super::effective(work, first_action, None);
        let parts = Pair { first: first_action, then: then_action, effective, only_on: pair.only_on };
        super::expand(work, relation, rule, parts, plan);
    }
    plan.place = place;
}

/// An instance whose neighbour has no place gets none itself.
fn unplace(work: &mut Work<'_, '_>, instance: ResourceIx, touched: &mut Vec<DraftIx>) {
    for leaf in work.facts.leaves(instance) {
        if work.assigned(leaf).is_none() {
            continue;
        }
        work.state_mut(leaf).is_unplaced = true;
        work.state_mut(leaf).next_role = crate::model::Role::Stopped;
        early::drop_actions(work, leaf);
        touched.extend(work.actions.of_resource(leaf));
    }
}

/// When what runs inside a container stands for the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// For everything but stops.
    ExceptStop,
    /// Only for promotions and demotions.
    OnlyPromotion,
}

impl Work<'_, '_> {
    /// What an instance does; for a container perhaps what is inside it does.
    fn instance_action(&self, instance: ResourceIx, verb: Verb, inside: Inside) -> Option<DraftIx> {
        let step = verb.step();
        let uses_inside = match inside {
            Inside::ExceptStop => step != Verb::Stop,
            Inside::OnlyPromotion => matches!(step, Verb::Promote | Verb::Demote),
        };
        let uses_inside = uses_inside && self.facts.release.interleaves_what_is_inside();
        let subject = self.inside_of(instance).filter(|_| uses_inside).unwrap_or(instance);
        self.actions.with_key(subject, Key::once(step)).last().copied()
    }

    /// What runs inside a container of a bundle.
    fn inside_of(&self, container: ResourceIx) -> Option<ResourceIx> {
        let bundle = self.resource(container).parent?;
        let Variant::Bundle(bundle) = &self.resource(bundle).variant else { return None };
        bundle.replicas.iter().find(|replica| replica.container == container)?.child
    }

    /// Whether the instances of a collective only wait for their neighbours.
    fn is_interleaved(&self, collective: ResourceIx) -> bool {
        let written = self.resource(collective).meta.get("interleave");
        written.and_then(|text| crate::model::scalar::parse_boolean(text)) == Some(true)
    }
}
