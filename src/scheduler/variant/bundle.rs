//! Placing a bundle: its containers like instances, and with each container what belongs to it.

use crate::model::{Role, Score};
use crate::scheduler::assign::agenda::{Demand, Step};
use crate::scheduler::assign::contribution::{Cause, Place};
use crate::scheduler::assign::draft::{Draft, Finality, Progress};
use crate::scheduler::assign::instances::{self, Limits};
use crate::scheduler::constraint::colocation::ColocationIx;
use crate::scheduler::constraint::colocation::implied::{self, implied};
use crate::scheduler::constraint::location::{LocationIx, Share};
use crate::scheduler::facts::{BundleFacts, NodeIx, NodeKind, Replica, ResourceIx, Variant};
use crate::scheduler::schedule::ScorePool;
use crate::scheduler::variant::{self, clone};

/// The assignment of a bundle.
pub(crate) struct Assignment {
    demand: Demand,
}

impl Assignment {
    pub(crate) const fn new(demand: Demand) -> Self {
        Self { demand }
    }

    /// Every request goes through a bundle again, to no new effect but score lines.
    pub(crate) fn advance(&self, draft: &mut Draft<'_>) -> Step {
        let bundle = self.demand.resource;
        if draft.progress[bundle.index()] == Progress::Assigning {
            return Step::Done;
        }
        let Some(known) = facts(draft, bundle).cloned() else { return Step::Done };
        draft.progress[bundle.index()] = Progress::Assigning;
        draft.take_down_scores(ScorePool::Bundle, bundle);
        let mut containers: Vec<_> = known.replicas.iter().map(|replica| replica.container).collect();
        instances::sort(draft, bundle, &mut containers);
        let total = u32::try_from(containers.len()).unwrap_or(u32::MAX);
        let limits = Limits { total, per_node: known.replicas_per_host };
        instances::distribute(draft, bundle, &containers, limits);
        for replica in &known.replicas {
            assign_replica(draft, &known, replica);
        }
        if let Some(clone) = known.clone {
            open_own_nodes(draft, &known, clone);
            draft.assign(Demand::of(clone));
        }
        draft.progress[bundle.index()] = Progress::Assigned;
        Step::Done
    }
}

fn facts<'d>(draft: &'d Draft<'_>, bundle: ResourceIx) -> Option<&'d BundleFacts> {
    match &draft.resource(bundle).variant {
        Variant::Bundle(bundle) => Some(bundle),
        Variant::Primitive(_) | Variant::Group(_) | Variant::Clone(_) => None,
    }
}

/// Assigns what belongs to a container that has its place.
fn assign_replica(draft: &mut Draft<'_>, bundle: &BundleFacts, replica: &Replica) {
    if let Some(ip) = replica.ip {
        draft.assign(Demand::of(ip));
    }
    if let Some(connection) = replica.connection {
        let host = draft.assigned[replica.container.index()];
        let beyond = host.and_then(|host| draft.facts.node(host).connection);
        if let Some(beyond) = beyond.filter(|_| draft.progress[connection.index()] == Progress::Waiting) {
            draft.add_colocation(implied("#replica-remote", connection, beyond, Score::INFINITY, true));
        }
        draft.assign(Demand::of(connection));
    }
    let (Some(child), Some(node), Some(clone)) = (replica.child, replica.node, bundle.clone) else { return };
    if draft.progress[child.index()] != Progress::Waiting {
        return;
    }
    confine_child(draft, child, node);
    let progress = std::mem::replace(&mut draft.progress[clone.index()], Progress::Assigning);
    draft.assign(Demand { resource: child, prefer: Some(node), finality: Finality::Final });
    draft.progress[clone.index()] = progress;
}

/// What is inside a container can only be on the node that the container makes.
fn confine_child(draft: &mut Draft<'_>, child: ResourceIx, node: NodeIx) {
    let may_run = !draft.has_reached_threshold(child, node);
    let mut table = draft.table(child).clone();
    let mut banned = Vec::new();
    for (place, entry) in table.iter_mut() {
        if place != node {
            entry.score = Score::MINUS_INFINITY;
            banned.push(place);
        } else if may_run {
            entry.score = Score::INFINITY;
        }
    }
    draft.replace_table(child, table, Cause::Connection, &banned);
}

/// The clone inside can only use the nodes that the containers make.
fn open_own_nodes(draft: &mut Draft<'_>, bundle: &BundleFacts, clone: ResourceIx) {
    let is_own = |node: NodeIx| bundle.replicas.iter().any(|replica| replica.node == Some(node));
    if draft.progress[clone.index()] != Progress::Waiting {
        return;
    }
    let mut others = Vec::new();
    for (node, entry) in draft.table_mut(clone).iter_mut() {
        entry.score = if is_own(node) { Score::ZERO } else { Score::MINUS_INFINITY };
        if !is_own(node) {
            others.push(node);
        }
    }
    draft.contributions[clone.index()].clear();
    for node in others {
        draft.note(clone, Place::Node(node), Score::MINUS_INFINITY, Cause::Connection);
    }
}

/// Containers draw their address and connection along.
pub(crate) fn unpack_implied(draft: &mut Draft<'_>, bundle: ResourceIx) {
    let Some(known) = facts(draft, bundle).cloned() else { return };
    for replica in &known.replicas {
        implied::unpack(draft, replica.container);
        if let Some(ip) = replica.ip {
            implied::unpack(draft, ip);
            draft.add_colocation(implied("#ip-with-container", ip, replica.container, Score::INFINITY, true));
        }
        if let Some(connection) = replica.connection {
            implied::unpack(draft, connection);
        }
    }
    if let Some(clone) = known.clone {
        implied::unpack(draft, clone);
    }
}

/// Preferences are for hosts: they reach containers and addresses.
pub(crate) fn apply_location(draft: &mut Draft<'_>, bundle: ResourceIx, location: LocationIx, share: Share) {
    let Some(known) = facts(draft, bundle).cloned() else { return };
    draft.apply_location(bundle, location, share);
    for replica in &known.replicas {
        for part in std::iter::once(replica.container).chain(replica.ip) {
            variant::apply_location(draft, part, location, share);
        }
    }
    let is_for_promoted = draft.locations.record(location).role == Some(Role::Promoted);
    if let Some(clone) = known.clone.filter(|_| is_for_promoted) {
        variant::apply_location(draft, clone, location, share);
    }
}

/// Who is colocated with a bundle goes where containers are.
pub(crate) fn lead(
    draft: &mut Draft<'_>,
    dependent: ResourceIx,
    bundle: ResourceIx,
    colocation: ColocationIx,
) {
    if draft.progress[bundle.index()] != Progress::Assigned {
        return;
    }
    let Some(known) = facts(draft, bundle).cloned() else { return };
    let record = draft.colocations.record(colocation);
    let (score, role) = (record.score, record.primary_role);
    let is_collective = draft.resource(record.dependent).variant.has_instances();
    if is_collective {
        match paired_container(draft, dependent, &known) {
            Some(container) => draft.follow(dependent, container, colocation),
            None if score >= Score::INFINITY => draft.next_role[dependent.index()] = Some(Role::Stopped),
            None => {}
        }
    } else if score < Score::INFINITY {
        for replica in &known.replicas {
            draft.follow(dependent, replica.container, colocation);
        }
    } else {
        let has_role = |replica: &&Replica| {
            let child_role = replica.child.and_then(|child| draft.next_role[child.index()]);
            role != Some(Role::Promoted) || child_role == Some(Role::Promoted)
        };
        let containers: Vec<_> =
            known.replicas.iter().filter(has_role).map(|replica| replica.container).collect();
        let nodes = clone::nodes_of(draft, &containers);
        clone::confine(draft, dependent, colocation, &nodes);
    }
}

/// The first container where a resource is, or else where it would best like to be.
fn paired_container(draft: &Draft<'_>, dependent: ResourceIx, bundle: &BundleFacts) -> Option<ResourceIx> {
    let host = |node: NodeIx| match draft.facts.node(node).kind {
        NodeKind::Guest => draft.launcher_of(node).and_then(|launcher| draft.assigned[launcher.index()]),
        NodeKind::Member | NodeKind::Remote => Some(node),
    };
    let places = match draft.place_of(dependent) {
        Some(place) => vec![place],
        None => draft.sorted_nodes(dependent),
    };
    places.into_iter().filter_map(host).find_map(|place| {
        let containers = bundle.replicas.iter().map(|replica| replica.container);
        containers.into_iter().find(|container| draft.assigned[container.index()] == Some(place))
    })
}

/// Whether a resource is the connection into a container of a bundle.
pub(crate) fn is_connection(draft: &Draft<'_>, resource: ResourceIx) -> bool {
    let known = draft.resource(resource);
    known.connects.is_some() && known.parent.is_some_and(|parent| facts(draft, parent).is_some())
}

/// Whether the colocations of a bundle count for a resource in it: for containers; and when it
/// comes to roles, for what is inside.
pub(crate) fn speaks_for(draft: &Draft<'_>, bundle: ResourceIx, resource: ResourceIx) -> bool {
    let Some(known) = facts(draft, bundle) else { return false };
    if resource == bundle || known.replicas.iter().any(|replica| replica.container == resource) {
        return true;
    }
    let has_roles = |clone: &ResourceIx| draft.resource(*clone).is_promotable;
    let Some(clone) = known.clone.filter(has_roles) else { return false };
    if resource == clone {
        return draft.is_choosing_roles[clone.index()];
    }
    let is_inside = draft.resource(resource).parent == Some(clone);
    is_inside && draft.progress[resource.index()] == Progress::Assigned
}

/// Whose role counts for a primary: for a container, that of what is inside.
pub(crate) fn role_bearer(draft: &Draft<'_>, primary: ResourceIx) -> ResourceIx {
    let bundle = draft.resource(primary).parent.and_then(|parent| facts(draft, parent));
    let replica = bundle.and_then(|known| known.replicas.iter().find(|replica| replica.container == primary));
    replica.and_then(|replica| replica.child).unwrap_or(primary)
}
