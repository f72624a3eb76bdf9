//! Remote and guest nodes: actions there wait for connections, and connections for them.

use super::draft::{Draft, DraftIx, Need};
use super::link::{Relations, Side};
use super::verb::{Key, Verb};
use super::work::Work;
use crate::model::Role;
use crate::scheduler::facts::{NodeFacts, NodeIx, NodeKind, ResourceIx};
use crate::scheduler::reason::{ConnectionTrouble, Reason};

/// How a node's connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connection {
    /// It is up.
    Alive,
    /// It will come up elsewhere.
    Resting,
    /// It is down for good, in good order.
    Stopped,
    /// It is lost.
    Failed,
    /// Nobody knows.
    Unknown,
}

fn connection_state(work: &Work<'_, '_>, connection: ResourceIx, remote: NodeIx) -> Connection {
    let (facts, state) = (work.resource(connection), work.state(connection));
    let host = work.current_node(connection);
    let stops = state.next_role == Role::Stopped;
    if stops || work.assigned(connection).is_none() {
        if host.is_some_and(|host| work.is_unclean(host)) {
            return Connection::Failed;
        }
        if !state.is_failed {
            return Connection::Stopped;
        }
        let node = work.node(remote);
        let may_return =
            stops && facts.reconnect_interval.is_some() && node.is_fenced && !node.is_shutdown_requested();
        return if may_return { Connection::Unknown } else { Connection::Failed };
    }
    match host {
        None => Connection::Unknown,
        Some(host) if !work.is_clean(host) => Connection::Resting,
        Some(_) if facts.active_on.len() > 1 && state.partial_migration.is_some() => Connection::Resting,
        Some(_) => Connection::Alive,
    }
}

/// A remote node that is offline because its connection is lost for good is fenced.
pub fn fence_unreachable(work: &mut Work<'_, '_>, node: NodeIx) {
    let facts = work.node(node);
    if facts.kind != NodeKind::Remote {
        return;
    }
    if let Some(connection) = facts.connection
        && connection_state(work, connection, node) == Connection::Failed
    {
        work.request_fencing(node, Reason::ConnectionUnrecoverable(ConnectionTrouble::Probe), false);
    }
}

/// Whether something may be probed on a guest: not while the guest is down or about to go. Then
/// what would be probed starts after the guest has been settled.
pub fn may_probe_guest(work: &mut Work<'_, '_>, resource: ResourceIx, node: NodeIx) -> bool {
    let Some(launcher) = work.node(node).connection.and_then(|connection| work.resource(connection).launcher)
    else {
        return true;
    };
    let top_start = (work.facts.topmost(resource), Verb::Start);
    let guest = work.resource(launcher);
    let assigned = work.assigned(launcher);
    if guest.current_role == Role::Stopped {
        if assigned.is_some_and(|assigned| !guest.known_on.contains_key(&assigned)) {
            work.order_keys((launcher, Verb::Monitor), top_start, Relations::ORDERED);
        }
        return false;
    }
    let state = work.state(launcher);
    let moves = assigned.is_some() && work.current_node(launcher) != assigned;
    let goes = work.actions.nodes[node.index()].needs_reset
        || work.is_unclean(node)
        || state.is_failed
        || state.next_role == Role::Stopped
        || moves;
    if goes {
        work.order_keys((launcher, Verb::Stop), top_start, Relations::ORDERED);
    }
    !goes
}

/// Orders every action on a remote or guest node with the node's connection.
pub fn order_connections(work: &mut Work<'_, '_>) {
    if !work.facts.nodes.iter().any(NodeFacts::is_remote) {
        return;
    }
    for draft in work.actions.draft_numbers().rev() {
        let entry = work.actions.draft(draft);
        let Some(resource) = entry.resource else { continue };
        if entry.verb == Verb::ClearFailCount && work.resource(resource).connects.is_some() {
            let start = Side::Key(resource, Key::once(Verb::Start));
            work.order(Side::Draft(draft), start, Relations::ORDERED);
            continue;
        }
        let Some(node) = entry.node.filter(|node| work.node(*node).is_remote() && !entry.is_pseudo) else {
            continue;
        };
        let Some(connection) = work.node(node).connection else { continue };
        let there = There { draft, resource, node, connection };
        if entry.verb == Verb::Start {
            order_stops_elsewhere(work, there);
        }
        match work.resource(connection).launcher {
            Some(launcher) if work.node(node).kind == NodeKind::Guest => {
                order_on_guest(work, there, launcher);
            }
            Some(_) | None => order_on_remote(work, there),
        }
    }
}

/// An action on a remote or guest node.
#[derive(Debug, Clone, Copy)]
struct There {
    draft: DraftIx,
    resource: ResourceIx,
    node: NodeIx,
    connection: ResourceIx,
}

impl There {
    /// The action comes after the connection's start.
    fn after_start(self, work: &mut Work<'_, '_>, more: Relations) {
        let start = Side::Key(self.connection, Key::once(Verb::Start));
        work.order(start, Side::Draft(self.draft), Relations::GUEST_ALLOWED | more);
    }

    /// The action comes before the connection's stop.
    fn before_stop(self, work: &mut Work<'_, '_>, more: Relations) {
        let stop = Side::Key(self.connection, Key::once(Verb::Stop));
        work.order(Side::Draft(self.draft), stop, Relations::GUEST_ALLOWED | more);
    }
}

fn order_stops_elsewhere(work: &mut Work<'_, '_>, there: There) {
    for stop in work.actions.with_key(there.resource, Key::once(Verb::Stop)).to_vec() {
        if work.actions.draft(stop).node != Some(there.node) {
            let start = Side::Key(there.connection, Key::once(Verb::Start));
            work.order(start, Side::Draft(stop), Relations::ORDERED);
        }
    }
}

/// How an action depends on the connection of the node that it runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dependence {
    Upward,
    Stop,
    Demote,
    Recurring,
    Other,
}

fn dependence(draft: &Draft) -> Dependence {
    if draft.key.is_recurring() {
        return Dependence::Recurring;
    }
    if matches!(draft.verb, Verb::Start | Verb::Promote) {
        Dependence::Upward
    } else if matches!(draft.verb, Verb::Stop | Verb::MigrateTo | Verb::MigrateFrom) {
        Dependence::Stop
    } else if draft.verb == Verb::Demote {
        Dependence::Demote
    } else {
        Dependence::Other
    }
}

fn order_on_remote(work: &mut Work<'_, '_>, there: There) {
    let state = connection_state(work, there.connection, there.node);
    let blocks = Relations::BLOCKS;
    let requires = Relations::FIRST_REQUIRES_THEN;
    let draft = work.actions.draft(there.draft);
    match dependence(draft) {
        Dependence::Upward => {
            there.after_start(work, blocks | requires.when(state == Connection::Failed));
        }
        Dependence::Stop => {
            if state == Connection::Failed {
                let trouble = ConnectionTrouble::ActiveResources;
                work.request_fencing(there.node, Reason::ConnectionUnrecoverable(trouble), false);
            } else if state == Connection::Alive || work.state(there.connection).next_role == Role::Stopped {
                there.before_stop(work, Relations::THEN_REQUIRES_FIRST);
            } else {
                there.after_start(work, blocks);
            }
        }
        Dependence::Demote => {
            if matches!(state, Connection::Resting | Connection::Unknown) {
                there.after_start(work, blocks);
            }
        }
        Dependence::Recurring => there.after_start(work, blocks | requires),
        Dependence::Other => {
            if draft.verb == Verb::Monitor && state == Connection::Failed {
                let trouble = ConnectionTrouble::UnknownResources;
                work.request_fencing(there.node, Reason::ConnectionUnrecoverable(trouble), false);
            }
            let has_host = work.current_node(there.connection).is_some();
            if has_host && state == Connection::Stopped {
                there.before_stop(work, blocks);
            } else {
                there.after_start(work, blocks);
            }
        }
    }
}

fn order_on_guest(work: &mut Work<'_, '_>, there: There, launcher: ResourceIx) {
    let has_failed = work.state(launcher).is_failed;
    if has_failed {
        work.request_fencing(there.node, Reason::ContainerFailed, false);
    }
    let (blocks, requires) = (Relations::BLOCKS, Relations::FIRST_REQUIRES_THEN);
    match dependence(work.actions.draft(there.draft)) {
        Dependence::Upward => {
            let start = Side::Key(launcher, Key::once(Verb::Start));
            let relations = Relations::GUEST_ALLOWED | blocks | requires;
            work.order(start, Side::Draft(there.draft), relations);
            there.after_start(work, blocks);
        }
        Dependence::Stop | Dependence::Demote => {
            if !has_failed {
                there.before_stop(work, Relations::NONE);
            }
        }
        Dependence::Recurring => {
            if work.actions.draft(there.draft).verb != Verb::Cancel {
                there.after_start(work, blocks | requires);
            }
        }
        Dependence::Other => there.after_start(work, blocks),
    }
}

/// "Fences" a guest: what launches it is recovered, and that counts for everything on it.
pub fn fence_guest(work: &mut Work<'_, '_>, node: NodeIx) {
    let Some(connection) = work.node(node).connection else { return };
    let launcher = work.resource(connection).launcher;
    let launcher_start = launcher.and_then(|launcher| work.actions.youngest(launcher, Verb::Start, None));
    let launcher_stop = launcher.and_then(|launcher| work.actions.youngest(launcher, Verb::Stop, None));
    let verb = if launcher_start.is_some() { Verb::FenceReboot } else { Verb::FenceOff };
    let fence = work.actions.of_node(verb, node).unwrap_or_else(|| {
        let mut draft = Draft::new(None, Key::once(verb), Need::Optional);
        draft.node = Some(node);
        draft.set_meta("stonith_action", verb.task(&[]).as_str());
        work.actions.add(draft)
    });
    let draft = work.actions.draft_mut(fence);
    draft.is_pseudo = true;
    draft.need = Need::Required;
    draft.give_reason(Reason::GuestUnclean);
    let relations = Relations::BLOCKS | Relations::FIRST_REQUIRES_THEN;
    match launcher_stop {
        Some(stop) => {
            let entry = work.actions.draft(stop);
            let host_fencing = entry
                .node
                .filter(|_| entry.is_pseudo)
                .and_then(|host| work.actions.of_node(work.fencing_verb(), host));
            work.actions.link_drafts(host_fencing.unwrap_or(stop), fence, relations);
        }
        None => {
            if let Some(stop) = work.actions.youngest(connection, Verb::Stop, None) {
                work.actions.link_drafts(stop, fence, Relations::ORDERED);
            }
        }
    }
    super::fencing::order_after_fencing(work, fence, node);
}

/// The member through which an action on a remote or guest node is run.
pub fn router(work: &Work<'_, '_>, draft: &Draft) -> Option<NodeIx> {
    draft.resource?;
    let node = draft.node.filter(|node| work.node(*node).is_remote())?;
    let connection = work.node(node).connection?;
    let (current, next) = (work.current_node(connection), work.assigned(connection));
    let (Some(before), Some(after)) = (current, next) else { return current.or(next) };
    if before == after {
        return current;
    }
    let step = draft.key.notice.and_then(|notice| notice.about).unwrap_or(draft.verb).step();
    let is_before =
        matches!(step, Verb::Cancel | Verb::Stop | Verb::Demote | Verb::MigrateTo | Verb::MigrateFrom);
    let is_migrating =
        work.state(connection).partial_migration.is_some() && work.resource(connection).launcher.is_none();
    if is_before && !is_migrating { current } else { next }
}
