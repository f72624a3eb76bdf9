//! What all those colocated with a resource would add, node by node, ready to be added at once.
//!
//! Merging preferences walks the whole tree of dependents for every primary. In a chain of n
//! that is n² walks of a table, and in a set where everybody avoids everybody the tree grows
//! exponentially. So the sum of a subtree is kept until one of its tables changes. Saturating
//! sums do not simply add up; a sum remembers how far it went up and down, and where that may
//! have mattered, the tree is walked after all.

use std::collections::BTreeMap;

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

/// A subtree: those colocated with a resource, seen through a factor (as bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Subtree {
    source: ResourceIx,
    factor: u32,
}

/// What a subtree adds.
#[derive(Debug, Clone)]
enum Pull {
    /// Nobody is colocated with the resource.
    Nothing,
    /// By node.
    Sums(Box<[Sum]>),
    /// That depends on more than the tables in it.
    Unsteady,
}

/// The sums of all subtrees that were asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pulls {
    pulls: BTreeMap<Subtree, Pull>,
    /// Which subtrees contain a resource's table.
    users: Vec<Vec<Subtree>>,
    /// Resources whose subtree is being summed up; meeting one again is a loop.
    is_open: Vec<bool>,
    is_off: bool,
}

/// A subtree that is being summed up.
struct Branch {
    subtree: Subtree,
    colocations: Vec<ColocationIx>,
    next: usize,
    sums: Vec<Sum>,
}

impl Pulls {
    pub(crate) fn new(resources: usize) -> Self {
        Self {
            pulls: BTreeMap::new(),
            users: vec![Vec::new(); resources],
            is_open: vec![false; resources],
            is_off: false,
        }
    }

    /// Sums that are never kept, so that every merge is a walk.
    #[cfg(test)]
    pub(crate) fn never(resources: usize) -> Self {
        Self { is_off: true, ..Self::new(resources) }
    }

    /// Forgets every sum in which the table of `resource` takes part.
    pub(crate) fn forget(&mut self, resource: ResourceIx) {
        if self.users[resource.index()].is_empty() {
            return;
        }
        let mut changed = vec![resource];
        while let Some(resource) = changed.pop() {
            for user in std::mem::take(&mut self.users[resource.index()]) {
                if matches!(self.pulls.get(&user), Some(Pull::Nothing | Pull::Sums(_))) {
                    self.pulls.remove(&user);
                    changed.push(user.source);
                }
            }
        }
    }

    /// Forgets everything, because a node changed.
    pub(crate) fn forget_all(&mut self) {
        *self = Self { is_off: self.is_off, ..Self::new(self.users.len()) };
    }
}

impl Draft<'_> {
    /// Adds what all those colocated with `source` prefer; `false` if that takes a walk.
    pub(crate) fn apply_pull(&mut self, source: ResourceIx, factor: f32, cells: &mut [Cell]) -> bool {
        if self.pulls.is_off {
            return false;
        }
        let subtree = Subtree { source, factor: factor.to_bits() };
        self.find_pull(subtree);
        match self.pulls.pulls.get(&subtree) {
            Some(Pull::Nothing) => true,
            Some(Pull::Unsteady) | None => false,
            Some(Pull::Sums(sums)) => {
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

    /// Sums up a subtree, and those in it, unless that was done.
    fn find_pull(&mut self, subtree: Subtree) {
        if self.pulls.pulls.contains_key(&subtree) {
            return;
        }
        let mut branches = vec![self.open_branch(subtree)];
        while let Some(mut branch) = branches.pop() {
            let Some(colocation) = branch.colocations.get(branch.next).copied() else {
                let is_empty = branch.colocations.is_empty();
                let pull = if is_empty { Pull::Nothing } else { Pull::Sums(branch.sums.into_boxed_slice()) };
                self.close_branch(branch.subtree, pull);
                continue;
            };
            let record = self.colocations.record(colocation);
            let so_far = self.facts.release.so_far(f32::from_bits(branch.subtree.factor));
            let factor = fraction(so_far, record.score);
            let Some((child, _)) = self.spokesman(record.dependent).filter(|_| factor != 0.0) else {
                branch.next += 1;
                branches.push(branch);
                continue;
            };
            let below = Subtree { source: child, factor: factor.to_bits() };
            let is_steady = self.is_by_name(colocation)
                && !self.classes.may_read_host(child)
                && !self.pulls.is_open[child.index()];
            match self.pulls.pulls.get(&below) {
                None if is_steady => {
                    branches.push(branch);
                    branches.push(self.open_branch(below));
                }
                Some(Pull::Nothing | Pull::Sums(_)) if is_steady => {
                    self.add_child(&mut branch, colocation, below);
                    branches.push(branch);
                }
                Some(Pull::Nothing | Pull::Sums(_) | Pull::Unsteady) | None => {
                    self.close_branch(branch.subtree, Pull::Unsteady);
                }
            }
        }
    }

    fn open_branch(&mut self, subtree: Subtree) -> Branch {
        self.pulls.is_open[subtree.source.index()] = true;
        let mut colocations = self.effective_colocations(Side::WithThis, subtree.source);
        colocations.retain(|colocation| self.has_influence(*colocation));
        let nodes = if colocations.is_empty() { 0 } else { self.facts.nodes.len() };
        Branch { subtree, colocations, next: 0, sums: vec![Sum::default(); nodes] }
    }

    fn close_branch(&mut self, subtree: Subtree, pull: Pull) {
        self.pulls.is_open[subtree.source.index()] = false;
        self.pulls.pulls.insert(subtree, pull);
    }

    /// Adds the next child of a branch, with all below it.
    fn add_child(&mut self, branch: &mut Branch, colocation: ColocationIx, below: Subtree) {
        let child = below.source;
        let factor = f32::from_bits(below.factor);
        let lone = self.lone_node(colocation, factor);
        let boosted = self.table_with_group_locations(child, colocation);
        let table = boosted.as_ref().unwrap_or_else(|| self.table(child));
        for (index, sum) in branch.sums.iter_mut().enumerate() {
            let preference = self.preference(table, NodeIx::at(index));
            if let Some(added) = passed_on(preference, factor, lone) {
                sum.add(added);
            }
        }
        if let Some(Pull::Sums(below)) = self.pulls.pulls.get(&below) {
            for (sum, below) in branch.sums.iter_mut().zip(below) {
                sum.append(below);
            }
        }
        let dependent = self.colocations.record(colocation).dependent;
        self.pulls.users[child.index()].push(branch.subtree);
        if dependent != child {
            self.pulls.users[dependent.index()].push(branch.subtree);
        }
        branch.next += 1;
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
