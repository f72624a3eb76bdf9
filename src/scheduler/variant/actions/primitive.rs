//! What a primitive means for actions.

use crate::model::Role;
use crate::scheduler::act::link::{Relations, Side};
use crate::scheduler::act::verb::{Key, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::act::{migration, recurring, role_step, unfencing};
use crate::scheduler::facts::{PlacementStrategy, ResourceIx};

/// Adds the orderings between a primitive's own actions, and with what launches it.
pub fn order_inside(work: &mut Work<'_, '_>, resource: ResourceIx) {
    let facts = work.resource(resource);
    if !facts.is_managed {
        return;
    }
    let restart = Relations::ORDERED | Relations::FIRST_REQUIRES_THEN | Relations::RESTARTS;
    work.order_keys((resource, Verb::Stop), (resource, Verb::Start), restart);
    if facts.is_promotable || facts.current_role > Role::Unpromoted {
        let relations = Relations::PROMOTED_THEN_REQUIRES_FIRST;
        work.order_keys((resource, Verb::Demote), (resource, Verb::Stop), relations);
        work.order_keys((resource, Verb::Start), (resource, Verb::Promote), Relations::BLOCKS);
    }
    let relations = Relations::SAME_NODE | Relations::CANCELS;
    work.order_keys((resource, Verb::ClearHistory), (resource, Verb::Monitor), relations);
    if unfencing::is_needed_by(work, resource) && !work.is_fence_device(resource) {
        order_around_unfencing(work, resource);
    }
    order_loads(work, resource);
    order_with_launcher(work, resource);
}

fn order_around_unfencing(work: &mut Work<'_, '_>, resource: ResourceIx) {
    let nodes: Vec<_> = work.resource(resource).table.iter().map(|(node, _)| node).collect();
    for node in nodes {
        let on = Side::Draft(unfencing::request(work, node));
        let own = |verb| Side::Key(resource, Key::once(verb));
        work.order(own(Verb::Stop), on, Relations::ORDERED | Relations::SAME_NODE);
        let relations = Relations::FIRST_REQUIRES_THEN_ON_NODE | Relations::SAME_NODE;
        work.order(on, own(Verb::Start), relations);
    }
}

/// Where capacity counts, what leaves a node makes room before anything comes.
fn order_loads(work: &mut Work<'_, '_>, resource: ResourceIx) {
    let facts = work.resource(resource);
    if work.facts.properties.placement_strategy == PlacementStrategy::Default || facts.utilization.is_empty()
    {
        return;
    }
    let own = |verb| Side::Key(resource, Key::once(verb));
    for node in &facts.active_on {
        let shed = Side::Draft(work.load_stopped(*node));
        work.order(own(Verb::Stop), shed, Relations::LOAD);
    }
    for (node, _) in facts.table.iter() {
        let shed = Side::Draft(work.load_stopped(node));
        work.order(shed, own(Verb::Start), Relations::LOAD);
        work.order(shed, own(Verb::MigrateTo), Relations::LOAD);
    }
}

fn order_with_launcher(work: &mut Work<'_, '_>, resource: ResourceIx) {
    let facts = work.resource(resource);
    let Some(launcher) = facts.launcher else { return };
    let is_connection = facts.connects.is_some();
    if is_connection {
        work.order_keys((launcher, Verb::Monitor), (resource, Verb::Stop), Relations::ORDERED);
    }
    let launcher_facts = work.resource(launcher);
    let launches_guest =
        launcher_facts.launched.iter().any(|launched| work.resource(*launched).connects.is_some());
    let runs_on_guest = launcher_facts.connects.is_some() || (!is_connection && launches_guest);
    if !runs_on_guest {
        let relations = Relations::FIRST_REQUIRES_THEN | Relations::BLOCKS;
        work.order_keys((launcher, Verb::Start), (resource, Verb::Start), relations);
        work.order_keys((resource, Verb::Stop), (launcher, Verb::Stop), Relations::THEN_REQUIRES_FIRST);
    }
}

/// Creates a primitive's actions: role changes, monitors, migration.
pub fn act(work: &mut Work<'_, '_>, resource: ResourceIx) {
    let migrates = role_step::act(work, resource);
    recurring::act(work, resource);
    if migrates {
        migration::act(work, resource);
    }
}
