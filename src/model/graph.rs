//! A directed graph, and one short circle from each of its knots.

use std::collections::VecDeque;

/// Edges by source; each may be due to a constraint.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    edges: Vec<Vec<Edge>>,
}

/// One edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Index of the constraint that it is due to; `None` for what holds by itself.
    pub(crate) cause: Option<usize>,
}

impl Graph {
    /// A graph of so many nodes.
    pub(crate) fn new(nodes: usize) -> Self {
        Self { edges: vec![Vec::new(); nodes] }
    }

    /// One more node.
    pub(crate) fn add_node(&mut self) -> usize {
        self.edges.push(Vec::new());
        self.edges.len() - 1
    }

    pub(crate) fn add(&mut self, from: usize, to: usize, cause: Option<usize>) {
        if let Some(edges) = self.edges.get_mut(from) {
            edges.push(Edge { from, to, cause });
        }
    }

    fn from(&self, node: usize) -> &[Edge] {
        self.edges.get(node).map(Vec::as_slice).unwrap_or_default()
    }

    /// A short circle through each knot of nodes that all reach each other, as its edges in order.
    pub(crate) fn circles(&self) -> Vec<Vec<Edge>> {
        let knots = self.knots();
        let mut is_done = vec![false; self.edges.len()];
        let mut circles = Vec::new();
        for node in 0..self.edges.len() {
            let Some(knot) = knots.get(node).copied() else { continue };
            if is_done.get(knot).copied().unwrap_or(true) {
                continue;
            }
            let is_inside = |other: usize| knots.get(other) == Some(&knot);
            let first = self.from(node).iter().find(|edge| edge.cause.is_some() && is_inside(edge.to));
            if let Some(first) = first
                && let Some(back) = self.path(first.to, node, is_inside)
            {
                is_done[knot] = true;
                circles.push(std::iter::once(*first).chain(back).collect());
            }
        }
        circles
    }

    /// The shortest path between two nodes among those inside.
    fn path(&self, from: usize, to: usize, is_inside: impl Fn(usize) -> bool) -> Option<Vec<Edge>> {
        let mut came: std::collections::BTreeMap<usize, Edge> = std::collections::BTreeMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(node) = queue.pop_front() {
            if node == to {
                break;
            }
            for edge in self.from(node) {
                if is_inside(edge.to) && edge.to != from && !came.contains_key(&edge.to) {
                    came.insert(edge.to, *edge);
                    queue.push_back(edge.to);
                }
            }
        }
        let mut path = Vec::new();
        let mut at = to;
        while at != from {
            let edge = came.get(&at)?;
            path.push(*edge);
            at = edge.from;
        }
        path.reverse();
        Some(path)
    }

    /// For each node the number of its knot (Tarjan's algorithm, without recursion).
    fn knots(&self) -> Vec<usize> {
        let count = self.edges.len();
        let mut search = Search {
            graph: self,
            index: vec![usize::MAX; count],
            low: vec![0; count],
            knot: vec![usize::MAX; count],
            stack: Vec::new(),
            next: 0,
        };
        for node in 0..count {
            if search.index[node] == usize::MAX {
                search.visit(node);
            }
        }
        search.knot
    }
}

struct Search<'g> {
    graph: &'g Graph,
    index: Vec<usize>,
    low: Vec<usize>,
    knot: Vec<usize>,
    stack: Vec<usize>,
    next: usize,
}

impl Search<'_> {
    fn enter(&mut self, node: usize) {
        self.index[node] = self.next;
        self.low[node] = self.next;
        self.next += 1;
        self.stack.push(node);
    }

    fn visit(&mut self, root: usize) {
        self.enter(root);
        let mut walk = vec![(root, 0)];
        while let Some((node, at)) = walk.pop() {
            if let Some(edge) = self.graph.from(node).get(at) {
                walk.push((node, at + 1));
                let to = edge.to;
                if self.index[to] == usize::MAX {
                    self.enter(to);
                    walk.push((to, 0));
                } else if self.knot[to] == usize::MAX {
                    self.low[node] = self.low[node].min(self.index[to]);
                }
                continue;
            }
            if self.low[node] == self.index[node] {
                self.close(node);
            }
            if let Some((parent, _)) = walk.last() {
                self.low[*parent] = self.low[*parent].min(self.low[node]);
            }
        }
    }

    fn close(&mut self, node: usize) {
        while let Some(member) = self.stack.pop() {
            self.knot[member] = node;
            if member == node {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_short_circle_is_found_per_knot() {
        let mut graph = Graph::new(6);
        for (from, to) in [(0, 1), (1, 2), (2, 0), (2, 1), (3, 4), (4, 3), (2, 3), (5, 0)] {
            graph.add(from, to, Some(from));
        }
        let circles = graph.circles();
        assert_eq!(circles.len(), 2);
        assert!(
            circles
                .iter()
                .all(|circle| circle.first().map(|edge| edge.from) == circle.last().map(|edge| edge.to))
        );
    }

    #[test]
    fn long_chains_need_no_recursion() {
        let mut graph = Graph::new(200_000);
        for node in 0..200_000 {
            graph.add(node, (node + 1) % 200_000, Some(node));
        }
        assert_eq!(graph.circles().first().map(Vec::len), Some(200_000));
    }
}
