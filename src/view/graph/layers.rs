//! Layers: each vertex one column after the last that it waits for, and in its column near
//! what it waits for.

use super::Graph;

/// Columns of vertices.
pub(super) fn layers(graph: &Graph) -> Vec<Vec<usize>> {
    let mut column = vec![0_usize; graph.vertices.len()];
    // Edges are sorted by their later end, and earlier vertices come first.
    for (from, to) in &graph.edges {
        let earlier = column.get(*from).copied().unwrap_or(0);
        if let Some(own) = column.get_mut(*to) {
            *own = (*own).max(earlier + 1);
        }
    }
    let count = column.iter().max().map_or(0, |last| last + 1);
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (vertex, layer) in column.iter().enumerate() {
        if let Some(layer) = layers.get_mut(*layer) {
            layer.push(vertex);
        }
    }
    settle(graph, &mut layers);
    layers
}

/// Sorts each column by the mean row of what its vertices wait for.
fn settle(graph: &Graph, layers: &mut [Vec<usize>]) {
    let mut row = vec![0_usize; graph.vertices.len()];
    for layer in layers {
        let mut keyed: Vec<(usize, usize)> =
            layer.iter().map(|vertex| (mean_row(graph, &row, *vertex), *vertex)).collect();
        keyed.sort_unstable();
        *layer = keyed.into_iter().map(|(_, vertex)| vertex).collect();
        for (index, vertex) in layer.iter().enumerate() {
            if let Some(own) = row.get_mut(*vertex) {
                *own = index;
            }
        }
    }
}

/// In hundredths of a row.
fn mean_row(graph: &Graph, row: &[usize], vertex: usize) -> usize {
    let rows: Vec<usize> = graph
        .edges
        .iter()
        .filter(|(_, to)| *to == vertex)
        .filter_map(|(from, _)| row.get(*from).copied())
        .collect();
    if rows.is_empty() { 0 } else { rows.iter().sum::<usize>() * 100 / rows.len() }
}
