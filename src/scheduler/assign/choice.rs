//! Choosing a node, and taking it.

use std::cmp::Ordering;

use super::contribution::{Contribution, Decided};
use super::draft::{Draft, Finality, Progress};
use crate::model::{Role, Score};
use crate::scheduler::facts::{NodeIx, NodeKind, PlacementStrategy, ResourceIx};
use crate::scheduler::glib;
use crate::scheduler::node_table::NodeTable;

/// A table with the record of how it came about, to go back to.
#[derive(Clone)]
pub(crate) struct SavedTable {
    table: NodeTable,
    noted: Vec<Contribution>,
}

impl Draft<'_> {
    /// The best node for a resource, or `prefer` if that is as good; `None` if none will do.
    pub(crate) fn choose(&mut self, resource: ResourceIx, prefer: Option<NodeIx>) -> Option<NodeIx> {
        let roomy = self.apply_capacity(resource);
        let prefer = prefer.or(roomy);
        let best = self.best_node(resource)?;
        let score = self.table(resource).score(best)?;
        if let Some(prefer) = prefer
            && let Some(entry) = self.table(resource).entry(prefer)
            && entry.score >= score
            && self.is_open(prefer, entry)
        {
            return Some(prefer);
        }
        let chosen = self.staying_node(resource, best, score).unwrap_or(best);
        let is_guest = self.facts.node(chosen).kind == NodeKind::Guest;
        (score >= Score::ZERO && (is_guest || self.is_usable(chosen))).then_some(chosen)
    }

    /// The current node, if it is as good as the best and moving would gain nothing.
    fn staying_node(&self, resource: ResourceIx, best: NodeIx, score: Score) -> Option<NodeIx> {
        if score <= Score::ZERO || !self.is_usable(best) || self.is_unique_instance(resource) {
            return None;
        }
        let current = self.facts.current_node(resource)?;
        let can_stay = self.is_usable(current) && self.facts.node(current).score >= Score::ZERO;
        (can_stay && self.table(resource).score(current) == Some(score)).then_some(current)
    }

    /// Whether a resource is an instance of a clone whose instances are told apart.
    fn is_unique_instance(&self, resource: ResourceIx) -> bool {
        self.resource(resource).parent.is_some_and(|parent| {
            let parent = self.resource(parent);
            parent.variant.is_clone() && parent.is_unique
        })
    }

    /// The first node of a resource's table, best first.
    fn best_node(&self, resource: ResourceIx) -> Option<NodeIx> {
        if self.facts.properties.placement_strategy == PlacementStrategy::Balanced {
            return self.sorted_nodes(resource).first().copied();
        }
        let table = self.table(resource);
        let current = self.facts.current_node(resource);
        let nodes = table.iter().map(|(node, _)| node);
        nodes.min_by(|a, b| self.compare_nodes(table, current, *a, *b))
    }

    /// The nodes of a resource's table, best first.
    pub(crate) fn sorted_nodes(&self, resource: ResourceIx) -> Vec<NodeIx> {
        let table = self.table(resource);
        let mut nodes: Vec<NodeIx> = self.hash_ordered(table);
        nodes.reverse();
        let current = self.facts.current_node(resource);
        glib::merge_sort(&mut nodes, &mut |a, b| self.compare_nodes(table, current, a, b));
        nodes
    }

    /// The nodes of a table in the order of a GLib hash table.
    pub(crate) fn hash_ordered(&self, table: &NodeTable) -> Vec<NodeIx> {
        let nodes: Vec<NodeIx> = table.iter().map(|(node, _)| node).collect();
        let keys: Vec<&str> = nodes.iter().map(|node| self.facts.node(*node).id.as_str()).collect();
        glib::hash_order(&keys).into_iter().filter_map(|position| nodes.get(position).copied()).collect()
    }

    /// Which of two nodes is better for a resource that is now on `current`; better is less.
    pub(crate) fn compare_nodes(
        &self,
        table: &NodeTable,
        current: Option<NodeIx>,
        a: NodeIx,
        b: NodeIx,
    ) -> Ordering {
        let by_score = self.preference(table, b).cmp(&self.preference(table, a));
        let by_count = || self.loads[a.index()].count.cmp(&self.loads[b.index()].count);
        let by_current = || (current == Some(b)).cmp(&(current == Some(a)));
        let by_name = || self.name_rank[a.index()].cmp(&self.name_rank[b.index()]);
        match self.facts.properties.placement_strategy {
            PlacementStrategy::Minimal => by_score.then_with(by_name),
            PlacementStrategy::Balanced => by_score
                .then_with(|| self.compare_capacity(a, b))
                .then_with(by_count)
                .then_with(by_current)
                .then_with(by_name),
            PlacementStrategy::Default | PlacementStrategy::Utilization => {
                by_score.then_with(by_count).then_with(by_current).then_with(by_name)
            }
        }
    }

    /// Puts a primitive on a node, or on none.
    pub(crate) fn commit(&mut self, resource: ResourceIx, node: Option<NodeIx>, finality: Finality) {
        self.release(resource);
        let index = resource.index();
        self.progress[index] = Progress::Assigned;
        self.decided[index] = Decided { noted: self.contributions[index].len(), in_vain: Vec::new() };
        let Some(node) = node else {
            let counts = finality == Finality::Final || !self.facts.release.attempts_leave_no_trace();
            self.is_unassigned[index] |= counts;
            // Members of a group are not tried again.
            let parent = self.resource(resource).parent;
            let is_member = parent.is_some_and(|parent| self.resource(parent).variant.is_group());
            let is_last = finality == Finality::Final || is_member;
            if counts && is_last {
                self.next_role[index] = Some(Role::Stopped);
            }
            return;
        };
        self.assigned[index] = Some(node);
        let own = self.facts.node(node).score;
        let is_managed = self.resource(resource).is_managed;
        self.taken_at[index] = if is_managed { self.table(resource).score(node).unwrap_or(own) } else { own };
        self.is_unassigned[index] = false;
        self.loads[node.index()].count += 1;
        if let Some(entry) = self.facts.resources[index].table.entry_mut(node) {
            entry.count += 1;
        }
        for (name, amount) in &self.facts.resources[index].utilization {
            if let Some(left) = self.loads[node.index()].remaining.get_mut(name) {
                *left = left.saturating_sub(*amount);
            }
        }
    }

    /// Takes a primitive off its node.
    pub(crate) fn release(&mut self, resource: ResourceIx) {
        let Some(node) = self.assigned[resource.index()].take() else { return };
        self.progress[resource.index()] = Progress::Waiting;
        let load = &mut self.loads[node.index()];
        load.count = load.count.saturating_sub(1);
        for (name, amount) in &self.facts.resources[resource.index()].utilization {
            if let Some(left) = load.remaining.get_mut(name) {
                *left = left.saturating_add(*amount);
            }
        }
    }

    /// Keeps a copy of a table.
    pub(crate) fn save_table(&self, resource: ResourceIx) -> SavedTable {
        SavedTable {
            table: self.table(resource).clone(),
            noted: self.contributions[resource.index()].clone(),
        }
    }

    /// Goes back to a copy of a table after an attempt; what decided that is kept for those who ask.
    pub(crate) fn take_back(&mut self, resource: ResourceIx, saved: SavedTable) {
        let decided = &mut self.decided[resource.index()];
        let mut noted = std::mem::take(&mut self.contributions[resource.index()]);
        noted.truncate(decided.noted);
        decided.in_vain = noted;
        self.restore_table(resource, saved);
    }

    /// Goes back to a copy of a table.
    pub(crate) fn restore_table(&mut self, resource: ResourceIx, saved: SavedTable) {
        *self.table_mut(resource) = saved.table;
        self.contributions[resource.index()] = saved.noted;
    }

    /// Takes notice that the state of a node changed.
    pub(crate) fn refresh_node(&mut self, node: NodeIx) {
        self.usable[node.index()] = self.facts.node(node).is_available();
        self.pulls.forget_all();
    }
}
