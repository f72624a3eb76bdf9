//! What is owed: notifications after steps that have come about, or are still coming about. They are given
//! though nothing else of their transition is carried out any more.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Executor, Stage, Step, link};
use crate::model::Table;
use crate::scheduler::{Action, ActionId, ActionKind, Task};

/// What such a notification is worth at least: more than whatever ends a transition.
const CERTAIN: i64 = 1_000_000;

/// A notification that is still to be given.
#[derive(Debug, Clone, PartialEq)]
pub struct Owed {
    /// What it says, and to whom.
    pub action: Action,
    /// What it tells of and is still in flight.
    pub after: Vec<ActionId>,
}

impl Executor {
    /// What a transition that takes the place of this one has to give, too.
    pub fn owed(&self) -> Vec<Owed> {
        let coming = self.coming();
        let notices = coming.iter().filter(|(place, _)| self.steps[*place].is_late_notice());
        let owed = notices.map(|(place, after)| Owed {
            action: self.steps[*place].action.clone(),
            after: after.iter().map(|first| self.steps[*first].action.id).collect(),
        });
        owed.collect()
    }

    /// Gives what an earlier transition owes; call it after [`Executor::carry`], with the numbers that this
    /// gave. What this transition tells the same instance after the same step, it tells together with that.
    pub fn owe(&mut self, owed: Vec<Owed>) {
        for owed in owed {
            self.owe_one(owed);
        }
    }

    /// The waiting steps that will be reached with nothing begun but late notices, in order, with what is in
    /// flight before each.
    fn coming(&self) -> Vec<(usize, BTreeSet<usize>)> {
        let mut waits: Vec<usize> = self.steps.iter().map(|step| step.waits_for).collect();
        let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.steps.len()];
        let passes = |step: &Step| step.is_late_notice() || step.stage == Stage::Waiting && step.is_point();
        let mut line: Vec<usize> = (0..self.steps.len())
            .filter(|place| {
                let step = &self.steps[*place];
                step.stage == Stage::InFlight || step.waits_for == 0 && passes(step)
            })
            .collect();
        let mut next = 0;
        while let Some(place) = line.get(next).copied() {
            next += 1;
            let mut passed_on = before[place].clone();
            if self.steps[place].stage == Stage::InFlight {
                passed_on.insert(place);
            }
            for then in &self.steps[place].followers {
                before[*then].extend(&passed_on);
                waits[*then] = waits[*then].saturating_sub(1);
                if waits[*then] == 0 && passes(&self.steps[*then]) {
                    line.push(*then);
                }
            }
        }
        line.retain(|place| self.steps[*place].stage == Stage::Waiting);
        line.into_iter().map(|place| (place, std::mem::take(&mut before[place]))).collect()
    }

    /// The waiting steps that a transition which is given up still takes: late notices, and the points in time
    /// on the way to them.
    pub(super) fn still_taken(&self) -> BTreeSet<usize> {
        let mut taken = BTreeSet::new();
        for (place, _) in self.coming().into_iter().rev() {
            let step = &self.steps[place];
            if step.is_late_notice() || step.followers.iter().any(|then| taken.contains(then)) {
                taken.insert(place);
            }
        }
        taken
    }

    fn owe_one(&mut self, Owed { mut action, after }: Owed) {
        let after: Vec<usize> = after.iter().filter_map(|id| self.place_in_flight(*id)).collect();
        let is_here = |step: &Step| {
            step.action.resource == action.resource
                && step.action.node == action.node
                && step.action.kind != ActionKind::Pseudo
        };
        let ends = |step: &Step| {
            step.action.task == Task::Stop
                && is_here(step)
                && (step.stage == Stage::InFlight || step.stage == Stage::Waiting && !after.is_empty())
        };
        if self.steps.iter().any(ends) {
            // It ends before it could be told.
            return;
        }
        let is_same = |step: &Step| step.stage == Stage::Waiting && step.action.is_same_as(&action);
        if let Some(place) = self.steps.iter().position(is_same) {
            tell_of_both(&mut self.steps[place].action, &action);
            for first in after {
                link(&mut self.steps, first, place);
            }
            return;
        }
        let here: Vec<usize> = (0..self.steps.len())
            .filter(|place| self.steps[*place].stage == Stage::Waiting && is_here(&self.steps[*place]))
            .collect();
        let number = ActionId(self.by_id.keys().next_back().map_or(0, |last| last.0 + 1));
        action.id = number;
        let place = self.steps.len();
        self.by_id.insert(number, place);
        self.steps.push(Step::new(action));
        // One thing at a time is asked of an instance, and this is what was to come first.
        for other in here {
            link(&mut self.steps, place, other);
        }
        for first in after {
            link(&mut self.steps, first, place);
        }
    }
}

impl Step {
    fn is_point(&self) -> bool {
        self.action.kind == ActionKind::Pseudo
    }

    fn is_late_notice(&self) -> bool {
        self.stage == Stage::Waiting
            && self.action.task == Task::Notify
            && !self.is_point()
            && self.action.priority >= CERTAIN
    }
}

/// What two notifications about the same kind of step tell of: the resources and their nodes.
pub(super) fn subjects(action: &Action) -> Vec<(&str, &str)> {
    let Some([resources, nodes]) = subject_options(action) else { return Vec::new() };
    let list = |option: &str| action.meta.get(option).map_or("", |text| &**text).split_whitespace();
    list(&resources).zip(list(&nodes)).collect()
}

fn subject_options(action: &Action) -> Option<[String; 2]> {
    let operation = action.meta.get("notify_operation")?;
    Some(["resource", "uname"].map(|side| format!("notify_{operation}_{side}")))
}

/// Has a notification tell of what an earlier one was to tell of, too.
fn tell_of_both(action: &mut Action, earlier: &Action) {
    let mut all = subjects(earlier);
    all.extend(subjects(action).into_iter().filter(|subject| !subjects(earlier).contains(subject)));
    let (resources, nodes): (Vec<&str>, Vec<&str>) = all.into_iter().unzip();
    let lists = [resources.join(" "), nodes.join(" ")];
    let Some(options) = subject_options(action) else { return };
    set_all(&mut action.meta, options, lists);
}

fn set_all(meta: &mut Table, options: [String; 2], lists: [String; 2]) {
    for (option, list) in options.into_iter().zip(lists) {
        meta.insert(Arc::from(option), Arc::from(list));
    }
}
