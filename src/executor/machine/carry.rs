//! What an earlier transition began and this one takes over.

use super::owed::subjects;
use super::{Executor, Stage, Step, link};
use crate::scheduler::{Action, ActionId, ActionKind, Task};

impl Executor {
    /// Takes over what an earlier transition left in flight; call it before [`super::Event::Begin`].
    /// Gives for each the number under which its end is to be told: that of the same action, where
    /// this transition has it (it will not be started again), or else a new one, and then whatever
    /// this transition does with that resource on that node waits for it.
    pub fn carry(&mut self, in_flight: Vec<Action>) -> Vec<ActionId> {
        let numbers = in_flight.into_iter().map(|action| self.carry_one(action)).collect();
        self.pass_over(|steps, step| step.is_told_before(steps));
        numbers
    }

    fn carry_one(&mut self, mut action: Action) -> ActionId {
        let is_same = |step: &Step| {
            step.stage == Stage::Waiting
                && step.action.is_same_as(&action)
                && step.action.params == action.params
                && subjects(&step.action) == subjects(&action)
        };
        let same = self.steps.iter().position(is_same).filter(|place| !self.comes_after_the_end_of(*place));
        if let Some(place) = same {
            self.launch(place);
            self.pass_over_notices(&action);
            // What would have come before it, or beside it, comes too late for that.
            self.hold_back(place, &action);
            return self.steps[place].action.id;
        }
        let number = self.by_id.keys().next_back().map_or(0, |last| last.0 + 1);
        action.id = ActionId(number);
        let place = self.steps.len();
        self.by_id.insert(action.id, place);
        self.steps.push(Step::new(action.clone()));
        self.launch(place);
        self.hold_back(place, &action);
        self.hold_back_stops(place, &action);
        ActionId(number)
    }

    /// Announces nothing to an instance that is being asked for it already.
    fn pass_over_notices(&mut self, action: &Action) {
        let announcement = format!("pre-{}", action.task.as_str());
        self.pass_over(|_, step| {
            step.action.resource == action.resource
                && step.action.node == action.node
                && step.action.notify.as_deref() == Some(&*announcement)
        });
    }

    /// Gives none of the notifications that come too late.
    fn pass_over(&mut self, is_late: impl Fn(&[Step], &Step) -> bool) {
        let is_waiting = |step: &Step| step.stage == Stage::Waiting && step.action.task == Task::Notify;
        let late: Vec<usize> = (0..self.steps.len())
            .filter(|place| is_waiting(&self.steps[*place]) && is_late(&self.steps, &self.steps[*place]))
            .collect();
        for place in late {
            self.ready.remove(&self.steps[place].rank(place));
            self.steps[place].stage = Stage::Ended;
            self.release_followers(place);
        }
    }

    /// Lets stops wait for one in flight that this transition does not have: it takes that one for done, and
    /// does not say which of them come after it.
    fn hold_back_stops(&mut self, place: usize, action: &Action) {
        if action.task != Task::Stop {
            return;
        }
        let is_other = |step: &Step| {
            step.stage == Stage::Waiting
                && step.action.task == Task::Stop
                && step.action.resource != action.resource
                && step.action.kind != ActionKind::Pseudo
        };
        let waiting: Vec<usize> = (0..self.steps.len()).filter(|then| is_other(&self.steps[*then])).collect();
        for then in waiting {
            link(&mut self.steps, place, then);
        }
    }

    /// Lets all that touches what is in flight wait for its end.
    fn hold_back(&mut self, place: usize, action: &Action) {
        let waiting: Vec<usize> =
            (0..self.steps.len()).filter(|then| self.steps[*then].must_wait_for(action)).collect();
        for then in waiting {
            link(&mut self.steps, place, then);
        }
    }

    /// Whether this transition first ends what such an action brought about: then it is for another run
    /// that it has the same action.
    fn comes_after_the_end_of(&self, place: usize) -> bool {
        let action = &self.steps[place].action;
        let ends = |task: &Task| task.may_deactivate() && !task.is_migration();
        let is_earlier_end = |step: &Step| {
            ends(&step.action.task)
                && step.action.kind != ActionKind::Pseudo
                && step.action.resource == action.resource
                && step.action.node == action.node
        };
        action.resource.is_some() && !ends(&action.task) && self.steps.iter().take(place).any(is_earlier_end)
    }
}

impl Step {
    /// Whether this announces only what is in flight already: all have been told before that began.
    fn is_told_before(&self, steps: &[Self]) -> bool {
        let Some(task) = self.action.notify.as_deref().and_then(|notice| notice.strip_prefix("pre-")) else {
            return false;
        };
        let mut announced = steps
            .iter()
            .filter(|step| {
                step.action.kind == ActionKind::Resource
                    && step.action.task.as_str() == task
                    && step.action.resource == self.action.resource
            })
            .peekable();
        announced.peek().is_some() && announced.all(|step| step.stage == Stage::InFlight)
    }

    /// Whether this step touches what `other` is still working on: the same resource on the same node,
    /// or the same instance elsewhere, which must not become active while it still ends here.
    fn must_wait_for(&self, other: &Action) -> bool {
        if self.stage != Stage::Waiting || self.action.kind == ActionKind::Pseudo {
            return false;
        }
        let is_same_place = self.action.resource.is_some()
            && self.action.resource == other.resource
            && self.action.node == other.node;
        let is_same_instance = self.action.instance.is_some() && self.action.instance == other.instance;
        is_same_place || is_same_instance && self.action.task.may_activate() && other.task.may_deactivate()
    }
}
