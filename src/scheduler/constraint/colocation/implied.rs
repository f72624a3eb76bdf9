//! Colocations and bans that follow from what resources are, without anybody writing them.

use super::ColocationRecord;
use crate::model::Score;
use crate::scheduler::assign::contribution::Cause;
use crate::scheduler::assign::draft::Draft;
use crate::scheduler::facts::{NodeIx, NodeKind, ResourceIx, Variant};
use crate::scheduler::variant::{bundle, group};

/// Adds what a resource and everything in it imply, in order.
pub(crate) fn unpack(draft: &mut Draft<'_>, resource: ResourceIx) {
    match &draft.resource(resource).variant {
        Variant::Primitive(_) => unpack_primitive(draft, resource),
        Variant::Group(group) => {
            let is_colocated = group.is_colocated;
            group::unpack_implied(draft, resource, is_colocated);
        }
        Variant::Clone(_) => {
            for instance in draft.resource(resource).children.clone() {
                unpack(draft, instance);
            }
        }
        Variant::Bundle(_) => bundle::unpack_implied(draft, resource),
    }
}

/// A colocation without roles that nobody wrote.
pub(crate) fn implied(
    id: &str,
    dependent: ResourceIx,
    primary: ResourceIx,
    score: Score,
    influence: bool,
) -> ColocationRecord {
    ColocationRecord {
        id: id.into(),
        dependent,
        primary,
        score,
        node_attribute: None,
        dependent_role: None,
        primary_role: None,
        influence,
        is_explicit: false,
    }
}

fn unpack_primitive(draft: &mut Draft<'_>, resource: ResourceIx) {
    let known = draft.resource(resource);
    if !known.is_managed {
        return;
    }
    let (is_connection, launcher) = (known.is_connection(), known.launcher);
    let is_fence_device = known.is_fence_device();
    if let Some(launcher) = launcher {
        join_launcher(draft, resource, launcher, is_connection);
        if is_connection && !bundle::is_connection(draft, resource) {
            ban_from_remote_nodes(draft, launcher);
        }
    }
    if is_fence_device || is_connection {
        ban_from_remote_nodes(draft, resource);
    }
}

/// A launched resource goes with its launcher, or onto the node that the launcher makes.
fn join_launcher(draft: &mut Draft<'_>, resource: ResourceIx, launcher: ResourceIx, is_connection: bool) {
    if let Some(node) = node_made_by(draft, launcher, is_connection) {
        let others: Vec<NodeIx> =
            draft.table(resource).iter().map(|(other, _)| other).filter(|other| *other != node).collect();
        for other in others {
            draft.add(resource, other, Score::MINUS_INFINITY, Cause::Connection);
        }
        return;
    }
    let score = if bundle::is_connection(draft, resource) { Score::new(10_000) } else { Score::INFINITY };
    draft.add_colocation(implied("#resource-with-container", resource, launcher, score, true));
}

/// The remote or guest node on which what `launcher` launches must run.
fn node_made_by(draft: &Draft<'_>, launcher: ResourceIx, is_connection: bool) -> Option<NodeIx> {
    let known = draft.resource(launcher);
    if known.is_connection() {
        return known.connects;
    }
    if is_connection {
        return None;
    }
    known.launched.iter().filter(|launched| draft.resource(**launched).is_connection()).find_map(
        |connection| {
            draft
                .resource(*connection)
                .connects
                .filter(|node| draft.facts.node(*node).kind == NodeKind::Guest)
        },
    )
}

/// Connections cannot be nested, and fence devices run on members only.
fn ban_from_remote_nodes(draft: &mut Draft<'_>, resource: ResourceIx) {
    let is_remote = |node: &NodeIx| draft.facts.node(*node).is_remote();
    let remote: Vec<NodeIx> = draft.table(resource).iter().map(|(node, _)| node).filter(is_remote).collect();
    for node in remote {
        draft.add(resource, node, Score::MINUS_INFINITY, Cause::Connection);
    }
}
