//! The order in which top-level resources are assigned.

use std::cmp::Ordering;

use super::agenda::Demand;
use super::draft::Draft;
use crate::model::Score;
use crate::scheduler::facts::{NodeFacts, NodeIx, PlacementStrategy, ResourceIx};
use crate::scheduler::glib;
use crate::scheduler::node_table::{Entry, NodeTable};

impl Draft<'_> {
    /// What to assign, in order: connections to remote nodes come before what runs on these.
    pub(crate) fn sequence(&mut self) -> Vec<Demand> {
        if self.facts.properties.placement_strategy != PlacementStrategy::Default {
            self.sort_by_preference();
        }
        let has_remote_nodes = self.facts.nodes.iter().any(NodeFacts::is_remote);
        let is_first = |resource: &ResourceIx| has_remote_nodes && self.resource(*resource).is_connection();
        let (connections, others): (Vec<_>, Vec<_>) = self.facts.top.iter().partition(|top| is_first(top));
        let connect = |resource: ResourceIx| Demand {
            prefer: self.resource(resource).partial_migration.map(|migration| migration.target),
            ..Demand::of(resource)
        };
        connections.into_iter().map(connect).chain(others.into_iter().map(Demand::of)).collect()
    }

    /// Where capacity is scarce, who has the stronger preferences goes first.
    fn sort_by_preference(&mut self) {
        let mut own_scores = NodeTable::empty(self.facts.nodes.len());
        for node in self.facts.node_numbers() {
            own_scores.insert(node, Entry { score: self.facts.node(node).score, ..Entry::default() });
        }
        let mut nodes: Vec<NodeIx> = self.facts.node_numbers().collect();
        glib::merge_sort(&mut nodes, &mut |a, b| self.compare_nodes(&own_scores, None, a, b));
        let top = std::mem::take(&mut self.facts.top);
        let tables: Vec<NodeTable> = top.iter().map(|resource| self.preferences(*resource)).collect();
        let mut positions: Vec<usize> = (0..top.len()).collect();
        let compare = |a: usize, b: usize| {
            let score = |position: usize, node| tables[position].score(node).unwrap_or(Score::MINUS_INFINITY);
            let at_home = |position: usize| {
                let home = self.facts.current_node(top[position]);
                home.map_or(Score::MINUS_INFINITY, |home| score(position, home))
            };
            let priority = |position: usize| self.priority[top[position].index()];
            priority(b).cmp(&priority(a)).then_with(|| at_home(b).cmp(&at_home(a))).then_with(|| {
                let mut differing = nodes.iter().map(|node| score(b, *node).cmp(&score(a, *node)));
                differing.find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
            })
        };
        glib::merge_sort(&mut positions, &mut |a, b| compare(a, b));
        self.facts.top = positions.into_iter().map(|position| top[position]).collect();
    }
}
