//! The result of scheduling: the transition, what changes, and how it was decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::assign::Placement;
use super::order::Ordered;
use super::reason::Reason;
use super::task::Task;
use super::transition::Transition;
use crate::model::{NodeName, Role, Score};

/// What is to be done, and why.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// The machine's side.
    pub transition: Transition,
    /// What changes, one entry per resource and node concerned.
    pub changes: Vec<Change>,
    /// The scores that decided.
    pub scores: Vec<ScoreLine>,
    /// The next moment (seconds since 1970) at which a decision may differ by itself.
    pub recheck_by: Option<i64>,
    /// Where deciding was cut short; normally nowhere.
    pub shortcuts: Vec<Shortcut>,
    /// What is wanted and can never happen, as it waits for itself; normally nothing. The changes
    /// tell of it as if it happened.
    pub stalled: Vec<Stalled>,
}

/// An action that waits for itself in a circle, or for one that does.
#[derive(Debug, Clone, PartialEq)]
pub struct Stalled {
    /// What.
    pub task: Task,
    /// Of which resource, numbered in clones; `None` for what the cluster itself does.
    pub resource: Option<Arc<str>>,
    /// Where.
    pub node: Option<NodeName>,
    /// What it waits for, by position in [`Schedule::stalled`].
    pub after: Vec<usize>,
}

/// A bound that keeps deciding from going on for ever, and that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shortcut {
    /// Colocations join resources in so many ways that preferences were not followed along all.
    Preferences,
    /// Orders contradict each other, so that there is no rest; what was last is planned.
    Relations,
}

/// One change of a resource or node.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What kind of change.
    pub kind: ChangeKind,
    /// The resource, numbered in clones; `None` for fencing. For the fencing of a guest, what launches it.
    pub resource: Option<Arc<str>>,
    /// From where; the target for fencing.
    pub from: Option<NodeName>,
    /// To where.
    pub to: Option<NodeName>,
    /// From which role.
    pub role_from: Role,
    /// To which role.
    pub role_to: Role,
    /// Wanted, but cannot be done now.
    pub is_blocked: bool,
    /// Why.
    pub reason: Option<Reason>,
}

/// Kinds of change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Start where nothing ran.
    Start,
    /// Stop for good.
    Stop,
    /// Stop here, start there.
    Move,
    /// Move without stopping.
    Migrate,
    /// Stop and start in place.
    Restart,
    /// Stop and start after a failure.
    Recover,
    /// Take up parameters in place.
    Reload,
    /// Promote.
    Promote,
    /// Demote.
    Demote,
    /// Demote and promote in place.
    RePromote,
    /// Fence the node `from`; the task says how.
    Fence(Task),
}

/// A score of a resource on a node, when it was decisive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreLine {
    /// What was being decided.
    pub pool: ScorePool,
    /// Whose score.
    pub resource: Arc<str>,
    /// On which node; `None` for the promotion score of an inactive instance.
    pub node: Option<NodeName>,
    /// How much.
    pub score: Score,
}

/// What a score decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScorePool {
    /// The node of a primitive.
    Primitive,
    /// The node of a group.
    Group,
    /// The nodes of a clone.
    Clone,
    /// The nodes of a bundle.
    Bundle,
    /// Which instances are promoted.
    Promotion,
}

impl Schedule {
    /// Draws the result from the final phases.
    pub fn new(placement: &Placement<'_>, ordered: Ordered) -> Self {
        let reached =
            [(placement.is_cut_short, Shortcut::Preferences), (ordered.is_unsettled, Shortcut::Relations)];
        let shortcuts =
            reached.into_iter().filter(|(is_reached, _)| *is_reached).map(|(_, which)| which).collect();
        Self {
            transition: ordered.transition,
            changes: ordered.changes,
            scores: placement.score_lines(),
            recheck_by: placement.facts.recheck.earliest(),
            shortcuts,
            stalled: ordered.stalled,
        }
    }

    /// The changes that never happen, as an action of each is stalled: both by position.
    pub fn stalled_changes(&self) -> BTreeMap<usize, usize> {
        let mut changes = BTreeMap::new();
        if self.stalled.is_empty() {
            return changes;
        }
        let mut stalled: BTreeMap<(&str, &NodeName), usize> = BTreeMap::new();
        for (position, action) in self.stalled.iter().enumerate() {
            if let (Some(resource), Some(node), true) =
                (&action.resource, &action.node, action.task.changes_service())
            {
                stalled.entry((resource, node)).or_insert(position);
            }
        }
        for (position, change) in self.changes.iter().enumerate().filter(|(_, change)| !change.is_blocked) {
            let Some(resource) = change.resource.as_deref() else { continue };
            let nodes = [&change.from, &change.to].into_iter().flatten();
            let found = nodes.filter_map(|node| stalled.get(&(resource, node))).next();
            changes.extend(found.map(|action| (position, *action)));
        }
        changes
    }

    /// Whether something should be done and cannot be.
    pub fn is_stuck(&self) -> bool {
        self.changes.iter().any(|change| change.is_blocked) || !self.stalled_changes().is_empty()
    }
}
