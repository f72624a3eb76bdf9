//! Narration: runs of actions become steps, each with its reason.

use std::collections::BTreeMap;

use super::because::Because;
use super::fencing::FencingMethod;
use super::situation::Situation;
use super::step::{self, Run, Step, Verb};
use crate::scheduler::{Action, ActionId, Change, ChangeKind, Task};

/// The steps of a schedule, each with its reason.
pub(super) fn steps(situation: &Situation<'_>) -> Vec<Step> {
    let mut narration = Narration { situation, steps: Vec::new(), told: BTreeMap::new() };
    for run in step::runs(situation.schedule) {
        let change = run.change.and_then(|change| situation.schedule.changes.get(change));
        match change {
            Some(change) if run.is_whole => narration.tell_change(change, &run),
            Some(change) => narration.tell_part(change, &run),
            None => narration.tell_actions(&run),
        }
    }
    narration.steps
}

struct Narration<'s, 'a> {
    situation: &'s Situation<'a>,
    steps: Vec<Step>,
    /// The actions so far, with what each was told as.
    told: BTreeMap<ActionId, Verb>,
}

impl Narration<'_, '_> {
    /// A whole change in one step.
    fn tell_change(&mut self, change: &Change, run: &Run<'_>) {
        let mut starts = run.actions.iter().filter(|_| change.kind == ChangeKind::Start);
        let start = starts.find(|action| action.task == Task::Start);
        let after = start.and_then(|start| self.situation.after(start, &self.told));
        let because = after.unwrap_or_else(|| self.situation.of_whole(change, &run.actions));
        let verb = Verb::of_change(&change.kind);
        self.told.extend(run.actions.iter().map(|action| (action.id, verb)));
        self.push(Step {
            number: 0,
            verb,
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
            let after = if is_up { self.situation.after(action, &self.told) } else { None };
            let because = after.unwrap_or_else(|| {
                if is_up {
                    self.situation.of_whole(change, std::slice::from_ref(action))
                } else {
                    self.situation.before(action, change)
                }
            });
            self.told.insert(action.id, verb);
            self.push(single(verb, action, because));
        }
    }

    /// Actions that belong to no change.
    fn tell_actions(&mut self, run: &Run<'_>) {
        for action in &run.actions {
            if let Some(verb) = step::verb_of(action) {
                self.told.insert(action.id, verb);
                self.push(single(verb, action, self.situation.of_action(action)));
            }
        }
    }

    fn push(&mut self, mut step: Step) {
        step.number = self.steps.len() + 1;
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
