//! Assign: where each instance goes, in which role, at what score, and why.

pub(crate) mod agenda;
pub(crate) mod attribute;
pub(crate) mod capacity;
mod choice;
pub(crate) mod contribution;
mod criteria;
pub(crate) mod draft;
pub(crate) mod instances;
mod sequence;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use contribution::{Cause, Contribution, Decided, Place, Promotion};

use super::constraint::colocation::{ColocationIx, ColocationRecord};
use super::constraint::location::LocationRecord;
use super::constraint::lookup::Lookup;
use super::constraint::{self, colocation};
use super::facts::{Facts, NodeIx, ResourceIx};
use super::schedule::{ScoreLine, ScorePool};
use crate::model::{Role, Score};

/// Where everything goes.
#[derive(Debug, Clone)]
pub struct Placement<'a> {
    /// The facts, amended by what constraints and assignment decided about them: nodes that a
    /// ticket asks to fence, remote nodes whose connection got a place, resources that became
    /// unmanaged, node tables after constraints, requests that were added.
    pub facts: Facts<'a>,
    /// Node of each primitive, by resource number; collectives have none themselves.
    pub assigned: Vec<Option<NodeIx>>,
    /// Role each resource is to have, by resource number.
    pub next_role: Vec<Role>,
    /// Resources that ended without a node although they were to get one: what of them was
    /// already requested to stop must stop, and nothing of them can start.
    pub is_unassigned: Vec<bool>,
    /// Colocations with their resources, newest first as in the specification's lists.
    pub colocations: Vec<ColocationRecord>,
    /// The scores that decided, in order of deciding.
    pub scores: Vec<ScoreRow>,
    /// What the names in constraints stand for.
    pub lookup: Lookup,
    /// Preferences for nodes, oldest first; [`Cause::Location`] counts in here.
    pub locations: Vec<LocationRecord>,
    /// What made the scores of each resource, by resource number, in order of adding.
    pub contributions: Vec<Vec<Contribution>>,
    /// Which of them decided about each primitive, by resource number.
    pub decided: Vec<Decided>,
    /// What decided about promoting each instance of a promotable clone, by resource number.
    pub promotions: Vec<Option<Promotion>>,
    /// Preferences were followed along colocations only so far: there were too many ways to go.
    pub is_cut_short: bool,
}

/// A score as it was when it decided; [`Placement::score_lines`] puts names to the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreRow {
    /// What was being decided.
    pub pool: ScorePool,
    /// Whose score.
    pub resource: ResourceIx,
    /// On which node; `None` for the promotion score of an inactive instance.
    pub node: Option<NodeIx>,
    /// How much.
    pub score: Score,
}

impl Placement<'_> {
    /// The node of a primitive, or of the first placed member of a collective.
    pub fn node_of(&self, resource: ResourceIx) -> Option<NodeIx> {
        self.facts.find_leaf(resource, |leaf| self.assigned[leaf.index()])
    }

    /// The colocation that a contribution names.
    pub fn colocation(&self, colocation: ColocationIx) -> Option<&ColocationRecord> {
        self.colocations.iter().rev().nth(colocation.index())
    }

    /// The scores that decided, with names.
    pub fn score_lines(&self) -> Vec<ScoreLine> {
        let line = |row: &ScoreRow| ScoreLine {
            pool: row.pool,
            resource: Arc::clone(&self.facts.resource(row.resource).id),
            node: row.node.map(|node| self.facts.node(node).name.clone()),
            score: row.score,
        };
        self.scores.iter().map(line).collect()
    }
}

/// Gives every instance a node and a role.
pub fn assign(facts: Facts<'_>) -> Placement<'_> {
    run(draft::Draft::new(facts))
}

/// Takes a draft in which nothing is decided to its end.
fn run(mut draft: draft::Draft<'_>) -> Placement<'_> {
    constraint::unpack(&mut draft);
    draft.apply_criteria();
    for top in draft.facts.top.clone() {
        colocation::implied::unpack(&mut draft, top);
    }
    for demand in draft.sequence() {
        draft.assign(demand);
    }
    draft.finish()
}
