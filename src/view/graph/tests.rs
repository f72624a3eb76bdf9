//! Claims about graphs.

use std::collections::BTreeSet;

use super::*;

fn graph_of(edges: &[(usize, usize)], count: usize) -> Graph {
    let mut before = vec![BTreeSet::new(); count];
    for (from, to) in edges {
        before[*to].insert(*from);
    }
    let vertex = |index: usize| Vertex { label: format!("a<{index}>"), tone: Tone::Up };
    Graph { vertices: (0..count).map(vertex).collect(), edges: reduced(&before) }
}

#[test]
fn what_follows_from_other_edges_is_not_drawn() {
    assert_eq!(graph_of(&[(0, 1), (1, 2), (0, 2)], 3).edges, [(0, 1), (1, 2)]);
}

#[test]
fn columns_follow_the_edges() {
    let graph = graph_of(&[(0, 2), (1, 2), (2, 3)], 4);
    assert_eq!(layers::layers(&graph), [vec![0, 1], vec![2], vec![3]]);
}

#[test]
fn labels_are_escaped() {
    let graph = graph_of(&[(0, 1)], 2);
    assert!(svg(&graph).contains("a&lt;0&gt;"));
    assert!(!svg(&graph).contains("a<0>"));
}
