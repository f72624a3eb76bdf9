//! Reasons that are an order: what comes before, and what can only be done afterwards. An order is a
//! reason where the transition leads from the one action to the other, and nowhere else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Situation;
use crate::model::Role;
use crate::model::id::without_number;
use crate::plan::because::words;
use crate::plan::relation::Sequence;
use crate::plan::{Because, Verb};
use crate::scheduler::{Action, ActionId, ActionKind, Change, ChangeKind, Reason, Task};

impl<'a> Situation<'a> {
    /// What had to come before a start or a promotion in the same plan. `told` has the actions so far, with
    /// what they were told as.
    pub(in crate::plan) fn after(&self, action: &Action, told: &BTreeMap<ActionId, Verb>) -> Option<Because> {
        let acts = |sequence: &&Sequence| self.changes_of(sequence.first.as_str()).next().is_some();
        let predecessors: Vec<&Sequence> =
            self.relations.predecessors_of(name_of(action)?).filter(acts).collect();
        if predecessors.is_empty() {
            return None;
        }
        self.nearest_before(action, |earlier| {
            let name = name_of(earlier).filter(|_| brings_up(earlier))?;
            let is_first = |sequence: &&&Sequence| self.relations.is_within(name, &sequence.first);
            let resource = predecessors.iter().find(is_first)?.first.to_string();
            let verb = match (&earlier.task, *told.get(&earlier.id)?) {
                (_, verb @ Verb::RePromote) => verb,
                (Task::Promote, _) => Verb::Promote,
                (_, verb) => verb,
            };
            Some(Because::After { resource, verb })
        })
    }

    /// The nearest of all that an action waits for of which `found` knows something.
    fn nearest_before<T>(&self, action: &Action, found: impl Fn(&'a Action) -> Option<T>) -> Option<T> {
        let mut seen: BTreeSet<ActionId> = BTreeSet::new();
        let mut open: VecDeque<ActionId> = action.after.iter().copied().collect();
        while let Some(id) = open.pop_front() {
            let Some(earlier) = self.actions.get(&id).filter(|_| seen.insert(id)) else { continue };
            if let Some(known) = found(earlier) {
                return Some(known);
            }
            open.extend(&earlier.after);
        }
        None
    }

    /// Why the first half of a change comes now: what can only be done afterwards.
    pub(in crate::plan) fn before(&self, action: &Action, change: &Change) -> Because {
        let because = self.of_whole(change, std::slice::from_ref(&action));
        let Because::After { resource, verb } = self.of_change(change) else { return because };
        if self.leads_to(action, &resource) {
            Because::Before { verb: self.verb_of_ending(&resource).unwrap_or(verb), resource }
        } else {
            Because::Awaits { resource, verb }
        }
    }

    /// Why a whole change is made. An order that the transition gave up, as what comes first is inside what
    /// comes then or is held back itself, is no more than a wish.
    pub(in crate::plan) fn of_whole(&self, change: &Change, actions: &[&Action]) -> Because {
        let because = self.of_change(change);
        let is_so = if let Because::After { resource, .. } = &because {
            let is_first = |earlier: &Action| self.is_done_with(earlier, resource).then_some(());
            actions.iter().any(|action| self.nearest_before(action, is_first).is_some())
        } else if let Because::Before { resource, .. } = &because {
            actions.iter().any(|action| self.leads_to(action, resource))
        } else {
            true
        };
        match &change.reason {
            Some(reason) if !is_so => Because::Other { text: words(reason) },
            Some(_) | None => because,
        }
    }

    /// Whether something that is done with a resource waits for an action.
    fn leads_to(&self, action: &Action, resource: &str) -> bool {
        let mut others = self.actions.values().filter(|later| self.is_done_with(later, resource));
        let is_it = |earlier: &Action| (earlier.id == action.id).then_some(());
        others.any(|later| self.nearest_before(later, is_it).is_some())
    }

    /// Whether an action does something with a resource, or with a part of it.
    fn is_done_with(&self, action: &Action, resource: &str) -> bool {
        let base = without_number(resource);
        action.kind != ActionKind::Pseudo
            && name_of(action).is_some_and(|name| self.relations.is_part_of(name, base))
    }

    /// Why something goes down that needs another: that goes down after it, or cannot come up.
    pub(super) fn of_needed(&self, change: &Change) -> Option<Because> {
        let Some(Reason::Required(action)) = &change.reason else { return None };
        let verb =
            Verb::of_name(action.task.as_str()).filter(|verb| matches!(verb, Verb::Start | Verb::Promote))?;
        let resource = action.resource.to_string();
        if let Some(ending) = self.verb_of_ending(&resource) {
            let mut own = self
                .actions
                .values()
                .filter(|action| name_of(action) == change.resource.as_deref() && action.node == change.from);
            if own.any(|action| self.leads_to(action, &resource)) {
                return Some(Because::Before { resource, verb: ending });
            }
            if !matches!(ending, Verb::Stop | Verb::Demote) {
                return Some(Because::Awaits { resource, verb });
            }
        }
        Some(match self.resource(&resource).and_then(|facts| facts.target_role) {
            Some(Role::Stopped) => Because::ToldToStop { resource },
            Some(Role::Started | Role::Unpromoted | Role::Promoted) | None => {
                Because::HeldUp { resource, verb }
            }
        })
    }

    /// What is done to a resource, as far as something of it ends or begins anew.
    fn verb_of_ending(&self, resource: &str) -> Option<Verb> {
        let mut changes = self.changes_of(without_number(resource));
        let ends = |change: &&&Change| {
            // A guest is fenced as its launcher ends: that is what is done to the launcher.
            let is_ending = !matches!(change.kind, ChangeKind::Reload | ChangeKind::Fence(_));
            change.from.is_some() && !change.is_blocked && is_ending
        };
        changes.find(ends).map(|change| Verb::of_change(&change.kind))
    }
}

/// What is done with it is told under this name.
fn name_of(action: &Action) -> Option<&str> {
    action.instance.as_deref().or(action.resource.as_deref())
}

/// Whether an action makes something run, or run as more than before.
fn brings_up(action: &Action) -> bool {
    let is_up = matches!(action.task, Task::Start | Task::Promote | Task::MigrateTo | Task::MigrateFrom);
    is_up && action.kind != ActionKind::Pseudo
}
