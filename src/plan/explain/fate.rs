//! Fates: what the plan does with a resource, whatever the scores say, and why it stops.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::promotion::{Outcome, Promotion};
use super::verdict::Used;
use crate::model::NodeName;
use crate::plan::relation::Relations;
use crate::plan::situation::Situation;
use crate::plan::unplaced::{failures_of, unplaced};
use crate::plan::{Because, Blocked, Step, Trouble, Verb, blocked, cautions, narration, trouble, unfenced};
use crate::scheduler::assign::Placement;
use crate::scheduler::{Action, ChangeKind, ResourceIx, Schedule, Task};

/// What the plan does with a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "kebab-case")]
pub enum Fate {
    /// It does not run, and nothing starts it.
    Down,
    /// It runs, and goes on where it is.
    Stays,
    /// It starts.
    Starts {
        /// Where.
        nodes: Vec<NodeName>,
    },
    /// It stops, and runs nowhere any more.
    Stops {
        /// Why.
        because: Because,
    },
    /// It runs elsewhere, or on other nodes, than now.
    Moves {
        /// Where in the end.
        nodes: Vec<NodeName>,
    },
    /// It stops and starts where it is.
    Restarts {
        /// Why.
        because: Because,
    },
}

/// What the plan does with the promotion of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "turn", rename_all = "kebab-case")]
pub enum Turn {
    /// Nothing: it stays promoted, or unpromoted.
    None,
    /// It is promoted.
    Promoted,
    /// It is demoted.
    Demoted {
        /// Why.
        because: Because,
    },
    /// It is demoted, and promoted again.
    Again {
        /// Why.
        because: Because,
    },
}

/// What is decided, and what is done about it.
pub(super) struct Outlook<'a> {
    pub(super) placement: &'a Placement<'a>,
    pub(super) relations: &'a Relations,
    pub(super) used: Used,
    situation: Situation<'a>,
    steps: Vec<Step>,
    blocked: Vec<Blocked>,
    troubles: Vec<Trouble>,
    /// Actions by the instance they are about.
    actions: BTreeMap<&'a str, Vec<&'a Action>>,
    /// Nodes that are taken down.
    fenced: BTreeSet<&'a NodeName>,
}

impl<'a> Outlook<'a> {
    pub(super) fn new(
        placement: &'a Placement<'a>,
        schedule: &'a Schedule,
        relations: &'a Relations,
    ) -> Self {
        let facts = &placement.facts;
        let situation = Situation::new(placement, schedule, relations, &[]);
        let steps = narration::steps(&situation);
        let mut blocked = blocked(&situation, false);
        blocked.extend(unfenced(facts, &cautions(facts, schedule, false)));
        let troubles = trouble::lasting(facts, &steps, &blocked, &unplaced(placement, relations));
        let mut actions: BTreeMap<&str, Vec<&Action>> = BTreeMap::new();
        let mut fenced = BTreeSet::new();
        for action in &schedule.transition.actions {
            if let Some(name) = action.instance.as_deref().or(action.resource.as_deref()) {
                actions.entry(name).or_default().push(action);
            }
            if action.task.takes_node_down() {
                fenced.extend(&action.node);
            }
        }
        let used = Used::new(placement);
        Self { placement, relations, used, situation, steps, blocked, troubles, actions, fenced }
    }

    /// Why what should be done with a resource cannot be done.
    pub(super) fn blocked(&self, resource: &str) -> Option<&Blocked> {
        self.blocked.iter().find(|blocked| blocked.resource.as_deref() == Some(resource))
    }

    /// What is wrong with a resource, and stays so.
    pub(super) fn trouble(&self, resource: &str) -> Option<&Trouble> {
        self.troubles.iter().find(|trouble| trouble.resource() == resource)
    }

    /// What the plan does with a primitive.
    pub(super) fn fate(&self, resource: ResourceIx) -> Fate {
        let facts = &self.placement.facts;
        let own = facts.resource(resource);
        let before: BTreeSet<&NodeName> = own.active_on.iter().map(|node| &facts.node(*node).name).collect();
        let mut left: BTreeSet<&NodeName> = self.fenced.intersection(&before).copied().collect();
        let mut taken: BTreeSet<&NodeName> = BTreeSet::new();
        for action in self.actions_of(resource) {
            if matches!(action.task, Task::Stop | Task::MigrateTo) {
                left.extend(&action.node);
            } else if matches!(action.task, Task::Start | Task::MigrateFrom) {
                taken.extend(&action.node);
            }
        }
        // What migrated to a node that went down is stopped where it came from, and is nowhere then.
        if taken.is_empty() && left.iter().any(|node| !before.contains(node)) {
            left.extend(self.told_to_stop(&own.id));
        }
        let stays = before.difference(&left).copied();
        let after: BTreeSet<&NodeName> = stays.chain(taken.iter().copied()).collect();
        let nodes = || after.iter().copied().cloned().collect();
        let because = || self.because(resource, &[Verb::Stop, Verb::Restart, Verb::Recover, Verb::Move]);
        match (before.is_empty(), after.is_empty()) {
            (true, true) => Fate::Down,
            (true, false) => Fate::Starts { nodes: nodes() },
            (false, true) => Fate::Stops { because: because() },
            (false, false) if after != before => Fate::Moves { nodes: nodes() },
            (false, false) if !before.is_disjoint(&left) => Fate::Restarts { because: because() },
            // What was active elsewhere too may be stopped there only, and start anew here.
            (false, false) if !own.is_start_pending && !before.is_disjoint(&taken) => {
                Fate::Restarts { because: because() }
            }
            (false, false) => Fate::Stays,
        }
    }

    /// The nodes on which a change that can be done says that a resource ends.
    fn told_to_stop(&self, resource: &str) -> impl Iterator<Item = &'a NodeName> {
        let changes = self.situation.schedule.changes.iter().filter(move |change| {
            change.resource.as_deref() == Some(resource)
                && change.kind == ChangeKind::Stop
                && !change.is_blocked
        });
        changes.filter_map(|change| change.from.as_ref())
    }

    /// What of a resource cannot be done: of what starts and should be promoted, the promotion.
    pub(super) fn blocked_verb(&self, resource: ResourceIx, promotion: Option<&Promotion>) -> Option<Verb> {
        let told = self.blocked(&self.placement.facts.resource(resource).id)?.verb;
        let wants = promotion.is_some_and(|it| matches!(it.outcome, Outcome::Promoted { .. }));
        let does = |task: &Task| self.actions_of(resource).any(|action| action.task == *task);
        let is_half = wants && does(&Task::Start) && !does(&Task::Promote);
        Some(if is_half { Verb::Promote } else { told })
    }

    /// What the plan does with the promotion of a primitive.
    pub(super) fn turn(&self, resource: ResourceIx) -> Turn {
        let does = |task: &Task| self.actions_of(resource).any(|action| action.task == *task);
        let because = || self.because(resource, &[Verb::Demote, Verb::RePromote, Verb::Stop, Verb::Restart]);
        match (does(&Task::Demote), does(&Task::Promote)) {
            (false, false) => Turn::None,
            (false, true) => Turn::Promoted,
            (true, false) => Turn::Demoted { because: because() },
            (true, true) => Turn::Again { because: because() },
        }
    }

    /// What is done once with a resource, or told to be done.
    fn actions_of(&self, resource: ResourceIx) -> impl Iterator<Item = &'a Action> {
        let actions = self.actions.get(&*self.placement.facts.resource(resource).id);
        actions.into_iter().flatten().copied().filter(|action| action.interval.is_zero())
    }

    /// Why a resource goes down: as the plan tells it, or else as the change, the loss of its node or the
    /// action itself does.
    fn because(&self, resource: ResourceIx, verbs: &[Verb]) -> Because {
        let facts = &self.placement.facts;
        let own = facts.resource(resource);
        let has_node = self.placement.node_of(resource).is_some();
        let is_telling = |because: &Because| {
            let is_wordless = matches!(because, Because::Other { text } if text.is_empty());
            !is_wordless && (*because != Because::NoNode || !has_node)
        };
        let steps = self.steps.iter().filter(|step| step.resource.as_deref() == Some(&*own.id));
        let mut told: Vec<&Step> = steps.filter(|step| verbs.contains(&step.verb)).collect();
        told.sort_by_key(|step| verbs.iter().position(|verb| *verb == step.verb));
        let changes = self.situation.schedule.changes.iter();
        let changes = changes.filter(|change| change.resource.as_deref() == Some(&*own.id));
        let nodes = own.active_on.iter().filter_map(|node| self.situation.of_node(facts.node(*node)));
        let actions = self.actions_of(resource);
        let actions = actions.filter(|action| matches!(action.task, Task::Stop | Task::Demote));
        let lost = own.active_on.iter().map(|node| &facts.node(*node).name);
        let lost = lost.filter(|node| self.fenced.contains(node));
        let lost = lost.map(|node| Because::Other { text: format!("{node} goes down") });
        // What it launches takes it along when it fails.
        let launched = own.launched.iter().flat_map(|part| failures_of(facts, *part)).map(|failed| {
            let text = format!("{} failed on {}", failed.resource, facts.node(failed.node).name);
            Because::Other { text }
        });
        let told = told.into_iter().map(|step| step.because.clone());
        told.chain(changes.map(|change| self.situation.of_change(change)))
            .chain(nodes)
            .chain(actions.map(|action| self.situation.of_action(action)))
            .chain(lost)
            .chain(launched)
            .find(is_telling)
            .unwrap_or_else(
                || if has_node { Because::Other { text: String::new() } } else { Because::NoNode },
            )
    }
}
