//! What all those colocated with a resource would add, node by node, ready to be added at once.
//!
//! Merging preferences walks the whole tree of dependents for every primary. In a chain or group
//! of n members that is n² walks of a table, so the sum of a subtree is kept until one of its
//! tables changes. Saturating sums do not simply add up; a sum remembers how far it went up and
//! down, and where that may have mattered, the tree is walked after all.

use super::ColocationIx;
use super::honour::fraction;
use super::lists::Side;
use super::merge::{Cell, passed_on};
use crate::model::Score;
use crate::scheduler::assign::draft::Draft;
use crate::scheduler::facts::{NodeIx, ResourceIx};

/// Everything that would be added to the score of one node, in order.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    total: i32,
    /// Lowest and highest subtotal, before any infinity.
    lowest: i32,
    highest: i32,
    end: End,
}

/// Whether an infinity is among what is added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum End {
    #[default]
    Finite,
    Infinite,
    Banned,
}

/// What is known of a subtree.
#[derive(Debug, Clone, Default)]
enum Pull {
    #[default]
    Unknown,
    /// Being found out; meeting it again is a loop.
    Open,
    /// Nobody is colocated with the resource.
    Nothing,
    /// By node.
    Sums(Box<[Sum]>),
    /// Depends on more than the tables in it.
    Unsteady,
}

/// The sums of all subtrees that were asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pulls {
    pulls: Vec<Pull>,
    /// Whose sums contain a resource's table or sums.
    users: Vec<Vec<ResourceIx>>,
}

/// A subtree that is being summed up.
struct Branch {
    source: ResourceIx,
    colocations: Vec<ColocationIx>,
    next: usize,
    sums: Vec<Sum>,
}

impl Pulls {
    pub(crate) fn new(resources: usize) -> Self {
        Self { pulls: vec![Pull::Unknown; resources], users: vec![Vec::new(); resources] }
    }

    /// Sums that are never kept, so that every merge is a walk.
    #[cfg(test)]
    pub(crate) fn never(resources: usize) -> Self {
        Self { pulls: vec![Pull::Unsteady; resources], users: vec![Vec::new(); resources] }
    }

    /// Forgets every sum in which the table of `resource` takes part.
    pub(crate) fn forget(&mut self, resource: ResourceIx) {
        if self.users[resource.index()].is_empty() {
            return;
        }
        let mut changed = vec![resource];
        while let Some(resource) = changed.pop() {
            for user in std::mem::take(&mut self.users[resource.index()]) {
                if matches!(self.pulls[user.index()], Pull::Nothing | Pull::Sums(_)) {
                    self.pulls[user.index()] = Pull::Unknown;
                    changed.push(user);
                }
            }
        }
    }

    /// Forgets everything, because a node changed.
    pub(crate) fn forget_all(&mut self) {
        *self = Self::new(self.pulls.len());
    }
}

impl Draft<'_> {
    /// Adds what all those colocated with `source` prefer; `false` if that takes a walk.
    pub(crate) fn apply_pull(&mut self, source: ResourceIx, cells: &mut [Cell]) -> bool {
        self.find_pull(source);
        match &self.pulls.pulls[source.index()] {
            Pull::Nothing => true,
            Pull::Unknown | Pull::Open | Pull::Unsteady => false,
            Pull::Sums(sums) => {
                let sum_at = |node: NodeIx| sums.get(node.index()).copied().unwrap_or_default();
                let stays_open =
                    |cell: &Cell| self.is_usable(cell.node) && sum_at(cell.node).never_negative(cell.score);
                if !cells.iter().any(stays_open) {
                    return false;
                }
                let results: Option<Vec<Score>> =
                    cells.iter().map(|cell| sum_at(cell.node).added_to(cell.score)).collect();
                let Some(results) = results else { return false };
                for (cell, result) in cells.iter_mut().zip(results) {
                    cell.score = result;
                }
                true
            }
        }
    }

    /// Sums up the subtree of `source`, and those in it, unless that was done.
    fn find_pull(&mut self, source: ResourceIx) {
        if !matches!(self.pulls.pulls[source.index()], Pull::Unknown) {
            return;
        }
        let mut branches = vec![self.open_branch(source)];
        while let Some(mut branch) = branches.pop() {
            let Some(colocation) = branch.colocations.get(branch.next).copied() else {
                let is_empty = branch.colocations.is_empty();
                let pull = if is_empty { Pull::Nothing } else { Pull::Sums(branch.sums.into_boxed_slice()) };
                self.pulls.pulls[branch.source.index()] = pull;
                continue;
            };
            let record = self.colocations.record(colocation);
            let Some((child, _)) = self.spokesman(record.dependent) else {
                branch.next += 1;
                branches.push(branch);
                continue;
            };
            #[expect(clippy::float_cmp, reason = "exactly one: the preference arrives unchanged")]
            let arrives_whole = fraction(1.0, record.score) == 1.0;
            let is_steady = self.is_by_name(colocation) && !self.classes.may_read_host(child);
            match &self.pulls.pulls[child.index()] {
                Pull::Unknown if is_steady => {
                    let below = self.open_branch(child);
                    branches.push(branch);
                    branches.push(below);
                }
                Pull::Nothing if is_steady => self.add_child(branch, colocation, child, &mut branches),
                Pull::Sums(_) if is_steady && arrives_whole => {
                    self.add_child(branch, colocation, child, &mut branches);
                }
                Pull::Unknown | Pull::Open | Pull::Nothing | Pull::Sums(_) | Pull::Unsteady => {
                    self.pulls.pulls[branch.source.index()] = Pull::Unsteady;
                }
            }
        }
    }

    fn open_branch(&mut self, source: ResourceIx) -> Branch {
        self.pulls.pulls[source.index()] = Pull::Open;
        let mut colocations = self.effective_colocations(Side::WithThis, source);
        colocations.retain(|colocation| self.has_influence(*colocation));
        let nodes = if colocations.is_empty() { 0 } else { self.facts.nodes.len() };
        Branch { source, colocations, next: 0, sums: vec![Sum::default(); nodes] }
    }

    /// Adds the next child of a branch, with all below it, and takes up the branch again.
    fn add_child(
        &mut self,
        mut branch: Branch,
        colocation: ColocationIx,
        child: ResourceIx,
        branches: &mut Vec<Branch>,
    ) {
        let record = self.colocations.record(colocation);
        let factor = fraction(1.0, record.score);
        let lone = self.lone_node(colocation, factor);
        let boosted = self.table_with_group_locations(child, colocation);
        let table = boosted.as_ref().unwrap_or_else(|| self.table(child));
        for (index, sum) in branch.sums.iter_mut().enumerate() {
            let preference = self.preference(table, NodeIx::at(index));
            if let Some(added) = passed_on(preference, factor, lone) {
                sum.add(added);
            }
        }
        if let Pull::Sums(below) = &self.pulls.pulls[child.index()] {
            for (sum, below) in branch.sums.iter_mut().zip(below) {
                sum.append(below);
            }
        }
        let dependent = record.dependent;
        self.pulls.users[child.index()].push(branch.source);
        if dependent != child {
            self.pulls.users[dependent.index()].push(branch.source);
        }
        branch.next += 1;
        branches.push(branch);
    }
}

impl Sum {
    fn add(&mut self, added: Score) {
        let end = match added {
            Score::MINUS_INFINITY => End::Banned,
            Score::INFINITY => End::Infinite,
            finite => {
                let total = finite.value();
                return self.append(&Self {
                    total,
                    lowest: total.min(0),
                    highest: total.max(0),
                    end: End::Finite,
                });
            }
        };
        self.append(&Self { end, ..Self::default() });
    }

    /// Adds what comes after.
    fn append(&mut self, after: &Self) {
        if self.end == End::Finite {
            self.lowest = self.lowest.min(self.total.saturating_add(after.lowest));
            self.highest = self.highest.max(self.total.saturating_add(after.highest));
            self.total = self.total.saturating_add(after.total);
            self.end = after.end;
        } else if after.end == End::Banned {
            self.end = End::Banned;
        }
    }

    /// Whether a score stays at zero or above all the way.
    fn never_negative(&self, score: Score) -> bool {
        self.end != End::Banned && score >= Score::ZERO && score.value().saturating_add(self.lowest) >= 0
    }

    /// The score after everything was added; `None` if that depends on the order of infinities.
    fn added_to(&self, score: Score) -> Option<Score> {
        if score <= Score::MINUS_INFINITY || self.end == End::Banned {
            return Some(Score::MINUS_INFINITY);
        }
        let bound = Score::INFINITY.value();
        let sinks = score < Score::INFINITY && score.value().saturating_add(self.lowest) <= -bound;
        let rises = self.end == End::Infinite || score.value().saturating_add(self.highest) >= bound;
        match (sinks, rises) {
            (true, true) => None,
            (true, false) => Some(Score::MINUS_INFINITY),
            (false, true) => Some(Score::INFINITY),
            (false, false) => Some(Score::new(i64::from(score.value()) + i64::from(self.total))),
        }
    }
}
