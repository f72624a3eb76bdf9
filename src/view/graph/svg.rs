//! The graph as a picture that every browser shows, without other programs.

use super::layers::layers;
use super::{Graph, Vertex};

const BOX_HEIGHT: usize = 32;
const ROW_GAP: usize = 16;
const COLUMN_GAP: usize = 56;
const MARGIN: usize = 16;
/// Width of a letter at the font size used, generously.
const LETTER_WIDTH: usize = 8;

/// Where a box is.
#[derive(Clone, Copy, Default)]
struct Place {
    x: usize,
    y: usize,
    width: usize,
}

/// The graph as SVG.
pub fn svg(graph: &Graph) -> String {
    let layers = layers(graph);
    let mut places = vec![Place::default(); graph.vertices.len()];
    let mut x = MARGIN;
    let mut height = MARGIN;
    for layer in &layers {
        let width = layer
            .iter()
            .filter_map(|vertex| graph.vertices.get(*vertex))
            .map(|vertex| (vertex.label.chars().count() + 2) * LETTER_WIDTH)
            .max()
            .unwrap_or(0);
        for (row, vertex) in layer.iter().enumerate() {
            let y = MARGIN + row * (BOX_HEIGHT + ROW_GAP);
            height = height.max(y + BOX_HEIGHT);
            if let Some(place) = places.get_mut(*vertex) {
                *place = Place { x, y, width };
            }
        }
        x += width + COLUMN_GAP;
    }
    let width = x.saturating_sub(COLUMN_GAP) + MARGIN;
    let height = height + MARGIN;
    let edges: String = graph
        .edges
        .iter()
        .filter_map(|(from, to)| Some(edge(*places.get(*from)?, *places.get(*to)?)))
        .collect();
    let boxes: String =
        graph.vertices.iter().zip(&places).map(|(vertex, place)| rectangle(vertex, *place)).collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#555\"/></marker></defs>\n\
         {edges}{boxes}</svg>\n"
    )
}

fn edge(from: Place, to: Place) -> String {
    let (x1, y1) = (from.x + from.width, from.y + BOX_HEIGHT / 2);
    let (x2, y2) = (to.x, to.y + BOX_HEIGHT / 2);
    let bend = x2.saturating_sub(x1) / 2;
    format!(
        "<path d=\"M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#555\" marker-end=\"url(#tip)\"/>\n",
        x1 + bend,
        x2.saturating_sub(bend)
    )
}

fn rectangle(vertex: &Vertex, place: Place) -> String {
    let Place { x, y, width } = place;
    let label = vertex.label.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BOX_HEIGHT}\" rx=\"6\" fill=\"{}\" \
         stroke=\"#555\"/>\n<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{label}</text>\n",
        vertex.tone.colour(),
        x + width / 2,
        y + BOX_HEIGHT / 2 + 5
    )
}
