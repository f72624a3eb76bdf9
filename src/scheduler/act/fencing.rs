//! Fencing and shutdown: which nodes must go down, what waits for that, and what it replaces.

use super::draft::{Ability, Draft, DraftIx, Need};
use super::link::{Relations, Side};
use super::verb::{Key, Verb};
use super::work::Work;
use crate::scheduler::facts::{FencingAction, NodeIx, NodeKind, Requires, ResourceIx};
use crate::scheduler::reason::Reason;
use crate::scheduler::variant::actions::notice;

impl Work<'_, '_> {
    /// Asks that a node be fenced. A member or remote node becomes unclean and gets an optional
    /// fencing action; what launches a guest becomes failed instead. Asking twice changes nothing.
    pub fn request_fencing(&mut self, node: NodeIx, reason: Reason, may_delay: bool) {
        match self.node(node).kind {
            NodeKind::Guest => self.fail_guest(node),
            NodeKind::Remote => {
                let connection = self.node(node).connection;
                if connection.is_none_or(|connection| self.resource(connection).is_managed) {
                    self.actions.nodes[node.index()].needs_reset = true;
                }
                self.mark_unclean(node, reason, may_delay);
            }
            NodeKind::Member => {
                if !self.is_unclean(node) {
                    self.mark_unclean(node, reason, may_delay);
                }
            }
        }
    }

    fn mark_unclean(&mut self, node: NodeIx, reason: Reason, may_delay: bool) {
        self.actions.nodes[node.index()].is_unclean = true;
        self.add_fencing(node, reason, may_delay);
    }

    /// Adds the action that fences a node, optional for now. The first reason is kept.
    pub fn add_fencing(&mut self, node: NodeIx, reason: Reason, may_delay: bool) {
        let fence = self.fence_draft(node, may_delay);
        self.actions.draft_mut(fence).give_reason(reason);
    }

    fn fail_guest(&mut self, node: NodeIx) {
        let Some(connection) = self.node(node).connection else { return };
        let Some(launcher) = self.resource(connection).launcher else {
            let state = self.state_mut(connection);
            state.is_failed = true;
            state.stops_if_failed = true;
            return;
        };
        if !self.state(launcher).is_failed && self.resource(launcher).is_managed {
            let state = self.state_mut(launcher);
            state.is_failed = true;
            state.stops_if_failed = true;
            self.actions.nodes[node.index()].needs_reset = true;
        }
    }

    /// The fencing action for a node, created optional where it does not exist yet.
    fn fence_draft(&mut self, node: NodeIx, may_delay: bool) -> DraftIx {
        let verb = self.fencing_verb();
        if let Some(known) = self.actions.of_node(verb, node) {
            return known;
        }
        let mut draft = Draft::new(None, Key::once(verb), Need::Optional);
        draft.node = Some(node);
        draft.set_meta("stonith_action", verb.task(&[]).as_str());
        if may_delay && !self.facts.properties.priority_fencing_delay.is_zero() {
            draft.set_meta("priority_fencing_delay", "0");
        }
        if super::unfencing::is_in_force(self) && self.node(node).kind != NodeKind::Guest {
            super::unfencing::describe_devices(self, node, &mut draft);
        }
        self.actions.add(draft)
    }

    /// What fencing does in this cluster.
    pub fn fencing_verb(&self) -> Verb {
        match self.facts.properties.fencing_action {
            FencingAction::Reboot => Verb::FenceReboot,
            FencingAction::Off => Verb::FenceOff,
        }
    }
}

/// Decides which nodes are fenced or shut down, in which order, and what waits for that.
pub fn act(work: &mut Work<'_, '_>) {
    let any_managed = work.facts.resources.iter().any(|resource| resource.is_managed);
    let mut downs = Downs::default();
    for node in work.facts.node_numbers() {
        let facts = work.node(node);
        if facts.kind == NodeKind::Guest {
            if work.actions.nodes[node.index()].needs_reset && any_managed && work.facts.can_fence(node) {
                super::remote::fence_guest(work, node);
            }
            continue;
        }
        if any_managed && work.is_unclean(node) && work.facts.can_fence(node) {
            let fence = fence(work, node);
            downs.add_fencing(work, fence, facts.is_dc);
        } else if facts.is_online && facts.is_shutting_down && facts.kind == NodeKind::Member {
            let shutdown = shut_down(work, node);
            if facts.is_dc {
                downs.dc = Some(shutdown);
            } else {
                downs.shutdowns.push(shutdown);
            }
        }
    }
    downs.put_dc_last(work);
}

/// Nodes that go down; the designated controller's goes last.
#[derive(Debug, Default)]
struct Downs {
    fencings: Vec<DraftIx>,
    shutdowns: Vec<DraftIx>,
    dc: Option<DraftIx>,
}

impl Downs {
    fn add_fencing(&mut self, work: &mut Work<'_, '_>, fence: DraftIx, is_dc: bool) {
        if is_dc {
            self.dc = Some(fence);
        } else if !work.facts.properties.concurrent_fencing
            && let Some(previous) = self.fencings.pop()
        {
            work.actions.link_drafts(previous, fence, Relations::ORDERED);
            self.fencings.push(fence);
        } else {
            self.fencings.push(fence);
        }
    }

    fn put_dc_last(self, work: &mut Work<'_, '_>) {
        let Some(dc) = self.dc else { return };
        if work.actions.draft(dc).verb == Verb::Shutdown {
            for shutdown in self.shutdowns {
                work.actions.link_drafts(shutdown, dc, Relations::ORDERED);
            }
        }
        for fencing in self.fencings {
            work.actions.link_drafts(fencing, dc, Relations::ORDERED);
        }
    }
}

fn fence(work: &mut Work<'_, '_>, node: NodeIx) -> DraftIx {
    let fence = work.fence_draft(node, false);
    let delay = super::delay::priority_delay(work, node);
    let draft = work.actions.draft_mut(fence);
    draft.need = Need::Required;
    draft.give_reason(Reason::NodeUnclean);
    if draft.meta.iter().any(|(name, _)| *name == "priority_fencing_delay") {
        draft.set_meta("priority_fencing_delay", delay.as_secs().to_string());
    }
    order_after_fencing(work, fence, node);
    fence
}

/// Orders what waits for the fencing of a node after it, and lets it stand for stops and demotes
/// there.
pub fn order_after_fencing(work: &mut Work<'_, '_>, fence: DraftIx, node: NodeIx) {
    for number in 0..work.facts.resources.len() {
        let resource = ResourceIx::at(number);
        let facts = work.resource(resource);
        if facts.is_managed && facts.primitive().is_some() {
            release_waiting(work, fence, node, resource);
            replace_downward(work, fence, node, resource);
        }
    }
}

/// Actions that need the node to be fenced first.
fn release_waiting(work: &mut Work<'_, '_>, fence: DraftIx, node: NodeIx, resource: ResourceIx) {
    for verb in [Verb::Start, Verb::Promote, Verb::MigrateTo, Verb::MigrateFrom] {
        for draft in work.actions.with_key(resource, Key::once(verb)).to_vec() {
            match work.actions.draft(draft).waits_for {
                Requires::Fencing | Requires::Unfencing => {
                    work.actions.link_drafts(fence, draft, Relations::ORDERED);
                }
                Requires::Quorum => {
                    let facts = work.resource(resource);
                    let is_allowed = facts.table.entry(node).is_some();
                    if verb == Verb::Start && is_allowed && !is_known_on(work, resource, node) {
                        work.actions.link_drafts(fence, draft, Relations::ORDERED | Relations::BLOCKS);
                    }
                }
                Requires::Nothing => {}
            }
        }
    }
}

/// Whether it is known if a resource runs on a node. Its clone knows it of all instances that are
/// not told apart.
fn is_known_on(work: &Work<'_, '_>, resource: ResourceIx, node: NodeIx) -> bool {
    let clone = work.resource(resource).parent;
    [Some(resource), clone].into_iter().flatten().any(|it| work.resource(it).known_on.contains_key(&node))
}

/// Fencing stops and demotes whatever ran on the node.
fn replace_downward(work: &mut Work<'_, '_>, fence: DraftIx, node: NodeIx, resource: ResourceIx) {
    let facts = work.resource(resource);
    let is_linked = facts.needs_fencing() || work.node(node).kind == NodeKind::Guest;
    let is_bundled = work.facts.bundle_of(resource).is_some();
    for stop in work.actions.with_key(resource, Key::once(Verb::Stop)).to_vec() {
        let draft = work.actions.draft_mut(stop);
        if draft.node.is_some_and(|at| at != node) {
            continue;
        }
        draft.node = Some(node);
        draft.is_pseudo = true;
        draft.ability = Ability::Runnable;
        notice::tell_of_fencing(work, resource, stop, fence, node);
        if is_linked {
            if !is_bundled {
                work.actions.link_drafts(fence, stop, Relations::GUEST_ALLOWED);
            }
            let top = work.facts.topmost(resource);
            if let Some(top_stop) = work.actions.youngest(top, Verb::Stop, None) {
                work.actions.link_drafts(fence, top_stop, Relations::GUEST_ALLOWED);
            }
        }
    }
    let is_down = !work.is_clean(node) || work.state(resource).is_failed;
    for demote in work.actions.with_key_on(resource, Key::once(Verb::Demote), node).collect::<Vec<_>>() {
        if is_down {
            let draft = work.actions.draft_mut(demote);
            draft.is_pseudo = true;
            draft.ability = Ability::Runnable;
            if is_linked && !is_bundled {
                let relations = Relations::GUEST_ALLOWED | Relations::ORDERED;
                work.actions.link_drafts(fence, demote, relations);
            }
        }
    }
}

/// A node that shuts down does so after everything on it has stopped.
fn shut_down(work: &mut Work<'_, '_>, node: NodeIx) -> DraftIx {
    let mut draft = Draft::new(None, Key::once(Verb::Shutdown), Need::Required);
    draft.node = Some(node);
    draft.set_meta("op_no_wait", "true");
    let shutdown = work.actions.add(draft);
    for number in 0..work.facts.resources.len() {
        let resource = ResourceIx::at(number);
        let facts = work.resource(resource);
        let stays = facts.in_maintenance || !(facts.is_managed || facts.is_blocked);
        if stays {
            continue;
        }
        for stop in work.actions.with_key_on(resource, Key::once(Verb::Stop), node).collect::<Vec<_>>() {
            work.actions.draft_mut(stop).need = Need::Required;
            let relations = Relations::ORDERED | Relations::BLOCKS;
            work.order(Side::Draft(stop), Side::Draft(shutdown), relations);
        }
    }
    shutdown
}
