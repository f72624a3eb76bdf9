//! Live migration: moving a resource without stopping it, and what orders mean meanwhile.

use super::draft::{Draft, Need};
use super::link::{Ordering, Relations, Side};
use super::verb::{Key, Verb};
use super::work::Work;
use crate::scheduler::facts::ResourceIx;

/// Whether a resource can move from its current to its assigned node without stopping.
pub fn is_eligible(work: &Work<'_, '_>, resource: ResourceIx) -> bool {
    let (facts, state) = (work.resource(resource), work.state(resource));
    facts.can_migrate
        && facts.is_managed
        && !state.is_failed
        && !state.is_start_pending
        && work.current_node(resource).is_some_and(|node| work.is_clean(node))
        && work.assigned(resource).is_some_and(|node| work.is_clean(node))
}

/// Creates the two halves of a migration; start and stop become part of it.
pub fn act(work: &mut Work<'_, '_>, resource: ResourceIx) {
    let (Some(source), Some(target)) = (work.current_node(resource), work.assigned(resource)) else { return };
    let is_halfway = work.state(resource).partial_migration.is_some();
    let start = work.request_once(resource, Verb::Start, Some(target), Need::Optional);
    let stop = work.request_once(resource, Verb::Stop, Some(source), Need::Optional);
    let waits_for = {
        let draft = work.actions.draft_mut(start);
        draft.is_migratable = true;
        draft.is_pseudo = true;
        draft.waits_for
    };
    work.actions.draft_mut(stop).is_migratable = true;

    let (source_name, target_name) = (work.node(source).name.to_shared(), work.node(target).name.to_shared());
    let set_up = |draft: &mut Draft| {
        draft.is_migratable = true;
        draft.set_meta("migrate_source", source_name.clone());
        draft.set_meta("migrate_target", target_name.clone());
    };
    let mut first_half = None;
    if !is_halfway {
        let migrate_to = work.request_once(resource, Verb::MigrateTo, Some(source), Need::Optional);
        let is_connection = work.resource(resource).connects.is_some();
        let draft = work.actions.draft_mut(migrate_to);
        set_up(draft);
        draft.waits_for = waits_for;
        if !is_connection {
            draft.set_meta("record_pending", "true");
        }
        first_half = Some(migrate_to);
    }
    let migrate_from = work.request_once(resource, Verb::MigrateFrom, Some(target), Need::Optional);
    let draft = work.actions.draft_mut(migrate_from);
    set_up(draft);
    if first_half.is_none() {
        draft.waits_for = waits_for;
    }
    order_inside(work, resource, is_halfway);
}

fn order_inside(work: &mut Work<'_, '_>, resource: ResourceIx, is_halfway: bool) {
    let joined = Relations::ORDERED | Relations::MIGRATES;
    let mut order = |first: Verb, then: Verb, relations| {
        work.order_keys((resource, first), (resource, then), relations);
    };
    if is_halfway {
        order(Verb::Monitor, Verb::MigrateFrom, Relations::ORDERED);
    } else {
        order(Verb::Monitor, Verb::MigrateTo, Relations::ORDERED);
        order(Verb::MigrateTo, Verb::MigrateFrom, joined);
    }
    order(Verb::MigrateFrom, Verb::Stop, joined);
    order(Verb::MigrateFrom, Verb::Start, joined | Relations::ELSE_REAL);
}

/// What an ordering of two resources' steps means for their migrations.
pub fn order_migrations(work: &mut Work<'_, '_>, first: Side, then: Side) {
    let (Some(first_resource), Some(then_resource)) = (work.side_resource(first), work.side_resource(then))
    else {
        return;
    };
    let (first_migrates, then_migrates) =
        (work.resource(first_resource).can_migrate, work.resource(then_resource).can_migrate);
    if first_resource == then_resource
        || !(first_migrates || then_migrates)
        || work.is_within(first_resource, then_resource)
        || work.is_within(then_resource, first_resource)
    {
        return;
    }
    let (first_key, then_key) = (work.side_key(first), work.side_key(then));
    if first_key != Key::once(first_key.verb) || then_key != Key::once(then_key.verb) {
        return;
    }
    let unless_migrating = Relations::UNLESS_MIGRATING.when(first_migrates);
    let is_halfway = work.state(then_resource).partial_migration.is_some();
    let mut add = |first_verb: Verb, then_verb: Verb, relations: Relations| {
        work.actions.orderings.push(Ordering {
            first: Side::Key(first_resource, Key::once(first_verb)),
            then: Side::Key(then_resource, Key::once(then_verb)),
            relations: Relations::ORDERED | relations,
        });
    };
    match (first_key.verb, then_key.verb) {
        (Verb::Start, Verb::Start) => {
            if first_migrates && then_migrates {
                add(Verb::MigrateFrom, Verb::MigrateTo, Relations::NONE);
            }
            if then_migrates {
                add(Verb::Start, Verb::MigrateTo, unless_migrating);
            }
        }
        (Verb::Stop, Verb::Stop) if then_migrates => {
            add(Verb::Stop, Verb::MigrateTo, unless_migrating);
            if is_halfway {
                add(Verb::Stop, Verb::MigrateFrom, unless_migrating);
            }
        }
        (Verb::Promote, Verb::Start) if then_migrates => {
            add(Verb::Promote, Verb::MigrateTo, Relations::NONE);
        }
        (Verb::Demote, Verb::Stop) if then_migrates => {
            add(Verb::Demote, Verb::MigrateTo, Relations::NONE);
            if is_halfway {
                add(Verb::Demote, Verb::MigrateFrom, Relations::NONE);
            }
        }
        (_, _) => {}
    }
}
