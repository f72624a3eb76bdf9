//! What a bundle means for actions.

use super::clone::{self, Steps};
use crate::scheduler::act::draft::Effective;
use crate::scheduler::act::draft::{Ability, DraftIx, Need};
use crate::scheduler::act::link::{Relations, Side};
use crate::scheduler::act::verb::{Key, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{BundleFacts, NodeIx, Replica, ResourceIx, Variant};

fn bundle_facts<'p>(work: &Work<'p, '_>, bundle: ResourceIx) -> Option<&'p BundleFacts> {
    match &work.resource(bundle).variant {
        Variant::Bundle(facts) => Some(facts),
        Variant::Primitive(_) | Variant::Group(_) | Variant::Clone(_) => None,
    }
}

/// Adds the orderings between the parts of each replica, and between the bundle and its clone.
pub fn order_inside(work: &mut Work<'_, '_>, bundle: ResourceIx) {
    let Some(facts) = bundle_facts(work, bundle) else { return };
    for replica in &facts.replicas {
        order_replica(work, bundle, *replica);
    }
    let Some(inner) = facts.clone else { return };
    let (down, up) = (Relations::THEN_SHOWS_FIRST, Relations::FIRST_SHOWS_THEN);
    work.order_keys((bundle, Verb::Start), (inner, Verb::Start), down);
    work.order_keys((inner, Verb::Running), (bundle, Verb::Running), up);
    work.order_keys((bundle, Verb::Stop), (inner, Verb::Stop), down);
    work.order_keys((inner, Verb::Stopped), (bundle, Verb::Stopped), up);
    super::order_inside(work, inner);
    if work.resource(inner).is_promotable {
        clone::order_restart(work, bundle);
        work.order_keys((bundle, Verb::Demote), (inner, Verb::Demote), down);
        work.order_keys((inner, Verb::Demoted), (bundle, Verb::Demoted), up);
        work.order_keys((bundle, Verb::Promote), (inner, Verb::Promote), down);
        work.order_keys((inner, Verb::Promoted), (bundle, Verb::Promoted), up);
    }
}

fn order_replica(work: &mut Work<'_, '_>, bundle: ResourceIx, replica: Replica) {
    let container = replica.container;
    let shows = Relations::THEN_SHOWS_FIRST;
    super::order_inside(work, container);
    work.order_keys((bundle, Verb::Start), (container, Verb::Start), Relations::BLOCKS | shows);
    if let Some(child) = replica.child {
        work.order_keys((bundle, Verb::Stop), (child, Verb::Stop), shows);
    }
    work.order_keys((bundle, Verb::Stop), (container, Verb::Stop), shows);
    work.order_keys((container, Verb::Start), (bundle, Verb::Running), Relations::FIRST_SHOWS_THEN);
    work.order_keys((container, Verb::Stop), (bundle, Verb::Stopped), Relations::FIRST_SHOWS_THEN);
    if let Some(ip) = replica.ip {
        super::order_inside(work, ip);
        let guest = Relations::GUEST_ALLOWED;
        work.order_keys((ip, Verb::Start), (container, Verb::Start), Relations::BLOCKS | guest);
        let relations = Relations::THEN_REQUIRES_FIRST | guest;
        work.order_keys((container, Verb::Stop), (ip, Verb::Stop), relations);
    }
    if let Some(connection) = replica.connection {
        super::order_inside(work, connection);
    }
}

/// Creates the actions of replicas, of the bundle itself, and of the clone inside.
pub fn act(work: &mut Work<'_, '_>, bundle: ResourceIx) {
    let Some(facts) = bundle_facts(work, bundle) else { return };
    for replica in &facts.replicas {
        for part in [replica.ip, Some(replica.container), replica.connection].into_iter().flatten() {
            super::act(work, part);
        }
    }
    let steps = Steps::of_leaves(work, facts.replicas.iter().map(|replica| replica.container));
    clone::add_step(work, bundle, Verb::Start, steps.starting);
    let running = clone::add_completion(work, bundle, Verb::Running, steps.starting);
    if !steps.any_active && !steps.starting {
        work.actions.draft_mut(running).ability = Ability::Blocked;
    }
    let stop = clone::add_step(work, bundle, Verb::Stop, steps.stopping);
    work.actions.draft_mut(stop).is_migratable = !steps.restarting;
    clone::add_completion(work, bundle, Verb::Stopped, steps.stopping);
    let Some(inner) = facts.clone else { return };
    super::act(work, inner);
    if work.resource(inner).is_promotable {
        clone::add_step(work, bundle, Verb::Promote, false);
        clone::add_completion(work, bundle, Verb::Promoted, false);
        clone::add_step(work, bundle, Verb::Demote, false);
        clone::add_completion(work, bundle, Verb::Demoted, false);
    }
}

/// Creates the probes of a bundle's parts on a node.
pub fn probe(work: &mut Work<'_, '_>, bundle: ResourceIx, node: NodeIx) -> bool {
    let Some(facts) = bundle_facts(work, bundle) else { return false };
    let mut any = false;
    for replica in &facts.replicas {
        if let Some(ip) = replica.ip {
            any |= super::probe(work, ip, node);
        }
        if let Some(child) = replica.child.filter(|_| replica.node == Some(node)) {
            any |= super::probe(work, child, node);
        }
        if super::probe(work, replica.container, node) {
            any = true;
            if facts.replicas_per_host == 1 {
                order_before_other_containers(work, facts, *replica, node);
            }
        }
        if let Some(connection) = replica.connection
            && super::probe(work, connection, node)
        {
            any = true;
            let key = Key::once(Verb::Monitor);
            let probe = work.actions.with_key_on(connection, key, node).next_back();
            if let Some(probe) = probe {
                let start = Side::Key(replica.container, Key::once(Verb::Start));
                work.order(start, Side::Draft(probe), Relations::NESTED);
            }
        }
    }
    any
}

/// Containers of one bundle could be mistaken for each other until it is known which is which.
fn order_before_other_containers(
    work: &mut Work<'_, '_>,
    facts: &BundleFacts,
    replica: Replica,
    node: NodeIx,
) {
    let key = Key::once(Verb::Monitor);
    let Some(probe) = work.actions.with_key_on(replica.container, key, node).next_back() else { return };
    for other in facts.replicas.iter().filter(|other| other.container != replica.container) {
        let start = Side::Key(other.container, Key::once(Verb::Start));
        work.order(Side::Draft(probe), start, Relations::ORDERED | Relations::SAME_NODE);
    }
}

/// Where a bundle's action stands in effect: promotions follow what is inside, all else the
/// containers.
pub fn effective(
    work: &mut Work<'_, '_>,
    bundle: ResourceIx,
    draft: DraftIx,
    node: Option<NodeIx>,
) -> Effective {
    let Some(facts) = bundle_facts(work, bundle) else {
        return Effective { need: Need::Optional, ability: Ability::Blocked, is_migratable: false };
    };
    let entry = work.actions.draft(draft);
    let is_inner = entry.key.notice.is_some()
        || matches!(entry.verb.step(), Verb::Promote | Verb::Demote | Verb::Notify | Verb::Notified);
    match facts.clone.filter(|_| is_inner) {
        Some(inner) => {
            let instances = work.resource(inner).children.clone();
            clone::of_instances(work, &instances, draft, node)
        }
        // Who waits for a bundle waits for its containers wherever they are.
        None => {
            let instances: Vec<_> = facts.replicas.iter().map(|replica| replica.container).collect();
            clone::of_instances(work, &instances, draft, None)
        }
    }
}
