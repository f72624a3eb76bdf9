//! The summary: what changes, told per resource and node instead of per action.

use super::render::{shown_role, task};
use crate::model::Role;
use crate::scheduler::act::draft::{Draft, DraftIx};
use crate::scheduler::act::verb::{Key, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{NodeIx, NodeKind, ResourceIx};
use crate::scheduler::reason::Reason;
use crate::scheduler::schedule::{Change, ChangeKind};
use crate::scheduler::variant;

/// Lists all changes: fencing first, then resources in order.
pub(super) fn summarize(work: &Work<'_, '_>) -> Vec<Change> {
    let mut changes = Vec::new();
    for draft in work.actions.drafts.iter().rev() {
        if draft.resource.is_none() && draft.is_required() && is_fencing(draft) {
            changes.extend(fencing(work, draft));
        }
    }
    for resource in &work.facts.top {
        summarize_tree(work, *resource, &mut changes);
    }
    changes
}

fn is_fencing(draft: &Draft) -> bool {
    draft.verb.is_fencing() || draft.verb == Verb::FenceOn
}

fn fencing(work: &Work<'_, '_>, draft: &Draft) -> Option<Change> {
    let reason = draft.reason.clone()?;
    let target = work.node(draft.node?);
    let launcher = target
        .connection
        .filter(|_| target.kind == NodeKind::Guest)
        .and_then(|connection| work.resource(connection).launcher);
    Some(Change {
        kind: ChangeKind::Fence(task(work, draft)),
        resource: launcher.map(|launcher| work.resource(launcher).id.clone()),
        from: Some(target.name.clone()),
        to: None,
        role_from: Role::Stopped,
        role_to: Role::Stopped,
        is_blocked: false,
        reason: Some(reason),
    })
}

fn summarize_tree(work: &Work<'_, '_>, resource: ResourceIx, changes: &mut Vec<Change>) {
    if work.resource(resource).variant.is_primitive() {
        Summary::new(work, resource).tell(changes);
    }
    for part in variant::parts(work.facts, resource) {
        summarize_tree(work, part, changes);
    }
}

/// What is needed to tell of one primitive.
struct Summary<'w, 'p, 'a> {
    work: &'w Work<'p, 'a>,
    resource: ResourceIx,
    current: Option<NodeIx>,
    next: Option<NodeIx>,
    role: Role,
    next_role: Role,
    start: Option<DraftIx>,
    stop: Option<DraftIx>,
    promote: Option<DraftIx>,
    demote: Option<DraftIx>,
}

impl<'w, 'p, 'a> Summary<'w, 'p, 'a> {
    fn new(work: &'w Work<'p, 'a>, resource: ResourceIx) -> Self {
        let (current, next) = (work.current_node(resource), work.assigned(resource));
        let oldest = |verb: Verb, node: Option<NodeIx>| {
            work.actions.with_key_on(resource, Key::once(verb), node?).next()
        };
        // A promotion that nobody could ask for, as the start before it cannot run.
        let placeless = |verb: Verb| {
            let known = work.actions.with_key(resource, Key::once(verb));
            known.iter().copied().find(|draft| work.actions.draft(*draft).node.is_none())
        };
        let start = oldest(Verb::Start, next);
        let can_start = start.is_some_and(|start| work.actions.draft(start).is_runnable());
        let any_stop = work.actions.with_key(resource, Key::once(Verb::Stop)).first().copied();
        let stop = if can_start {
            let stop = oldest(Verb::Stop, current);
            if work.state(resource).expected_on.is_some() { stop.or(any_stop) } else { stop }
        } else {
            any_stop
        };
        Self {
            work,
            resource,
            current,
            next,
            role: shown_role(work, resource),
            next_role: work.state(resource).next_role,
            start,
            stop,
            promote: oldest(Verb::Promote, next).or_else(|| placeless(Verb::Promote)),
            demote: oldest(Verb::Demote, next),
        }
    }

    fn tell(&self, changes: &mut Vec<Change>) {
        let facts = self.work.resource(self.resource);
        let is_idle = self.current.is_none() && self.next.is_none();
        let is_forgotten = facts.is_removed && facts.active_on.is_empty();
        if !facts.is_managed || is_idle || is_forgotten {
            return;
        }
        if self.role == self.next_role {
            changes.extend(self.in_role());
        } else {
            self.to_other_role(changes);
        }
    }

    fn draft(&self, draft: Option<DraftIx>) -> Option<&Draft> {
        draft.map(|draft| self.work.actions.draft(draft))
    }

    fn is_required(&self, draft: Option<DraftIx>) -> bool {
        self.draft(draft).is_some_and(Draft::is_required)
    }

    fn can_run(&self, draft: Option<DraftIx>) -> bool {
        self.draft(draft).is_some_and(Draft::is_runnable)
    }

    fn is_moving(&self) -> bool {
        self.current.is_some() && self.next.is_some() && self.current != self.next
    }

    /// The draft that has a reason of its own, else the other.
    fn reasoned(&self, own: Option<DraftIx>, other: Option<DraftIx>) -> Option<DraftIx> {
        if self.draft(own).is_some_and(|draft| draft.reason.is_some()) { own } else { other }
    }

    /// Same role as before.
    fn in_role(&self) -> Option<Change> {
        let state = self.work.state(self.resource);
        let migrate_from = self.next.and_then(|next| {
            self.work.actions.with_key_on(self.resource, Key::once(Verb::MigrateFrom), next).next()
        });
        if self.can_run(migrate_from) && self.current.is_some() {
            return Some(self.change(ChangeKind::Migrate, Ends::Both, self.start, self.start));
        }
        if state.reloads {
            return Some(self.change(ChangeKind::Reload, Ends::Both, self.start, self.start));
        }
        if !self.is_required(self.start) {
            let again = self.is_required(self.demote) && self.is_required(self.promote);
            return again.then(|| self.change(ChangeKind::RePromote, Ends::Both, self.promote, self.demote));
        }
        if !self.can_run(self.start) {
            let reason = self.reasoned(self.stop, self.start);
            return Some(self.change(ChangeKind::Stop, Ends::From, self.stop, reason));
        }
        Some(if self.is_moving() {
            let kind = if state.is_failed { ChangeKind::Recover } else { ChangeKind::Move };
            self.change(kind, Ends::Both, self.stop, self.stop)
        } else if state.is_failed {
            self.change(ChangeKind::Recover, Ends::From, self.stop, self.stop)
        } else {
            self.change(ChangeKind::Restart, Ends::Both, self.start, self.start)
        })
    }

    fn to_other_role(&self, changes: &mut Vec<Change>) {
        let state = self.work.state(self.resource);
        let cannot_start = self.start.is_some() && !self.can_run(self.start);
        if self.stop.is_some() && (self.next_role == Role::Stopped || cannot_start) {
            for node in &self.work.resource(self.resource).active_on {
                let stops = self.work.actions.with_key_on(self.resource, Key::once(Verb::Stop), *node);
                let stop = stops.into_iter().next();
                let reason = self.reasoned(stop, self.start.or(stop));
                let change = self.change(ChangeKind::Stop, Ends::From, stop, reason);
                changes.push(Change { from: Some(self.work.node(*node).name.clone()), ..change });
            }
            return;
        }
        let change = if self.stop.is_some() && state.is_failed && state.stops_if_failed {
            self.change(ChangeKind::Recover, Ends::Both, self.stop, self.start.or(self.stop))
        } else if self.is_moving() {
            self.change(ChangeKind::Move, Ends::Both, self.stop, self.stop)
        } else if state.reloads {
            self.change(ChangeKind::Reload, Ends::Both, self.start, self.start)
        } else if self.is_required(self.stop) {
            self.change(ChangeKind::Restart, Ends::Both, self.start, self.start)
        } else if self.role == Role::Promoted {
            self.change(ChangeKind::Demote, Ends::Both, self.demote, self.demote)
        } else if self.next_role == Role::Promoted {
            self.change(ChangeKind::Promote, Ends::Both, self.promote, self.promote)
        } else if self.role < self.next_role {
            self.change(ChangeKind::Start, Ends::To, self.start, self.start)
        } else {
            return;
        };
        changes.push(change);
    }

    /// `action` is what is told of, `because` where its reason is looked up.
    fn change(
        &self,
        kind: ChangeKind,
        ends: Ends,
        action: Option<DraftIx>,
        because: Option<DraftIx>,
    ) -> Change {
        let name = |node: Option<NodeIx>| node.map(|node| self.work.node(node).name.clone());
        let (from, to) = match ends {
            Ends::From => (self.current, None),
            Ends::To => (None, self.next),
            Ends::Both => (self.current, self.next),
        };
        let reason: Option<Reason> = self.draft(because.or(action)).and_then(|draft| draft.reason.clone());
        Change {
            kind,
            resource: Some(self.work.resource(self.resource).id.clone()),
            from: name(from),
            to: name(to),
            role_from: self.role,
            role_to: self.next_role,
            is_blocked: self.draft(action).is_some_and(|draft| !draft.is_runnable()),
            reason,
        }
    }
}

/// Which ends of a change are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    From,
    To,
    Both,
}
