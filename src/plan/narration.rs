//! Narration: runs of actions become steps, each with its reason.

use std::collections::BTreeMap;

use super::because::Because;
use super::fencing::FencingMethod;
use super::situation::Situation;
use super::step::{self, Run, Step, Verb};
use crate::scheduler::{Action, Change, ChangeKind};

/// The steps of a schedule, each with its reason.
pub(super) fn steps(situation: &Situation<'_>) -> Vec<Step> {
    let mut narration = Narration { situation, steps: Vec::new(), brought_up: BTreeMap::new() };
    for run in step::runs(situation.schedule) {
        let change = run.change.and_then(|change| situation.schedule.changes.get(change));
        match change {
            Some(change) if run.is_whole => narration.tell_change(change),
            Some(change) => narration.tell_part(change, &run),
            None => narration.tell_actions(&run),
        }
    }
    narration.steps
}

struct Narration<'s, 'a> {
    situation: &'s Situation<'a>,
    steps: Vec<Step>,
    /// What was brought up so far, with the last verb that did it; collectives with their parts.
    brought_up: BTreeMap<String, Verb>,
}

impl Narration<'_, '_> {
    /// A whole change in one step.
    fn tell_change(&mut self, change: &Change) {
        let is_start = change.kind == ChangeKind::Start;
        let after = if is_start { self.situation.after(change, &self.brought_up) } else { None };
        let because = after.unwrap_or_else(|| self.situation.of_change(change));
        self.push(Step {
            number: 0,
            verb: Verb::of_change(&change.kind),
            resource: change.resource.as_ref().map(ToString::to_string),
            from: change.from.clone(),
            to: change.to.clone().filter(|to| Some(to) != change.from.as_ref()),
            method: FencingMethod::of_change(&change.kind),
            because,
        });
    }

    /// A part of a change that was taken apart.
    fn tell_part(&mut self, change: &Change, run: &Run<'_>) {
        for action in &run.actions {
            let Some(verb) = step::verb_of(action) else { continue };
            let is_up = matches!(verb, Verb::Start | Verb::Promote);
            let after = if is_up { self.situation.after(change, &self.brought_up) } else { None };
            let because = after.unwrap_or_else(|| {
                if is_up { self.situation.of_change(change) } else { self.situation.before(change) }
            });
            self.push(single(verb, action, because));
        }
    }

    /// Actions that belong to no change.
    fn tell_actions(&mut self, run: &Run<'_>) {
        for action in &run.actions {
            if let Some(verb) = step::verb_of(action) {
                self.push(single(verb, action, self.situation.of_action(action)));
            }
        }
    }

    fn push(&mut self, mut step: Step) {
        step.number = self.steps.len() + 1;
        let is_down = matches!(step.verb, Verb::Stop | Verb::Demote | Verb::Fence | Verb::Shutdown);
        if let (Some(resource), false) = (&step.resource, is_down) {
            for name in self.situation.relations.lineage(resource) {
                self.brought_up.insert(name.to_owned(), step.verb);
            }
        }
        self.steps.push(step);
    }
}

fn single(verb: Verb, action: &Action, because: Because) -> Step {
    let resource = action.instance.as_ref().or(action.resource.as_ref());
    Step {
        number: 0,
        verb,
        resource: resource.map(ToString::to_string),
        from: action.node.clone(),
        to: None,
        method: FencingMethod::of_task(&action.task),
        because,
    }
}
